"""The server is stopped and started again in the middle of an answer: the page says so, and asks again."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from threading import Event

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import opened
from tests.support.live import live
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import ENDED, REPORT

pytestmark = pytest.mark.browser
ANSWER = "营业收入为三百元。"


def fill(address: str) -> None:
    """A document that is ready."""
    with httpx.Client(base_url=address) as client:
        files = {"files": ("年报.md", REPORT.encode())}
        document = client.post("/api/v1/bases/default/documents", files=files).json()[0]["id"]
        with client.stream("GET", "/api/v1/events") as news:
            lines = news.iter_lines()
            while client.get(f"/api/v1/documents/{document}").json()["status"] not in ENDED:
                next(lines)


def test_an_answer_that_a_restart_broke_off_says_so_and_is_asked_again(browser: Browser, tmp_path: Path) -> None:
    with ExitStack() as first:
        address = first.enter_context(live(tmp_path, ScriptedLLM({"": ANSWER}, pause=Event())))
        fill(address)
        with opened(browser, address, locale="zh-CN") as page:
            page.goto("/")
            page.locator("#question").fill("二〇二五年营业收入是多少？")
            page.keyboard.press("Enter")
            expect(page.locator(".answer")).to_have_text(ANSWER[:3])
            first.close()
            expect(page.locator(".stage")).to_contain_text("正在重新连接")
            with live(tmp_path, ScriptedLLM({"": ANSWER}), int(address.rpartition(":")[2])):
                failure = page.locator(".failure")
                expect(failure).to_contain_text("写这个回答时服务停止了", timeout=60_000)
                expect(page.locator("#send")).to_be_visible()
                page.reload()
                # What was written until then is still there, also later.
                expect(page.locator(".answer")).to_have_text(ANSWER[:3])
                failure.get_by_role("button", name="重新提问").click()
                expect(page.locator(".answer .supported .words")).to_have_text(ANSWER)
