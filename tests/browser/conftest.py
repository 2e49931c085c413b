"""A headless Chromium, and the pages over a scripted API.

Without Chromium these tests are skipped; with ZHIWEN_REQUIRE_BROWSER=1 they fail instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from bench import chromium
from tests.support.browsing import opened
from tests.support.scripted_base import furnished
from tests.support.scripted_site import serving
from tests.support.scripted_state import Site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium.path() is None:
        if os.environ.get("ZHIWEN_REQUIRE_BROWSER"):
            pytest.fail("Chromium is not installed, and ZHIWEN_REQUIRE_BROWSER is set")
        pytest.skip("Chromium is not installed: the pages are not tested")
    with sync_playwright() as playwright:
        found = chromium.launch(playwright)
        yield found
        found.close()


@pytest.fixture
def site() -> Site:
    return furnished()


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(site) as url:
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh page in English, on a desk."""
    with opened(browser, address, locale="en-US", viewport={"width": 1280, "height": 800}) as found:
        yield found
