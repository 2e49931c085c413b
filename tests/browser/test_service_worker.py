"""The service worker: the page for when the server is gone, and files that are shared from other applications."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.support.browsing import comes_true, opened
from tests.support.file_server import serving as serving_files
from tests.support.scripted_site import serving
from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser

_SHARE = """async ([name, text]) => {
  const form = new FormData();
  form.append("title", "A note: from / elsewhere");
  form.append("text", text);
  if (name) form.append("files", new File(["a photo of a page"], name, { type: "image/jpeg" }));
  return (await fetch("/share", { method: "POST", body: form })).url;
}"""

_MANY = """async (count) => {
  const form = new FormData();
  for (let at = 0; at < count; at += 1) form.append("files", new File(["x"], `${at}.jpg`));
  await fetch("/share", { method: "POST", body: form });
}"""
_LARGE = """async (size) => {
  const headers = { "X-Name": "large.jpg", "X-Size": size };
  await (await caches.open("shared")).put("/shared/large", new Response("x", { headers }));
}"""
_NOTHING_KEPT = """caches.open("shared").then((cache) => cache.keys()).then((keys) => !keys.length)"""
_CONTROLLED = """async () => {
  const workers = navigator.serviceWorker;
  if (!workers.controller) await new Promise((over) => workers.addEventListener("controllerchange", over));
}"""
_FOREIGN = """<!doctype html><meta name="referrer" content="{policy}">
<form method="post" enctype="multipart/form-data" action="{to}/share"><input type="file" name="files" multiple></form>
<button data-name="{name}">a game</button>
<script>
  const button = document.querySelector("button");
  button.onclick = () => {{
    const files = new DataTransfer();
    files.items.add(new File(["# Planted"], button.dataset.name, {{ type: "text/markdown" }}));
    document.querySelector("input").files = files.files;
    document.querySelector("form").submit();
  }};
</script>"""


@pytest.fixture
def server(site: Site) -> Iterator[ExitStack]:
    """Closing it stops the server."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def page(browser: Browser, site: Site, server: ExitStack) -> Iterator[Page]:
    """A page that the worker looks after."""
    address = server.enter_context(serving(site))
    with opened(browser, address, locale="en-US", service_workers="allow") as found:
        found.goto("/")
        found.evaluate("navigator.serviceWorker.ready")
        found.evaluate(_CONTROLLED)
        yield found


def test_a_page_says_in_the_readers_language_that_the_server_is_gone_and_comes_by_itself(
    page: Page, site: Site, server: ExitStack
) -> None:
    address = page.url
    server.close()
    page.goto("/library")
    expect(page.locator("h1")).to_have_text("The server is not running")
    # Its style is there, too.
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).display") == "flex"
    site.gate.clear()
    server.enter_context(serving(site, urlsplit(address).port or 0))
    expect(page.locator("#documents tbody tr")).to_have_count(6)
    assert urlsplit(page.url).path == "/library"


def test_another_language_is_another_worker(page: Page) -> None:
    kept = "caches.match('/offline', { ignoreVary: true }).then((page) => page?.text())"
    assert "The server is not running" in page.evaluate(kept)
    page.locator("#language summary").click()
    page.get_by_role("button", name="繁體中文").click()
    comes_true(page, f"{kept}.then((text) => text?.includes('伺服器沒有執行'))")


def test_nothing_of_the_server_is_kept_but_that_page(page: Page) -> None:
    page.goto("/library")
    page.goto("/documents/d1")
    expect(page.locator("main img").first).to_be_visible()
    kept = page.evaluate(
        """async () => {
          const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
          const keys = (await Promise.all(caches_.map((cache) => cache.keys()))).flat();
          return keys.map((request) => new URL(request.url).pathname.replace(/^.static.[0-9a-f]+/, ''));
        }"""
    )
    assert sorted(kept) == ["/app.css", "/js/offline.js", "/library.css", "/offline"]


def test_a_shared_photo_goes_to_the_base_that_is_chosen_and_its_copy_is_forgotten(page: Page, site: Site) -> None:
    assert page.evaluate(_SHARE, ["第 3 页.jpg", ""]).endswith("/library")
    page.goto("/library")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_text(["第 3 页.jpg"])
    dialog.get_by_role("combobox").select_option(label="法律法规")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        dialog.get_by_role("button", name="Add").click()
    assert urlsplit(sent.value.url).path == "/api/v1/bases/base-2/documents"
    expect(page.locator("#documents")).to_contain_text("第 3 页.jpg")
    assert next(each for each in site.documents if each["name"] == "第 3 页.jpg")["size"] == len("a photo of a page")
    assert "shared" not in page.url
    comes_true(page, _NOTHING_KEPT)


def test_shared_text_becomes_a_file_and_a_cancelled_share_is_forgotten(page: Page, site: Site) -> None:
    page.evaluate(_SHARE, ["", "Something to keep."])
    page.goto("/library")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("A note  from   elsewhere.txt")
    dialog.get_by_role("button", name="Cancel").click()
    comes_true(page, _NOTHING_KEPT)
    page.reload()
    expect(page.locator("#documents tbody tr")).to_have_count(6)
    expect(dialog).to_have_count(0)
    assert len(site.documents) == 6


@pytest.mark.parametrize("bases", [1, 2])
def test_another_site_adds_nothing_without_a_press(page: Page, site: Site, bases: int) -> None:
    """A page elsewhere fills a form and sends it to this address by itself, which the server never sees."""
    del site.bases[bases:]
    own = f"http://{urlsplit(page.url).netloc}"
    with serving_files() as far:
        elsewhere = far.url.replace("127.0.0.1", "localhost")
        far.files["/named"] = _FOREIGN.format(to=own, policy="origin", name="named.md").encode()
        far.files["/hidden"] = _FOREIGN.format(to=own, policy="no-referrer", name="&lt;b&gt;hidden.md").encode()
        page.goto(f"{elsewhere}/named")
        with page.expect_response(f"{own}/share") as refused:
            page.locator("button").click()
        assert refused.value.status == 403
        page.wait_for_url("chrome-error://**")
        page.goto(f"{elsewhere}/hidden")
        page.locator("button").click()
        page.wait_for_url(f"{own}/library")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("only if you shared them yourself")
    for address in ("/library?base=default&shared=here", "/library?shared", "/library?base=default"):
        page.goto(address)
        expect(dialog.get_by_role("listitem")).to_have_text(["<b>hidden.md"])
        expect(dialog.get_by_role("option")).to_have_count(bases)
        expect(page.locator("#documents tbody tr")).to_have_count(6)
    # A key that was meant for the page before is no press.
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    assert not [path for method, path in site.calls if method == "POST"]
    dialog.get_by_role("button", name="Cancel").click()
    comes_true(page, _NOTHING_KEPT)
    assert len(site.documents) == 6


def test_a_press_in_one_base_is_none_for_what_comes_later(page: Page, site: Site) -> None:
    page.evaluate(_SHARE, ["first.jpg", ""])
    page.goto("/library")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_text(["first.jpg"])
    page.evaluate(_SHARE, ["second.jpg", ""])
    dialog.get_by_role("combobox").select_option(label="法律法规")
    dialog.get_by_role("button", name="Add").click()
    page.wait_for_url("**/library?base=base-2")
    expect(dialog.get_by_role("listitem")).to_have_text(["second.jpg"])
    dialog.get_by_role("button", name="Cancel").click()
    comes_true(page, _NOTHING_KEPT)
    expect(page.locator("#documents")).to_contain_text("first.jpg")
    assert "second.jpg" not in {each["name"] for each in site.documents}


def test_with_one_base_the_reader_is_asked_too(page: Page, site: Site) -> None:
    site.bases.pop()
    page.evaluate(_SHARE, ["a.jpg", ""])
    page.goto("/library")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.locator("#documents")).to_contain_text("a.jpg")


def test_what_could_not_be_sent_is_asked_about_again_and_what_is_refused_is_not(page: Page, site: Site) -> None:
    site.refuse_uploads["b.exe"] = "A program cannot be read."
    for name in ("a.jpg", "b.exe", ".hidden"):
        page.evaluate(_SHARE, [name, ""])
    posts = "**/api/v1/bases/*/documents"
    page.context.route(
        posts, lambda each: each.abort() if "a.jpg" in (each.request.post_data or "") else each.fallback()
    )
    page.goto("/library")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_count(3)
    dialog.get_by_role("button", name="Add").click()
    expect(page.locator(".toasts")).to_contain_text("asked again")
    page.context.unroute(posts)
    page.goto("/library")
    expect(dialog.get_by_role("listitem")).to_have_text(["a.jpg"])
    dialog.get_by_role("button", name="Add").click()
    expect(page.locator("#documents")).to_contain_text("a.jpg")
    comes_true(page, _NOTHING_KEPT)


def test_so_much_waits_and_the_rest_is_told(page: Page) -> None:
    """In number, then in bytes: another one nearly fills the room."""
    page.evaluate(_MANY, 52)
    page.goto("/library")
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(50)
    expect(page.locator(".toasts")).to_contain_text("left out: 2")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    comes_true(page, _NOTHING_KEPT)
    page.evaluate(_LARGE, 199_999_999)
    page.evaluate(_SHARE, ["too-much.jpg", ""])
    page.goto("/library")
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_text(["large.jpg"])
    expect(page.locator(".toasts")).to_contain_text("left out: 1")
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator(".toasts")).not_to_contain_text("left out")


def test_without_a_worker_a_photo_is_answered_with_a_page(browser: Browser, address: str) -> None:
    """More than is read while the answer is on its way."""
    with opened(browser, address, locale="en-US") as page, serving_files() as far:
        photo: FilePayload = {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": bytes(8_000_000)}
        far.files["/form"] = _FOREIGN.format(to=address, policy="no-referrer", name="small.md").encode()
        page.goto(f"{far.url}/form")
        page.locator("input").set_input_files(photo)
        page.evaluate("document.querySelector('form').submit()")
        expect(page.locator("main")).to_contain_text("none was kept")
