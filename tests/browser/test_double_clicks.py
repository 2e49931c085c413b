"""A double click where one click is meant: its second half does nothing more, whatever stands there by then."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.browsing import answered, ask, started
from tests.support.scripted_content import MOMENT
from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser


def twice(page: Page, button: Locator) -> None:
    """Two quick clicks where the button is, on whatever is there by then."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def listed(page: Page, site: Site) -> Locator:
    """The rows of a list of three conversations."""
    for n in range(3):
        site.conversations[f"c{n}"] = {
            "id": f"c{n}",
            "title": f"年假{n}",
            "bases": [],
            "updated_at": MOMENT,
            "turns": [],
        }
    page.goto("/")
    rows = page.locator("#conversation-list li")
    expect(rows.get_by_label("Delete")).to_have_count(3)
    return rows


def test_a_double_click_deletes_one_conversation(page: Page, site: Site) -> None:
    rows = listed(page, site)
    rows.first.hover()
    twice(page, rows.first.get_by_label("Delete"))
    expect(page.locator(".toast")).to_have_count(1)
    expect(rows).to_have_count(2)
    # Whoever clicks again deletes the next.
    rows.first.hover()
    rows.first.get_by_label("Delete").click()
    expect(rows).to_have_count(1)


def test_a_double_click_deletes_one_document(page: Page, site: Site) -> None:
    page.goto("/library")
    rows = page.locator("#documents tbody tr")
    expect(rows).to_have_count(6)
    twice(page, rows.first.get_by_label("Delete"))
    expect(page.locator("#total")).to_have_text("Documents: 5")
    expect(page.locator(".toast")).to_have_count(1)
    assert [path for method, path in site.calls if method == "DELETE"] == ["/api/v1/documents/d1"]


def test_a_document_that_is_gone_already_is_deleted_without_a_word(page: Page, site: Site) -> None:
    page.goto("/library")
    rows = page.locator("#documents tbody tr")
    # Times are written by the script, as it draws the list anew.
    expect(rows.first.locator("time")).to_have_attribute("title", re.compile("."))
    site.documents = site.documents[1:]
    rows.first.get_by_label("Delete").click()
    expect(rows).to_have_count(5)
    expect(page.locator(".toast")).to_have_count(0)


def test_a_double_click_asks_again_once(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    twice(page, page.get_by_role("button", name="Ask again"))
    expect(page.locator(".turn")).to_have_count(2)
    answered(page)
    expect(page.locator(".toast")).to_have_count(0)
    assert len(site.asked) == 2


def test_a_double_click_before_the_scripts_run_presses_a_button_once(page: Page) -> None:
    held: list[Route] = []
    page.route("**/js/library.js", lambda route: held.append(route))  # noqa: PLW0108  it must be a function
    with page.expect_request("**/js/library.js"):
        page.goto("/library", wait_until="commit")
    twice(page, page.locator("#new-base"))
    for route in held:
        route.continue_()
    started(page)
    expect(page.locator("dialog[open]")).to_have_count(1)


def test_what_leads_on_is_pressed_as_often_as_one_likes(page: Page) -> None:
    page.goto("/documents/d1")
    number = page.locator("#page-number")
    expect(number).to_have_value("1")
    twice(page, page.locator("#next-page"))
    expect(number).to_have_value("3")
