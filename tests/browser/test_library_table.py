"""The table of the library: sorted by its headers, filtered, paged, and several documents chosen at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser


def many(site: Site) -> None:
    site.documents = [dict(site.documents[0], id=f"x{n}", name=f"n{n:02}.pdf", pages=n, size=n) for n in range(1, 61)]


@pytest.mark.parametrize("sort", ["pages", "size"])
def test_a_header_sorts_by_its_column_largest_first_and_keeps_it_in_the_address(
    page: Page, site: Site, sort: str
) -> None:
    many(site)
    page.goto("/library")
    header = page.locator(f"th:has([data-sort={sort}])")
    expect(header).not_to_have_attribute("aria-sort", re.compile("."))
    header.locator("a").focus()
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(page.locator("#documents tbody tr").first).to_contain_text("n60.pdf")
    header.locator("a").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#documents tbody tr").first).to_contain_text("n01.pdf")
    expect(page).to_have_url(re.compile(f"sort={sort}&descending=false"))
    page.reload()
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#documents tbody tr").first).to_contain_text("n01.pdf")


def test_sorting_filtering_and_paging_work_together_without_scripts(browser: Browser, address: str, site: Site) -> None:
    many(site)
    context = browser.new_context(java_script_enabled=False, base_url=address, locale="zh-CN")
    page = context.new_page()
    page.goto("/library")
    page.locator("[data-sort=name]").click()
    expect(page.locator("th:has([data-sort=name])")).to_have_attribute("aria-sort", "ascending")
    page.locator("#filter-text").fill("n")
    page.locator("#filter-status").select_option("ready")
    page.locator("#filter").get_by_role("button").click()
    expect(page.locator("th:has([data-sort=name])")).to_have_attribute("aria-sort", "ascending")
    page.locator("#pager [data-step='1']").press("Enter")
    expect(page.locator("#documents tbody tr")).to_have_count(10)
    expect(page.locator("#documents tbody tr").first).to_contain_text("n51.pdf")
    expect(page.locator("#filter-status")).to_have_value("ready")
    context.close()


def test_all_on_the_page_are_deleted_and_brought_back_together(page: Page, site: Site) -> None:
    many(site)
    page.goto("/library")
    expect(page.locator("#pager [data-step='-1']")).to_have_attribute("aria-disabled", "true")
    page.clock.install()
    page.locator("#choose-all").press("Space")
    expect(page.locator("#chosen-count")).to_have_text("Chosen: 50")
    page.locator("#chosen-delete").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#total")).to_have_text("Documents: 10")
    expect(page.locator("#chosen")).to_be_hidden()
    expect(page.locator("#choose-all")).to_be_focused()
    expect(page.locator(".toast")).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("Documents deleted: 50")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#total")).to_have_text("Documents: 60")
    page.locator("#documents tbody input").first.check()
    page.locator("#chosen-delete").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.clock.fast_forward(10_500)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_chosen_documents_are_read_again_or_deleted_and_a_refusal_is_told(page: Page, site: Site) -> None:
    page.goto("/library")
    for name in ("d1", "d2"):
        page.locator(f'tr[data-id="{name}"] input').check()
    expect(page.locator("#choose-all")).to_have_js_property("indeterminate", True)
    page.locator("#chosen-retry").click()
    expect(page.locator('tr[data-id="d1"] .badge')).to_have_text("Waiting")
    expect(page.locator('tr[data-id="d2"] .badge')).to_have_text("Waiting")
    expect(page.locator(".toast")).to_have_text("Documents that are read again: 2")
    page.locator('tr[data-id="d1"] input').check()
    page.locator('tr[data-id="d2"] input').check()
    # One of them somebody else deleted meanwhile.
    site.documents = [each for each in site.documents if each["id"] != "d2"]
    page.locator("#chosen-delete").click()
    expect(page.locator(".toast", has_text="Documents deleted: 1.")).to_be_visible()
    expect(page.locator("#total")).to_have_text("Documents: 4")
    site.documents = [each for each in site.documents if each["id"] != "d4"]
    page.locator('tr[data-id="d4"] input').check()
    page.locator("#chosen-retry").click()
    expect(page.locator(".toast.bad")).to_have_text("There is no such document.")


def test_chosen_documents_are_moved_to_another_base_and_back(page: Page, site: Site) -> None:
    site.bases[1]["settings"] |= {"keep_originals": False}
    site.unmovable.add("考勤制度.md")
    page.goto("/library")
    for name in ("d1", "d2"):
        page.locator(f'tr[data-id="{name}"] input').check()
    page.locator("#chosen-move").click()
    expect(page.locator("dialog[open]")).to_contain_text("gone for good")
    expect(page.locator("dialog[open] [data-note=rereads]")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#chosen-count")).to_have_text("Chosen: 2")
    page.locator("#chosen-move").click()
    page.locator("dialog[open]").get_by_role("button", name="Move").click()
    expect(page.locator('tr[data-id="d1"]')).to_have_count(0)
    expect(page.locator('tr[data-id="d2"]')).to_have_count(1)
    expect(page.locator(".toast.bad")).to_have_text("The other base holds 考勤制度.md already.")
    expect(page.locator('.tabs [data-id="base-2"] small')).to_have_text("1")
    expect(page.locator(".toast", has_text="Moved to “法律法规”: 1")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator('tr[data-id="d1"]')).to_have_count(1)
    expect(page.locator('.tabs [data-id="base-2"] small')).to_have_text("0")


def test_the_tabs_count_what_the_bases_hold_also_while_a_filter_is_on(page: Page, site: Site) -> None:
    page.goto("/library?text=md")
    here, there = page.locator('.tabs [data-id="base-1"] small'), page.locator('.tabs [data-id="base-2"] small')
    expect(here).to_have_text("6")
    page.locator('tr[data-id="d2"] input').check()
    page.locator("#chosen-move").click()
    page.locator("dialog[open]").get_by_role("button", name="Move").click()
    expect(page.locator("#nothing-found")).to_be_visible()
    expect(here).to_have_text("5")
    expect(there).to_have_text("1")
    page.locator("#filter-text").fill("pdf")
    expect(page.locator("#total")).to_have_text("Documents: 5")
    page.locator("#choose-all").check()
    page.locator("#chosen-delete").click()
    expect(here).to_have_text("0")
    # Added elsewhere, and found by no filter.
    site.documents += [dict(site.deleted[0], id=f"x{n}", status="queued", base="base-2") for n in range(3)]
    site.announce("x0", stage="queued")
    expect(there).to_have_text("4")


def test_what_cannot_be_read_again_in_the_other_base_is_named(page: Page, site: Site) -> None:
    site.bases[1]["settings"] |= {"redact": True}
    site.documents[0]["kept"] = False
    page.goto("/library")
    page.locator('tr[data-id="d1"] input').check()
    page.locator("#chosen-move").click()
    expect(page.locator("dialog[open]")).to_contain_text("read again there")
    expect(page.locator("dialog[open] select")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast.bad")).to_contain_text("员工手册（2025版）.pdf")


def test_what_is_moved_away_elsewhere_leaves_the_list(page: Page, site: Site) -> None:
    with page.expect_response("**/api/v1/events"):
        page.goto("/library")
    site.announce("d1", base="base-2")
    expect(page.locator('tr[data-id="d1"]')).to_have_count(0)


def test_a_reader_is_offered_no_choice(page: Page) -> None:
    page.goto("/library")
    expect(page.locator("#choose-all")).to_be_visible()
    page.evaluate("document.body.dataset.role = 'reader'")
    expect(page.locator("#choose-all")).to_be_hidden()
    expect(page.locator("#documents tbody input:visible")).to_have_count(0)
