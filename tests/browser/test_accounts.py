"""Accounts as people use them, over the real application: the owner's first login, others, roles, keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.auth.passwords import Passwords
from app.server import create_app
from tests.support.accounts import PASSWORD, cheap
from tests.support.live import listening
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, services_in

READER = "battery staple 马马"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    llm = ScriptedLLM({"": "营业收入为三百元。"})
    with (
        services_in(tmp_path, llm=lambda: llm, passwords=Passwords(cheap())) as services,
        listening(create_app(services)) as address,
    ):
        files = {"files": ("年报.md", REPORT.encode())}
        assert httpx.post(f"{address}/api/v1/bases/default/documents", files=files).status_code == 202
        yield address
        services.closing.set()  # ends the streams that a browser left open


def somebody(browser: Browser, address: str) -> tuple[BrowserContext, Page]:
    context = browser.new_context(locale="en-US", base_url=address)
    context.set_default_timeout(15_000)
    return context, context.new_page()


def fill(page: Page, form: str, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"{form} [name={name}]").fill(value)


def log_in(page: Page, name: str, password: str) -> None:
    fill(page, "form.door", name=name, password=password)
    page.get_by_role("button", name="Log in").click()


def become_owner(page: Page) -> None:
    page.goto("/setup")
    fill(page, "form.door", name="wang", password=PASSWORD)
    page.get_by_role("button", name="Make account").click()
    expect(page).to_have_url(re.compile("/people$"))


def test_an_owner_lets_somebody_read(browser: Browser, address: str) -> None:
    context, page = somebody(browser, address)
    page.goto("/")
    page.locator("#account summary").click()
    page.get_by_role("link", name="Make the owner's account").click()
    fill(page, "form.door", name="wang", password=PASSWORD)
    page.get_by_role("button", name="Make account").click()
    expect(page.get_by_role("heading", name="People and roles")).to_be_visible()
    fill(page, "#make-user", name="li", password=READER)
    page.get_by_role("button", name="Make account").click()
    expect(page.locator("#users li")).to_have_count(2)
    expect(page.get_by_label("Role of wang")).to_be_disabled()
    page.get_by_label("Role of li").select_option("reader")
    expect(page.locator("#toasts")).to_contain_text("li: reader")
    page.locator("#account summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{address}/login")
    page.goto("/library")
    expect(page).to_have_url(f"{address}/login?to=%2Flibrary")
    log_in(page, "li", "not the password")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    log_in(page, "li", READER)
    expect(page).to_have_url(f"{address}/library")
    expect(page.get_by_role("link", name="年报.md")).to_be_visible()
    for hidden in ("#upload", "#new-base", "#base-settings-open", "button.delete"):
        expect(page.locator(hidden).first).to_be_hidden()
    page.locator("#account summary").click()
    expect(page.get_by_role("link", name="People and roles")).to_have_count(0)
    page.goto("/people")
    expect(page.locator("#users")).to_have_count(0)
    context.close()


def test_an_editor_works_through_the_pages(browser: Browser, address: str) -> None:
    """What the pages change carries the token of their session; what they open stays one's own."""
    context, page = somebody(browser, address)
    become_owner(page)
    page.goto("/library")
    page.set_input_files(
        "#files", {"name": "合同.md", "mimeType": "text/markdown", "buffer": "# 合同\n\n甲方付款。\n".encode()}
    )
    expect(page.get_by_role("link", name="合同.md")).to_be_visible()
    page.locator("tr", has_text="合同.md").locator("button.delete").click()
    expect(page.get_by_role("link", name="合同.md")).to_have_count(0)
    page.goto("/")
    page.locator("#question").fill("营业收入是多少？")
    page.keyboard.press("Enter")
    expect(page.locator("#chat")).to_contain_text("营业收入为三百元。")
    expect(page.locator("#conversation-list li")).to_have_count(1)
    other, stranger = somebody(browser, address)
    stranger.goto("/")
    expect(stranger.locator("#chat")).to_have_count(0)
    other.close()
    context.close()


def test_a_key_is_shown_once_and_revoked(browser: Browser, address: str) -> None:
    context, page = somebody(browser, address)
    become_owner(page)
    page.goto("/account")
    fill(page, "#make-key", name="nightly import")
    page.get_by_role("button", name="Make key").click()
    expect(page.locator("#key-text code")).to_contain_text("zw_")
    key = page.locator("#key-text code").text_content() or ""
    shown = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{address}/api/v1/bases", headers=shown).status_code == 200
    page.reload()
    expect(page.locator("#keys li")).to_contain_text("nightly import")
    expect(page.locator("body")).not_to_contain_text(key)
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.locator("#keys li")).to_have_count(0)
    assert httpx.get(f"{address}/api/v1/bases", headers=shown).status_code == 401
    fill(page, "#change-password", old=PASSWORD, new=READER)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#toasts")).to_contain_text("The password is changed.")
    context.close()


def test_a_session_that_is_over_leads_to_the_login_and_back(browser: Browser, address: str) -> None:
    context, page = somebody(browser, address)
    become_owner(page)
    page.goto("/models")
    context.clear_cookies()
    page.goto("/account")
    expect(page).to_have_url(f"{address}/login?to=%2Faccount")
    with page.expect_response("**/api/v1/keys"):
        log_in(page, "wang", PASSWORD)
    expect(page).to_have_url(f"{address}/account")
    context.clear_cookies()
    fill(page, "#make-key", name="too late")
    page.get_by_role("button", name="Make key").click()
    expect(page).to_have_url(f"{address}/login?to=%2Faccount")
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["#log-out", "#log-out-everywhere"])
def test_whoever_logs_out_leaves_nothing_in_the_tab(browser: Browser, address: str, way: str) -> None:
    context, page = somebody(browser, address)
    become_owner(page)
    page.goto("/account")
    page.evaluate("""() => sessionStorage.setItem("zhiwen.undoable",
        JSON.stringify([{text: "年报.md was deleted.", posts: [], opens: null, until: Date.now() + 60000}]))""")
    page.reload()
    expect(page.locator(".toast")).to_contain_text("年报.md")
    page.locator(way).evaluate("button => button.click()")
    expect(page).to_have_url(f"{address}/login")
    log_in(page, "wang", PASSWORD)
    expect(page.locator("#question")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('zhiwen.undoable')") == "[]"
    context.close()
