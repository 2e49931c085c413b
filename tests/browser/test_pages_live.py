"""The pages over the real application: a Chinese PDF dropped in, read live, asked, cited on its page."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser, expect

from tests.support.live import live
from tests.support.scripted_content import LEFT, LINES, PAGE_HEIGHT, PAGE_WIDTH, STEP, TOP
from tests.support.scripted_llm import ScriptedLLM

pytestmark = pytest.mark.browser
ANSWER = "员工连续工作满一年，每年享有十天带薪年休假。月球上有一座金矿。"


def handbook(path: Path) -> Path:
    """A PDF of three pages whose second holds `LINES`."""
    import pymupdf

    with pymupdf.open() as document:
        for number in range(3):
            sheet = document.new_page(width=PAGE_WIDTH, height=PAGE_HEIGHT)
            lines = LINES if number == 1 else (f"第 {number} 部分", "这里只有与问题无关的内容。")
            for at, line in enumerate(lines):
                sheet.insert_text((LEFT, TOP + STEP * at), line, fontname="china-s", fontsize=13)
        document.save(path)
    return path


def test_from_an_upload_to_a_cited_answer(browser: Browser, tmp_path: Path) -> None:
    gate = Event()
    with live(tmp_path, ScriptedLLM({"": ANSWER}, pause=gate)) as address:
        context = browser.new_context(locale="zh-CN", base_url=address)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.goto("/library")
        empty = tmp_path / "空.pdf"
        empty.touch()
        page.locator("#files").set_input_files([handbook(tmp_path / "员工手册.pdf"), empty])
        expect(page.locator('#uploads [data-state="refused"]')).to_contain_text("空.pdf 是空文件")
        row = page.locator("#documents tbody tr")
        expect(row.locator(".badge")).to_have_text("就绪", timeout=60_000)

        page.goto("/")
        page.locator("#question").fill("员工每年有几天年休假？")
        page.keyboard.press("Enter")
        expect(page.locator(".source-card").first).to_contain_text("员工手册.pdf")
        expect(page.locator(".answer")).to_contain_text(ANSWER[:3])
        page.reload()
        expect(page.locator(".answer")).to_contain_text(ANSWER[:3])
        gate.set()
        expect(page.locator(".answer .supported .words")).to_have_text(ANSWER[:22])
        expect(page.locator(".answer .unsupported .words")).to_have_text(ANSWER[22:])

        page.locator(".mark").first.click()
        image = page.locator("#passage img")
        expect(image).to_have_attribute("src", re.compile(r"/pages/2\.png\?.*boxes="))
        expect(image).to_have_js_property("naturalWidth", 840)
        expect(page.locator("#passage blockquote")).to_contain_text("十天带薪年休假")

        page.locator("#passage a").click()
        expect(page.locator("#page-number")).to_have_value("2")
        page.locator("#delete").click()
        expect(page).to_have_url(re.compile("/library"))
        expect(page.locator("#nothing-here")).to_be_visible()
        page.get_by_role("button", name="撤销").click()
        expect(row.locator(".badge")).to_have_text("就绪")
        context.close()
