"""Adding files to the library: pasted ones, cancelled ones, and those that are there already."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser


def test_files_can_be_pasted(page: Page) -> None:
    page.goto("/library")
    page.evaluate("""() => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File(["%PDF"], "pasted.pdf"));
        document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
    }""")
    expect(page.locator("#documents tbody")).to_contain_text("pasted.pdf")


def test_uploads_are_cancelled_while_they_wait_and_while_they_are_sent(page: Page, site: Site) -> None:
    page.route(
        "**/api/v1/bases/*/documents", lambda route: None if route.request.method == "POST" else route.continue_()
    )
    page.goto("/library")
    files = [{"name": f"{n}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"} for n in range(3)]
    page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator('#uploads [data-state="sending"]')).to_have_count(2)
    page.get_by_label("Do not send “2.pdf”").click()
    page.get_by_label("Do not send “0.pdf”").click()
    expect(page.locator('#uploads [data-state="cancelled"]')).to_have_count(2)
    expect(page.locator('#uploads [data-state="cancelled"]').first).to_contain_text("Not sent: cancelled.")
    page.get_by_label("Do not send “1.pdf”").click()
    expect(page.locator('#uploads [data-state="cancelled"]')).to_have_count(3)
    assert ("POST", "/api/v1/bases/base-1/documents") not in site.calls


def test_what_is_there_already_is_linked(page: Page) -> None:
    page.goto("/library")
    page.locator("#files").set_input_files({"name": "考勤制度.md", "mimeType": "text/markdown", "buffer": b"x"})
    page.locator('#uploads [data-state="known"]').get_by_role("link", name="Show it").click()
    expect(page.locator("h1")).to_have_text("考勤制度.md")


def test_sending_pauses_and_goes_on(page: Page, site: Site) -> None:
    held: list[Route] = []
    page.route(
        "**/api/v1/bases/*/documents",
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    page.goto("/library")
    files = [{"name": f"{n}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"} for n in range(4)]
    page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator('#uploads [data-state="sending"]')).to_have_count(2)
    page.get_by_role("button", name="Pause sending").click()
    expect(page.locator('#uploads [data-state="waiting"]').first).to_contain_text("sending is paused")
    for route in list(held):
        route.continue_()
    expect(page.locator("#uploads-summary")).to_contain_text("2 of 4")
    expect(page.locator('#uploads [data-state="waiting"]')).to_have_count(2)
    assert len(held) == 2
    # What waits is lost with the page, though nothing is under way.
    assert page.evaluate("!dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    page.get_by_role("button", name="Go on sending").click()
    expect(page.locator('#uploads [data-state="sending"]')).to_have_count(2)
    for route in held[2:]:
        route.continue_()
    expect(page.locator("#uploads-summary")).to_contain_text("4 of 4")
    expect(page.locator("#uploads-pause")).to_be_hidden()
    assert page.evaluate("dispatchEvent(new Event('beforeunload', {cancelable: true}))")
