"""What every page has: languages, themes, the state of the models, the link to the source."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.scripted_site import Site

pytestmark = pytest.mark.browser
PATHS = ("/", "/library", "/documents/d1", "/models", "/documents/nope")


@pytest.mark.parametrize("path", PATHS)
def test_every_page_links_to_its_source(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("footer").get_by_role("link", name="Source code")).to_have_attribute("href", "/source.zip")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW", "en-US"])
def test_pages_fit_a_phone_and_ask_only_their_own_server(
    browser: Browser, address: str, path: str, locale: str
) -> None:
    context = browser.new_context(locale=locale, viewport={"width": 360, "height": 740}, base_url=address)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path)
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert asked
    assert all(url.startswith(address) for url in asked)
    context.close()


def test_the_language_is_remembered(page: Page) -> None:
    page.goto("/library")
    page.locator("#language summary").first.click()
    page.get_by_role("button", name="繁體中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")
    page.goto("/")
    expect(page.locator("#question")).to_have_attribute("placeholder", "針對您的文件提問…")


def test_the_theme_is_remembered(page: Page) -> None:
    page.goto("/")
    page.locator("#theme").click()
    page.locator("#theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/library")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 24, 25)"


def test_loading_models_are_told_until_they_are_ready(page: Page, site: Site) -> None:
    site.health["llm"]["state"] = "loading"
    page.goto("/")
    expect(page.locator("#model-state")).to_have_text("Language model loading…")
    site.health["llm"]["state"] = "ready"
    expect(page.locator("#model-state")).to_have_text("Models ready")


def test_missing_weights_say_what_to_do(page: Page, site: Site) -> None:
    site.health["embedder"] = {"name": "e5", "state": "missing", "error": {"detail": "not there"}}
    page.goto("/library")
    expect(page.locator("#model-problem")).to_contain_text("only their words are searched")
    page.locator("#model-problem a").click()
    expect(page).to_have_url(page.url.split("/models")[0] + "/models")


def test_the_language_form_sends_nobody_elsewhere(page: Page) -> None:
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = page.request.post("/language", form={"language": "en", "to": target}, max_redirects=0)
        assert answer.headers["location"] == "/"
