"""Files added on the chat page: dropped or chosen, read, and asked about as soon as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, Route, expect

from tests.support.browsing import answered, drop, opened
from tests.support.live import live
from tests.support.scripted_llm import ScriptedLLM
from tests.support.scripted_state import Site
from tests.support.served import REPORT

pytestmark = pytest.mark.browser

QUESTION = "二〇二五年营业收入是多少？"


@pytest.fixture
def live_page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """An empty library over the real application."""
    with (
        live(tmp_path, ScriptedLLM({"": "营业收入为三百元。"})) as address,
        opened(browser, address, locale="en-US", viewport={"width": 1280, "height": 800}) as page,
    ):
        yield page


def test_a_file_that_is_dropped_is_asked_about_when_it_is_read(live_page: Page) -> None:
    live_page.goto("/")
    drop(live_page, "年报.md", text=REPORT)
    live_page.locator("#question").fill(QUESTION)
    live_page.keyboard.press("Enter")
    expect(live_page.locator(".answer .mark")).to_have_count(1)
    expect(live_page.locator("#chosen-documents li span")).to_have_text("年报.md")
    expect(live_page.locator("#question")).to_have_value("")


def pending(page: Page, site: Site, status: str) -> None:
    """Drop two files; the server says of the first what became of it, of the second that it waits."""
    drop(page, "a.md", "b.md")
    expect(page.locator("#chosen-documents li")).to_have_count(2)
    page.locator("#question").fill("问题")
    page.keyboard.press("Enter")
    expect(page.locator("#attach-state")).to_contain_text("Files still being read: 2")
    first = next(each for each in site.documents if each["name"] == "a.md")
    error = {"type": "/problems/x", "title": "x", "status": 422, "detail": "a.md holds no text."}
    site.announce(first["id"], status=status, stage="parse", error=error if status == "failed" else None)


def test_a_question_waits_for_every_file_unless_it_is_asked_now(page: Page, site: Site) -> None:
    page.goto("/")
    pending(page, site, "ready")
    expect(page.locator("#attach-state")).to_contain_text("Files still being read: 1")
    expect(page.locator("#chosen-documents li small:visible")).to_have_count(1)
    assert ("POST", "/api/v1/ask") not in site.calls
    page.get_by_role("button", name="Ask now").click()
    expect(page.locator("h2.question")).to_have_text("问题")
    expect(page.locator("#attach-state")).to_be_hidden()


def test_a_file_that_cannot_be_read_is_told_and_the_question_stays(page: Page, site: Site) -> None:
    page.goto("/")
    pending(page, site, "failed")
    expect(page.locator(".toast")).to_contain_text("a.md holds no text.")
    expect(page.locator("#chosen-documents li")).to_have_count(1)
    expect(page.locator("#attach-state")).to_be_hidden()
    expect(page.locator("#question")).to_have_value("问题")
    assert ("POST", "/api/v1/ask") not in site.calls


def test_the_list_of_files_closes_once_all_were_taken(page: Page, site: Site) -> None:
    page.goto("/")
    drop(page, "a.md", "b.md")
    expect(page.locator("#chosen-documents li")).to_have_count(2)
    expect(page.locator("#uploads")).to_be_hidden()
    # One that is there already says so until it is read.
    page.locator("#attach").set_input_files({"name": "考勤制度.md", "mimeType": "text/markdown", "buffer": b"x"})
    expect(page.locator('#uploads [data-state="known"]')).to_be_visible()
    drop(page, "c.md")
    expect(page.locator("#chosen-documents li")).to_have_count(4)
    expect(page.locator("#uploads li")).to_have_count(1)
    expect(page.locator("#uploads-summary")).to_contain_text("Files sent: 2 of 2")


def test_many_files_are_added_without_narrowing_the_question(page: Page) -> None:
    page.goto("/")
    drop(page, *(f"{n}.md" for n in range(21)))
    expect(page.locator("#uploads-summary")).to_contain_text("Files sent: 21 of 21")
    expect(page.locator("#chosen-documents")).to_be_hidden()


def test_a_file_that_is_there_already_is_asked_about_too(page: Page) -> None:
    page.goto("/")
    page.locator("#attach").set_input_files({"name": "考勤制度.md", "mimeType": "text/markdown", "buffer": b"x"})
    expect(page.locator("#chosen-documents li span")).to_have_text("考勤制度.md")


@pytest.fixture
def held(page: Page) -> list[Route]:
    """What is sent, until the test lets it go on."""
    found: list[Route] = []
    page.route(
        "**/api/v1/bases/*/documents",
        lambda route: found.append(route) if route.request.method == "POST" else route.continue_(),
    )
    return found


def waiting(page: Page, *names: str) -> None:
    """Drop files, and ask while they are on their way."""
    page.goto("/")
    drop(page, *names)
    page.locator("#question").fill("问题")
    page.keyboard.press("Enter")
    expect(page.locator("#attach-state")).to_contain_text(f"Files still being read: {len(names)}")


def unasked(page: Page, site: Site) -> None:
    """Nothing waits any more, and the question stands where it was written."""
    expect(page.locator("#attach-state")).to_be_hidden()
    expect(page.locator("#question")).to_have_value("问题")
    assert ("POST", "/api/v1/ask") not in site.calls


def test_a_file_that_is_refused_takes_the_question_with_it(page: Page, site: Site, held: list[Route]) -> None:
    site.refuse_uploads["a.exe"] = "a.exe is no document."
    waiting(page, "a.exe")
    held[0].continue_()
    expect(page.locator('#uploads [data-state="refused"]')).to_contain_text("a.exe is no document.")
    unasked(page, site)


def test_a_file_that_is_cancelled_takes_the_question_with_it(page: Page, site: Site, held: list[Route]) -> None:
    waiting(page, "a.md")
    page.get_by_label("Do not send “a.md”").click()
    expect(page.locator('#uploads [data-state="cancelled"]')).to_be_visible()
    unasked(page, site)


def test_a_file_that_was_deleted_meanwhile_takes_the_question_with_it(page: Page, site: Site) -> None:
    page.goto("/")
    pending(page, site, "processing")
    site.documents = [each for each in site.documents if each["name"] != "b.md"]
    # As a reader does who looks at another page, and comes back.
    page.evaluate("""() => {
        for (const value of [true, false]) {
            Object.defineProperty(document, "hidden", {value, configurable: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }
    }""")
    expect(page.locator("#chosen-documents li span")).to_have_text(["a.md"])
    unasked(page, site)


def test_the_question_is_asked_when_the_last_unread_file_leaves_it(page: Page, site: Site) -> None:
    page.goto("/")
    pending(page, site, "ready")
    expect(page.locator("#attach-state")).to_contain_text("Files still being read: 1")
    page.get_by_role("button", name="Do not search only in b.md").click()
    expect(page.locator("h2.question")).to_have_text("问题")
    expect(page.locator("#attach-state")).to_be_hidden()
    answered(page)
    read = next(each for each in site.documents if each["name"] == "a.md")
    assert site.asked[0]["documents"] == [read["id"]]


def test_the_question_stays_when_every_file_leaves_it(page: Page, site: Site) -> None:
    page.goto("/")
    pending(page, site, "processing")
    for name in ("a.md", "b.md"):
        page.get_by_role("button", name=f"Do not search only in {name}").click()
    unasked(page, site)


def test_progress_leaves_a_chosen_file_as_it_stands(page: Page, site: Site) -> None:
    page.goto("/")
    with page.expect_response("**/suggestions?*documents=*"):
        drop(page, "a.md")
    remove = page.get_by_role("button", name="Do not search only in a.md")
    remove.focus()
    offered = site.calls.count(("GET", "/api/v1/suggestions"))
    told = page.locator("#chosen-documents li small")
    for done in (1, 2, 3):
        site.announce(site.documents[0]["id"], status="processing", stage="parse", done=done, total=9)
        expect(told).to_contain_text(f"Reading {done}/9")
    expect(remove).to_be_focused()
    assert site.calls.count(("GET", "/api/v1/suggestions")) == offered
    # What it can be asked is known when it is read.
    with page.expect_response("**/suggestions?*documents=*"):
        site.announce(site.documents[0]["id"], status="ready", stage="done")
    expect(told).to_be_hidden()
    expect(remove).to_be_focused()


def test_a_page_is_not_left_with_a_question_that_waits_without_asking(page: Page, site: Site) -> None:
    page.goto("/")
    pending(page, site, "parsing")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.locator("a[href='/library']").first.click()
    expect(page.locator("#attach-state")).to_be_visible()
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Ask now").click()
    expect(page.locator("h2.question")).to_have_text("问题")
    page.goto("/library")
    assert asked == ["beforeunload"]
