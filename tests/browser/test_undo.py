"""What was deleted or moved can be taken back on every page that is opened within ten seconds."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser


def undo(page: Page) -> Locator:
    return page.get_by_role("button", name="Undo")


def chosen(page: Page) -> None:
    """Two documents of the library are chosen."""
    page.goto("/library")
    for name in ("d1", "d2"):
        page.locator(f'tr[data-id="{name}"] input').check()


def restored(page: Page, path: str) -> None:
    """Take back what the page offers to, and wait until the server was told."""
    with page.expect_response(lambda answer: answer.url.endswith(path)):
        undo(page).click()


@pytest.mark.parametrize("path", ["/", "/models", "/documents/d2", "/library?base=base-2"])
def test_a_deletion_can_be_undone_on_the_next_page(page: Page, site: Site, path: str) -> None:
    page.goto("/library")
    page.locator('tr[data-id="d1"]').get_by_label("Delete").click()
    expect(undo(page)).to_be_visible()
    page.goto(path)
    expect(page.locator(".toast")).to_contain_text("员工手册（2025版）.pdf")
    restored(page, "/d1/restore")
    assert site.document("d1") is not None
    expect(undo(page)).to_have_count(0)
    page.reload()
    expect(page.locator(".toast")).to_have_count(0)


def test_several_deletions_at_once_can(page: Page, site: Site) -> None:
    chosen(page)
    page.locator("#chosen-delete").click()
    expect(undo(page)).to_be_visible()
    page.goto("/")
    expect(page.locator(".toast")).to_contain_text("Documents deleted: 2")
    restored(page, "/restore")
    page.goto("/library")
    expect(page.locator("#total")).to_have_text("Documents: 6")


def test_a_move_can(page: Page, site: Site) -> None:
    chosen(page)
    page.locator("#chosen-move").click()
    page.locator("dialog[open]").get_by_role("button", name="Move").click()
    expect(undo(page)).to_be_visible()
    page.goto("/library?base=base-2")
    expect(page.locator("#documents tbody tr")).to_have_count(2)
    undo(page).click()
    expect(page.locator("#documents tbody tr")).to_have_count(0)


def test_each_of_two_deletions_can(page: Page, site: Site) -> None:
    page.goto("/library")
    for name in ("d1", "d2"):
        page.locator(f'tr[data-id="{name}"]').get_by_label("Delete").click()
        expect(page.locator(f'tr[data-id="{name}"]')).to_have_count(0)
    page.reload()
    expect(undo(page)).to_have_count(2)
    undo(page).last.click()
    expect(page.locator('tr[data-id="d2"]')).to_have_count(1)
    expect(undo(page)).to_have_count(1)


def test_no_page_offers_it_when_the_ten_seconds_are_over(page: Page) -> None:
    page.clock.install()
    page.goto("/library")
    page.locator('tr[data-id="d1"]').get_by_label("Delete").click()
    expect(undo(page)).to_be_visible()
    page.goto("/")
    expect(undo(page)).to_be_visible()
    page.clock.fast_forward(10_500)
    expect(undo(page)).to_have_count(0)
    page.goto("/library")
    expect(page.locator("#total")).to_have_text("Documents: 5")
    expect(page.locator(".toast")).to_have_count(0)
