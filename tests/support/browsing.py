"""Pages in a browser of which nothing may be refused or thrown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Response, expect

_COME_BACK = """() => new Promise(resolve => {
    document.addEventListener("server-health", () => resolve(), {once: true});
    document.dispatchEvent(new Event("visibilitychange"));
})"""
_DROP = """([names, text]) => {
    const dataTransfer = new DataTransfer();
    for (const name of names) dataTransfer.items.add(new File([text], name));
    for (const kind of ["dragenter", "drop"])
        document.querySelector("footer").dispatchEvent(new DragEvent(kind, {dataTransfer, bubbles: true}));
}"""


@contextmanager
def opened(browser: Browser, address: str, *, permissions: tuple[str, ...] = (), **options: Any) -> Iterator[Page]:
    """A fresh page of the server at `address`. Whatever its scripts throw, or the content policy refuses, fails.

    `options` are those of `Browser.new_context`. Without asking for them there are no service workers: the pages are
    the same, and each test begins with nothing kept. `goto` and `reload` return when the scripts of the page run, which
    is after it was painted and loaded, unless they are told to wait for something else.
    """
    context = browser.new_context(base_url=address, **({"service_workers": "block"} | options))
    context.grant_permissions(list(permissions))
    context.set_default_timeout(10_000)
    page = context.new_page()
    if options.get("java_script_enabled", True):
        page.goto = _and_started(page, page.goto)  # type: ignore[method-assign]
        page.reload = _and_started(page, page.reload)  # type: ignore[method-assign]
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.on("console", lambda message: thrown.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert not thrown, thrown


def started(page: Page) -> None:
    """Wait until the scripts of the page run."""
    page.wait_for_selector("#modules", state="detached")


def _and_started(page: Page, go: Callable[..., Response | None]) -> Callable[..., Response | None]:
    def gone(*where: str, **options: Any) -> Response | None:
        answer = go(*where, **options)
        if "wait_until" not in options:
            started(page)
        return answer

    return gone


def ask(page: Page, question: str = "年休假有几天？") -> None:
    """Write a question on the chat page, and send it."""
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")


def answered(page: Page) -> None:
    """Wait until the last answer is there to its end."""
    expect(page.locator(".turn").last.locator(".turn-foot button").first).to_be_visible()


def comes_true(page: Page, expression: str, seconds: float = 10) -> None:
    """Wait until what a page says is true; fails after so many seconds.

    Not by `wait_for_function`: the content policy forbids what it evaluates a second time.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"does not come true: {expression}"
        page.wait_for_timeout(20)


def come_back(page: Page) -> None:
    """Look at a page again, as a reader does who comes back to it, and wait until the server's answer is shown.

    The answer may be to a question that was under way. Whoever waits for the response alone is too early: until the
    page has read it, looking again asks nothing new.
    """
    page.evaluate(_COME_BACK)


def drop(page: Page, *names: str, text: str = "x") -> None:
    """Drop files of this text somewhere on the page."""
    page.evaluate(_DROP, [names, text])
