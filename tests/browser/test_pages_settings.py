"""The page of settings, over the scripted site and over the real application."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.answering.events import Scope
from app.answering.question import Question
from app.bootstrap import Services
from app.server import create_app
from tests.support.browsing import opened
from tests.support.live import listening
from tests.support.scripted_state import Site
from tests.support.served import services_in
from tests.support.states import settings, settings_of_a_reader

pytestmark = pytest.mark.browser


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with services_in(tmp_path) as services:
        yield services


@pytest.fixture
def real(browser: Browser, services: Services) -> Iterator[Page]:
    """A page of the real application."""
    with (
        listening(create_app(services)) as address,
        opened(browser, address, locale="en-US") as page,
    ):
        yield page
        services.closing.set()


def test_the_account_menu_leads_there(page: Page, site: Site) -> None:
    page.goto("/")
    page.locator("#account summary").click()
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()


def test_colours_are_chosen_there_or_by_the_button_and_stay(page: Page, site: Site) -> None:
    settings(page, site)
    root = page.locator("html")
    page.get_by_label("Dark", exact=True).check()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.get_by_label("Dark", exact=True)).to_be_checked()
    page.locator("#theme").click()
    expect(page.get_by_label("As the system", exact=True)).to_be_checked()
    expect(root).not_to_have_attribute("data-theme", re.compile("."))


def test_a_language_is_chosen_without_any_script(browser: Browser, address: str) -> None:
    with opened(browser, address, locale="en-US", java_script_enabled=False) as page:
        page.goto("/settings")
        expect(page.locator("#themes")).to_be_hidden()
        page.locator("main").get_by_role("button", name="繁體中文").click()
        expect(page.get_by_role("heading", name="設定", exact=True)).to_be_visible()


def test_a_reader_sees_what_holds_and_changes_what_is_theirs(page: Page, site: Site) -> None:
    settings_of_a_reader(page, site)
    expect(page.get_by_label("Detailed")).to_be_disabled()
    expect(page.locator("main")).to_contain_text("only the owner of this installation")
    expect(page.locator("#refusals")).to_have_count(0)
    expect(page.get_by_label("Dark", exact=True)).to_be_enabled()


def test_answers_are_made_longer_and_a_base_stricter(real: Page, services: Services) -> None:
    real.goto("/settings")
    real.get_by_label("Detailed").check()
    expect(real.locator("#toasts")).to_contain_text("Saved.")
    assert services.preferences.answer_length == "detailed"
    with real.expect_response("**/api/v1/bases/default"):
        real.get_by_label("Default").select_option("strict")
    assert services.library.catalog.base("default").settings.refusal == "strict"
    real.reload()
    expect(real.get_by_label("Detailed")).to_be_checked()
    expect(real.get_by_label("Default")).to_have_value("strict")


def test_nothing_is_deleted_before_one_has_seen_how_much(real: Page, services: Services) -> None:
    services.conversations.begin("r", None, Question("年休假有几天？", Scope(("default",))))
    with services.library.catalog.write() as connection:
        connection.exec_driver_sql("UPDATE conversations SET updated_at = 0")
    real.goto("/settings")
    days, dialog = real.get_by_label("Delete old conversations"), real.get_by_role("dialog")
    days.select_option("90")
    expect(dialog).to_contain_text("for 90 days or more, as of now: 1.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(days).to_have_value("0")
    assert services.preferences.conversation_days == 0
    days.select_option("30")
    dialog.get_by_role("button", name="Turn on").click()
    expect(real.locator("#toasts")).to_contain_text("Saved.")
    assert services.preferences.conversation_days == 30
    days.select_option("0")
    expect(real.locator("#toasts p")).to_have_count(2)
    assert services.preferences.conversation_days == 0


def test_what_is_not_taken_is_told_and_stays_as_it_was(
    real: Page, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    real.goto("/settings")
    monkeypatch.setenv("ZHIWEN_ANSWER_LENGTH", "normal")
    real.get_by_label("Detailed").check(force=True)
    expect(real.locator("#toasts")).to_contain_text("ZHIWEN_ANSWER_LENGTH")
    expect(real.locator("#answer-length [value=normal]")).to_be_checked()
    assert services.preferences.answer_length == "normal"


def test_the_room_that_everything_takes_is_shown(real: Page, services: Services) -> None:
    services.library.catalog.create_base("合同")
    real.goto("/settings")
    expect(real.locator("#storage tbody tr")).to_have_count(2)
    expect(real.locator("#storage")).to_contain_text(str(services.settings.data_dir))
    expect(real.locator("#storage dl")).to_contain_text("Free on the disk")


def test_a_backup_is_downloaded_by_a_link(real: Page, services: Services) -> None:
    real.goto("/settings")
    with real.expect_download() as taken:
        real.get_by_role("link", name="Download a backup").click()
    assert taken.value.suggested_filename.startswith("zhiwen-")
    with zipfile.ZipFile(taken.value.path()) as archive:
        assert "catalog.db" in archive.namelist()
    expect(real.locator("#backup-state")).to_contain_text("Documents: 0, originals: 0")
    expect(real.locator("#backup-lost")).to_be_hidden()


def test_what_is_not_known_of_a_backup_is_told(real: Page, services: Services) -> None:
    real.goto("/settings")
    real.route("**/settings/backup/last", lambda route: route.fulfill(status=500, body="broken"))
    with real.expect_download():
        real.get_by_role("link", name="Download a backup").click()
    expect(real.locator(".toast.bad")).to_contain_text("500")
    expect(real.locator("#backup-state")).to_be_empty()


def test_a_backup_that_cannot_be_made_is_told_on_a_page(real: Page, services: Services) -> None:
    services.backups.make()
    real.goto("/settings")
    real.get_by_role("link", name="Download a backup").click()
    expect(real.get_by_role("heading", name="Not possible now")).to_be_visible()
    expect(real.locator("main")).to_contain_text("Another backup is being made or downloaded.")
    services.backups.done()
