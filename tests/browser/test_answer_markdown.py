"""An answer's Markdown: lists, tables, code and formulas, with sentences and marks in the right places of them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.scripted_content import CITED, SOURCES, answering
from tests.support.scripted_state import HOLD, Site

pytestmark = pytest.mark.browser

TABLE = "| 工龄 | 天数 |\n|---|---:|\n| 满一年 | 10 |\n| 满五年 | 15 |"


def sentence(text: str, part: str, support: str = "supported", n: int = 1) -> dict[str, Any]:
    """`part` of `text` as a cited sentence; offsets in code points."""
    start = text.index(part)
    citation = {**CITED[0]["citations"][0], "n": n}
    whole = {"start": start, "end": start + len(part), "text": part, "support": support, "unfounded": []}
    return {**whole, "citations": [citation]}


def shown(page: Page, site: Site, text: str, *parts: str) -> None:
    sentences = [sentence(text, part, n=number + 1) for number, part in enumerate(parts)]
    done = {**answering()[-1][1], "answer": text}
    site.script = [("sources", {"sources": SOURCES}), ("token", {"text": text})]
    site.script += [("citations", {"sentences": sentences}), ("done", done)]
    page.goto("/")
    page.locator("#question").fill("年休假有几天？")
    page.keyboard.press("Enter")
    expect(page.locator(".turn-foot button").first).to_be_visible()


def test_a_table_is_a_table_with_the_marks_behind_its_rows(page: Page, site: Site) -> None:
    shown(page, site, "年休假：\n" + TABLE, "| 满一年 | 10 |", "| 满五年 | 15 |")
    expect(page.locator(".answer th")).to_have_text(["工龄", "天数"])
    expect(page.locator(".answer td .words")).to_have_text(["满一年", "10", "满五年", "15"])
    expect(page.locator(".answer tr").nth(1).locator("td").last.locator(".mark")).to_have_text(["1"])
    expect(page.locator(".answer .mark")).to_have_text(["1", "2"])
    expect(page.locator(".answer")).not_to_contain_text("|")
    page.locator(".answer .mark").last.click()
    expect(page.locator("#passage .count")).to_have_text("Citation 2 of 2")


def test_lists_keep_their_numbers_and_their_depth(page: Page, site: Site) -> None:
    shown(page, site, "😀有：\n3. **年休假**十天\n   - 满五年十五天\n4. 病假\n\n完。", "**年休假**十天")
    expect(page.locator(".answer > ol > li")).to_have_count(2)
    assert page.locator(".answer > ol > li").evaluate_all("items => items.map(item => item.value)") == [3, 4]
    expect(page.locator(".answer ol ul li")).to_have_text("满五年十五天")
    expect(page.locator(".answer li .words strong")).to_have_text("年休假")
    expect(page.locator(".answer li .words").first).to_have_text("年休假十天")
    expect(page.locator(".answer > p").last).to_have_text("完。")


def test_formulas_are_set_and_money_is_none(page: Page, site: Site) -> None:
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    text = "费用 $5 至 $6。速度是 $v = \\frac{s}{t}$。\n\n$$\nE = mc^2\n$$\n\n\\(\\href{javascript:alert(1)}{x}\\)"
    shown(page, site, text, "速度是 $v = \\frac{s}{t}$。")
    expect(page.locator(".answer .katex-display")).to_have_count(1)
    expect(page.locator(".answer .sentence .katex .mfrac").first).to_be_visible()
    expect(page.locator(".answer")).to_contain_text("$5 至 $6")
    expect(page.locator(".answer a")).to_have_count(0)
    assert troubles == []


def test_code_is_left_as_it_is(page: Page, site: Site) -> None:
    shown(page, site, "运行：\n```python\nprint('**a** | $b$')\n\n# 注释\n```\n用 `a*b*c` 与 file_name_x，3*4*5。")
    expect(page.locator(".answer pre code")).to_have_text("print('**a** | $b$')\n\n# 注释", use_inner_text=True)
    expect(page.locator(".answer p code")).to_have_text("a*b*c")
    expect(page.locator(".answer p").last).to_contain_text("file_name_x，3*4*5")
    expect(page.locator(".answer .katex")).to_have_count(0)


def test_links_and_pictures_stay_text(page: Page, site: Site) -> None:
    text = "# 标题\n[点这里](https://x.example/) ![图](https://x.example/a.png) <b onclick=x>b</b>\n> 引用"
    shown(page, site, text)
    expect(page.locator(".answer h3")).to_have_text("标题")
    expect(page.locator(".answer p")).to_contain_text("[点这里](https://x.example/) ![图]")
    expect(page.locator(".answer blockquote")).to_have_text("引用")
    # As quiet as any line: the accent is for what stands in a document.
    line = page.locator(".top").evaluate("bar => getComputedStyle(bar).borderBottomColor")
    expect(page.locator(".answer blockquote")).to_have_css("border-left-color", line)
    expect(page.locator(".answer :is(a, img, b)")).to_have_count(0)


def test_a_mark_keeps_the_focus_while_the_answer_goes_on(page: Page, site: Site) -> None:
    first = "第一句。"
    site.script = [
        ("sources", {"sources": SOURCES}),
        ("token", {"text": first + "\n\n第二"}),
        ("sentence", {"sentence": sentence(first, first)}),
        HOLD,
        ("token", {"text": "句。"}),
        ("citations", {"sentences": [sentence(first, first)]}),
        ("done", {**answering()[-1][1], "answer": first + "\n\n第二句。"}),
    ]
    page.goto("/")
    page.locator("#question").fill("年休假有几天？")
    page.keyboard.press("Enter")
    page.locator(".answer .mark").focus()
    site.gate.set()
    expect(page.locator(".turn-foot button").first).to_be_visible()
    expect(page.locator(".answer p").last).to_have_text("第二句。")
    expect(page.locator(".answer .mark")).to_be_focused()
