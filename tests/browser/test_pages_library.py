"""The library and document pages: uploads, live rows, reading a document."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.support.browsing import drop
from tests.support.scripted_state import Site
from tests.support.states import waiting_for_models

pytestmark = pytest.mark.browser


def row(page: Page, document: str) -> Locator:
    return page.locator(f'#documents tr[data-id="{document}"]')


def file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}


def test_every_file_has_its_own_outcome(page: Page, site: Site) -> None:
    site.refuse_uploads["bad.exe"] = "bad.exe is of a kind that cannot be read."
    page.goto("/library")
    page.locator("#files").set_input_files([file("new.pdf"), file("考勤制度.md"), file("bad.exe")])
    summary = page.locator("#uploads-summary")
    expect(summary).to_have_text("Files sent: 3 of 3 · 1 added · 1 already here · 1 refused")
    expect(page.locator('#uploads [data-state="known"]')).to_contain_text("Already in this base")
    expect(page.locator('#uploads [data-state="refused"]')).to_contain_text("cannot be read")
    expect(page.locator("#documents tbody tr").first).to_contain_text("new.pdf")
    page.locator("#uploads-clear").click()
    expect(page.locator("#uploads")).to_be_hidden()


def test_files_can_be_dropped_anywhere(page: Page) -> None:
    page.goto("/library")
    drop(page, "dropped.pdf", ".DS_Store", text="%PDF")

    expect(page.locator("#documents tbody")).to_contain_text("dropped.pdf")
    expect(page.locator("#uploads-summary")).to_contain_text("Hidden system files left out: 1")
    expect(page.locator("#drop-overlay")).to_be_hidden()


def test_rows_follow_the_server(page: Page, site: Site) -> None:
    with page.expect_response("**/api/v1/events"):
        page.goto("/library")
    site.announce("d4", status="processing", stage="parse", done=3, total=12)
    expect(row(page, "d4")).to_contain_text("Reading 3/12")
    expect(row(page, "d4").locator("progress")).to_have_js_property("value", 0.25)
    site.announce("d4", status="ready", stage="done", pages=12, chunks=20)
    expect(row(page, "d4").locator(".badge")).to_have_text("Ready")
    expect(row(page, "d4").locator("progress")).to_be_hidden()


def test_a_failed_document_says_why_and_can_be_tried_again(page: Page) -> None:
    page.goto("/library")
    expect(row(page, "d5").locator(".row-error")).to_contain_text("无法作为 PDF 打开")
    row(page, "d5").get_by_label("Try again").click()
    expect(row(page, "d5").locator(".badge")).to_have_text("Waiting")
    expect(row(page, "d5").locator(".row-error")).to_be_hidden()


def test_what_is_tried_again_by_itself_says_how_often_it_was_and_when_it_is(page: Page, site: Site) -> None:
    page.goto("/library")
    expect(row(page, "d4").get_by_label("Try again")).to_be_hidden()
    full = {"type": "/problems/disk-full", "title": "disk-full", "status": 507, "detail": "The disk is full."}
    site.announce("d4", error=full, attempts=3, next_try="2031-05-06T07:08:09Z")
    tries = row(page, "d4").locator("[data-field=tries]")
    expect(tries).to_have_text(re.compile(r"Tries: 3\. Next try: May 6, 2031"))
    expect(row(page, "d4").locator(".row-error")).to_have_text("The disk is full.")
    row(page, "d4").get_by_label("Try again").click()
    expect(tries).to_be_hidden()
    expect(row(page, "d4").locator(".row-error")).to_be_hidden()
    site.announce("d4", status="failed", attempts=5, error=full)
    expect(tries).to_have_text("Tries: 5")


def test_what_waits_for_its_next_try_can_be_tried_at_once_on_its_page(page: Page, site: Site) -> None:
    full = {"type": "/problems/disk-full", "title": "disk-full", "status": 507, "detail": "The disk is full."}
    site.documents[3].update(error=full, attempts=3, next_try="2031-05-06T07:08:09Z")
    page.goto("/documents/d4")
    expect(page.locator("#problem")).to_have_text("The disk is full.")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#problem")).to_be_hidden()
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()


def test_the_page_of_a_failed_document_offers_to_try_again_before_anything_else(page: Page, site: Site) -> None:
    with page.expect_response("**/api/v1/events"):
        page.goto("/documents/d5")
    primary = page.locator(".reader-actions .primary:visible")
    expect(primary).to_have_text("Try again")
    primary.click()
    expect(page.locator("#status")).to_have_text("Waiting")
    expect(primary).to_have_count(0)
    expect(page.locator("#problem")).to_be_hidden()
    site.announce("d5", status="ready", stage="done", pages=1, chunks=1)
    expect(primary).to_have_text("Ask about this document")


def test_what_waits_for_models_says_so_calmly(page: Page, site: Site) -> None:
    waiting_for_models(site)
    page.goto("/library")
    shown = row(page, "d4").locator(".waits")
    expect(shown).to_have_text("Waits for the models")
    expect(shown).to_have_attribute("href", "/models")
    for field in ("error", "tries"):
        expect(row(page, "d4").locator(f"[data-field={field}]")).to_be_hidden()
    site.announce("d4", status="processing", stage="parse", error=None)
    expect(shown).to_be_hidden()
    page.goto("/documents/d5")
    expect(page.locator("#waits")).to_have_text("Waits for the models")
    expect(page.locator("#problem")).to_be_hidden()


def test_how_many_are_still_to_be_read_is_counted_as_it_goes(page: Page, site: Site) -> None:
    with page.expect_response("**/api/v1/events"):
        page.goto("/library")
    count = page.locator("#unread")
    expect(count).to_have_text("2 of 6 still to be read")
    site.announce("d4", status="ready", stage="done")
    expect(count).to_have_text("1 of 6 still to be read")
    site.announce("d3", status="failed")
    expect(count).to_be_hidden()


def test_a_password_is_asked_for(page: Page, site: Site) -> None:
    page.goto("/library")
    row(page, "d6").get_by_label("Give the password").click()
    field = page.locator("dialog[open] input")
    expect(field).to_have_attribute("type", "password")
    field.fill("1234")
    page.keyboard.press("Enter")
    expect(row(page, "d6").locator(".badge")).to_have_text("Waiting")
    assert ("POST", "/api/v1/documents/d6/password") in site.calls


def test_a_deletion_can_be_undone(page: Page, site: Site) -> None:
    page.goto("/library")
    row(page, "d1").get_by_label("Delete").click()
    expect(row(page, "d1")).to_have_count(0)
    expect(page.locator("#total")).to_have_text("Documents: 5")
    expect(page.locator('.tabs [aria-current="page"] small')).to_have_text("5")
    note = page.get_by_role("status").filter(has_text="was deleted")
    expect(note).to_contain_text("Backups made before keep it")
    note.get_by_role("button", name="Undo").click()
    expect(row(page, "d1")).to_have_count(1)
    expect(note).to_have_count(0)
    assert ("POST", "/api/v1/documents/d1/restore") in site.calls


def test_an_undo_that_comes_too_late_says_so(page: Page, site: Site) -> None:
    page.goto("/library")
    row(page, "d1").get_by_label("Delete").click()
    expect(row(page, "d1")).to_have_count(0)
    site.deleted.clear()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast.bad")).to_contain_text("no such document")


def test_the_offer_to_undo_goes_after_ten_seconds(page: Page, site: Site) -> None:
    page.clock.install()
    page.goto("/library")
    row(page, "d1").get_by_label("Delete").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    page.clock.fast_forward(4_000)
    expect(undo).to_be_visible()
    page.clock.fast_forward(6_500)
    expect(undo).to_have_count(0)


def test_filters_and_pages_are_kept_in_the_address(page: Page, site: Site) -> None:
    site.documents += [dict(site.documents[0], id=f"x{n}", name=f"extra-{n}.pdf") for n in range(60)]
    page.goto("/library")
    expect(page.locator("#documents tbody tr")).to_have_count(50)
    # Rows that come meanwhile may move it from under the mouse.
    page.locator('#pager [data-step="1"]').press("Enter")
    expect(page.locator("#page-of")).to_have_text("2 / 2")
    expect(page.locator("#documents tbody tr")).to_have_count(16)
    page.locator("#filter-text").fill("手册")
    expect(page.locator("#documents tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"page=1.*text=%E6%89%8B"))
    page.reload()
    expect(page.locator("#filter-text")).to_have_value("手册")
    page.locator("#filter-text").fill("nothing like this")
    expect(page.locator("#nothing-found")).to_be_visible()


def test_a_link_that_leads_nowhere_has_no_address(browser: Browser, address: str, page: Page, site: Site) -> None:
    site.documents += [{**site.documents[1], "id": f"more-{n}", "name": f"制度 {n}.md"} for n in range(60)]
    before, after = (f"#pager [data-step='{step}']" for step in ("-1", "1"))
    plain = browser.new_context(base_url=address, java_script_enabled=False).new_page()
    for shown in (plain, page):
        shown.goto("/library")
        expect(shown.locator(before)).to_have_attribute("aria-disabled", "true")
        assert shown.locator(before).get_attribute("href") is None
        shown.locator(after).press("Enter")
        expect(shown.locator("#page-of")).to_have_text("2 / 2")
        expect(shown.locator(before)).to_have_attribute("href", re.compile(r"[?&]page=1(&|$)"))
        expect(shown.locator(after)).to_have_attribute("aria-disabled", "true")
    plain.context.close()


def test_bases_can_be_made_and_a_taken_name_is_told(page: Page) -> None:
    page.goto("/library")
    expect(page.locator("#delete-base")).to_be_hidden()
    page.locator("#new-base").click()
    page.locator("dialog[open] input").fill("法律法规")
    page.keyboard.press("Enter")
    # What was typed is not lost by it.
    expect(page.get_by_role("alert").filter(has_text="already")).to_be_visible()
    expect(page.locator("dialog[open] input")).to_have_value("法律法规")
    expect(page.locator("dialog[open] input")).to_be_focused()
    page.locator("dialog[open] input").fill("合同")
    page.keyboard.press("Enter")
    expect(page.locator('.tabs [aria-current="page"]')).to_contain_text("合同")
    expect(page.locator("#nothing-here")).to_be_visible()
    expect(page.locator("#delete-base")).to_be_visible()


def test_the_deletion_of_a_base_can_be_undone(page: Page, site: Site) -> None:
    base = next(each for each in site.bases if each["name"] != "default")
    page.goto(f"/library?base={base['id']}")
    page.locator("#delete-base").click()
    expect(page.locator("dialog[open]")).to_contain_text("you can undo it for ten seconds")
    page.locator("dialog[open]").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile(r"/library$"))
    expect(page.locator(".tabs")).not_to_contain_text(base["name"])
    note = page.get_by_role("status").filter(has_text="was deleted")
    expect(note).to_contain_text(base["name"])
    note.get_by_role("button", name="Undo").click()
    expect(page.locator('.tabs [aria-current="page"]')).to_contain_text(base["name"])
    assert ("POST", f"/api/v1/bases/{base['id']}/restore") in site.calls


def test_lists_can_be_read_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=address, locale="zh-TW")
    page = context.new_page()
    page.goto("/library?text=手册")
    expect(page.locator("#documents tbody tr")).to_have_count(1)
    expect(page.locator("#documents tbody")).to_contain_text("员工手册")
    expect(page.locator(".badge").first).to_have_text("就緒")
    page.locator("#language summary").click()
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(re.compile(r"/library\?text="))
    expect(page.locator(".badge").first).to_have_text("Ready")
    context.close()


def test_a_chunk_is_shown_on_its_page(page: Page) -> None:
    page.goto("/documents/d1#page=12")
    expect(page.locator("#page-number")).to_have_value("12")
    expect(page.locator("#page-facts .fact").nth(1)).to_have_text("1,234 characters")
    page.locator(".chunk").nth(2).click()
    expect(page.locator("#page-image")).to_have_attribute("src", re.compile(r"/pages/13\.png\?.*boxes=48"))
    page.locator("#this-page").check()
    expect(page.locator(".chunks li:visible")).to_have_count(1)
    page.locator("#previous-page").click()
    expect(page.locator(".chunks li:visible")).to_have_count(2)
    page.locator("#find").fill("病假")
    expect(page.locator(".chunks li:visible")).to_have_count(1)
    page.locator("#warnings summary").click()
    expect(page.locator("#warnings li")).to_have_text("第 47 页只有图像。")


def test_a_document_without_pages_shows_its_text(page: Page) -> None:
    page.goto("/documents/d2")
    expect(page.locator("#page-pane")).to_be_hidden()
    expect(page.locator(".chunk-head").first).to_contain_text("第 1 段")


def test_the_report_shows_how_each_page_was_read(page: Page) -> None:
    page.goto("/documents/d1#page=12")
    facts = page.locator("#page-facts")
    expect(facts.locator(".fact")).to_contain_text(
        ["Text layer", "1,234", "Confirmed by OCR", "Columns: 2", "Tables: 1", "Layout by model", "Left out: 2"]
    )
    facts.locator("summary").click()
    expect(facts.locator("li")).to_have_text(["员工手册", "- 12 -"])
    page.locator("#tab-report").click()
    expect(page.locator("#chunks")).to_be_hidden()
    rows = page.locator(".report tbody tr")
    expect(rows).to_have_count(48)
    expect(page.locator(".report tr.open")).to_have_attribute("data-page", "12")
    page.locator("#only-look").check()
    expect(page.locator(".report tbody tr:visible")).to_have_count(3)
    expect(rows.nth(6)).to_contain_text("Text layer not believed (characters without meaning), read from the image")
    expect(rows.nth(46)).to_contain_text("Image only")
    page.get_by_role("button", name="Page 3", exact=True).click()
    expect(page.locator("#page-number")).to_have_value("3")
    expect(facts).to_contain_text("Confidence 62%")
    expect(facts).to_contain_text("Straightened by 1.4°")
    expect(page.locator(".figures")).to_contain_text("Headings: 4 · Paragraphs: 31 · Tables: 1")


def test_the_report_of_a_document_without_pages_leads_to_its_passages(page: Page) -> None:
    page.goto("/documents/d2")
    page.locator("#tab-report").click()
    expect(page.locator(".report .beginning").nth(1)).to_contain_text("病假须在三日内")
    page.get_by_role("button", name="第 2 段").click()
    expect(page.locator("#report-view")).to_be_hidden()
    expect(page.locator(".chunk.open")).to_have_attribute("data-ordinal", "1")


def test_an_address_may_name_a_passage_and_a_quote(page: Page) -> None:
    page.goto("/documents/d2#chunk=k1&quote=病假须在三日内提交医院证明。")
    expect(page.locator(".chunk.open")).to_have_attribute("data-ordinal", "1")
    expect(page.locator(".chunk.open mark")).to_have_text("病假须在三日内提交医院证明。")
    page.goto("/documents/d1#page=13&chunk=k2")
    expect(page.locator("#page-image")).to_have_attribute("src", re.compile(r"/pages/13\.png\?.*boxes=48"))


def test_a_protected_document_asks_for_its_password_until_it_is_right(page: Page, site: Site) -> None:
    site.passwords["d6"] = "geheim"
    page.goto("/documents/d6")
    form = page.locator("#password")
    form.locator("input").fill("falsch")
    form.get_by_role("button", name="Open").click()
    expect(form.get_by_role("alert")).to_have_text("The password does not open it.")
    expect(form.locator("input")).to_have_value("")
    form.locator("input").fill("geheim")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Waiting")
    expect(form).to_be_hidden()


def test_pages_of_a_protected_document_ask_after_a_restart(page: Page, site: Site) -> None:
    site.locked.add("d1")
    page.goto("/documents/d1")
    expect(page.locator("#page-problem")).to_contain_text("Give its password")
    page.locator("#page-password input").fill("geheim")
    page.keyboard.press("Enter")
    expect(page.locator("#page-image")).to_be_visible()
    expect(page.locator("#page-missing")).to_be_hidden()


def test_the_settings_of_a_base_are_changed_after_a_warning(page: Page, site: Site) -> None:
    page.goto("/library")
    page.locator("#base-settings-open").click()
    dialog = page.locator("#base-settings")
    dialog.get_by_label("Keep the original files").uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("dialog").last).to_contain_text("with the pictures of their pages: 6")
    page.get_by_role("button", name="Cancel").click()
    assert site.sent == []
    page.locator("#base-settings-open").click()
    expect(dialog.get_by_label("Keep the original files")).to_be_checked()
    dialog.get_by_label("Hide personal data").check()
    expect(dialog.get_by_label("Balanced")).to_be_checked()
    dialog.get_by_label("Strictly").check()
    with page.expect_navigation():
        dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#base-notes")).to_contain_text("The originals and the pictures of pages still hold it.")
    assert site.sent == [{"settings": {"redact": True, "keep_originals": True, "refusal": "strict"}}]
    page.locator("#reread").click()
    expect(page.locator(".toast.bad")).to_contain_text("合同.pdf")
    expect(page.locator(".toast", has_text="read again: 1")).to_be_visible()


def test_a_document_without_its_original_says_so(page: Page, site: Site) -> None:
    document = site.document("d1")
    assert document is not None
    document.update(kept=False, redacted=True)
    page.goto("/documents/d1")
    expect(page.locator(".notes")).to_contain_text("The original is not kept")
    expect(page.locator(".notes")).to_contain_text("hidden in the text.")
    expect(page.get_by_role("link", name="Original")).to_have_count(0)
    expect(page.locator("#page-pane")).to_be_hidden()


def test_deleting_a_document_returns_to_its_base(page: Page, site: Site) -> None:
    page.goto("/documents/d1")
    page.locator("#delete").click()
    expect(page).to_have_url(re.compile("/library"))
    assert site.document("d1") is None
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "d1")).to_have_count(1)


def test_an_unknown_document_has_a_page_that_says_so(page: Page) -> None:
    response = page.goto("/documents/nope")
    assert response is not None
    assert response.status == 404
    expect(page.locator("main")).to_contain_text("nope")
