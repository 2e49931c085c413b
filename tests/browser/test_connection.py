"""A server that goes and comes back: every page says so, and shows what is true then. Over the real application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.routes import health, pages
from tests.support.browsing import come_back, opened
from tests.support.live import live
from tests.support.scripted_llm import ScriptedLLM

pytestmark = pytest.mark.browser


class Server:
    """The application on one port, as often as a test starts it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.address = ""

    def start(self) -> None:
        port = urlsplit(self.address).port or 0
        self.address = self._stack.enter_context(live(self._folder, ScriptedLLM({"": "好。"}), port))

    def stop(self) -> None:
        self._stack.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with ExitStack() as stack:
        found = Server(tmp_path, stack)
        found.start()
        yield found


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    with opened(browser, server.address, locale="en-US") as found:
        yield found


def looked_at_again(page: Page) -> None:
    """As a reader does who comes back to the page, which may get no answer."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/library", "/models", "/account", "/nowhere"])
def test_every_page_says_that_the_server_is_gone_and_that_it_is_back(page: Page, server: Server, path: str) -> None:
    page.goto(path)
    notice = page.locator("#connection")
    expect(notice).to_be_empty()
    server.stop()
    looked_at_again(page)
    expect(notice).to_contain_text("The server cannot be reached. Trying again…")
    server.start()
    notice.get_by_role("button", name="Try now").click()
    expect(notice).to_be_empty()
    expect(page.locator("#toasts")).to_contain_text("The server is back.")


def test_the_library_shows_what_came_while_it_was_away(page: Page, server: Server) -> None:
    page.goto("/library")
    expect(page.locator("#nothing-here")).to_be_visible()
    server.stop()
    # Nobody touches the page: its stream of news broke.
    expect(page.locator("#connection")).to_contain_text("cannot be reached")
    server.start()
    httpx.post(f"{server.address}/api/v1/bases/default/documents", files={"files": ("a.txt", b"text")})
    expect(page.locator("#connection")).to_be_empty()
    expect(page.locator("#documents tbody tr")).to_have_count(1)


def test_after_an_update_a_page_offers_to_be_loaded_again(
    page: Page, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.goto("/library")
    server.stop()
    looked_at_again(page)
    expect(page.locator("#connection")).to_contain_text("cannot be reached")
    for module in (health, pages):
        monkeypatch.setattr(module, "__version__", "99.0")
    server.start()
    expect(page.locator("#connection")).to_contain_text("Zhiwen was updated to 99.0.")
    again = page.locator("#connection").get_by_role("button", name="Reload")
    again.focus()
    for _ in range(2):
        come_back(page)
    expect(again).to_be_focused()  # it is told once
    again.click()
    expect(page.locator("footer")).to_contain_text("99.0")
    expect(page.locator("#connection")).to_be_empty()
