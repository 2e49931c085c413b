"""Reading is paused and goes on, said on every page; how fast it goes and how long it takes is told by document."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser


def test_a_pause_is_said_and_ended_with_the_keyboard_alone(page: Page, site: Site) -> None:
    page.goto("/library")
    waiting = page.locator('tr[data-id="d4"]')
    expect(page.locator("#paused")).to_be_hidden()
    page.locator("#pause").press("Enter")
    expect(page.locator("#paused")).to_contain_text("paused")
    expect(page.locator("#pause")).to_be_hidden()
    expect(page.locator("#resume")).to_be_focused()
    expect(waiting.locator("[data-field=stage]")).to_have_text("Paused")
    assert site.paused
    page.goto("/models")
    expect(page.locator("#paused")).to_be_visible()
    page.goto("/library")
    expect(waiting.locator("[data-field=stage]")).to_have_text("Paused")
    page.locator("#resume").press("Enter")
    expect(page.locator("#paused")).to_be_hidden()
    expect(page.locator("#pause")).to_be_focused()
    expect(waiting.locator("[data-field=stage]")).to_be_hidden()
    assert not site.paused


@pytest.mark.parametrize("path", ["/library", "/documents/d4"])
def test_every_open_page_is_told(page: Page, site: Site, path: str) -> None:
    with page.expect_response("**/api/v1/events"):
        page.goto(path)
    site.paused = True
    expect(page.locator("#paused")).to_be_visible()
    site.paused = False
    expect(page.locator("#paused")).to_be_hidden()


def test_others_are_told_and_offered_nothing(page: Page, site: Site) -> None:
    site.paused = True
    page.goto("/library")
    page.evaluate("delete document.body.dataset.owner")
    expect(page.locator("#paused")).to_be_visible()
    expect(page.locator("#resume")).to_be_hidden()
    site.paused = False
    page.reload()
    page.evaluate("delete document.body.dataset.owner")
    expect(page.locator("#pause")).to_be_hidden()


@pytest.mark.parametrize(
    ("path", "where"), [("/library", 'tr[data-id="d4"] [data-field=stage]'), ("/documents/d4", "#stage")]
)
def test_a_document_tells_how_fast_it_gets_on_and_how_long_it_takes(
    page: Page, site: Site, path: str, where: str
) -> None:
    page.clock.install(time=0)
    with page.expect_response("**/api/v1/events"):
        page.goto(path)
    page.clock.pause_at(1_000)
    stage = page.locator(where)
    site.announce("d4", status="processing", stage="parse", done=0, total=30)
    expect(stage).to_have_text("Reading 0/30")
    page.clock.run_for(5_000)
    site.announce("d4", done=10)
    expect(stage).to_have_text("Reading 10/30 · 2 pages/s, 10 s left")
    site.announce("d4", stage="embed", done=0, total=4000)
    expect(stage).to_have_text("Indexing 0/4,000")
    page.clock.run_for(10_000)
    site.announce("d4", done=100)
    expect(stage).to_have_text("Indexing 100/4,000 · 10 passages/s, 7 min left")
