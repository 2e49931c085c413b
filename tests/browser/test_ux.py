"""The twelve tasks of docs/ux.md, done in a browser: they take the clicks that it says, and no more than elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.blanks import blank_base, blank_document
from tests.support.browsing import answered, drop, started
from tests.support.scripted_content import answering
from tests.support.scripted_state import HOLD, Site

pytestmark = pytest.mark.browser
PAGE = Path(__file__).resolve().parents[2] / "docs" / "ux.md"


class Hand:
    """A person's hand on the mouse of a page: counts what it presses."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, what: Locator, **given: object) -> None:
        self.clicks += 1
        what.click(**given)  # type: ignore[arg-type]

    def drop(self, *names: str) -> None:
        self.clicks += 1
        drop(self.page, *names)

    def library(self, name: str) -> Locator:
        """The documents, with what is called so on top; gives its row."""
        self.click(self.page.get_by_role("link", name="Documents", exact=True))
        self.page.locator("#documents tbody tr").first.wait_for()
        started(self.page)  # what an input method writes goes where the focus is
        self.page.keyboard.press("/")
        self.page.keyboard.type(name)
        rows = self.page.locator("#documents tbody tr")
        expect(rows.filter(has_not_text=name)).to_have_count(0)
        return rows


def asked(page: Page, text: str = "提前解除合同怎么约定？") -> None:
    """Type where the cursor stands, and send."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def read(site: Site, *names: str) -> None:
    """The server reads what it was given."""
    for document in [each for each in site.documents if each["name"] in names]:
        site.announce(document["id"], status="ready", stage="done")


def one_file(page: Page, site: Site, hand: Hand) -> None:
    site.documents.clear()
    page.goto("/")
    hand.drop("合同.md")
    expect(page.locator("#chosen-documents li")).to_have_count(1)
    asked(page)
    expect(page.locator("#attach-state")).to_be_visible()
    read(site, "合同.md")
    answered(page)


def three_contracts(page: Page, site: Site, hand: Hand) -> None:
    names = ["甲.pdf", "乙.pdf", "丙.pdf"]
    page.goto("/")
    hand.drop(*names)
    expect(page.locator("#chosen-documents li")).to_have_count(3)
    asked(page)
    expect(page.locator("#attach-state")).to_be_visible()
    read(site, *names)
    answered(page)
    ids = {each["id"] for each in site.documents if each["name"] in names}
    assert set(site.asked[-1]["documents"]) == ids


def place_of_a_sentence(page: Page, site: Site, hand: Hand) -> None:
    page.goto("/")
    asked(page)
    answered(page)
    hand.click(page.locator(".mark").first)
    expect(page.locator("#passage img")).to_have_js_property("complete", True, timeout=30_000)
    assert "boxes=" in str(page.locator("#passage img").get_attribute("src"))


def one_of_many(page: Page, site: Site, hand: Hand) -> None:
    site.documents += [blank_document(f"m{n}", "base-1", f"论文{n}.pdf", 1000) for n in range(300)]
    page.goto("/")
    page.keyboard.type("@员工手")
    expect(page.locator("#mentions-list li")).to_have_count(1)
    page.keyboard.press("Enter")
    asked(page)
    answered(page)
    assert site.asked[-1]["documents"] == ["d1"]


def a_folder(page: Page, site: Site, hand: Hand) -> None:
    page.goto("/")
    hand.drop(*(f"paper-{n}.pdf" for n in range(300)))
    expect(page.locator("#uploads-summary")).to_contain_text("Files sent: 300 of 300", timeout=60_000)
    assert sum(each["name"].startswith("paper-") for each in site.documents) == 300


def a_failed_file(page: Page, site: Site, hand: Hand) -> None:
    page.goto("/")
    row = hand.library("损坏的文件")
    expect(row.locator(".row-error")).to_contain_text("文件没有页面")
    hand.click(row.locator(".retry"))
    expect(row).not_to_have_attribute("data-status", "failed")


def a_password(page: Page, site: Site, hand: Hand) -> None:
    page.goto("/")
    row = hand.library("工资表")
    hand.click(row.locator("button.password"))
    asked(page, "secret")
    expect(row).not_to_have_attribute("data-status", "needs_password")


def in_other_words(page: Page, site: Site, hand: Hand) -> None:
    site.script = answering(HOLD)
    page.goto("/")
    asked(page)
    expect(page.locator("#stop")).to_be_enabled()
    page.keyboard.press("Escape")
    site.script = answering()
    expect(page.locator("#send")).to_be_visible()
    page.keyboard.press("ArrowUp")
    asked(page, " 违约金呢？")
    expect(page.locator(".question")).to_have_text(["提前解除合同怎么约定？", "提前解除合同怎么约定？ 违约金呢？"])
    answered(page)


def copied(page: Page, site: Site, hand: Hand) -> None:
    page.goto("/")
    asked(page)
    answered(page)
    hand.click(page.get_by_role("button", name="Copy with citations"))
    assert "[1]" in page.evaluate("navigator.clipboard.readText()")


def an_old_conversation(page: Page, site: Site, hand: Hand) -> None:
    page.goto("/")
    asked(page)
    answered(page)
    page.goto("/")
    page.keyboard.press("Control+k")
    title = next(iter(site.conversations.values()))["title"]
    page.keyboard.type(title[:4])
    row = page.locator("#conversation-list li").filter(has_text=title)
    hand.click(row.get_by_role("button", name="Export"))
    with page.expect_download():
        hand.click(page.get_by_role("link", name="Markdown"))


def back_at_once(page: Page, site: Site, hand: Hand) -> None:
    page.goto("/")
    row = hand.library("考勤制度")
    hand.click(row.locator("button.delete"))
    expect(row).to_have_count(0)
    hand.click(page.get_by_role("button", name="Undo"))
    expect(row).to_have_count(1)


def ten_moved(page: Page, site: Site, hand: Hand) -> None:
    site.documents += [
        {**blank_document(f"m{n}", "base-1", f"判决{n}.pdf", 1000), "status": "ready", "stage": "done"}
        for n in range(10)
    ]
    page.goto("/")
    rows = hand.library("判决")
    expect(rows).to_have_count(10)
    boxes = rows.locator('[data-field="choose"]')
    hand.click(boxes.first)
    hand.click(boxes.last, modifiers=["Shift"])
    hand.click(page.locator("#chosen-move"))
    page.keyboard.press("Enter")
    expect(rows).to_have_count(0)
    assert sum(each["base"] == "base-2" for each in site.documents) == 10


TASKS: list[Callable[[Page, Site, Hand], None]] = [
    one_file,
    three_contracts,
    place_of_a_sentence,
    one_of_many,
    a_folder,
    a_failed_file,
    a_password,
    in_other_words,
    copied,
    an_old_conversation,
    back_at_once,
    ten_moved,
]


def table() -> list[list[str]]:
    """The cells of each task: its number, what it is, the clicks here and those of the others."""
    rows = [line.strip("|").split("|") for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| \d", line)]
    return [[cell.strip() for cell in row] for row in rows]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
def test_a_task_takes_the_clicks_that_are_told_and_no_more_than_elsewhere(
    page: Page, site: Site, task: Callable[[Page, Site, Hand], None]
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    site.bases[1:] = [blank_base("base-2", "法律法规")]
    hand = Hand(page)
    task(page, site, hand)
    _, _, here, *others = table()[TASKS.index(task)]
    assert hand.clicks == int(here)
    known = [int(cell.rstrip("*")) for cell in others if cell != "–"]
    assert hand.clicks <= min(known, default=hand.clicks)


def test_every_task_of_the_page_is_done() -> None:
    assert [row[0] for row in table()] == [str(n + 1) for n in range(len(TASKS))]
