"""The chat page where the documents hold no answer: what is said, shown and offered instead."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import answered, ask
from tests.support.scripted_content import EXTRACT, SOURCES, refusing
from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser


def test_a_refusal_shows_what_came_nearest(page: Page, site: Site) -> None:
    site.script = refusing()
    page.goto("/")
    ask(page, "公司有几只猫？")
    answered(page)
    refusal = page.locator(".refusal")
    expect(refusal).to_contain_text("Not in these documents")
    expect(refusal.locator("ol li")).to_have_count(2)
    expect(page.locator(".answer")).to_be_hidden()
    refusal.locator("li button").first.click()
    expect(page.locator("#passage .count")).to_have_text("Source 1 of 2")


def test_a_refusal_tells_how_to_ask_instead(page: Page, site: Site) -> None:
    site.script = refusing()
    page.goto("/?document=d1")
    ask(page, "公司有几只猫？")
    answered(page)
    refusal = page.locator(".refusal").last
    expect(refusal.locator(".absent b")).to_have_text(["猫"])
    page.get_by_role("button", name="Ask in other words").click()
    expect(page.locator(".edit textarea")).to_have_value("公司有几只猫？")
    page.keyboard.press("Escape")
    refusal.get_by_role("button", name="Ask all documents").click()
    expect(page.locator(".refusal")).to_have_count(2)
    assert ["documents" in each for each in site.asked] == [True, False]
    # Nothing narrows the scope any more, until a base is left out.
    expect(refusal.get_by_role("button", name="Ask all")).to_have_count(0)
    page.locator("#scope summary").click()
    page.locator('#scope input[name="base"]').last.uncheck()
    page.keyboard.press("Escape")
    ask(page, "公司有几只猫？")
    expect(page.locator(".refusal")).to_have_count(3)
    refusal.get_by_role("button", name="Ask all bases").click()
    expect(page.locator(".refusal")).to_have_count(4)
    assert [each["bases"] for each in site.asked] == [
        ["base-1"],
        ["base-1", "base-2"],
        ["base-1"],
        ["base-1", "base-2"],
    ]
    expect(refusal.get_by_role("link", name="Add documents")).to_have_attribute("href", "/library")


def test_a_refusal_is_told_again_after_a_reload(page: Page, site: Site) -> None:
    site.script = refusing()
    page.goto("/")
    ask(page, "公司有几只猫？")
    answered(page)
    (conversation,) = site.conversations.values()
    message = refusing()[-1][1]["answer"]
    conversation["turns"][0].update(state="refused", answer=message, sources=SOURCES[:2], absent=["猫"])
    page.reload()
    expect(page.locator(".refusal .absent b")).to_have_text(["猫"])
    expect(page.locator(".refusal ol li")).to_have_count(2)


def test_a_refusal_after_words_takes_the_words_back(page: Page, site: Site) -> None:
    site.script = [("token", {"text": "可能是三只"}), *refusing()]
    page.goto("/")
    ask(page)
    answered(page)
    expect(page.locator(".turn")).not_to_contain_text("可能是三只")


def test_a_refusal_has_no_extract(page: Page, site: Site) -> None:
    site.script = [("extract", {"extract": EXTRACT}), *refusing()]
    page.goto("/")
    ask(page)
    answered(page)
    expect(page.locator(".extract")).to_be_hidden()
