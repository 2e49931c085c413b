"""The real application in a real browser, full of text that wants to be markup, and under pages of another site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from models.base import Message
from tests.support.file_server import FileServer, serving
from tests.support.live import live, settled
from tests.support.payloads import page as page_of
from tests.support.payloads import payloads, table
from tests.support.scripted_llm import ScriptedLLM

pytestmark = pytest.mark.browser
TOLD = "二〇二五年营业收入为三百元。"
QUESTION = "营业收入是多少？"
_LIMIT = 60.0


@dataclass(frozen=True)
class Haunted:
    """A running application whose every text is a payload, and the other site that they ask."""

    address: str
    far: FileServer
    texts: tuple[str, ...]
    documents: dict[str, str]
    bases: tuple[str, ...]

    def get(self, path: str) -> str:
        return httpx.get(f"{self.address}/api/v1{path}", timeout=_LIMIT).text


@pytest.fixture(scope="module")
def haunted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Haunted]:
    with serving() as far:
        texts = payloads(far.url)

        def answer(messages: Sequence[Message]) -> str:
            """The payload that stands last in the prompt, which is that of the question."""
            return TOLD + max(texts, key=messages[-1].content.rfind)

        llm = ScriptedLLM(answer, name=texts[0], piece=200)
        with live(tmp_path_factory.mktemp("haunted"), llm) as address, httpx.Client(base_url=address) as client:
            client.timeout = httpx.Timeout(_LIMIT)
            bases = [client.post("/api/v1/bases", json={"name": text[:100]}).json()["id"] for text in texts]
            yield Haunted(address, far, texts, filled(client, texts), tuple(bases))


def filled(client: httpx.Client, texts: tuple[str, ...]) -> dict[str, str]:
    """Upload documents made of payloads, and talk about them; gives the ids of documents by what they are."""
    files = {"page": ("a.html", page_of(TOLD, texts)), "table": ("a.csv", table(TOLD, texts))}
    # Of a path only the last part is a name.
    named = [text for text in texts if "/" not in text]
    files |= {text: (f"{text}.txt", f"{TOLD}{text}".encode()) for text in named}
    files |= {f"broken {text}": (f"{text}.docx", b"PK\x03\x04" + text.encode()) for text in named[:2]}
    files |= {"torn": (f"{texts[0]}.pdf", b"%PDF-1.7\n" + texts[0].encode())}
    found = {}
    for key, (name, content) in files.items():
        # A client of Python would not send the quotes of a name.
        head = f'Content-Disposition: form-data; name="files"; filename="{name.replace(chr(34), chr(92) + chr(34))}"'
        body = b"--b\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n--b--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        response = client.post("/api/v1/bases/default/documents", content=body, headers=headers)
        if response.status_code == 202:
            found[key] = response.json()[0]["id"]
    settled(str(client.base_url), *found.values())
    for text in texts:
        talk = client.post("/api/v1/ask", json={"question": f"{QUESTION}{text}"}).json()["conversation"]
        client.patch(f"/api/v1/conversations/{talk}", json={"title": text}).raise_for_status()
    return found


@contextmanager
def watched(browser: Browser, haunted: Haunted) -> Iterator[Page]:
    """A page on which nothing may happen that a payload asks for."""
    context = browser.new_context(locale="zh-CN", base_url=haunted.address)
    context.set_default_timeout(10_000)
    page = context.new_page()
    happened: list[str] = []

    def dismissed(dialog: object) -> None:
        happened.append("a dialog")
        dialog.dismiss()  # type: ignore[attr-defined]

    def requested(url: str) -> None:
        if not url.startswith((haunted.address + "/", "data:", "blob:")):
            happened.append(url)

    page.on("dialog", dismissed)
    page.on("request", lambda request: requested(request.url))
    page.on("pageerror", lambda error: happened.append(str(error)))
    page.on("console", lambda line: happened.append(line.text) if "Content Security" in line.text else None)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', event => console.error('Content Security', event))"
    )
    yield page
    context.close()
    assert not happened
    assert not haunted.far.requests


def harmless(page: Page, *texts: str) -> None:
    """The page shows these texts as they stand; no element of them is there, and no link leads elsewhere."""
    for text in texts:
        expect(page.locator("body")).to_contain_text(text)
    assert page.locator(".zw, iframe, [onerror], [onload], [onfocus], [onmouseover], [http-equiv=refresh]").count() == 0
    links = page.eval_on_selector_all("[href], [src], [action]", "all => all.map(n => n.href || n.src || n.action)")
    here = page.evaluate("location.origin")
    assert links
    assert not [link for link in links if link and not link.startswith((f"{here}/", "data:", "blob:"))]


def test_no_text_becomes_markup_in_a_conversation(browser: Browser, haunted: Haunted) -> None:
    texts = haunted.texts
    with watched(browser, haunted) as page:
        page.goto("/")
        expect(page.locator("#conversation-list li")).to_have_count(len(texts))
        page.locator("#scope summary").click()
        harmless(page, *texts, *(text[:100] for text in texts))
        for number, text in enumerate(reversed(texts)):
            page.locator("#conversation-list a").nth(number).click()
            expect(page.locator(".question")).to_contain_text(text)
            expect(page.locator(".answer")).to_contain_text(TOLD[:-1] + "。")
            page.locator(".source-card").first.click()
            expect(page.locator("#passage")).to_be_visible()
            harmless(page, text)
        page.locator("#conversation-list li .icon-button").first.click()
        expect(page.locator("dialog input")).to_have_value(texts[-1])
        harmless(page)
        page.keyboard.press("Escape")
        # As it is written, which is drawn by other means than what is kept.
        for text in texts[::4]:
            page.goto("/")
            page.locator("#question").fill(f"{QUESTION}{text}")
            page.keyboard.press("Enter")
            expect(page.locator(".turn-foot button").first).to_be_visible()
            expect(page.locator(".answer")).to_contain_text(text[:20])
            harmless(page, text)


def test_no_text_becomes_markup_in_the_library(browser: Browser, haunted: Haunted) -> None:
    named = [text for text in haunted.texts if "/" not in text]
    with watched(browser, haunted) as page:
        page.goto("/library")
        expect(page.locator("#documents tbody tr")).to_have_count(len(haunted.documents))
        harmless(page, *(f"{text}.txt" for text in named), *(text[:100] for text in haunted.texts))
        # The sentence of an error names the file, of an upload that was refused too.
        expect(page.locator(f"tr[data-id='{haunted.documents['torn']}'] .row-error")).to_contain_text(haunted.texts[0])
        empty = [{"name": f"{text}.md", "mimeType": "text/plain", "buffer": b""} for text in named]
        page.locator("#files").set_input_files(empty)  # type: ignore[arg-type]
        expect(page.locator("#uploads [data-state=refused]")).to_have_count(len(named))
        harmless(page, *named)
        for base in haunted.bases:
            page.goto(f"/library?base={base}")
            page.locator("#rename-base").click()
            expect(page.locator("dialog[open] input")).to_be_visible()
            harmless(page)
            page.keyboard.press("Escape")
        page.locator("#delete-base").click()
        expect(page.locator("dialog[open]")).to_contain_text(haunted.texts[-1][:100])
        harmless(page)
        page.keyboard.press("Escape")
        page.locator("#base-settings-open").click()
        harmless(page)


def test_no_text_becomes_markup_on_the_page_of_a_document(browser: Browser, haunted: Haunted) -> None:
    with watched(browser, haunted) as page:
        for key in ("page", "table"):
            page.goto(f"/documents/{haunted.documents[key]}")
            expect(page.locator("#chunks li").first).to_be_visible()
            harmless(page, *(text for text in haunted.texts if key == "table" or text != haunted.texts[0]))
            page.locator("#tab-report").click()
            expect(page.locator("#report-view")).not_to_be_empty()
            harmless(page)
        page.goto(f"/documents/{haunted.documents['torn']}")
        expect(page.locator("#problem")).to_contain_text(haunted.texts[0])
        harmless(page)


def test_no_address_becomes_markup(browser: Browser, haunted: Haunted) -> None:
    """Nor does any other page, among them those that say what is wrong with an address."""
    with watched(browser, haunted) as page:
        for path in ("/models", "/docs"):
            page.goto(path)
            harmless(page)
        text = "".join(haunted.texts)
        word = quote(text, safe="")
        page.goto(f"/library?base={word}")
        harmless(page, text)
        page.goto(f"/library?text={word}")
        expect(page.locator("#filter-text")).to_have_value(text)
        harmless(page)
        for path in ("/{}", "/documents/{}", "/library?status={}", "/?document={}&conversation={}"):
            page.goto(path.replace("{}", word))
            harmless(page)


FORMS = """<html><body>
<form id="base" method="post" enctype="text/plain" action="{to}/api/v1/bases">
<input name='{{"name": "forged", "x": "' value='"}}'></form>
<form id="question" method="post" action="{to}/api/v1/ask"><input name="question" value="x"></form>
<form id="language" method="post" action="{to}/language"><input name="language" value="zh-Hant"></form>
<form id="upload" method="post" enctype="multipart/form-data" action="{to}/api/v1/bases/default/documents">
<textarea name="files">forged</textarea></form>
<iframe src="{to}/library"></iframe></body></html>"""
FETCHES = """async ([to, document]) => {
  const json = {"Content-Type": "application/json"};
  const wanted = [
    ["/api/v1/bases", {method: "POST", mode: "no-cors", body: '{"name": "forged"}'}],
    ["/api/v1/bases", {method: "POST", headers: json, body: '{"name": "forged"}'}],
    ["/api/v1/bases/default", {method: "PATCH", headers: json, body: '{"settings": {"redact": true}}'}],
    ["/api/v1/documents/" + document, {method: "DELETE"}],
    ["/api/v1/documents/" + document + "/retry", {method: "POST", mode: "no-cors"}],
    ["/api/v1/bases", {}],
    ["/api/v1/conversations", {credentials: "include"}],
  ];
  const read = [];
  for (const [path, how] of wanted) {
    try { read.push(await (await fetch(to + path, how)).text()); } catch { read.push(""); }
  }
  return read;
}"""


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_another_site_changes_nothing_reads_nothing_and_frames_nothing(
    browser: Browser, haunted: Haunted, name: str
) -> None:
    """By another port, and by another name, which is another site."""
    document = haunted.documents["page"]
    read = ("/bases", "/bases/default/documents", "/conversations", f"/documents/{document}")
    before = [haunted.get(path) for path in read]
    with serving() as far:
        elsewhere = far.url.replace("127.0.0.1", name)
        far.files["/forms"] = FORMS.format(to=haunted.address).encode()
        context = browser.new_context()
        page = context.new_page()
        for form in ("base", "question", "language", "upload"):
            page.goto(f"{elsewhere}/forms")
            with page.expect_navigation() as submitted:
                page.evaluate(f"document.getElementById('{form}').submit()")
            assert submitted.value is not None
            assert submitted.value.status == 403
            assert submitted.value.headers["content-type"] == "application/problem+json"
        page.goto(f"{elsewhere}/forms")
        assert page.evaluate(FETCHES, [haunted.address, document]) == [""] * 7
        framed = page.frames[1]
        assert framed.locator("#documents").count() == 0
        assert framed.url.startswith("chrome-error:")
        assert not context.cookies(haunted.address)
        context.close()
    assert [haunted.get(path) for path in read] == before
