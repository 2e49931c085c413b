"""Many conversations, and one of many turns, over the real application: they come as far as somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.answering.events import Done, Scope, Timings, Token
from app.answering.question import Question
from app.bootstrap import Services
from app.server import create_app
from tests.support.browsing import opened
from tests.support.live import listening
from tests.support.served import services_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TALKS, TURNS = 120, 45
DESK: dict[str, Any] = {"locale": "en-US", "viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"locale": "en-US", "viewport": {"width": 360, "height": 740}}
_TOP = "node => node.getBoundingClientRect().top"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Conversations 0 to 119, the last one with 45 turns; each turn has a long answer."""
    with services_in(tmp_path) as services:
        (base,) = services.library.catalog.bases()
        talk = None
        for n in range(TALKS + TURNS - 1):
            run, alone = f"r{n}", n < TALKS
            number = n if alone else n - TALKS + 1
            text = f"Talk {n} of {'harbours' if n % 40 == 0 else 'ships'}" if alone else f"Follow-up {number}"
            talk = services.conversations.begin(run, None if alone else talk, Question(text, Scope((base.id,))))
            answer = f"Answer {n}. " * 40
            events = [Token(answer), Done(answer, False, "scripted", "stop", Timings())]
            services.conversations.finish(run, events)
        yield services


@pytest.fixture
def address(services: Services) -> Iterator[str]:
    with listening(create_app(services)) as address:
        yield address
        services.closing.set()


@pytest.fixture
def real(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address, **DESK) as page:
        yield page


def long_one(services: Services) -> str:
    found = services.conversations.of_user(None, limit=1)[0].id
    return f"/?conversation={found}"


def test_the_list_goes_on_where_it_is_scrolled(real: Page) -> None:
    rows = real.locator("#conversation-list li")
    real.goto("/")
    expect(rows.get_by_role("button", name="Delete")).to_have_count(50)
    expect(rows.first).to_contain_text("Talk 119")
    rows.last.scroll_into_view_if_needed()
    expect(rows).to_have_count(100)
    rows.last.scroll_into_view_if_needed()
    expect(rows).to_have_count(TALKS)
    expect(rows.last).to_contain_text("Talk 0")
    expect(real.locator("#more-conversations")).to_be_hidden()


def test_the_list_goes_on_by_the_keyboard(real: Page) -> None:
    real.goto("/")
    more = real.get_by_role("link", name="Older conversations")
    expect(real.locator("#conversation-list").get_by_role("button", name="Delete")).to_have_count(50)
    # A list that is not scrolled: nothing but the key brings more.
    more.evaluate("node => node.focus({ preventScroll: true })")
    real.keyboard.press("Enter")
    expect(real.get_by_role("link", name="Talk 69 of ships")).to_be_focused()
    expect(real.locator("#conversation-list li")).to_have_count(100)


def test_a_search_finds_what_was_not_in_the_list(real: Page) -> None:
    rows = real.locator("#conversation-list li")
    real.goto("/")
    expect(rows).to_have_count(50)
    real.locator("#conversation-search").fill("harbours")
    expect(rows.locator("a span")).to_have_text(["Talk 80 of harbours", "Talk 40 of harbours", "Talk 0 of harbours"])
    expect(real.locator("#more-conversations")).to_be_hidden()
    real.locator("#conversation-search").fill("ships")
    expect(rows).to_have_count(50)
    rows.last.scroll_into_view_if_needed()
    expect(rows).to_have_count(100)
    expect(rows.filter(has_text="harbours")).to_have_count(0)


def test_what_was_scrolled_to_stays_when_the_list_is_drawn_anew(real: Page) -> None:
    rows = real.locator("#conversation-list li")
    real.goto("/")
    expect(rows.get_by_role("button", name="Delete")).to_have_count(50)
    rows.last.scroll_into_view_if_needed()
    expect(rows).to_have_count(100)
    rows.first.hover()
    rows.first.get_by_role("button", name="Rename").click()
    real.get_by_role("dialog").get_by_role("textbox").fill("Another title")
    real.keyboard.press("Enter")
    expect(rows.first).to_contain_text("Another title")
    expect(rows).to_have_count(100)


@pytest.mark.parametrize("look", [DESK, PHONE], ids=["desk", "phone"])
def test_a_conversation_begins_with_its_last_turns_and_goes_back(
    browser: Browser, address: str, services: Services, look: dict[str, Any]
) -> None:
    with opened(browser, address, **look) as page:
        questions = page.locator(".turn .question")
        page.goto(long_one(services))
        expect(questions).to_have_count(20)
        expect(questions.last).to_have_text("Follow-up 44")
        expect(page.locator(".turn").last).to_be_in_viewport()
        button = page.get_by_role("button", name="Earlier questions (25)")
        button.focus()
        seen = page.locator(".turn").first.element_handle()
        before = seen.evaluate(_TOP)
        page.keyboard.press("Enter")
        expect(questions).to_have_count(40)
        assert seen.evaluate(_TOP) == pytest.approx(before, abs=1)
        assert page.locator(".turn").first.evaluate(_TOP) < 0
        expect(page.get_by_role("button", name="Earlier questions (5)")).to_be_focused()
        page.keyboard.press("Enter")
        expect(questions).to_have_count(TURNS)
        expect(questions.first).to_have_text("Talk 119 of ships")
        expect(page.locator(".turn").first.get_by_role("button").first).to_be_focused()
        expect(page.locator(".earlier")).to_have_count(0)


def test_a_question_goes_below_the_last_turn_whatever_was_read(real: Page, services: Services) -> None:
    real.goto(long_one(services))
    real.get_by_role("button", name="Earlier questions").click()
    expect(real.locator(".turn")).to_have_count(40)
    real.locator("#question").press("ArrowUp")
    expect(real.locator(".edit textarea")).to_have_value("Follow-up 44")


def test_without_scripts_links_lead_further(browser: Browser, address: str, services: Services) -> None:
    with opened(browser, address, java_script_enabled=False, **DESK) as page:
        page.goto(long_one(services))
        rows, questions = page.locator("#conversation-list li"), page.locator(".turn .question")
        expect(rows).to_have_count(50)
        expect(questions).to_have_count(20)
        expect(questions.last).to_have_text("Follow-up 44")
        page.get_by_role("link", name="Earlier questions (25)").click()
        expect(questions.last).to_have_text("Follow-up 24")
        page.get_by_role("link", name="Earlier questions (5)").click()
        expect(questions).to_have_count(5)
        expect(page.get_by_role("link", name="Earlier questions")).to_have_count(0)
        page.get_by_role("link", name="Back to the latest question").click()
        expect(questions.last).to_have_text("Follow-up 44")
        page.get_by_role("link", name="Older conversations").click()
        page.get_by_role("link", name="Older conversations").click()
        expect(rows).to_have_count(20)
        expect(questions).to_have_count(20)
        expect(page.get_by_role("link", name="Older conversations")).to_have_count(0)
        page.get_by_role("link", name="Newer conversations").click()
        expect(rows.first).to_contain_text("Talk 69")
