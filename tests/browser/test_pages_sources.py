"""Marks, quotes and passages beside an answer, and the page that a passage stands on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import answered, ask
from tests.support.scripted_content import ANSWER, SENTENCES, SOURCES, answering, refusing
from tests.support.scripted_state import HOLD, Site

pytestmark = pytest.mark.browser


def test_sources_come_before_the_answer_and_marks_after_it(page: Page, site: Site) -> None:
    site.script = answering(HOLD)
    page.goto("/")
    ask(page)
    expect(page.locator(".source-card")).to_have_count(3)
    expect(page.locator(".answer")).to_have_text(ANSWER[:20])
    expect(page.locator(".stage")).to_contain_text("Writing")
    expect(page.locator(".mark")).to_have_count(0)
    site.gate.set()
    answered(page)
    spans = page.locator(".answer .sentence")
    expect(spans.locator(".words")).to_have_text(list(SENTENCES))
    for number, support in enumerate(("supported", "weak", "unsupported")):
        expect(spans.nth(number)).to_have_class(re.compile(rf"\b{support}\b"))
    expect(spans.nth(2)).to_have_attribute("title", re.compile("Unsupported"))
    expect(page.locator(".answer .mark")).to_have_text(["1", "1", "3"])
    expect(page.locator(".stage")).to_be_hidden()


def test_a_mark_opens_the_page_with_its_quote_highlighted(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    page.locator(".mark").first.click()
    passage = page.locator("#passage")
    expect(passage.locator("blockquote")).to_have_text("员工连续工作满一年，每年享有十天带薪年休假。")
    image = passage.locator("img")
    expect(image).to_have_attribute("src", re.compile(r"/api/v1/documents/d1/pages/12\.png\?.*boxes=48\.0%2C138\.0"))
    expect(image).to_have_js_property("naturalWidth", 840)
    passage.locator(".zoom").click()
    expect(passage.locator(".zoom")).to_have_attribute("aria-pressed", "true")
    frame = passage.locator(".page-frame")
    assert frame.evaluate("frame => frame.scrollWidth > 1.9 * frame.clientWidth")
    expect(passage.locator(".previous")).to_be_disabled()
    passage.locator(".next").click()
    passage.locator(".next").click()
    expect(passage.locator(".count")).to_have_text("Citation 3 of 3")
    expect(passage.locator("img")).to_have_count(0)
    expect(passage.locator("mark")).to_have_text("年休假未休完的，按日工资的三倍折算。")
    expect(passage.locator(".next")).to_be_disabled()
    passage.locator(".close").click()
    expect(passage).to_be_hidden()


def test_a_mark_shows_its_quote_to_the_pointer_and_to_the_keyboard(page: Page) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    marks, tip = page.locator(".answer .mark"), page.locator("#quote-tip")
    marks.nth(1).hover()
    expect(tip).to_contain_text("员工手册（2025版）.pdf · Page 12")
    expect(tip.locator("blockquote")).to_have_text("满五年的，每年享有十五天。")
    expect(marks.nth(1)).to_have_attribute("aria-describedby", "quote-tip")
    # It can be read with the pointer on it, and is gone with the pointer.
    tip.hover()
    expect(tip).to_be_visible()
    page.locator(".question").hover()
    expect(tip).to_be_hidden()
    marks.nth(1).focus()
    page.keyboard.press("Tab")
    expect(tip.locator(".doubt")).to_have_text(re.compile("Weakly supported: passage 3"))
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.keyboard.press("Tab")
    expect(tip.locator(".doubt")).to_have_text(
        [re.compile("Unsupported: no passage found"), re.compile("“旅游补贴”: No passage holds this name")]
    )
    expect(page.locator(".legend .sentence")).to_have_text(["Supported", "Weakly supported", "Unsupported"])
    marks.first.click()
    expect(tip).to_be_hidden()
    expect(page.locator("#passage")).to_be_visible()


def test_a_source_opens_its_whole_passage(page: Page) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    page.locator(".source-card").nth(1).click()
    expect(page.locator("#passage .count")).to_have_text("Source 2 of 3")
    expect(page.locator("#passage img")).to_have_attribute("src", re.compile(r"boxes=48.*%3B48"))


TABLE = "| 工龄 | 天数 |\n|---|---|\n| 满一年 | 10 |\n| 满五年 | 15 |"


def tabled(**changes: Any) -> dict[str, Any]:
    """A source without pages that is a table."""
    return {**SOURCES[2], "n": 1, "text": TABLE, **changes}


def test_a_table_is_a_table_and_never_strokes(page: Page, site: Site) -> None:
    site.script = [("sources", {"sources": [tabled()]}), ("token", {"text": ANSWER}), answering()[-1]]
    page.goto("/")
    ask(page)
    answered(page)
    expect(page.locator(".snippet")).to_have_text("工龄 ｜ 天数 满一年 ｜ 10 满五年 ｜ 15")
    page.locator(".source-card").click()
    expect(page.locator("#passage th")).to_have_text(["工龄", "天数"])
    expect(page.locator("#passage td")).to_have_text(["满一年", "10", "满五年", "15"])


def test_the_nearest_passage_of_a_refusal_has_its_rows_as_lines(page: Page, site: Site) -> None:
    site.script = [
        (name, {**data, "nearest": [tabled()]}) if name == "refused" else (name, data) for name, data in refusing()
    ]
    page.goto("/")
    ask(page)
    answered(page)
    expect(page.locator(".refusal li p")).to_have_text("工龄 ｜ 天数 满一年 ｜ 10 满五年 ｜ 15")


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("考勤制度", None),
        ("考勤制度 > 附则", "附则"),
        ("考勤制度 – 附则", "… – 附则"),
        ("考勤制度二 > 附则", "考勤制度二 › 附则"),
    ],
)
def test_a_place_does_not_say_the_name_of_its_document_again(
    page: Page, site: Site, location: str, told: str | None
) -> None:
    sources = [tabled(name="考勤制度.md", location=location)]
    site.script = [("sources", {"sources": sources}), ("token", {"text": ANSWER}), answering()[-1]]
    page.goto("/")
    ask(page)
    answered(page)
    expect(page.locator(".source-head")).to_have_text("1考勤制度.md")
    expect(page.locator(".headings")).to_have_text([told] if told else [])


def columns(page: Page) -> list[Any]:
    """Where the columns of the page and the marks of its answer begin and end."""
    where = "(nodes) => nodes.map((each) => [each.getBoundingClientRect().left, each.getBoundingClientRect().right])"
    found: list[Any] = page.locator(".conversations, .turns, .answer .mark").evaluate_all(where)
    return found


@pytest.mark.parametrize("width", [1000, 1280, 1920])
def test_a_passage_that_is_opened_moves_nothing(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/")
    ask(page)
    answered(page)
    before = columns(page)
    page.locator(".mark").first.click()
    expect(page.locator("#passage")).to_be_visible()
    assert columns(page) == before


def test_what_comes_to_lie_under_a_pointer_that_rests_is_not_pointed_at(page: Page) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    tip, marks = page.locator("#quote-tip"), page.locator(".answer .mark")
    at = marks.nth(1).bounding_box()
    assert at is not None
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    page.locator(".answer").evaluate("(answer) => (answer.style.position = 'relative', answer.style.top = '9rem')")
    page.mouse.click(x, y)
    page.locator(".answer").evaluate("(answer) => (answer.style.top = '0')")
    page.mouse.move(x, y)
    assert marks.nth(1).evaluate("(mark) => mark.matches(':hover')")
    expect(tip).to_be_hidden()
    page.mouse.move(x + 200, y + 200)
    page.mouse.move(x + 4, y)
    expect(tip).to_be_visible()


def test_a_page_that_cannot_be_shown_leaves_the_text(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    site.documents.clear()
    page.locator(".mark").first.click()
    expect(page.locator("#passage .note")).to_contain_text("cannot be shown")
    expect(page.locator("#passage mark")).to_have_text("员工连续工作满一年，每年享有十天带薪年休假。")


@pytest.fixture
def phone(page: Page) -> Page:
    """A conversation on a phone, with a passage opened below its answer."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/")
    ask(page)
    answered(page)
    page.locator(".mark").first.click()
    expect(page.locator("#passage")).to_be_in_viewport()
    return page


@pytest.mark.parametrize("way", ["back", "close", "link"])
def test_the_way_back_on_a_phone_leads_to_the_answer(phone: Page, way: str) -> None:
    address = phone.url
    if way == "back":
        phone.go_back()
    else:
        phone.locator("#passage .close" if way == "close" else "#passage .narrow-only").click()
    expect(phone.locator("#passage")).to_be_hidden()
    expect(phone.locator(".mark").first).to_be_focused()
    expect(phone.locator(".mark").first).to_be_in_viewport()
    assert phone.url == address
    expect(phone.locator(".turn")).to_have_count(1)


def test_the_way_on_from_a_passage_leads_no_deeper(phone: Page) -> None:
    phone.locator("#passage .next").click()
    phone.go_back()
    expect(phone.locator("#passage")).to_be_hidden()
    expect(phone.locator(".mark").nth(1)).to_be_focused()


def test_the_way_back_on_a_desk_leads_to_the_conversation_before(page: Page) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    page.locator("#new-conversation").click()
    ask(page, "病假呢？")
    answered(page)
    page.locator(".conversations a", has_text="年休假").first.click()
    expect(page.locator(".question")).to_have_text("年休假有几天？")
    page.locator(".mark").first.click()
    expect(page.locator("#passage")).to_be_visible()
    page.go_back()
    expect(page.locator(".question")).to_have_text("病假呢？")
    expect(page.locator("#passage")).to_be_hidden()
