"""The states of the chat page: how a browser gets there over the scripted site."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.browsing import answered, ask
from tests.support.scripted_content import EXTRACT, SOURCES, answering, refusing
from tests.support.scripted_state import HOLD, Site

RICH = (
    "年休假按工龄计算：\n\n| 工龄 | 天数 |\n|---|---|\n| 满一年 | 10 |\n| 满五年 | 15 |\n\n"
    "1. **当年**使用，经部门同意可顺延。\n2. 折算：$w = 3 \\times \\frac{m}{21.75}$\n"
    "\n```\n日工资 = 月工资 / 21.75\n```\n"
)


def chat_welcome(page: Page, _: Site) -> None:
    page.goto("/")


def chat_without_documents(page: Page, site: Site) -> None:
    site.bases[:] = [{**each, "documents": 0} for each in site.bases]
    page.goto("/")


def chat_scope(page: Page, _: Site) -> None:
    page.goto("/?document=d1")
    page.locator("#scope summary").click()
    expect(page.locator("#found-documents input:checked")).to_have_count(1)


def chat_mention(page: Page, _: Site) -> None:
    page.goto("/")
    page.locator("#question").press_sequentially("按照@")
    expect(page.locator("#mentions-list li")).to_have_count(2)


def chat_offering_the_guide(page: Page, site: Site) -> None:
    site.bases[:] = [{**each, "documents": 0} for each in site.bases]
    page.goto("/")
    expect(page.locator("#guide-make")).to_be_visible()


def guided(site: Site, status: str) -> None:
    """The guide is all that there is."""
    unread = 0 if status == "ready" else 2
    guide = {**site.bases[1], "name": "知文指南", "documents": 2, "unread": unread}
    site.bases[:] = [{**site.bases[0], "documents": 0}, guide]
    site.documents[:] = [{**each, "base": site.bases[1]["id"], "status": status} for each in site.documents[:2]]


def chat_with_the_guide(page: Page, site: Site) -> None:
    guided(site, "ready")
    page.goto("/")
    expect(page.locator("#guide-questions")).to_be_visible()


def chat_waiting(page: Page, site: Site) -> None:
    site.script = [("queued", {"position": 2}), HOLD, *answering()]
    page.goto("/")
    ask(page)
    expect(page.locator(".stage")).to_contain_text("2")


def chat_writing(page: Page, site: Site) -> None:
    site.script = [("sources", {"sources": SOURCES}), ("extract", {"extract": EXTRACT}), *answering(HOLD)[2:]]
    page.goto("/")
    ask(page)
    expect(page.locator(".answer")).to_be_visible()


def chat_answered(page: Page, _: Site) -> None:
    page.goto("/")
    ask(page)
    answered(page)


def chat_markdown(page: Page, site: Site) -> None:
    done = {**answering()[-1][1], "answer": RICH}
    site.script = [("sources", {"sources": SOURCES}), ("token", {"text": RICH}), ("done", done)]
    page.goto("/")
    ask(page)
    answered(page)
    expect(page.locator(".answer .katex").first).to_be_visible()


def chat_passage(page: Page, _: Site) -> None:
    chat_answered(page, _)
    page.locator(".mark").first.click()
    expect(page.locator("#passage img")).to_have_js_property("complete", True)


def chat_quote(page: Page, _: Site) -> None:
    chat_answered(page, _)
    page.locator(".mark").last.hover()
    expect(page.locator("#quote-tip")).to_be_visible()


def chat_undo(page: Page, _: Site) -> None:
    chat_answered(page, _)
    page.locator("#conversation-list .icon-button").last.dispatch_event("click")
    expect(page.locator(".toast-action")).to_be_visible()


def chat_refused(page: Page, site: Site) -> None:
    site.script = refusing()
    page.goto("/")
    ask(page, "公司有几只猫？")
    answered(page)


def chat_failed(page: Page, site: Site) -> None:
    site.ask_problem = (429, "Questions already waiting for the model: 3.")
    page.goto("/")
    ask(page)
    expect(page.locator(".failure")).to_be_visible()
