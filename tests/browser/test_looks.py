"""Pages at 200 % zoom, on a screen of 3840 pixels, on paper, for who wants nothing to move; keys in menus; notes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import opened
from tests.support.chat_states import chat_answered, chat_refused, chat_with_the_guide
from tests.support.scripted_state import Site
from tests.support.states import STATES, without_models

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATHS = ("/", "/library", "/documents/d1", "/models", "/account", "/people", "/documents/nope")


@pytest.mark.parametrize("path", PATHS)
def test_at_200_percent_nothing_is_cut_off(browser: Browser, address: str, path: str) -> None:
    # A window of 1280 by 800 pixels at 200 % has half as many for the page, each of four.
    size = {"width": 640, "height": 400}
    with opened(browser, address, locale="en-US", viewport=size, device_scale_factor=2) as page:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640
        if path == "/":
            expect(page.locator("#question")).to_be_in_viewport()
            page.locator("#question").fill("年休假有几天？")
            expect(page.locator("#send")).to_be_in_viewport()


@pytest.mark.parametrize("path", PATHS)
def test_on_a_huge_screen_lines_stay_short(browser: Browser, address: str, path: str) -> None:
    with opened(browser, address, locale="en-US", viewport={"width": 3840, "height": 2160}) as page:
        page.goto(path)
        width = "(selector) => Math.max(...[...document.querySelectorAll(selector)].map((each) => each.clientWidth))"
        assert page.evaluate(width, ".sheet, .reader, .sources") <= 2400
        assert page.evaluate(width, ".turns > *, .chunks li, .sheet > p") <= 1600


def test_nothing_moves_for_who_does_not_want_it(browser: Browser, address: str, site: Site) -> None:
    with opened(browser, address, locale="en-US", reduced_motion="reduce") as page:
        STATES["chat-writing"](page, site)
        assert page.evaluate("document.getAnimations().length") == 0


def test_on_paper_are_the_answer_and_its_sources(page: Page, site: Site) -> None:
    chat_answered(page, site)
    page.emulate_media(media="print")
    for shown in (".question", ".answer", "#source-list"):
        expect(page.locator(shown).first).to_be_visible()
    for left_out in (".top", ".foot", "#composer", "#conversations", ".turn-foot", ".suggestions"):
        expect(page.locator(left_out).first).to_be_hidden()
    # All of it, not what fits on the screen.
    assert page.evaluate("getComputedStyle(document.querySelector('#turns')).overflowY") == "visible"


def test_on_paper_is_nothing_to_do(page: Page, site: Site) -> None:
    without_models(site, done=420_000_000, running=True)
    site.paused = True
    chat_refused(page, site)
    offers = [page.locator(each) for each in ("#paused", "#model-problem", "#model-download", ".refusal-tips")]
    for offer in offers:
        expect(offer).to_be_visible()
    page.emulate_media(media="print")
    for offer in offers:
        expect(offer).to_be_hidden()
    expect(page.locator(".refusal ol")).to_be_visible()
    page.emulate_media(media="screen")
    chat_with_the_guide(page, site)
    page.emulate_media(media="print")
    expect(page.locator(".guide")).to_be_hidden()


def test_arrows_move_in_a_menu_and_escape_gives_the_focus_back(page: Page) -> None:
    page.goto("/models")
    summary, entries = page.locator("#language summary"), page.locator("#language button")
    summary.focus()
    for key, at in (("ArrowDown", 0), ("ArrowDown", 1), ("End", 2), ("ArrowDown", 0), ("ArrowUp", 2), ("Home", 0)):
        page.keyboard.press(key)
        expect(entries.nth(at)).to_be_focused()
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(entries.first).to_be_hidden()


def test_a_menu_closes_when_the_focus_leaves_it(page: Page) -> None:
    page.goto("/models")
    page.locator("#language summary").press("ArrowUp")
    expect(page.locator("#language button").last).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#language button").first).to_be_hidden()


def test_arrows_move_in_the_list_of_conversations(page: Page, site: Site) -> None:
    for number in range(3):
        site.conversations[f"c{number}"] = {
            "id": f"c{number}",
            "title": f"Question {number}",
            "bases": ["base-1"],
            "updated_at": "2026-03-04T05:06:07Z",
            "turns": [],
        }
    page.goto("/")
    links = page.locator("#conversation-list a")
    expect(page.locator("#conversation-list .icon-button")).not_to_have_count(0)
    links.first.focus()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(links.last).to_be_focused()


def test_a_note_stays_while_the_pointer_is_on_it(page: Page) -> None:
    page.goto("/models")
    page.clock.install()
    page.evaluate("import('/static/js/dom.js').then(({ toast }) => toast('Read me'))")
    note = page.locator(".toast")
    note.hover()
    page.clock.run_for(60_000)
    expect(note).to_have_count(1)
    page.mouse.move(0, 0)
    page.clock.run_for(3_000)
    expect(note).to_have_count(0)
