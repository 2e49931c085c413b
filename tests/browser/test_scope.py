"""Where a question looks: documents chosen by name in the menu, by @ in the question, and by an address."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.blanks import blank_document
from tests.support.browsing import answered, ask
from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser
HANDBOOK, RULES = "员工手册（2025版）.pdf", "考勤制度.md"


def asked(page: Page) -> None:
    ask(page)
    answered(page)


def compose(page: Page, name: str, text: str = "") -> None:
    """What an input method tells the page: a key or an input in the middle of a word, or the end of one."""
    page.locator("#question").evaluate(
        """(field, [name, text]) => {
            field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
            const values = {isComposing: true, bubbles: true, cancelable: true, key: 'Enter', keyCode: 229};
            const kinds = {input: InputEvent, keydown: KeyboardEvent, compositionend: CompositionEvent};
            field.dispatchEvent(new kinds[name](name, values));
        }""",
        [name, text],
    )


def test_documents_are_found_by_name_and_chosen(page: Page, site: Site) -> None:
    page.goto("/")
    page.locator("#scope summary").click()
    found = page.locator("#found-documents li")
    # Those that have been read, of the bases that are ticked.
    expect(found).to_have_count(2)
    page.locator("#document-search").fill("考勤")
    expect(found).to_have_count(1)
    page.keyboard.press("Enter")
    page.locator("#document-search").fill("手册")
    expect(found).to_contain_text([HANDBOOK])
    found.locator("input").check()
    chips = page.locator("#chosen-documents .chip")
    expect(chips).to_have_text([RULES, HANDBOOK])
    page.locator('#scope input[name="base"]').first.uncheck()
    expect(page.locator("#found-told")).to_contain_text("No document")
    asked(page)
    assert (site.asked[0]["documents"], site.asked[0]["bases"]) == (["d2", "d1"], ["base-1"])
    # What was asked of them goes on with them.
    page.reload()
    expect(chips).to_have_text([RULES, HANDBOOK])
    chips.first.get_by_role("button").click()
    expect(page.locator("#question")).to_be_focused()
    chips.first.get_by_role("button").click()
    expect(chips).to_have_count(0)
    asked(page)
    assert "documents" not in site.asked[1]


def test_a_long_list_of_documents_comes_page_by_page(page: Page, site: Site) -> None:
    ready = {"status": "ready", "stage": "done"}
    site.documents = [{**blank_document(f"n{n}", "base-1", f"{n:03}.md", 1), **ready} for n in range(45)]
    page.goto("/")
    page.locator("#scope summary").click()
    found, more = page.locator("#found-documents input"), page.locator("#more-documents")
    for count in (20, 40, 45):
        expect(found).to_have_count(count)
        if count < 45:
            more.click()
    expect(more).to_be_hidden()
    expect(found.nth(40)).to_be_focused()


def test_a_document_in_the_address_is_chosen(page: Page, site: Site) -> None:
    page.goto("/?document=d1")
    expect(page.locator("#chosen-documents")).to_contain_text(HANDBOOK)
    page.locator("#scope summary").click()
    expect(page.locator("#found-documents input:checked")).to_have_value("d1")
    page.keyboard.press("Escape")
    asked(page)
    assert site.asked[0]["documents"] == ["d1"]


def test_a_question_waits_for_the_document_that_the_page_was_opened_with(page: Page, site: Site) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/documents/d1", hold)
    page.goto("/?document=d1")
    ask(page)
    expect(page.locator(".stage")).to_be_visible()
    assert site.asked == []
    held[0].continue_()
    answered(page)
    assert site.asked[-1]["documents"] == ["d1"]


def test_the_documents_of_a_conversation_are_named_again_and_nothing_more(page: Page) -> None:
    page.goto("/?document=d1")
    page.keyboard.press("Escape")
    asked(page)
    expect(page.locator(".turn-foot button").first).to_be_visible()
    page.reload()
    expect(page.locator("#chosen-documents li")).to_have_text([HANDBOOK])


def test_a_document_that_is_gone_leaves_the_scope_of_a_conversation(page: Page, site: Site) -> None:
    page.goto("/?document=d1")
    asked(page)
    site.documents = [each for each in site.documents if each["id"] != "d1"]
    page.reload()
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.locator("#chosen-documents")).to_be_hidden()
    expect(page.locator(".toast")).to_have_count(0)


def test_a_key_that_comes_before_the_list_waits_for_it(page: Page, site: Site) -> None:
    page.goto("/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/documents?text=%E8%80%83*", hold)
    page.locator("#question").press_sequentially("@")
    expect(page.locator("#mentions-list li").first).to_contain_text(HANDBOOK)
    with page.expect_request("**/api/v1/documents?text=%E8%80%83*"):
        page.locator("#question").press_sequentially("考")
    page.keyboard.press("Enter")
    expect(page.locator("#chosen-documents")).to_be_hidden()
    held[0].continue_()
    expect(page.locator("#chosen-documents .chip")).to_have_text([RULES])
    assert site.asked == []


@pytest.mark.parametrize("sign", ["@", "＠"])
def test_a_document_is_named_in_the_question(page: Page, site: Site, sign: str) -> None:
    page.goto("/")
    question, options = page.locator("#question"), page.locator("#mentions-list [role=option]")
    question.press_sequentially(f"按照{sign}")
    expect(options).to_have_count(2)
    expect(question).to_have_attribute("aria-activedescendant", "mention-0")
    page.keyboard.press("ArrowUp")
    expect(question).to_have_attribute("aria-activedescendant", "mention-1")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    question.press_sequentially("考勤")
    expect(options.locator("span")).to_have_text([RULES])
    page.keyboard.press("Enter")
    expect(page.locator("#mentions")).to_be_hidden()
    expect(page.locator("#chosen-documents .chip")).to_have_text([RULES])
    expect(question).to_have_value("按照")
    expect(question).to_be_focused()
    question.press_sequentially("，迟到怎么办？")
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text("按照，迟到怎么办？")
    answered(page)
    assert site.asked[0]["documents"] == ["d2"]


def test_naming_a_document_that_is_asked_about_already_says_so(page: Page) -> None:
    page.goto("/?document=d2")
    expect(page.locator("#chosen-documents .chip")).to_have_text([RULES])
    page.locator("#question").press_sequentially("@考勤")
    expect(page.locator("#mentions-list [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_have_text(f"“{RULES}” is asked about already.")
    expect(page.locator("#chosen-documents .chip")).to_have_count(1)


def test_the_list_of_documents_can_be_clicked_and_closed(page: Page, site: Site) -> None:
    page.goto("/")
    question, box = page.locator("#question"), page.locator("#mentions")
    question.press_sequentially("@手册")
    page.locator("#mentions-list li").filter(has_text=HANDBOOK).click()
    expect(page.locator("#chosen-documents .chip")).to_have_text([HANDBOOK])
    expect(question).to_be_focused()
    expect(question).to_have_value("")
    question.press_sequentially("@")
    expect(box).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(question).to_have_value("@")
    # Another use of the sign is left alone.
    question.fill("")
    question.press_sequentially("写信给 li@考")
    expect(box).to_be_hidden()
    question.fill("")
    question.press_sequentially("@没有这样的文档")
    expect(box).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text("@没有这样的文档")


def test_an_input_method_is_let_to_finish_its_word(page: Page, site: Site) -> None:
    page.goto("/")
    page.locator("#question").press_sequentially("@")
    options = page.locator("#mentions-list li")
    expect(options).to_have_count(2)
    compose(page, "input", "kao")
    compose(page, "keydown")
    # Neither is the list asked for by half a word, nor does the key that ends it choose.
    expect(options).to_have_count(2)
    expect(page.locator("#chosen-documents")).to_be_hidden()
    page.locator("#question").evaluate("field => { field.value = '@'; }")
    compose(page, "compositionend", "考勤")
    expect(options.locator("span")).to_have_text([RULES])
    page.keyboard.press("Tab")
    expect(page.locator("#chosen-documents .chip")).to_have_text([RULES])
    assert site.asked == []
