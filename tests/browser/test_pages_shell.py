"""What every page has: languages, themes, the state of the models, the link to the source."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from app.i18n import translate
from app.routes.pages import TEMPLATES
from tests.support.browsing import answered, come_back, opened
from tests.support.chat_states import guided
from tests.support.scripted_state import Site
from tests.support.states import without_models

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
    expect(page.locator("#question")).to_have_attribute("placeholder", translate("zh-Hant", "chat.placeholder"))


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


def test_who_comes_back_to_a_page_sees_what_became_of_the_models(page: Page, site: Site) -> None:
    page.goto("/")
    come_back(page)
    site.health["embedder"] = {"name": "e5", "state": "missing", "error": {"detail": "not there"}}
    come_back(page)
    expect(page.locator("#model-problem")).to_contain_text("only their words are searched")


def test_what_is_wrong_with_the_models_stands_in_the_page(browser: Browser, address: str, site: Site) -> None:
    site.health["llm"]["state"] = "missing"
    with opened(browser, address, locale="en-US", java_script_enabled=False) as page:
        page.goto("/library")
        expect(page.locator("#model-problem")).to_contain_text("The language model's weights are not on this machine")


def test_missing_models_are_offered_and_their_way_here_is_shown_on_every_page(page: Page, site: Site) -> None:
    without_models(site)
    page.goto("/")
    page.get_by_role("button", name="Download the default models, 1.6 GB").click()
    expect(page.locator("#model-problem")).to_have_text(re.compile("^The models are being downloaded"))
    expect(page.locator("#model-download")).to_have_text("500 MB of 1.6 GB · 5.0 MB/s · 4 min left")
    page.goto("/library")
    expect(page.locator("#model-download progress")).to_have_js_property("value", 500_000_000)
    for kind in ("llm", "embedder"):
        site.health[kind]["state"] = "ready"
    site.health["download"] = None
    expect(page.locator("#model-download")).to_be_hidden()
    expect(page.locator("#model-problem")).to_be_hidden()


def test_a_download_that_failed_says_why_and_is_tried_again(page: Page, site: Site) -> None:
    without_models(site, error={"detail": "huggingface.co did not answer."})
    page.goto("/")
    expect(page.locator("#model-problem")).to_contain_text("huggingface.co did not answer.")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#model-download")).to_be_visible()


def test_the_guide_is_made_read_and_asked(page: Page, site: Site) -> None:
    site.bases[:] = [{**each, "documents": 0} for each in site.bases]
    site.documents.clear()
    page.goto("/library")
    page.get_by_role("button", name="Try it with a guide to Zhiwen").click()
    expect(page.locator("#guide-reading")).to_have_text("The guide is being read…")
    for document in site.documents:
        site.announce(document["id"], status="ready")
    page.get_by_role("button", name="How do I make a backup?").click()
    expect(page.locator(".turn")).to_contain_text("How do I make a backup?")
    answered(page)
    assert site.asked[-1]["question"] == "How do I make a backup?"
    assert "guide" in site.asked[-1]["bases"]


def test_who_waits_for_the_guide_is_left_alone_while_the_server_is_away(page: Page, site: Site) -> None:
    guided(site, "processing")
    page.goto("/")
    expect(page.locator("#guide-reading")).to_be_visible()
    page.route("**/documents", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        site.announce("d1", status="ready")
    page.unroute("**/documents")
    site.announce("d2", status="ready")
    expect(page.locator("#guide-questions")).to_be_visible()
    expect(page.locator("#guide-reading")).to_be_hidden()
    expect(page.locator(".toast")).to_have_count(0)


def test_who_has_documents_is_offered_no_guide(page: Page) -> None:
    for path in ("/", "/library"):
        page.goto(path)
        expect(page.locator(".guide")).to_have_count(0)


def test_the_language_form_sends_nobody_elsewhere(page: Page) -> None:
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = page.request.post("/language", form={"language": "en", "to": target}, max_redirects=0)
        assert answer.headers["location"] == "/"


@pytest.mark.parametrize("name", sorted({path.name for path in TEMPLATES.glob("[a-z]*.html")} - {"base.html"}))
def test_no_page_uses_an_id_of_the_shell(name: str) -> None:
    own, shell = (
        set(re.findall(r'\bid="([^"{]+)"', (TEMPLATES / each).read_text("utf-8"))) for each in (name, "base.html")
    )
    assert not own & shell
