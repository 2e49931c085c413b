"""A headless Chromium, and the pages over a scripted API.

Without Chromium these tests are skipped; with ZHIWEN_REQUIRE_BROWSER=1 they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.scripted_base import furnished
from tests.support.scripted_site import Site, serving

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("ZHIWEN_REQUIRE_BROWSER"):
            pytest.fail("Chromium is not installed, and ZHIWEN_REQUIRE_BROWSER is set")
        pytest.skip("Chromium is not installed: the pages are not tested")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
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
    """A fresh page in English. Whatever its scripts throw, or the content policy refuses, fails the test."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800}, base_url=address)
    context.set_default_timeout(10_000)
    found = context.new_page()
    thrown: list[str] = []
    found.on("pageerror", lambda error: thrown.append(str(error)))
    found.on("console", lambda message: thrown.append(message.text) if "Content Security" in message.text else None)
    yield found
    context.close()
    assert not thrown
