"""The real application in a browser that runs no scripts: asking, reading, sending files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from app.i18n import translate
from tests.support.browsing import opened
from tests.support.live import live, settled
from tests.support.made_pdf import lay, make_pdf
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT

pytestmark = pytest.mark.browser
ANSWER = "二〇二五年营业收入为三百元。月球上有一座金矿。"
LIST = "/api/v1/bases/default/documents"
QUESTION = "营业收入是多少？"
# What a browser that runs scripts would make another page of.
SCRIPTS = re.compile(r"</?noscript>|<script\b.*?</script>|<meta http-equiv[^>]*>", re.S)
LANGUAGES = {"zh-CN": "zh-Hans", "en-US": "en"}
LOOKS: list[dict[str, Any]] = [
    {"locale": "zh-CN", "viewport": {"width": 1280, "height": 800}},
    {"locale": "en-US", "viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
]


@dataclass(frozen=True)
class Plain:
    """A page without scripts, its language, and what holds the answers of the model."""

    page: Page
    address: str
    language: str
    gate: Event
    browser: Browser
    look: dict[str, Any]

    def says(self, key: str, **params: object) -> str:
        return translate(self.language, key, **params)

    def ask(self, question: str) -> None:
        self.page.locator("#question").fill(question)
        self.page.get_by_role("button", name=self.says("chat.send")).click()

    def shuts_nobody_out(self) -> None:
        """Nothing is wider than the screen, and axe-core finds nothing: a script, it is given a copy of the page, with
        styles that say of themselves what they say where no script runs.
        """
        drawn = SCRIPTS.sub("", self.page.content())
        with opened(self.browser, self.address, **self.look) as page:
            page.route("**/as-it-is", lambda route: route.fulfill(body=drawn, content_type="text/html; charset=utf-8"))
            page.route("**/*.css", _without_scripts)
            page.goto("/as-it-is", wait_until="load")
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert wide <= room

    def settled(self) -> None:
        """Wait until no document is being read."""
        settled(self.address, *(each["id"] for each in httpx.get(f"{self.address}{LIST}").json()["items"]))


def _without_scripts(route: Route) -> None:
    answer = route.fetch()
    styles = answer.text().replace("(scripting: none)", "(width > 0)").replace("(scripting: enabled)", "(width < 0)")
    route.fulfill(response=answer, body=styles)


@contextmanager
def plain_page(browser: Browser, folder: Path, look: dict[str, Any]) -> Iterator[Plain]:
    gate = Event()
    with live(folder, ScriptedLLM({"": ANSWER}, pause=gate)) as address:
        files = {"files": ("年报.md", REPORT.encode())}
        httpx.post(f"{address}/api/v1/bases/default/documents", files=files)
        with opened(browser, address, java_script_enabled=False, **look) as page:
            plain = Plain(page, address, LANGUAGES[look["locale"]], gate, browser, look)
            plain.settled()
            yield plain
        gate.set()


@pytest.fixture(params=LOOKS, ids=["desk-zh", "phone-en"])
def plain(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Plain]:
    with plain_page(browser, tmp_path, request.param) as found:
        yield found


@pytest.mark.slow
def test_a_question_is_asked_and_its_answer_read(plain: Plain) -> None:
    page = plain.page
    page.goto("/")
    plain.ask(QUESTION)
    expect(page.locator(".question")).to_have_text(QUESTION)
    expect(page.locator(".answer")).to_contain_text(ANSWER[:3])
    plain.shuts_nobody_out()
    expect(page.locator("#composer")).to_be_hidden()  # what is typed would be lost when the page looks again
    plain.gate.set()
    expect(page.locator(".answer .sentence.supported")).to_have_text(ANSWER[:14])
    expect(page.locator(".answer")).to_contain_text(ANSWER[14:])
    expect(page.locator(".answer small")).to_have_text(f"({plain.says('chat.legend_unsupported')})")
    page.locator(".answer .mark").first.click()
    source = page.locator(".source-card:target")
    expect(source).to_contain_text("年报.md")
    expect(source.locator("blockquote")).to_contain_text("营业收入为三百元")
    plain.shuts_nobody_out()
    plain.ask("火星上有多少座城市？")
    expect(page.locator(".refusal")).to_be_in_viewport()
    plain.shuts_nobody_out()
    expect(page.locator(".question")).to_have_text([QUESTION, "火星上有多少座城市？"])
    expect(page.locator("#conversation-list a")).to_have_count(1)
    page.locator("#conversation-list a").click()
    expect(page.locator(".question")).to_have_count(2)


@pytest.mark.slow
def test_an_answer_is_stopped(plain: Plain) -> None:
    page = plain.page
    page.goto("/")
    plain.ask(QUESTION)
    expect(page.locator(".answer")).to_contain_text(ANSWER[:3])
    page.get_by_role("button", name=plain.says("chat.stop")).click()
    expect(page.locator(".note")).to_have_text(plain.says("chat.stopped"))
    expect(page.locator("#composer")).to_be_visible()


def test_what_is_wrong_with_a_question_is_said_beside_it(plain: Plain) -> None:
    page = plain.page
    page.goto("/")
    page.locator("#scope summary").click()
    page.locator('#scope input[name="base"]').uncheck()
    page.locator("#scope summary").click()
    plain.ask(QUESTION)
    expect(page.get_by_role("alert")).to_have_text(plain.says("chat.choose_base"))
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.locator("#question")).to_have_value(QUESTION)
    plain.shuts_nobody_out()


@pytest.mark.slow
def test_files_are_sent_and_read(plain: Plain, tmp_path: Path) -> None:
    page = plain.page
    again, other, empty = (tmp_path / name for name in ("又.md", "手册.md", "空.md"))
    again.write_text(REPORT, encoding="utf-8")
    other.write_text("# 手册\n\n员工每年有十天年休假。\n", encoding="utf-8")
    empty.touch()
    page.goto("/library")
    plain.shuts_nobody_out()
    page.locator("#files").set_input_files([again, other, empty])
    page.get_by_role("button", name=plain.says("library.upload")).click()
    expect(page.locator(".sent li")).to_have_count(3)
    expect(page.locator(".sent li").nth(0)).to_contain_text(plain.says("library.already_here_as", name="年报.md"))
    expect(page.locator(".sent li").nth(1)).to_contain_text(plain.says("library.sent_added"))
    expect(page.locator(".sent .row-error")).to_contain_text("空.md")
    plain.shuts_nobody_out()
    page.get_by_role("link", name=plain.says("library.sent_back")).click()
    plain.settled()
    page.reload()
    expect(page.locator("#documents tbody tr")).to_have_count(2)
    page.get_by_role("link", name="手册.md").click()
    page.get_by_role("link", name=plain.says("document.read_plain")).click()
    expect(page.locator(".plain-text")).to_contain_text("员工每年有十天年休假。")
    page.get_by_role("link", name=plain.says("document.ask")).click()
    plain.gate.set()
    plain.ask("员工每年有几天年休假？")
    expect(page.locator(".source-card")).to_contain_text("手册.md")


@pytest.mark.slow
def test_pages_are_read_beside_their_pictures(plain: Plain, tmp_path: Path) -> None:
    page, texts = plain.page, ("The first page has these words.", "Others stand on the second page.")
    path = make_pdf(tmp_path / "a.pdf", *(lambda sheet, text=text: lay(sheet, 60, 100, [text]) for text in texts))  # type: ignore[misc]
    page.goto("/library")
    page.locator("#files").set_input_files(path)
    page.get_by_role("button", name=plain.says("library.upload")).click()
    expect(page).to_have_url(re.compile(r"/library\?base=default$"))
    plain.settled()
    page.get_by_role("link", name="a.pdf").click()
    page.get_by_role("link", name=plain.says("document.read_plain")).click()
    expect(page.locator(".plain-text")).to_have_text(texts[0])
    page.get_by_role("link", name=plain.says("document.next_page")).first.click()
    expect(page.locator(".plain-text")).to_have_text(texts[1])
    expect(page.get_by_role("img", name=plain.says("document.page_alt", page=2))).to_be_visible()
    plain.shuts_nobody_out()


def test_with_scripts_nothing_stands_there_twice(browser: Browser, tmp_path: Path) -> None:
    with plain_page(browser, tmp_path, LOOKS[0]) as plain:
        plain.gate.set()
        plain.page.goto("/")
        plain.ask(QUESTION)
        expect(plain.page.locator(".answer .sentence.supported")).to_be_visible()
        with opened(browser, plain.address, **LOOKS[0]) as page:
            page.goto(plain.page.url)
            expect(page.locator(".answer .sentence.supported")).to_be_visible()
            expect(page.locator(".turn")).to_have_count(1)
            expect(page.locator(".turn .source-card")).to_have_count(0)
            expect(page.locator("#sources .source-card")).to_have_count(1)
