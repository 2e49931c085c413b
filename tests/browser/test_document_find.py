"""Finding words in the text of a document."""

from __future__ import annotations

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
