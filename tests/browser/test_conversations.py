"""Conversations over the real application: found, exported, asked again in other words, copied and rated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.i18n import LANGUAGES, translate
from tests.support.browsing import comes_true, opened
from tests.support.live import live, settled
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT

pytestmark = [pytest.mark.browser, pytest.mark.slow]
QUESTION = "二〇二五年营业收入是多少？"
ANSWER = "营业收入为三百元。"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The application with one document that is ready."""
    with live(tmp_path, ScriptedLLM({"": ANSWER})) as address, httpx.Client(base_url=address) as client:
        files = {"files": ("年报.md", REPORT.encode())}
        document = client.post("/api/v1/bases/default/documents", files=files).json()[0]["id"]
        settled(address, document)
        yield address


def asked(address: str, *questions: str) -> list[str]:
    """Ask each in a conversation of its own; gives their ids."""
    ask = [httpx.post(f"{address}/api/v1/ask", json={"question": question}, timeout=60) for question in questions]
    return [each.json()["conversation"] for each in ask]


@pytest.fixture(params=list(LANGUAGES))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def told(browser: Browser, address: str, language: str) -> Iterator[Page]:
    """A page in each language, as wide as a phone."""
    phone = {"width": 360, "height": 740}
    clipboard = ("clipboard-read", "clipboard-write")
    with opened(browser, address, permissions=clipboard, locale=language, viewport=phone) as page:
        yield page
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_conversations_are_searched_on_the_server(told: Page, address: str, language: str) -> None:
    first, _ = asked(address, QUESTION, "公司有多少员工？")
    told.goto(f"/?conversation={first}")
    rows = told.locator("#conversation-list li")
    expect(rows).to_have_count(2)
    told.locator("#conversations-open").click()
    search = told.get_by_role("searchbox", name=translate(language, "chat.find"))
    search.fill("员工")
    expect(rows.locator("a span")).to_have_text(["公司有多少员工？"])
    search.fill("没有这个")
    expect(rows).to_have_count(0)
    expect(told.locator("#no-conversations")).to_have_text(translate(language, "chat.none_found"))
    expect(told.locator("#talk-title")).to_have_text(QUESTION)
    search.fill("")
    expect(rows).to_have_count(2)


def test_a_conversation_has_its_title_before_it_is_in_the_list(told: Page, address: str) -> None:
    (conversation,) = asked(address, QUESTION)
    told.route("**/api/v1/conversations?*", lambda route: route.fulfill(json=[]))
    told.goto(f"/?conversation={conversation}")
    expect(told.locator("#no-conversations")).to_be_attached()
    expect(told.locator("#conversation-list li")).to_have_count(0)
    expect(told.locator("#talk-title")).to_have_text(QUESTION)


@pytest.mark.parametrize(("label", "ending"), [("Markdown", "md"), ("JSON", "json")])
def test_a_conversation_is_saved_as_a_file(told: Page, address: str, language: str, label: str, ending: str) -> None:
    asked(address, QUESTION)
    told.goto("/")
    told.locator("#conversations-open").click()
    told.get_by_role("button", name=translate(language, "chat.export"), exact=True).click()
    with told.expect_download() as saved:
        told.get_by_role("link", name=label).click()
    assert re.fullmatch(rf"二〇二五年营业收入是多少[？ _]?\.{ending}", saved.value.suggested_filename)
    text = saved.value.path().read_text(encoding="utf-8")
    if label == "JSON":
        assert json.loads(text)["turns"][0]["answer"] == ANSWER
    else:
        assert f"## {QUESTION}" in text and f"{ANSWER} [1]" in text and "- [1] 年报.md" in text
        assert f"### {translate(language, 'sources.title')}" in text
    expect(told.locator("dialog")).to_have_count(0)


def answered(page: Page, address: str, language: str) -> None:
    """Open a conversation with one answer."""
    (conversation,) = asked(address, QUESTION)
    page.goto(f"/?conversation={conversation}")
    expect(page.locator(".answer .mark")).to_have_count(1)
    assert page.locator("html").get_attribute("lang") == language


def test_a_question_is_asked_again_in_other_words(told: Page, address: str, language: str) -> None:
    answered(told, address, language)
    told.locator("#question").fill("还没写完")
    pencil = told.get_by_role("button", name=translate(language, "chat.edit"))
    pencil.click()
    field = told.get_by_role("textbox", name=translate(language, "chat.edit"))
    expect(field).to_be_focused()
    expect(field).to_have_value(QUESTION)
    field.fill("别的")
    told.keyboard.press("Escape")
    expect(told.locator(".question")).to_have_text([QUESTION])
    expect(pencil).to_be_focused()
    told.keyboard.press("Enter")
    field.fill("公司二〇二五年的营业收入呢？")
    told.keyboard.press("Enter")
    expect(told.locator(".question")).to_have_text([QUESTION, "公司二〇二五年的营业收入呢？"])
    expect(told.locator(".answer .mark")).to_have_count(2)
    # What was being written below is not lost by it.
    expect(told.locator("#question")).to_have_value("还没写完")


def test_the_last_question_is_edited_by_an_arrow_in_an_empty_field(told: Page, address: str, language: str) -> None:
    answered(told, address, language)
    told.locator("#question").press("ArrowUp")
    expect(told.get_by_role("textbox", name=translate(language, "chat.edit"))).to_have_value(QUESTION)
    told.keyboard.press("Escape")
    told.locator("#question").fill("一行\n两行")
    told.locator("#question").press("ArrowUp")
    expect(told.get_by_role("textbox", name=translate(language, "chat.edit"))).to_have_count(0)


def test_an_answer_is_copied_with_its_citations_or_without(told: Page, address: str, language: str) -> None:
    answered(told, address, language)
    told.get_by_role("button", name=translate(language, "chat.copy"), exact=True).click()
    expect(told.locator(".toast")).to_have_count(1)
    assert told.evaluate("navigator.clipboard.readText()") == ANSWER
    told.get_by_role("button", name=translate(language, "chat.copy_cited")).click()
    expect(told.locator(".toast")).to_have_count(2)
    title = translate(language, "sources.title")
    text = told.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"{ANSWER} \[1\]\n\n{title}:\n\[1\] 年报.md · .*收入.*", text)


def test_a_rating_is_there_again_after_a_reload(told: Page, address: str, language: str) -> None:
    answered(told, address, language)
    good, bad = (
        told.get_by_role("button", name=translate(language, f"chat.rate_{way}"), exact=True) for way in ("up", "down")
    )
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "true")
    expect(good).to_have_attribute("aria-pressed", "false")
    told.reload()
    expect(bad).to_have_attribute("aria-pressed", "true")
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "false")
    told.reload()
    expect(good).to_have_attribute("aria-pressed", "false")
    expect(bad).to_have_attribute("aria-pressed", "false")


def kept(address: str) -> list[str]:
    return [each["id"] for each in httpx.get(f"{address}/api/v1/conversations").json()]


def discarded(page: Page, language: str) -> None:
    """Delete the first conversation of the list."""
    row = page.locator("#conversation-list li")
    count = row.count()
    row.first.get_by_role("button", name=translate(language, "chat.delete_conversation"), exact=True).click()
    expect(row).to_have_count(count - 1)


def test_a_conversation_is_deleted_when_the_time_to_undo_is_over(told: Page, address: str, language: str) -> None:
    first, second = asked(address, QUESTION, "公司有多少员工？")
    told.clock.install()
    told.goto(f"/?conversation={first}")
    told.locator("#conversations-open").click()
    expect(told.locator("#conversation-list li")).to_have_count(2)
    discarded(told, language)
    note = told.locator(".toast")
    expect(note).to_contain_text(translate(language, "chat.deleted", title="公司有多少员工？"))
    expect(told.locator("#conversation-list li a")).to_be_focused()
    expect(told.locator(".question")).to_have_text(QUESTION)
    told.clock.fast_forward(4_000)
    expect(note).to_have_count(1)
    assert second in kept(address)
    with told.expect_response(lambda answer: answer.request.method == "DELETE"):
        told.clock.fast_forward(6_500)
    expect(note).to_have_count(0)
    assert kept(address) == [first]
    expect(told.locator("#conversation-list li")).to_have_count(1)


@pytest.mark.parametrize("next_page", ["/library", "/"])
def test_a_page_that_is_left_deletes_at_once(told: Page, address: str, language: str, next_page: str) -> None:
    first, _ = asked(address, QUESTION, "公司有多少员工？")
    told.goto("/")
    told.locator("#conversations-open").click()
    expect(told.locator("#conversation-list li")).to_have_count(2)
    discarded(told, language)
    told.goto(next_page)
    told.goto("/")
    expect(told.locator("#conversation-list li[data-id]")).to_have_count(1)
    comes_true(told, "JSON.parse(sessionStorage.getItem('zhiwen.discarded')).length === 0")
    assert kept(address) == [first]
    expect(told.locator(".toast")).to_have_count(0)
