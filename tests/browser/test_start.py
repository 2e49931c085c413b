"""A page before its scripts run: painted without them, and nothing that is pressed or typed by then is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browsing import opened, started
from tests.support.scripted_content import answering
from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def waiting(page: Page, site: Site) -> Iterator[list[Route]]:
    """The requests for the script of the chat page, which wait to be answered; the page is painted."""
    site.script = answering()
    held: list[Route] = []
    page.route("**/js/chat.js", lambda route: held.append(route))  # noqa: PLW0108  it must be a function
    with page.expect_request("**/js/chat.js"):
        page.goto("/", wait_until="commit")
    yield held


def let_go(page: Page, held: list[Route]) -> None:
    for route in held:
        route.continue_()
    started(page)


def test_a_question_that_is_sent_early_is_asked(page: Page, site: Site, waiting: list[Route]) -> None:
    page.locator("#question").press_sequentially("年休假有几天？")
    page.keyboard.press("Enter")
    assert not [path for method, path in site.calls if (method, path) == ("POST", "/api/v1/ask")]
    let_go(page, waiting)
    expect(page.locator(".turn .question")).to_have_text("年休假有几天？")
    expect(page.locator("#question")).to_have_value("")
    expect(page).to_have_url(re.compile(r"\?conversation="))


def test_a_button_that_is_pressed_early_does_what_it_is_for(page: Page, site: Site, waiting: list[Route]) -> None:
    page.locator("#question").fill("年休假有几天？")
    page.locator("#send").click()
    page.locator("#theme").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", re.compile("."))
    let_go(page, waiting)
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator(".turn .question")).to_have_text("年休假有几天？")


def test_keys_that_are_pressed_early_do_what_they_are_for(page: Page, waiting: list[Route]) -> None:
    page.locator("#theme").focus()
    page.keyboard.press("?")
    let_go(page, waiting)
    expect(page.locator("dialog.keys")).to_be_visible()


def test_what_is_written_after_an_early_key_goes_where_the_key_leads(page: Page, waiting: list[Route]) -> None:
    page.locator("#theme").focus()
    page.keyboard.type("/leave")
    let_go(page, waiting)
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("#question")).to_have_value("leave")


def test_what_is_typed_early_is_looked_at(page: Page, site: Site, waiting: list[Route]) -> None:
    page.locator("#question").press_sequentially("@考勤")
    let_go(page, waiting)
    expect(page.locator("#mentions [role=option]")).to_have_count(1)


def test_links_and_menus_do_not_wait(page: Page, waiting: list[Route]) -> None:
    page.locator("#language summary").click()
    expect(page.get_by_role("button", name="繁體中文")).to_be_visible()
    page.get_by_role("link", name="Documents").click()
    expect(page).to_have_url(re.compile("/library$"))


def test_a_page_whose_scripts_do_not_come_lets_go_of_what_was_pressed(page: Page, waiting: list[Route]) -> None:
    page.locator("#language summary").click()
    page.get_by_role("button", name="繁體中文").click()
    for route in waiting:
        route.abort()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")


def test_no_module_is_asked_for_before_the_styles_are_there(page: Page) -> None:
    held: list[Route] = []
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/chat.css", lambda route: held.append(route))  # noqa: PLW0108  it must be a function
    with page.expect_request_finished(lambda request: request.url.endswith("/js/start.js")):
        page.goto("/", wait_until="commit")
    expect(page.locator("#modules")).to_be_attached()
    assert not [url for url in asked if url.endswith(("/js/shell.js", "/js/chat.js", "/js/dom.js"))]
    let_go(page, held)
    assert [url for url in asked if url.endswith("/js/chat.js")]


def test_a_chosen_theme_is_there_before_any_script(browser: Browser, address: str) -> None:
    with opened(browser, address, java_script_enabled=False) as page:
        page.context.add_cookies([{"name": "zhiwen_theme", "value": "dark", "url": address}])
        page.goto("/")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        expect(page.locator("body")).to_have_css("background-color", "rgb(23, 24, 25)")
