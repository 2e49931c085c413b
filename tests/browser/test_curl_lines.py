"""The line for a terminal that stands beside a new key: it is run as it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.auth.passwords import Passwords
from app.bootstrap import Services
from app.server import create_app
from app.tls import own_certificate
from tests.support.accounts import PASSWORD, cheap
from tests.support.browsing import opened
from tests.support.live import listening
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import services_in
from tests.support.shell import answers

pytestmark = pytest.mark.browser


@contextmanager
def owned(browser: Browser, folder: Path, *, tls: bool = False) -> Iterator[tuple[Page, Services]]:
    """A page whose reader owns the installation, with one more base than the default one."""
    pair = own_certificate(folder / "data", ("127.0.0.1",)) if tls else None
    with (
        services_in(folder, passwords=Passwords(cheap()), llm=lambda: ScriptedLLM({"": "。"}), tls=tls) as services,
        listening(create_app(services), tls=pair) as address,
        opened(browser, address, locale="zh-TW", ignore_https_errors=True) as page,
    ):
        services.library.catalog.create_base("合同")
        page.goto("/setup")
        page.locator("[name=name]").fill("wang")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("form.door button").click()
        page.wait_for_url("**/people")
        yield page, services
        services.closing.set()


def line_for(page: Page, scopes: set[str], base: str = "") -> str:
    """The line beside a new key that may do this."""
    page.goto("/account")
    page.locator("#make-key [name=name]").fill("it's mine")
    for box in page.locator("[name=scope]").all():
        box.set_checked(box.get_attribute("value") in scopes)
    if base:
        page.locator("[name=bases]").select_option(label=base)
    page.locator("#make-key .primary").click()
    expect(page.locator("#key-line code")).to_contain_text("curl")
    return page.locator("#key-line code").text_content() or ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scopes", "base", "status", "path"),
    [
        ({"read", "ask"}, "", 200, "/api/v1/ask"),
        ({"ask"}, "合同", 200, "/api/v1/ask"),
        ({"read"}, "", 200, "/api/v1/bases"),
        ({"write"}, "合同", 202, "/documents"),
        ({"admin"}, "", 200, "/api/v1/users"),
    ],
    ids=["ask", "ask of one base", "read", "write", "admin"],
)
def test_the_line_of_a_new_key_does_what_the_key_is_for(
    browser: Browser, tmp_path: Path, scopes: set[str], base: str, status: int, path: str
) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4\n%\xe4\xbd\xa0\n")
    with owned(browser, tmp_path) as (page, services):
        line = line_for(page, scopes, base)
        assert path in line and "zw_" in line and "--cacert" not in line
        for answer in answers(line, tmp_path):
            assert answer.status_code == status, answer.text
        assert bool(services.conversations.of_user(services.accounts.users.owner().id)) == ("ask" in scopes)


def test_a_certificate_of_its_own_is_named_and_enough(browser: Browser, tmp_path: Path) -> None:
    with owned(browser, tmp_path, tls=True) as (page, services):
        line = line_for(page, {"read"})
        assert "--cacert certificate.pem" in line.replace("'", "") and "https://" in line
        expect(page.locator("#new-key")).to_contain_text(str(services.settings.data_dir / "tls" / "certificate.pem"))
        # As a person does who takes the file along.
        shutil.copy(services.settings.data_dir / "tls" / "certificate.pem", tmp_path)
        for answer in answers(line, tmp_path):
            assert answer.status_code == 200, answer.text


def test_without_accounts_the_settings_have_a_line_without_a_key(browser: Browser, tmp_path: Path) -> None:
    with (
        services_in(tmp_path) as services,
        listening(create_app(services)) as address,
        opened(browser, address, locale="en-US") as page,
    ):
        page.goto("/settings")
        code = page.locator("#curl-line code")
        expect(code).to_contain_text(f"'{address}/api/v1/ask'")
        line = code.text_content() or ""
        assert "Authorization" not in line
        for answer in answers(line, tmp_path):
            assert answer.json()["refused"], answer.text
        services.closing.set()


def test_a_line_is_copied_by_its_button(browser: Browser, tmp_path: Path) -> None:
    granted = ("clipboard-read", "clipboard-write")
    with (
        services_in(tmp_path) as services,
        listening(create_app(services)) as address,
        opened(browser, address, locale="en-US", permissions=granted) as page,
    ):
        page.goto("/settings")
        page.locator("#curl-line button").click()
        expect(page.locator("#toasts")).to_contain_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == page.locator("#curl-line code").text_content()
        services.closing.set()
