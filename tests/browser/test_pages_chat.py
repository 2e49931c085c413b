"""The chat page: an answer as it comes, refusals, failures, resuming, conversations."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.answering.conversations import TITLE_LIMIT
from ingest.store.bases import NAME_LIMIT
from tests.support.browsing import answered, ask, comes_true
from tests.support.scripted_content import ANSWER, CITED, EXTRACT, MOMENT, SENTENCES, SOURCES, answering
from tests.support.scripted_state import DROP, HOLD, Site

pytestmark = pytest.mark.browser


def test_reload_in_mid_answer_goes_on_with_it(page: Page, site: Site) -> None:
    site.script = answering(HOLD)
    page.goto("/")
    ask(page)
    expect(page.locator(".answer")).to_have_text(ANSWER[:20])
    expect(page).to_have_url(re.compile(r"conversation=c0"))
    page.reload()
    expect(page.locator(".answer")).to_have_text(ANSWER[:20])
    expect(page.locator("#stop")).to_be_visible()
    site.gate.set()
    answered(page)
    expect(page.locator(".answer .words")).to_have_text(list(SENTENCES))


def test_a_broken_connection_is_taken_up_where_it_broke(page: Page, site: Site) -> None:
    more = ("token", {"text": "……"})
    site.script = answering(DROP, more, HOLD)
    page.goto("/")
    ask(page)
    expect(page.locator(".answer")).to_have_text(ANSWER[:20] + "……")
    assert ("GET", "/api/v1/runs/r0/events") in site.calls
    site.gate.set()
    answered(page)
    expect(page.locator(".answer .words")).to_have_text(list(SENTENCES))


def test_stop_keeps_what_was_written(page: Page, site: Site) -> None:
    site.script = answering(HOLD)
    page.goto("/")
    ask(page)
    expect(page.locator(".answer")).to_have_text(ANSWER[:20])
    page.locator("#stop").click()
    expect(page.locator(".note")).to_have_text("Stopped. What was written until then is kept.")
    expect(page.locator(".answer")).to_have_text(ANSWER[:20])
    expect(page.locator("#send")).to_be_visible()
    expect(page.locator("#stop")).to_be_hidden()


def test_nothing_is_said_to_be_kept_where_nothing_was_written(page: Page, site: Site) -> None:
    site.script = [("stage", {"stage": "search"}), HOLD, *answering()]
    page.goto("/")
    ask(page)
    page.locator("#stop").click()
    expect(page.locator(".note")).to_have_text("Stopped before anything was written.")


def test_a_problem_is_told_in_the_servers_words(page: Page, site: Site) -> None:
    site.ask_problem = (429, "Questions already waiting for the model: 3.")
    page.goto("/")
    ask(page)
    expect(page.locator(".failure")).to_contain_text("Questions already waiting for the model: 3")
    site.ask_problem = None
    page.locator(".failure").get_by_role("button").click()
    expect(page.locator(".answer .words")).to_have_count(3)


def test_a_failure_in_mid_answer_is_told(page: Page, site: Site) -> None:
    problem = {"type": "/problems/x", "title": "x", "status": 502, "detail": "The model server did not answer."}
    site.script = [("stage", {"stage": "read"}), ("failed", {"problem": problem})]
    page.goto("/")
    ask(page)
    expect(page.locator(".failure")).to_contain_text("The model server did not answer.")
    expect(page.locator("#send")).to_be_visible()


def test_text_of_documents_and_models_is_never_markup(page: Page, site: Site) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    script = answering()
    sources = [{**each, "name": evil, "text": evil, "heading_path": [evil]} for each in script[1][1]["sources"]]
    site.script = [("sources", {"sources": sources}), ("token", {"text": evil})]
    site.script += [("done", {**script[-1][1], "answer": evil, "model": evil})]
    page.goto("/")
    ask(page, evil)
    answered(page)
    page.locator(".source-card").first.click()
    expect(page.locator(".answer")).to_have_text(evil)
    assert page.locator("img[src=x]").count() == 0
    page.reload()
    expect(page.locator("#conversation-list")).to_contain_text("<img")
    assert page.locator("img[src=x]").count() == 0


def test_enter_sends_but_not_while_composing(page: Page, site: Site) -> None:
    page.goto("/")
    page.locator("#question").fill("nian")
    page.evaluate("""() => document.querySelector('#question').dispatchEvent(
        new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))""")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("ok")
    expect(page.locator("#question")).to_have_value("nian\nok")
    assert site.asked == []
    page.keyboard.press("Enter")
    answered(page)
    assert site.asked[0]["question"] == "nian\nok"


def test_a_question_goes_to_the_chosen_bases_and_conversation(page: Page, site: Site) -> None:
    page.goto("/")
    page.locator("#scope summary").click()
    page.locator("#scope input").first.uncheck()
    page.locator("#question").click()
    ask(page)
    answered(page)
    ask(page, "那病假呢？")
    expect(page.locator(".turn")).to_have_count(2)
    answered(page)
    assert [each["bases"] for each in site.asked] == [["base-2"], ["base-2"]]
    assert "conversation" not in site.asked[0]
    assert site.asked[1]["conversation"] == "c0"
    page.reload()
    page.locator("#new-conversation").click()
    expect(page.locator("#scope-label")).to_have_text("法律法规")


def test_conversations_can_be_renamed_and_deleted(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    row = page.locator("#conversation-list li")
    row.hover()
    row.get_by_label("Rename").click()
    page.locator("dialog input").fill("假期")
    page.keyboard.press("Enter")
    expect(row.locator("a span")).to_have_text("假期")
    row.hover()
    row.get_by_label("Delete").click()
    expect(row).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator("#no-conversations")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row.locator("a span")).to_have_text("假期")
    assert [method for method, _ in site.calls if method == "DELETE"] == []


def test_a_title_that_is_not_taken_stays_in_its_dialog(page: Page, site: Site) -> None:
    listed(page, site)
    page.route("**/api/v1/conversations/c1", lambda route: route.abort())
    row = page.locator("#conversation-list li")
    row.hover()
    row.get_by_label("Rename").click()
    field = page.locator("dialog input")
    field.fill("假期")
    page.keyboard.press("Enter")
    expect(page.locator("dialog").get_by_role("alert")).to_contain_text("did not answer")
    expect(field).to_have_value("假期")
    page.unroute("**/api/v1/conversations/c1")
    page.keyboard.press("Enter")
    expect(row.locator("a span")).to_have_text("假期")
    expect(page.locator("dialog")).to_have_count(0)


def test_no_title_can_be_longer_than_the_server_takes(page: Page, site: Site) -> None:
    listed(page, site)
    page.locator("#conversation-list li").hover()
    page.get_by_label("Rename").click()
    expect(page.locator("dialog input")).to_have_attribute("maxlength", str(TITLE_LIMIT))
    page.goto("/library?base=base-2")
    for button in ("#rename-base", "#new-base"):
        page.locator(button).click()
        expect(page.locator("dialog[open] input")).to_have_attribute("maxlength", str(NAME_LIMIT))
        page.keyboard.press("Escape")


def listed(page: Page, site: Site) -> None:
    """The chat, with one conversation in its list."""
    site.conversations["c1"] = {"id": "c1", "title": "年假", "bases": [], "updated_at": MOMENT, "turns": []}
    page.goto("/")
    expect(page.locator("#conversation-list li a span")).to_have_text("年假")
    expect(page.get_by_role("button", name="Delete")).to_have_count(1)


def test_what_the_server_did_not_hear_is_told_to_it_by_the_next_page(page: Page, site: Site) -> None:
    listed(page, site)
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError()); }")
    page.locator("#conversation-list li").hover()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#conversation-list li")).to_have_count(0)
    page.goto("/library")
    assert "c1" in site.conversations
    page.goto("/")
    comes_true(page, "JSON.parse(sessionStorage.getItem('zhiwen.discarded')).length === 0")
    assert "c1" not in site.conversations
    expect(page.locator("#conversation-list li")).to_have_count(0)


def test_a_conversation_that_could_not_be_deleted_is_there_again(page: Page, site: Site) -> None:
    page.clock.install()
    listed(page, site)
    busy = {"type": "/problems/busy", "title": "busy", "status": 503, "detail": "The disk is full."}
    page.route("**/api/v1/conversations/c1", lambda route: route.fulfill(status=503, json=busy))
    page.locator("#conversation-list li").hover()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#conversation-list li")).to_have_count(0)
    page.clock.fast_forward(10_500)
    expect(page.locator(".toast.bad")).to_have_text("“年假” was not deleted: The disk is full.")
    expect(page.locator("#conversation-list li")).to_have_count(1)


def test_an_answer_that_went_with_its_document_says_so(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    (conversation,) = site.conversations.values()
    conversation["turns"][0].update(state="erased", answer="", sentences=[], extract=None, sources=[])
    page.reload()
    expect(page.locator(".note")).to_contain_text("deleted with a document that it came from")
    expect(page.get_by_label("Ask again")).to_be_visible()
    expect(page.get_by_label("Copy")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "data", "shown"),
    [
        ("queued", {"position": 2}, "Waiting for the model, 2 ahead"),
        ("stage", {"stage": "read", "seconds": 1.4}, r"^Reading the passages\d"),
        ("stage", {"stage": "read", "seconds": 7.4}, "Reading the passages, about 7 s"),
    ],
)
def test_what_is_waited_for_is_shown(page: Page, site: Site, name: str, data: dict[str, Any], shown: str) -> None:
    site.script = [(name, data), HOLD, *answering()]
    page.goto("/")
    ask(page)
    expect(page.locator(".stage")).to_contain_text(re.compile(shown))
    site.gate.set()
    answered(page)


def test_another_conversation_can_be_read_while_an_answer_is_written(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page, "第一个问题")
    answered(page)
    site.script = answering(HOLD)
    page.locator("#new-conversation").click()
    ask(page, "第二个问题")
    expect(page.locator(".answer")).to_have_text(ANSWER[:20])
    page.locator("#conversation-list a").first.click()
    expect(page.locator(".question")).to_have_text("第一个问题")
    expect(page.locator("#send")).to_be_visible()
    site.gate.set()
    page.locator("#conversation-list a").nth(1).click()
    expect(page.locator(".question")).to_have_text("第二个问题")
    answered(page)
    expect(page.locator(".turn")).to_have_count(1)


def test_changing_the_language_keeps_the_conversation(page: Page) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    page.locator("#language summary").first.click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page).to_have_url(re.compile("conversation=c0"))


def test_the_best_sentence_of_the_documents_stands_there_before_the_answer(page: Page, site: Site) -> None:
    site.script = [("sources", {"sources": SOURCES}), ("extract", {"extract": EXTRACT}), HOLD, *answering()[3:]]
    page.goto("/")
    ask(page)
    expect(page.locator(".extract blockquote")).to_have_text(EXTRACT["quote"])
    expect(page.locator(".answer")).to_be_hidden()
    page.locator(".extract .link").click()
    expect(page.locator("#passage blockquote")).to_have_text(EXTRACT["quote"])
    site.gate.set()
    answered(page)
    expect(page.locator(".extract")).to_be_visible()


def test_a_sentence_is_marked_while_the_next_is_written(page: Page, site: Site) -> None:
    first = [("token", {"text": SENTENCES[0]}), ("token", {"text": "\n没休"}), ("sentence", {"sentence": CITED[0]})]
    site.script = [("sources", {"sources": SOURCES}), *first, HOLD, *answering()[-2:]]
    page.goto("/")
    ask(page)
    expect(page.locator(".answer .mark")).to_have_text(["1", "1"])
    expect(page.locator(".answer")).to_contain_text("没休")
    expect(page.locator(".answer")).to_have_attribute("aria-busy", "true")
    site.gate.set()
    answered(page)
    expect(page.locator(".answer .mark")).to_have_text(["1", "1", "3"])


def test_what_no_passage_holds_is_marked_by_itself(page: Page) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    flag = page.locator(".answer .unfounded")
    expect(flag).to_have_text("旅游补贴")
    expect(flag).to_have_attribute("title", re.compile("No passage holds this name"))
    expect(page.locator(".legend .unfounded")).to_be_visible()


def test_without_a_model_the_quote_is_the_answer(page: Page, site: Site) -> None:
    quote = EXTRACT["quote"]
    whole = {
        "start": 0,
        "end": len(quote),
        "text": quote,
        "support": "supported",
        "citations": [EXTRACT],
        "unfounded": [],
    }
    site.script = [
        ("sources", {"sources": SOURCES}),
        ("extract", {"extract": EXTRACT}),
        ("token", {"text": "No answer in"}),
        ("instead", {"text": quote}),
        ("citations", {"sentences": [whole]}),
        ("done", {**answering()[-1][1], "answer": quote, "model": ""}),
    ]
    page.goto("/")
    ask(page)
    answered(page)
    expect(page.locator(".answer .words")).to_have_text([quote])
    expect(page.locator(".extract")).to_be_hidden()
    expect(page.locator(".turn-foot")).to_contain_text("Quoted from the document")


def test_an_answer_whose_document_goes_while_it_is_written_is_taken_back(page: Page, site: Site) -> None:
    site.script = [
        ("sources", {"sources": SOURCES}),
        ("extract", {"extract": EXTRACT}),
        ("token", {"text": "Half of"}),
        ("sources", {"sources": []}),
        ("done", {**answering()[-1][1], "answer": ""}),
    ]
    page.goto("/")
    ask(page)
    answered(page)
    expect(page.locator(".answer .words")).to_be_hidden()
    expect(page.locator(".extract")).to_be_hidden()
    expect(page.locator(".note")).to_have_text(["The answer was deleted with a document that it came from."])


def test_an_answer_from_words_alone_says_so(page: Page, site: Site) -> None:
    detail = "The model m is still loading. Try again in a moment."
    partial = {"type": "/problems/still-loading", "title": "still-loading", "status": 503, "detail": detail}
    site.script = [("sources", {"sources": SOURCES, "partial": partial}), *answering()[2:]]
    page.goto("/")
    ask(page)
    answered(page)
    expect(page.locator(".turn .partial")).to_have_text(re.compile("Only words were searched.*" + detail))
    site.script = answering()
    page.locator(".turn-foot button").last.click()
    answered(page)
    expect(page.locator(".turn .partial").last).to_be_hidden()


def test_a_note_does_not_lie_on_what_is_written(page: Page) -> None:
    page.goto("/")
    page.locator("#question").fill("  x")
    for box in page.locator("#scope input[name=base]").all():
        box.evaluate("box => { box.checked = false; box.dispatchEvent(new Event('change', {bubbles: true})); }")
    page.keyboard.press("Enter")
    note, composer = page.locator(".toast").bounding_box(), page.locator("#composer").bounding_box()
    assert note is not None and composer is not None
    assert note["y"] + note["height"] < composer["y"]
