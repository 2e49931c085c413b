"""While a question is typed the server is told of it, so that the model reads ahead."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import ask
from tests.support.scripted_state import HOLD, Site

pytestmark = pytest.mark.browser
PAUSE_MS = 1_000
AHEAD = "**/api/v1/read-ahead"


@pytest.fixture
def page(page: Page) -> Page:
    """The chat page, whose time passes when a test says so."""
    page.clock.install(time=0)
    page.goto("/")
    page.clock.pause_at(10_000)
    return page


def typed(page: Page, text: str) -> None:
    """Type, pause, and wait until the server was told."""
    page.locator("#question").press_sequentially(text)
    with page.expect_response(AHEAD):
        page.clock.run_for(PAUSE_MS)


def test_a_pause_tells_what_would_be_asked_and_where(page: Page, site: Site) -> None:
    typed(page, "年休假有几")
    bases = [base["id"] for base in site.bases]
    assert site.typed == [{"question": "年休假有几", "bases": bases}]
    typed(page, "天？")
    assert site.typed[1] == {"question": "年休假有几天？", "bases": bases}


def test_nothing_is_told_twice_nor_of_a_word_or_an_empty_field(page: Page, site: Site) -> None:
    page.locator("#question").press_sequentially("年休")
    page.clock.run_for(PAUSE_MS)
    typed(page, "假有几天？")
    page.keyboard.press("x")
    page.keyboard.press("Backspace")
    page.clock.run_for(PAUSE_MS)
    typed(page, "？")
    assert [each["question"] for each in site.typed] == ["年休假有几天？", "年休假有几天？？"]


def test_a_question_that_is_sent_is_not_told_of_as_well(page: Page, site: Site) -> None:
    ask(page, "年休假有几天？")
    page.clock.run_for(PAUSE_MS)
    expect(page.locator(".turn-foot button").first).to_be_visible()
    typed(page, "病假呢？")
    assert site.typed == [{**site.typed[0], "question": "病假呢？", "conversation": "c0"}]


def test_what_is_typed_while_an_answer_is_written_is_told_behind_it(page: Page, site: Site) -> None:
    site.script = [*site.script[:2], HOLD, *site.script[2:]]
    ask(page)
    expect(page.locator("#stop")).to_be_enabled()
    page.locator("#question").press_sequentially("下一个问题")
    page.clock.run_for(PAUSE_MS)
    assert site.typed == []
    site.gate.set()
    expect(page.locator("#send")).to_be_visible()
    with page.expect_response(AHEAD):
        page.clock.run_for(PAUSE_MS)
    assert [each["question"] for each in site.typed] == ["下一个问题"]


def test_what_an_input_method_shows_is_no_text_yet(page: Page, site: Site) -> None:
    page.locator("#question").focus()
    method = page.context.new_cdp_session(page)
    method.send("Input.imeSetComposition", {"text": "nianxiujia", "selectionStart": 10, "selectionEnd": 10})
    page.clock.run_for(PAUSE_MS)
    method.send("Input.insertText", {"text": "年休假有几天"})
    with page.expect_response(AHEAD):
        page.clock.run_for(PAUSE_MS)
    assert [each["question"] for each in site.typed] == ["年休假有几天"]


def test_a_server_that_does_not_answer_changes_nothing(page: Page, site: Site) -> None:
    page.route(AHEAD, lambda route: route.abort())
    page.locator("#question").press_sequentially("年休假有几天？")
    with page.expect_request(AHEAD):
        page.clock.run_for(PAUSE_MS)
    page.keyboard.press("Enter")
    expect(page.locator(".turn-foot button").first).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)
    assert site.asked[0]["question"] == "年休假有几天？"
