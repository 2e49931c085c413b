"""Moments, as the server and as the scripts write them: nothing jumps when a script has drawn over a page."""

from __future__ import annotations

from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from app.dates import full_time, short_time
from app.i18n import LANGUAGES
from tests.support.scripted_content import MOMENT, TIME
from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser

MODULE = 'document.querySelector(\'link[href*="js/text"], script[src*="js/text"]\')'


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_server_writes_moments_as_the_scripts_do(page: Page, address: str, language: str) -> None:
    page.context.add_cookies([{"name": "zhiwen_lang", "value": language, "url": address}])
    page.goto("/library")
    text = page.evaluate(f"{MODULE}.href ?? {MODULE}.src")
    written = "async ([text, key, at]) => (await import(text))[key](new Date(at * 1000).toISOString())"
    today = [datetime.now().replace(hour=hour, minute=5).timestamp() for hour in range(24)]
    for at in (*today, TIME, TIME + 200 * 86_400):
        assert page.evaluate(written, [text, "shortTime", at]) == short_time(language, at)
        moment = datetime.fromtimestamp(at)
        assert page.evaluate(written, [text, "fullTime", at]) == full_time(language, moment)


def test_a_row_and_the_page_of_a_document_show_one_date(page: Page, site: Site) -> None:
    page.goto("/documents/d2")
    expect(page.locator(".facts time")).to_have_text("Mar 4, 2026")
    page.route("**/api/v1/bases/*/documents?*", lambda route: route.abort())
    page.goto("/library")
    first = page.locator("#documents time").first
    expect(first).to_have_text("Mar 4, 2026")
    assert site.documents[0]["created_at"] == MOMENT
