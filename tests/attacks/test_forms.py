"""Forms of pages for browsers without scripts: what another site, another user or a text can make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.auth.errors import PageStale
from app.routes.access import CSRF_FIELD
from models.base import Message
from tests.support.house import FIELDS, House, asked_by, house_in
from tests.support.payloads import payloads
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, client_in, upload

TOLD = "二〇二五年营业收入为三百元。"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("house")) as made:
        yield made


def token_of(house: House, who: str) -> str:
    session = house.services.accounts.sessions.resume(house.sessions[who])
    assert session is not None
    return session.csrf


def parts(*fields: tuple[str, str]) -> dict[str, Any]:
    """A multipart body with its parts in this order; `files` is a file."""
    text = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"'
        + (f'; filename="a.md"\r\n\r\n{REPORT}{value}\r\n' if name == "files" else f"\r\n\r\n{value}\r\n")
        for name, value in fields
    )
    return {"content": f"{text}--b--\r\n".encode(), "headers": {"Content-Type": "multipart/form-data; boundary=b"}}


def kept(house: House) -> tuple[int, int]:
    """Documents of their base, and files on their way into the data folder."""
    base, blobs = house.objects["theirs"]["base"], house.services.library.blobs
    return house.services.library.catalog.documents(base).total, len(list(blobs.incoming.iterdir()))


def asked(house: House) -> int:
    return len(house.services.conversations.of_user(house.users["editor"].id))


def stale(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and PageStale.template in answer.text


def test_a_question_needs_the_token_of_the_sessions_pages(house: House) -> None:
    before, fields = asked(house), FIELDS["POST /ask"]
    for wrong in ({}, {CSRF_FIELD: ""}, {CSRF_FIELD: "a guess"}, {CSRF_FIELD: token_of(house, "reader")}):
        assert stale(house.ask("editor", "POST", "/ask", csrf=False, data=fields | wrong))
    # As other sites' forms may send it, too.
    body = parts(("question", "营业收入"), ("base", "theirs"))
    assert stale(house.ask("editor", "POST", "/ask", csrf=False, **body))
    text = {"content": b'{"question": "a"}', "headers": {"Content-Type": "text/plain"}}
    assert stale(house.ask("editor", "POST", "/ask", csrf=False, **text))
    # Nor is it read from the address.
    assert stale(house.ask("editor", "POST", f"/ask?csrf={token_of(house, 'editor')}", csrf=False, data=fields))
    assert asked(house) == before
    own = fields | {CSRF_FIELD: token_of(house, "editor")}
    assert house.ask("editor", "POST", "/ask", csrf=False, data=own).status_code == 303
    assert asked(house) == before + 1


def test_a_stop_needs_the_token_of_the_sessions_pages(house: House) -> None:
    run = asked_by(house, "editor", house.objects["theirs"]["base"])["run"]
    for wrong in ({}, {CSRF_FIELD: token_of(house, "reader")}):
        assert stale(house.ask("editor", "POST", f"/runs/{run}/stop", csrf=False, data=wrong))
    own = {CSRF_FIELD: token_of(house, "editor")}
    assert house.ask("editor", "POST", f"/runs/{run}/stop", csrf=False, data=own).status_code == 303


def test_a_stop_that_comes_too_late_leads_to_the_answer(house: House) -> None:
    base = house.objects["theirs"]
    asked = asked_by(house, "editor", base["base"])
    house.services.runs.forget(documents=[base["document"]])
    own = {CSRF_FIELD: token_of(house, "editor")}
    told = house.ask("editor", "POST", f"/runs/{asked['run']}/stop", csrf=False, data=own)
    assert told.headers["location"] == f"/?conversation={asked['conversation']}#latest"


@pytest.mark.parametrize("action", ["retry", "password", "delete"])
def test_what_is_done_with_a_document_needs_the_token_and_a_role(house: House, action: str) -> None:
    document = house.objects["theirs"]["document"]
    path, fields = f"/documents/{document}/{action}", {"password": "secret"}
    for wrong in ({}, {CSRF_FIELD: token_of(house, "reader")}):
        assert stale(house.ask("editor", "POST", path, csrf=False, data=fields | wrong))
    own = fields | {CSRF_FIELD: token_of(house, "reader")}
    assert house.ask("reader", "POST", path, csrf=False, data=own).status_code == 403
    assert path not in house.ask("reader", "GET", f"/documents/{document}/text").text
    assert house.services.library.catalog.document(document).status == "ready"


def test_no_file_is_taken_in_before_the_token_was_seen(house: House) -> None:
    before, path, own = kept(house), f"/library/{house.objects['theirs']['base']}", token_of(house, "editor")
    for body in (
        parts(("files", "1")),
        parts((CSRF_FIELD, ""), ("files", "1")),
        parts((CSRF_FIELD, token_of(house, "reader")), ("files", "1")),
        parts(("files", "1"), (CSRF_FIELD, own)),  # too late
        parts(("files", own)),
        parts(("replace", "true")),
        {"data": {CSRF_FIELD: own}},
    ):
        assert stale(house.ask("editor", "POST", path, csrf=False, **body)), body
    assert kept(house) == before
    sent = house.ask("editor", "POST", path, csrf=False, **parts((CSRF_FIELD, own), ("files", "1")))
    assert sent.status_code == 303
    # Its parser, already at work, may have a scratch file there.
    assert kept(house)[0] == before[0] + 1


def test_what_is_stored_by_scripts_is_told_by_a_header_as_before(house: House) -> None:
    """A field is no proof where the REST interface asks for a header."""
    path = f"/api/v1/bases/{house.objects['theirs']['base']}/documents"
    body = parts((CSRF_FIELD, token_of(house, "editor")), ("files", "2"))
    answer = house.ask("editor", "POST", path, csrf=False, **body)
    assert answer.json()["type"] == "/problems/page-stale"


def test_another_site_sends_no_form(house: House) -> None:
    own, base = token_of(house, "editor"), house.objects["theirs"]["base"]
    for origin in ("http://evil.example", "null"):
        elsewhere = {"Origin": origin}
        fields = FIELDS["POST /ask"] | {CSRF_FIELD: own}
        assert house.ask("editor", "POST", "/ask", headers=elsewhere, data=fields).status_code == 403
        body = parts((CSRF_FIELD, own), ("files", "3"))
        body["headers"] |= elsewhere
        assert house.ask("editor", "POST", f"/library/{base}", **body).status_code == 403


def test_a_form_reaches_nothing_foreign(house: House) -> None:
    foreign, theirs = house.objects["foreign"], house.objects["theirs"]
    conversation = asked_by(house, "reader", theirs["base"])["conversation"]
    before = asked(house)
    for more in (
        {"base": [foreign["base"]]},
        {"base": ["theirs", "foreign"]},
        {"document": foreign["document"]},
        {"base": ["theirs"], "conversation": conversation},
    ):
        answer = house.ask("editor", "POST", "/ask", data={"question": "营业收入是多少？"} | more)
        assert answer.status_code == 404
        assert "年报.md" not in answer.text
    assert asked(house) == before


def test_a_page_shows_nothing_foreign(house: House) -> None:
    foreign, theirs = house.objects["foreign"], house.objects["theirs"]
    conversation = asked_by(house, "reader", theirs["base"])["conversation"]
    there = house.ask("reader", "GET", "/", params={"conversation": conversation}).text
    assert "营业收入是多少？" in there
    # Not even whether there is such a conversation or document.
    for name, known in (("conversation", conversation), ("document", foreign["document"])):
        shown = house.ask("stranger", "GET", "/", params={name: known}).text
        missing = house.ask("stranger", "GET", "/", params={name: "nothing"}).text
        assert shown.replace(known, "nothing") == missing
    for who in ("stranger", "reader"):
        assert house.ask(who, "GET", f"/documents/{foreign['document']}/text").status_code == 404


def test_who_loses_a_role_is_shown_no_answer_any_more(house: House) -> None:
    base, user = house.objects["theirs"]["base"], house.users["editor"].id
    conversation = asked_by(house, "editor", base)["conversation"]
    path = f"/?conversation={conversation}"
    assert "年报.md" in house.ask("editor", "GET", path).text
    house.services.accounts.roles.set(user, base, None)
    try:
        assert "年报.md" not in house.ask("editor", "GET", path).text
    finally:
        house.services.accounts.roles.set(user, base, "editor")


def test_forms_have_the_limits_of_what_they_stand_for(tmp_path: Path) -> None:
    with client_in(tmp_path, max_request_mb=2, max_upload_files=1) as client:
        long = client.post("/ask", content=b"question=" + b"a" * 1_000_000)
        assert long.status_code == 413
        assert client.post("/library/default", files={"files": ("a.md", b"x" * 2_000_001)}).status_code == 413
        # Only what takes files in may be sent so much.
        assert client.post("/library/default/more", content=b"x" * 1_000_001).status_code == 413
        two = [("files", (name, name.encode() * 9)) for name in ("a.md", "b.md")]
        assert client.post("/library/default", files=two).status_code == 413
        assert client.get("/api/v1/bases/default/documents").json()["total"] == 0


class _Marked(HTMLParser):
    """Finds elements that a text has made. As a browser with scripts does, `raw` takes what is in noscript for text."""

    def __init__(self, page: str, *, raw: bool) -> None:
        super().__init__()
        self.found: list[str] = []
        if raw:
            self.CDATA_CONTENT_ELEMENTS = (*self.CDATA_CONTENT_ELEMENTS, "noscript")
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if ("class", "zw") in attributes or any(name.startswith("on") for name, _ in attributes):
            self.found.append(tag)


def shown(client: TestClient, path: str) -> str:
    page = client.get(path)
    assert page.status_code == 200
    for raw in (False, True):
        assert _Marked(page.text, raw=raw).found == []
    return page.text


def answered(texts: Sequence[str]) -> Callable[[Sequence[Message]], str]:
    return lambda messages: TOLD + max(texts, key=messages[-1].content.rfind)


def test_no_text_becomes_markup_in_what_the_server_draws(tmp_path: Path) -> None:
    texts = (*payloads("http://elsewhere.example"), "</noscript><img class=zw src=x onerror=alert(9)>")
    llm = ScriptedLLM(answered(texts), name=texts[0], piece=200)
    with client_in(tmp_path, llm=lambda: llm) as client:
        for text in texts:
            client.post("/api/v1/bases", json={"name": text[:100]})
            name = text.replace("/", "∕") + ".txt"
            document = str(upload(client, name, f"{TOLD}{text}".encode())["id"])
            assert TOLD in shown(client, f"/documents/{document}/text")
            shown(client, f"/?document={document}")
            again = client.post("/library/default", files={"files": (f"b{name}", f"{TOLD}{text}".encode())})
            assert _Marked(again.text, raw=False).found == []
            sent = client.post("/api/v1/ask", json={"question": f"营业收入是多少？{text}"}).json()
            page = shown(client, f"/?conversation={sent['conversation']}")
            assert page.count("<article") == 1
            failed = client.post("/ask", data={"question": text, "base": [text]})
            assert _Marked(failed.text, raw=False).found == _Marked(failed.text, raw=True).found == []
        for text in texts:
            shown(client, "/?" + str(httpx.QueryParams({"conversation": text})))
