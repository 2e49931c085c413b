"""The chat page: an answer as it comes, its marks and sources, refusals, failures, resuming."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.scripted_content import ANSWER, CITED, EXTRACT, SENTENCES, SOURCES, answering, refusing
from tests.support.scripted_site import DROP, HOLD, Site

pytestmark = pytest.mark.browser


def ask(page: Page, question: str = "年休假有几天？") -> None:
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")


def finished(page: Page) -> None:
    expect(page.locator(".turn-foot button").first).to_be_visible()


def test_sources_come_before_the_answer_and_marks_after_it(page: Page, site: Site) -> None:
    site.script = answering(HOLD)
    page.goto("/")
    ask(page)
    expect(page.locator(".source-card")).to_have_count(3)
    expect(page.locator(".answer")).to_have_text(ANSWER[:20])
    expect(page.locator(".stage")).to_contain_text("Writing")
    expect(page.locator(".mark")).to_have_count(0)
    site.gate.set()
    finished(page)
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
    finished(page)
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


def test_a_source_opens_its_whole_passage(page: Page) -> None:
    page.goto("/")
    ask(page)
    finished(page)
    page.locator(".source-card").nth(1).click()
    expect(page.locator("#passage .count")).to_have_text("Source 2 of 3")
    expect(page.locator("#passage img")).to_have_attribute("src", re.compile(r"boxes=48.*%3B48"))


def test_a_page_that_cannot_be_shown_leaves_the_text(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page)
    finished(page)
    site.documents.clear()
    page.locator(".mark").first.click()
    expect(page.locator("#passage .note")).to_contain_text("cannot be shown")
    expect(page.locator("#passage mark")).to_have_text("员工连续工作满一年，每年享有十天带薪年休假。")


def test_a_refusal_shows_what_came_nearest(page: Page, site: Site) -> None:
    site.script = refusing()
    page.goto("/")
    ask(page, "公司有几只猫？")
    finished(page)
    refusal = page.locator(".refusal")
    expect(refusal).to_contain_text("Not in these documents")
    expect(refusal.locator("li")).to_have_count(2)
    expect(page.locator(".answer")).to_be_hidden()
    refusal.locator("li button").first.click()
    expect(page.locator("#passage .count")).to_have_text("Source 1 of 2")


def test_a_refusal_after_words_takes_the_words_back(page: Page, site: Site) -> None:
    site.script = [("token", {"text": "可能是三只"}), *refusing()]
    page.goto("/")
    ask(page)
    finished(page)
    expect(page.locator(".turn")).not_to_contain_text("可能是三只")


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
    finished(page)
    expect(page.locator(".answer .words")).to_have_text(list(SENTENCES))


def test_a_broken_connection_is_taken_up_where_it_broke(page: Page, site: Site) -> None:
    more = ("token", {"text": "……"})
    site.script = answering(DROP, more, HOLD)
    page.goto("/")
    ask(page)
    expect(page.locator(".answer")).to_have_text(ANSWER[:20] + "……")
    assert ("GET", "/api/v1/runs/r0/events") in site.calls
    site.gate.set()
    finished(page)
    expect(page.locator(".answer .words")).to_have_text(list(SENTENCES))


def test_stop_keeps_what_was_written(page: Page, site: Site) -> None:
    site.script = answering(HOLD)
    page.goto("/")
    ask(page)
    expect(page.locator(".answer")).to_have_text(ANSWER[:20])
    page.locator("#stop").click()
    expect(page.locator(".note")).to_contain_text("Stopped")
    expect(page.locator(".answer")).to_have_text(ANSWER[:20])
    expect(page.locator("#send")).to_be_visible()
    expect(page.locator("#stop")).to_be_hidden()


def test_a_problem_is_told_in_the_servers_words(page: Page, site: Site) -> None:
    site.ask_problem = (429, "3 questions are already waiting for the model.")
    page.goto("/")
    ask(page)
    expect(page.locator(".failure")).to_contain_text("3 questions are already waiting")
    site.ask_problem = None
    page.locator(".turn-foot button").last.click()
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
    finished(page)
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
    finished(page)
    assert site.asked[0]["question"] == "nian\nok"


def test_a_question_goes_to_the_chosen_bases_and_conversation(page: Page, site: Site) -> None:
    page.goto("/")
    page.locator("#scope summary").click()
    page.locator("#scope input").first.uncheck()
    page.locator("#question").click()
    ask(page)
    finished(page)
    ask(page, "那病假呢？")
    expect(page.locator(".turn")).to_have_count(2)
    finished(page)
    assert [each["bases"] for each in site.asked] == [["base-2"], ["base-2"]]
    assert "conversation" not in site.asked[0]
    assert site.asked[1]["conversation"] == "c0"
    page.reload()
    page.locator("#new-conversation").click()
    expect(page.locator("#scope-label")).to_have_text("法律法规")


def test_one_document_can_be_asked(page: Page, site: Site) -> None:
    page.goto("/?document=d1")
    expect(page.locator("#only-document")).to_contain_text("员工手册")
    ask(page)
    finished(page)
    assert site.asked[0]["documents"] == ["d1"]
    page.locator("#only-document button").click()
    expect(page.locator("#scope")).to_be_visible()


def test_conversations_can_be_renamed_and_deleted(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page)
    finished(page)
    row = page.locator("#conversation-list li")
    row.hover()
    row.get_by_label("Rename").click()
    page.locator("dialog input").fill("假期")
    page.keyboard.press("Enter")
    expect(row.locator("a span")).to_have_text("假期")
    row.hover()
    row.get_by_label("Delete").click()
    page.locator("dialog .danger").click()
    expect(row).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()
    assert site.conversations == {}


def test_an_answer_that_went_with_its_document_says_so(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page)
    finished(page)
    (conversation,) = site.conversations.values()
    conversation["turns"][0].update(state="erased", answer="", sentences=[], extract=None, sources=[])
    page.reload()
    expect(page.locator(".note")).to_contain_text("deleted with a document that it came from")
    expect(page.get_by_label("Ask again")).to_be_visible()
    expect(page.get_by_label("Copy")).to_have_count(0)


def test_the_place_in_the_queue_is_shown(page: Page, site: Site) -> None:
    site.script = [("queued", {"position": 2}), HOLD, *answering()]
    page.goto("/")
    ask(page)
    expect(page.locator(".stage")).to_contain_text("place 2 in the queue")
    site.gate.set()
    finished(page)


def test_another_conversation_can_be_read_while_an_answer_is_written(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page, "第一个问题")
    finished(page)
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
    finished(page)
    expect(page.locator(".turn")).to_have_count(1)


def test_changing_the_language_keeps_the_conversation(page: Page) -> None:
    page.goto("/")
    ask(page)
    finished(page)
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
    finished(page)
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
    finished(page)
    expect(page.locator(".answer .mark")).to_have_text(["1", "1", "3"])


def test_what_no_passage_holds_is_marked_by_itself(page: Page) -> None:
    page.goto("/")
    ask(page)
    finished(page)
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
    finished(page)
    expect(page.locator(".answer .words")).to_have_text([quote])
    expect(page.locator(".extract")).to_be_hidden()
    expect(page.locator(".turn-foot")).to_contain_text("Quoted from the document")


def test_a_refusal_has_no_extract(page: Page, site: Site) -> None:
    site.script = [("extract", {"extract": EXTRACT}), *refusing()]
    page.goto("/")
    ask(page)
    finished(page)
    expect(page.locator(".extract")).to_be_hidden()


def test_an_answer_from_words_alone_says_so(page: Page, site: Site) -> None:
    detail = "The model m is still loading. Try again in a moment."
    partial = {"type": "/problems/still-loading", "title": "still-loading", "status": 503, "detail": detail}
    site.script = [("sources", {"sources": SOURCES, "partial": partial}), *answering()[2:]]
    page.goto("/")
    ask(page)
    finished(page)
    expect(page.locator(".turn .partial")).to_have_text(re.compile("Only words were searched.*" + detail))
    site.script = answering()
    page.locator(".turn-foot button").last.click()
    finished(page)
    expect(page.locator(".turn .partial").last).to_be_hidden()
