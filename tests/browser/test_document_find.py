"""Finding words in the text of a document."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_places_are_counted_marked_and_walked_through(page: Page) -> None:
    page.goto("/documents/d1")
    expect(page.locator("#find-next")).to_be_disabled()
    page.locator("#find").fill("病假")
    marks = page.locator("#chunks mark")
    expect(marks.first).to_have_text("病假")
    count = marks.count()
    expect(page.locator("#find-count")).to_have_text(f"1 of {count}")
    expect(page.locator("mark.current")).to_have_count(1)
    page.locator("#find").press("Enter")
    expect(page.locator("#find-count")).to_have_text(f"2 of {count}")
    page.get_by_label("Previous place").click()
    expect(page.locator("#find-count")).to_have_text(f"1 of {count}")
    page.get_by_label("Previous place").click()
    expect(page.locator("#find-count")).to_have_text(f"{count} of {count}")
    page.locator("#find").fill("(")
    expect(page.locator("#find-count")).to_have_text("0 of 0")
    page.locator("#find").fill("")
    expect(marks).to_have_count(0)
    expect(page.locator("#find-count")).to_have_text("")


def test_the_page_of_the_place_is_shown_beside_it(page: Page) -> None:
    page.goto("/documents/d1")
    image = page.locator("#page-image")
    expect(image).to_have_attribute("src", re.compile(r"/pages/1\.png"))
    page.locator("#find").fill("病假")
    expect(image).to_have_attribute("src", re.compile(r"/pages/12\.png"))
    expect(page.locator(".chunk.open mark.current")).to_have_count(1)


def test_words_that_are_not_there_are_not_taken_for_an_empty_page(page: Page) -> None:
    page.goto("/documents/d1")
    page.locator("#find").fill("没有这样的字")
    expect(page.locator("#no-chunks")).to_have_text("Not found. Try fewer words, or look at more than this page.")


def test_in_a_document_that_waits_there_is_nothing_to_walk_through(page: Page) -> None:
    page.goto("/documents/d4")
    expect(page.locator("#status")).to_have_text("Waiting")
    expect(page.locator("#find-next")).to_be_disabled()
    expect(page.locator("#find-previous")).to_be_disabled()
