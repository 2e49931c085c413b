"""Questions that could be asked: on the welcome, and below an answer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.scripted_content import refusing
from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser


def test_the_welcome_offers_questions_and_a_click_asks(page: Page, site: Site) -> None:
    page.goto("/")
    offered = page.locator("#welcome .suggestion")
    expect(offered).to_have_count(4)
    offered.nth(1).click()
    expect(page.locator(".question")).to_have_text("关于迟到与早退，文中是怎么说的？")
    expect(page.locator(".turn-foot button").first).to_be_visible()
    assert site.asked[0]["question"] == "关于迟到与早退，文中是怎么说的？"
    page.locator("#new-conversation").click()
    expect(offered).to_have_count(4)


def test_what_is_offered_keeps_to_the_scope(page: Page, site: Site) -> None:
    page.goto("/?document=d2")
    expect(page.locator("#welcome .suggestion")).to_have_text(["关于迟到与早退，文中是怎么说的？"])
    assert site.calls.count(("GET", "/api/v1/suggestions")) == 1
    page.locator("#chosen-documents button").click()
    expect(page.locator("#welcome .suggestion")).to_have_count(4)


def test_a_document_that_is_gone_keeps_no_questions_back(page: Page) -> None:
    page.goto("/?document=gone")
    expect(page.locator("#welcome .suggestion")).to_have_count(4)


def test_without_headings_nothing_is_offered(page: Page, site: Site) -> None:
    site.first_questions = []
    with page.expect_response(re.compile("/suggestions")):
        page.goto("/")
    expect(page.locator("#welcome .suggestions")).to_be_hidden()


def test_an_answer_leads_to_questions_and_only_the_last_one_does(page: Page, site: Site) -> None:
    page.goto("/")
    page.locator("#question").fill("年休假有几天？")
    page.keyboard.press("Enter")
    offered = page.locator(".turn .suggestion")
    expect(offered).to_have_count(3)
    site.next_questions = site.next_questions[1:]
    offered.first.click()
    expect(page.locator(".question")).to_have_text(["年休假有几天？", "关于病假，文中是怎么说的？"])
    expect(page.locator(".turn").last.locator(".suggestion")).to_have_count(2)
    expect(page.locator(".turn").first.locator(".suggestions")).to_be_hidden()
    assert site.asked[1]["conversation"] == "c0"
    page.reload()
    expect(page.locator(".turn").last.locator(".suggestion")).to_have_count(2)
    expect(page.locator(".turn").first.locator(".suggestion")).to_have_count(0)


def test_a_refusal_leads_to_none(page: Page, site: Site) -> None:
    site.script = refusing()
    page.goto("/")
    page.locator("#question").fill("公司有几只猫？")
    page.keyboard.press("Enter")
    expect(page.locator(".refusal")).to_be_visible()
    expect(page.locator(".turn .suggestions")).to_be_hidden()
    assert ("GET", "/api/v1/runs/r0/suggestions") not in site.calls
