"""Conversations as they are opened: what comes late, what is asked meanwhile, and what another page asked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browsing import answered, ask, started
from tests.support.scripted_content import ANSWER
from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser


class Held:
    """Requests to an address, which wait until they are let go."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._routes: list[Route] = []
        page.route(address, self._hold)

    def take(self, count: int) -> list[Route]:
        """The first so many, as soon as they have come."""
        for _ in range(500):
            if len(self._routes) >= count:
                return self._routes[:count]
            self._page.wait_for_timeout(20)
        raise AssertionError(f"{len(self._routes)} of {count} requests have come")

    def _hold(self, route: Route) -> None:
        self._routes.append(route)


def test_what_was_asked_on_another_page_is_shown_when_one_comes_back(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    expect(page).to_have_url(re.compile("conversation=c0"))
    other = page.context.new_page()
    other.goto("/?conversation=c0")
    started(other)
    answered(other)
    ask(other, "病假呢？")
    expect(other.locator(".turn")).to_have_count(2)
    answered(other)
    other.close()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator(".question")).to_have_text(["年休假有几天？", "病假呢？"])


def test_a_question_that_is_quicker_than_its_conversation_comes_after_its_turns(page: Page, site: Site) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    timings = {"load": 0, "retrieve": 0, "first_token": None, "total": 1}
    site.conversations["c0"]["turns"][0] |= {"state": "answered", "answer": ANSWER, "timings": timings}
    opened = Held(page, "**/api/v1/conversations/c0?*")
    page.goto("/?conversation=c0")
    ask(page, "病假呢？")
    expect(page.locator("#question")).to_have_value("病假呢？")
    expect(page.locator(".turn")).to_have_count(0)
    opened.take(1)[0].continue_()
    expect(page.locator(".question")).to_have_text(["年休假有几天？", "病假呢？"])
    expect(page.locator("#question")).to_have_value("")
    answered(page)


def test_what_comes_late_of_a_conversation_that_was_left_is_not_shown(page: Page) -> None:
    page.goto("/")
    for _ in range(2):
        page.locator("#new-conversation").click()
        ask(page)
        answered(page)
    page.locator("#new-conversation").click()
    opened = Held(page, "**/api/v1/conversations/c0?*")
    first, second = (page.locator(f'#conversations a[href*="conversation={each}"]') for each in ("c0", "c1"))
    for link in (first, second, first):
        link.click()
    expect(page).to_have_url(re.compile("conversation=c0"))
    for each in opened.take(2):
        each.continue_()
    answered(page)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".question")).to_have_count(1)


def test_a_question_stays_written_where_its_conversation_does_not_come(page: Page) -> None:
    page.goto("/")
    ask(page)
    answered(page)
    opened = Held(page, "**/api/v1/conversations/c0?*")
    page.goto("/?conversation=c0")
    ask(page, "病假呢？")
    expect(page.locator(".turn")).to_have_count(0)
    opened.take(1)[0].fulfill(status=500)
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator("#question")).to_have_value("病假呢？")
    expect(page.locator(".turn")).to_have_count(0)
