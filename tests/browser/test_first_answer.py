"""The whole main path as a person walks it: the real server, the default weights, a real Chinese report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.processes import environment, served

pytestmark = [pytest.mark.browser, pytest.mark.weights]
# A loaded machine of two cores embeds a report and writes an answer well within this.
MINUTES = 5 * 60_000


@pytest.mark.shared
def test_a_chinese_pdf_a_question_and_an_answer_that_points_at_its_page(
    browser: Browser, tmp_path: Path, shared_data: Path, weights_dir: Path
) -> None:
    variables = environment(tmp_path, ZHIWEN_WEIGHTS_DIR=str(weights_dir))
    with served(variables) as address:
        context = browser.new_context(locale="zh-CN", base_url=address)
        page = context.new_page()
        page.goto("/library")
        page.locator("#files").set_input_files(shared_data / "docs" / "zh_books" / "texlive-zh-cn.pdf")
        expect(page.locator("#documents tbody tr .badge")).to_have_text("就绪", timeout=MINUTES)
        page.goto("/")
        page.locator("#question").fill("TeX Live 安装脚本的名称是什么？")
        page.keyboard.press("Enter")
        expect(page.locator(".source-card").first).to_contain_text("texlive-zh-cn.pdf", timeout=MINUTES)
        expect(page.locator(".mark").first).to_be_visible(timeout=MINUTES)
        expect(page.locator(".answer")).to_contain_text("install-tl")
        page.locator(".mark").first.click()
        image = page.locator("#passage img")
        expect(image).to_have_attribute("src", re.compile(r"/pages/\d+\.png\?.*boxes="))
        expect(image).not_to_have_js_property("naturalWidth", 0)
        context.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("locale", "question", "words"),
    [("zh-CN", "怎样备份？", "zhiwen backup"), ("en-US", "How do I make a backup?", "zhiwen backup")],
)
def test_the_guide_answers_a_question_that_it_suggests(
    browser: Browser, tmp_path: Path, weights_dir: Path, locale: str, question: str, words: str
) -> None:
    with served(environment(tmp_path, ZHIWEN_WEIGHTS_DIR=str(weights_dir))) as address:
        context = browser.new_context(locale=locale, base_url=address)
        page = context.new_page()
        page.goto("/")
        page.locator("#guide-make").click()
        page.get_by_role("button", name=question).click(timeout=MINUTES)
        expect(page.locator(".mark").first).to_be_visible(timeout=MINUTES)
        expect(page.locator(".answer")).to_contain_text(words)
        context.close()
