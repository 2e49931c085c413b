"""Keys: what each does, where it does nothing, and the sheet that lists them on every page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from app.i18n import LANGUAGES, translate
from tests.support.scripted_content import ANSWER, answering
from tests.support.scripted_state import HOLD, Site

pytestmark = pytest.mark.browser
SHELL = ["/", "?", "Esc", "↑ ↓", "Home End"]
CHAT = [*SHELL, "Ctrl+K", "Enter", "Shift+Enter", "↑", "@"]


@pytest.mark.slow
@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize(("path", "keys"), [("/", CHAT), ("/library", SHELL), ("/documents/d1", SHELL)])
def test_the_sheet_lists_the_keys_of_its_page(
    browser: Browser, address: str, language: str, path: str, keys: list[str]
) -> None:
    context = browser.new_context(locale=language, viewport={"width": 360, "height": 740}, base_url=address)
    page = context.new_page()
    page.goto(path)
    page.get_by_role("button", name=translate(language, "common.keys")).click()
    sheet = page.get_by_role("dialog", name=translate(language, "common.keys"))
    expect(sheet.locator("kbd")).to_have_text(sorted(keys, key=CHAT.index))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.locator("body").press("?")
    expect(sheet).to_be_visible()
    context.close()


def test_a_slash_finds_documents_in_the_library(page: Page) -> None:
    page.goto("/library")
    page.locator("body").press("/")
    expect(page.locator("#filter-text")).to_be_focused()
    page.keyboard.type("1/2")
    expect(page.locator("#filter-text")).to_have_value("1/2")


def test_a_slash_goes_to_the_question(page: Page) -> None:
    page.goto("/models")
    page.locator("body").press("/")
    page.wait_for_url("**/")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("1/2?")
    expect(page.locator("#question")).to_have_value("1/2?")
    expect(page.locator("dialog")).to_have_count(0)
    page.locator("#theme").focus()
    page.keyboard.press("/")
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("#question")).to_have_value("1/2?")


@pytest.mark.parametrize("width", [360, 1280])
def test_ctrl_k_searches_conversations_and_escape_goes_back(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto("/")
    page.keyboard.press("Control+k")
    search = page.locator("#conversation-search")
    expect(search).to_be_focused()
    page.keyboard.type("a?")
    page.keyboard.press("Escape")
    expect(search).to_have_value("")
    page.keyboard.press("Escape")
    expect(search).to_be_visible(visible=width == 1280)


def test_escape_closes_the_passage_and_then_stops_the_answer(page: Page, site: Site) -> None:
    site.script = answering(HOLD)
    page.goto("/")
    page.locator("#question").fill("年休假有几天？")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_have_text(ANSWER[:20])
    page.locator(".source-card").first.click()
    page.locator("#scope summary").click()
    page.keyboard.press("Escape")
    expect(page.locator("#scope .menu-list")).to_be_hidden()
    expect(page.locator("#passage")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#passage")).to_be_hidden()
    assert ("POST", "/api/v1/runs/r0/stop") not in site.calls
    page.keyboard.press("Escape")
    expect(page.locator(".note")).to_contain_text("Stopped")


def test_single_keys_can_be_switched_off(page: Page) -> None:
    page.goto("/library")
    page.locator("body").press("?")
    page.get_by_role("checkbox", name="Keys without Ctrl").uncheck()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.keys")).to_have_count(0)
    page.locator("body").press("?")
    page.locator("body").press("/")
    expect(page).to_have_url(page.url.split("/library")[0] + "/library")
    page.goto("/")
    page.locator("#theme").focus()
    page.keyboard.press("?")
    page.keyboard.press("Control+k")
    expect(page.locator("#conversation-search")).to_be_focused()
    expect(page.locator("dialog.keys")).to_have_count(0)
