"""The states of every page that people come across: how a browser gets there over the scripted site."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from app.auth.users import User
from tests.support.chat_states import (
    chat_answered,
    chat_failed,
    chat_markdown,
    chat_mention,
    chat_offering_the_guide,
    chat_passage,
    chat_quote,
    chat_refused,
    chat_scope,
    chat_undo,
    chat_waiting,
    chat_welcome,
    chat_with_the_guide,
    chat_without_documents,
    chat_writing,
)
from tests.support.scripted_content import TIME
from tests.support.scripted_state import Site

State = Callable[[Page, Site], None]


def library(page: Page, site: Site, query: str = "") -> None:
    """The list of documents, as the script draws it over that of the server."""
    with page.expect_response("**/api/v1/bases/*/documents?*"):
        page.goto(f"/library{query}")
    for row in page.locator("#documents tbody tr time").all():
        expect(row).to_have_attribute("title", re.compile("."))


def library_failed_row(page: Page, site: Site) -> None:
    library(page, site, "?status=failed")


def library_empty(page: Page, site: Site) -> None:
    site.documents.clear()
    library(page, site)
    expect(page.locator("#nothing")).to_be_visible()


def library_pager(page: Page, site: Site) -> None:
    """More documents than a page of the list takes."""
    site.documents += [{**site.documents[1], "id": f"more-{n}", "name": f"制度 {n}.md"} for n in range(1, 61)]
    library(page, site)
    expect(page.locator("#pager [aria-disabled]")).to_have_count(1)
    page.locator("#pager").scroll_into_view_if_needed()


def library_moving(page: Page, site: Site) -> None:
    site.bases[1]["settings"] |= {"keep_originals": False, "redact": True}
    library(page, site)
    page.locator("#choose-all").check()
    page.locator("#chosen-move").click()


def library_paused(page: Page, site: Site) -> None:
    site.paused = True
    library(page, site)


def drawn(page: Page) -> None:
    """The picture of the page is there."""
    expect(page.locator("#page-image")).not_to_have_js_property("naturalWidth", 0, timeout=30_000)


def document_table(page: Page, _: Site) -> None:
    page.goto("/documents/d1#page=14&chunk=k3")
    drawn(page)
    page.locator(".chunk .table-frame").scroll_into_view_if_needed()
    page.locator(".chunk .table-frame").hover()


def document(page: Page, _: Site) -> None:
    page.goto("/documents/d1")
    drawn(page)


def document_failed(page: Page, _: Site) -> None:
    page.goto("/documents/d5")
    expect(page.locator("#problem")).to_be_visible()
    expect(page.locator("#no-chunks")).to_be_visible()


def document_protected(page: Page, _: Site) -> None:
    page.goto("/documents/d6")
    expect(page.locator("#password")).to_be_visible()
    expect(page.locator("#no-chunks")).to_be_visible()


def models(page: Page, _: Site) -> None:
    page.goto("/models")
    expect(page.locator("#llms li").first).to_be_visible()


OWNER, READER = User("u1", "王芳", True, TIME), User("u2", "李明", False, TIME)


def known_by(page: Page, address: str) -> None:
    """Show an address that is the same in every picture in the place of this server's."""
    put = "(code, address) => (code.textContent = code.textContent.replace(location.origin, address))"
    for line in page.locator(".copy-line code").all():
        line.evaluate(put, address)


def settings(page: Page, _: Site) -> None:
    page.goto("/settings")
    expect(page.locator("#themes :checked")).to_have_count(1)
    expect(page.locator("#storage")).not_to_have_attribute("aria-busy", "true")
    known_by(page, "http://127.0.0.1:8000")


def settings_of_a_reader(page: Page, site: Site) -> None:
    site.people, site.user = [OWNER, READER], READER
    settings(page, site)


def account(page: Page, site: Site) -> None:
    site.people, site.user = [OWNER, READER], OWNER
    page.goto("/account")
    page.locator("#make-key [name=name]").fill("nightly import")
    page.locator("#make-key .button.primary").click()
    expect(page.locator("#new-key")).to_be_visible()
    known_by(page, "https://zhiwen.local:8000")


def people(page: Page, site: Site) -> None:
    site.people, site.user = [OWNER, READER], OWNER
    page.goto("/people")
    expect(page.locator("#members li")).to_have_count(2)


def login(page: Page, site: Site) -> None:
    site.people = [OWNER]
    page.goto("/login")


def setup(page: Page, _: Site) -> None:
    page.goto("/setup")


def models_fetching(page: Page, site: Site) -> None:
    site.models["models"][1]["pulling"] = {
        "done": 164_000_000,
        "total": 491_400_064,
        "speed": 5.2e6,
        "seconds_left": 63,
    }
    models(page, site)
    expect(page.locator("#llms progress")).to_be_visible()
    page.locator("#llms li", has=page.locator("progress")).scroll_into_view_if_needed()


def without_models(site: Site, **changes: object) -> None:
    """No weights are here; `changes` are those of the download."""
    for kind in ("llm", "embedder"):
        site.health[kind] = {"name": kind, "state": "missing", "error": None}
    download = {"total": 1_607_320_768, "done": 0, "running": False, "speed": None, "seconds_left": None, "error": None}
    site.health["download"] = download | changes


def chat_without_models(page: Page, site: Site) -> None:
    without_models(site)
    page.goto("/")
    expect(page.locator("#model-problem button")).to_be_visible()


def library_downloading_models(page: Page, site: Site) -> None:
    without_models(site, done=420_000_000, running=True, speed=5.2e6, seconds_left=228)
    page.goto("/library")
    expect(page.locator("#model-download")).to_be_visible()


def waiting_for_models(site: Site) -> None:
    """What was uploaded waits for weights."""
    without_models(site)
    lacking = {
        "type": "/problems/weights-missing",
        "title": "weights-missing",
        "status": 503,
        "detail": "/data/weights",
    }
    for each in site.documents:
        each.update(status="queued", stage="queued", error=lacking, attempts=2, next_try="2031-05-06T07:08:09Z")


def library_waiting_for_models(page: Page, site: Site) -> None:
    waiting_for_models(site)
    library(page, site)
    expect(page.locator("#documents .waits").last).to_be_visible()


def document_waiting_for_models(page: Page, site: Site) -> None:
    waiting_for_models(site)
    page.goto("/documents/d2")
    expect(page.locator("#waits")).to_be_visible()


def missing(page: Page, _: Site) -> None:
    page.goto("/documents/nowhere")


def library_confirm(page: Page, site: Site) -> None:
    page.goto("/library?base=base-2")
    page.locator("#delete-base").click()
    expect(page.locator("dialog[open]")).to_be_visible()


def library_shared(page: Page, _: Site) -> None:
    """A worker kept files; here there is none, and they are put where it does."""
    page.goto("/library")
    page.evaluate(
        """async (names) => {
          const cache = await caches.open("shared");
          for (const name of names) {
            await cache.put(`/shared/${name}`, new Response("x", { headers: { "X-Name": encodeURIComponent(name) } }));
          }
        }""",
        [f"第 {number} 页 {'很长的名称' * (number % 4 * 4)}.jpg" for number in range(1, 31)],
    )
    page.reload()
    expect(page.locator("dialog[open] li")).to_have_count(30)


def library_prompt(page: Page, _: Site) -> None:
    page.goto("/library")
    page.locator("#new-base").click()
    expect(page.locator("dialog[open] input")).to_be_focused()


def library_settings(page: Page, _: Site) -> None:
    page.goto("/library")
    page.locator("#base-settings-open").click()
    expect(page.locator("#base-settings")).to_be_visible()


def library_undo(page: Page, _: Site) -> None:
    page.goto("/library")
    page.locator("tr .delete").first.click()
    expect(page.locator(".toast-action")).to_be_visible()
    expect(page.locator("#documents tbody tr")).to_have_count(5)


def keys(page: Page, _: Site) -> None:
    page.goto("/")
    page.locator("#show-keys").click()
    expect(page.locator("dialog.keys")).to_be_visible()


def menu(page: Page, _: Site) -> None:
    page.goto("/models")
    page.locator("#language summary").press("ArrowDown")
    expect(page.locator("#language button").first).to_be_focused()


def connection_lost(page: Page, _: Site) -> None:
    page.goto("/library")
    page.route("**/healthz", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#connection button")).to_be_visible()


def offline(page: Page, _: Site) -> None:
    page.route("**/healthz", lambda route: route.abort())
    page.goto("/offline")


STATES: dict[str, State] = {
    "chat-welcome": chat_welcome,
    "chat-without-documents": chat_without_documents,
    "chat-scope": chat_scope,
    "chat-mention": chat_mention,
    "chat-offering-the-guide": chat_offering_the_guide,
    "chat-with-the-guide": chat_with_the_guide,
    "chat-waiting": chat_waiting,
    "chat-writing": chat_writing,
    "chat-answered": chat_answered,
    "chat-markdown": chat_markdown,
    "chat-passage": chat_passage,
    "chat-quote": chat_quote,
    "chat-undo": chat_undo,
    "chat-refused": chat_refused,
    "chat-failed": chat_failed,
    "library": library,
    "library-failed": library_failed_row,
    "library-empty": library_empty,
    "library-pager": library_pager,
    "library-moving": library_moving,
    "library-paused": library_paused,
    "document": document,
    "document-failed": document_failed,
    "document-protected": document_protected,
    "document-table": document_table,
    "models": models,
    "settings": settings,
    "settings-reader": settings_of_a_reader,
    "account": account,
    "people": people,
    "login": login,
    "setup": setup,
    "models-fetching": models_fetching,
    "chat-without-models": chat_without_models,
    "library-downloading-models": library_downloading_models,
    "library-waiting-for-models": library_waiting_for_models,
    "document-waiting-for-models": document_waiting_for_models,
    "missing": missing,
    "library-confirm": library_confirm,
    "library-shared": library_shared,
    "library-prompt": library_prompt,
    "library-settings": library_settings,
    "library-undo": library_undo,
    "keys": keys,
    "menu": menu,
    "connection-lost": connection_lost,
    "offline": offline,
}
