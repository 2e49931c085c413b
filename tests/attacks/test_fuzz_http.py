"""Whatever a stranger sends over HTTP is taken or refused in words, never a 5xx, and what was there is still found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.bombs import BOMBS
from tests.support.served import REPORT, client_in, problem, settled, upload

JSON = "application/json"
# Half characters, controls, what turns text around, and what means something to SQL, FTS5, paths, HTML and templates.
TRICKY = (
    "\ud800 \udfff \x00 \r\n \u202e \u2066 \ufeff 𠮷 e\u0301 ﷺ ' \" '; DROP--TABLE --documents; ' OR'1'='1 % _ \\ "
    'NEAR( NOT AND OR * ^ tokens: : - + {{7*7}} ${7*7} <script> &amp; ../ ..\\ C:\\ %00 %2e%2e %c0%ae ) ( " *'
).split(" ")
ODD = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(), max_size=30),
    st.lists(st.sampled_from(TRICKY), max_size=12).map(" ".join),
)
LONG = st.builds(
    lambda text, times: (text or "问") * times, st.sampled_from(TRICKY), st.sampled_from([100, 3_000, 90_000])
)
TEXT = ODD | LONG
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=8
)
WHERE = st.sampled_from(["default", "none"]) | TEXT
# The names that are known, with what belongs there or with anything.
BODIES = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {"question": TEXT},
        optional={
            "bases": st.lists(WHERE, max_size=3) | VALUES,
            "documents": st.lists(TEXT, max_size=3) | VALUES,
            "conversation": TEXT | VALUES,
            "k": st.integers() | VALUES,
            "stream": st.booleans() | VALUES,
        },
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "name": TEXT | VALUES,
            "title": TEXT | VALUES,
            "rating": st.sampled_from(["up", "down"]) | VALUES,
            "password": TEXT | VALUES,
            "settings": st.dictionaries(st.sampled_from(["redact", "keep_originals", "refusal"]), VALUES) | VALUES,
        },
    ),
)
ASKING = [("POST", "/api/v1/search"), ("POST", "/api/v1/ask"), ("POST", "/api/v1/read-ahead")]
CHANGING = [
    ("POST", "/api/v1/bases"),
    ("PATCH", "/api/v1/bases/{other}"),
    ("PATCH", "/api/v1/conversations/{conversation}"),
    ("PUT", "/api/v1/runs/{run}/rating"),
    ("POST", "/api/v1/documents/{document}/password"),
]
NAMING = [
    ("GET", "/api/v1/bases/{}"),
    ("DELETE", "/api/v1/bases/{}"),
    ("POST", "/api/v1/bases/{}/reread"),
    ("GET", "/api/v1/bases/{}/documents"),
    ("GET", "/api/v1/documents/{}"),
    ("GET", "/api/v1/documents/{}/original"),
    ("GET", "/api/v1/documents/{}/chunks"),
    ("GET", "/api/v1/documents/{}/report"),
    ("GET", "/api/v1/documents/{}/pages/1.png"),
    ("DELETE", "/api/v1/documents/{}"),
    ("POST", "/api/v1/documents/{}/restore"),
    ("GET", "/api/v1/conversations/{}"),
    ("GET", "/api/v1/conversations/{}/export"),
    ("GET", "/api/v1/conversations?text={}"),
    ("DELETE", "/api/v1/conversations/{}"),
    ("GET", "/api/v1/runs/{}/events"),
    ("POST", "/api/v1/runs/{}/stop"),
    ("POST", "/api/v1/models/{}/pull"),
    ("POST", "/api/v1/models/{}/use"),
    ("DELETE", "/api/v1/models/{}"),
    ("GET", "/documents/{}"),
    ("GET", "/library?base={}"),
    ("GET", "/static/{}"),
    ("GET", "/{}"),
]
ASKED = [
    ("/api/v1/bases/default/documents", ("text", "page", "per_page", "sort", "descending", "status")),
    ("/api/v1/documents", ("bases", "text", "status", "page", "per_page")),
    ("/api/v1/suggestions", ("bases", "documents", "count")),
    ("/library", ("base", "text", "status", "sort", "descending", "page")),
    ("/api/v1/documents/{document}/pages/1.png", ("boxes", "scale")),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client_in(tmp_path_factory.mktemp("fuzzed"), max_upload_mb=1, parse_unpacked_mb=50) as client:
        yield client


@pytest.fixture(scope="module")
def known(client: TestClient) -> dict[str, str]:
    """What is there before the first attack: a document, a conversation about it, and another base."""
    document = upload(client, "年报.md", REPORT.encode())
    assert document["status"] == "ready"
    answer = client.post("/api/v1/ask", json={"question": "营业收入是多少？"}).json()
    other = client.post("/api/v1/bases", json={"name": "另一个"}).json()
    return {
        "document": str(document["id"]),
        "conversation": answer["conversation"],
        "run": answer["run"],
        "other": other["id"],
    }


@pytest.fixture(autouse=True)
def unharmed(client: TestClient, known: dict[str, str]) -> Iterator[None]:
    """After the attacks of a test the document that was there is found, opened and asked about as before."""
    yield
    hits = client.post("/api/v1/search", json={"question": "营业收入"}).json()["hits"]
    assert known["document"] in [hit["document"] for hit in hits]
    assert client.get(f"/api/v1/documents/{known['document']}/chunks").json()
    answer = client.post("/api/v1/ask", json={"question": "营业收入是多少？", "documents": [known["document"]]}).json()
    assert answer["sources"]
    assert "三百" in answer["answer"]


def refused(response: Any) -> bool:
    """Whether it was; a refusal says why, by a code. Nothing is a mistake of the server."""
    assert response.status_code < 500, response.text
    assert all("\n" not in line and "\r" not in line for pair in response.headers.multi_items() for line in pair)
    if response.status_code < 400:
        return False
    if response.headers["content-type"] == "application/problem+json":
        body = problem(response, response.status_code, response.json()["title"])
        assert body["title"]
        assert body["detail"]
    else:
        # The pages say it to people.
        assert not response.request.url.path.startswith("/api/")
    return True


def send(client: TestClient, method: str, path: str, body: bytes) -> Any:
    return client.request(method, path, content=body, headers={"Content-Type": JSON})


@pytest.mark.parametrize(("method", "path"), ASKING)
@given(body=BODIES)
def test_questions_of_any_shape(client: TestClient, method: str, path: str, body: Any) -> None:
    if isinstance(body, dict):
        body.pop("settings", None)
    refused(send(client, method, path, json.dumps(body).encode()))


@given(question=TEXT)
@example(question='tokens:("a" NEAR/2 "b") OR *')
@example(question="营业收入\x00' UNION SELECT sql FROM sqlite_master --")
def test_questions_of_any_text(client: TestClient, question: str) -> None:
    """None of it is syntax: what is no question at all is refused, everything else is searched for."""
    fit = (
        bool(question.strip())
        and len(question.strip()) <= 2_000
        and not any("\ud800" <= c <= "\udfff" for c in question)
    )
    for path in ("/api/v1/search", "/api/v1/ask"):
        response = send(client, "POST", path, json.dumps({"question": question}).encode())
        assert refused(response) is not fit


@pytest.mark.parametrize(("method", "path"), CHANGING)
@given(body=BODIES)
def test_changes_of_any_shape(client: TestClient, known: dict[str, str], method: str, path: str, body: Any) -> None:
    refused(send(client, method, path.format_map(known), json.dumps(body).encode()))


@pytest.mark.parametrize(("method", "path"), ASKING + CHANGING)
@given(body=st.binary(max_size=200) | TEXT.map(lambda text: text.encode("utf-16", "surrogatepass")))
def test_bodies_that_are_no_json(
    client: TestClient, known: dict[str, str], method: str, path: str, body: bytes
) -> None:
    assert refused(send(client, method, path.format_map(known), b"\xff" + body))


@given(
    route=st.sampled_from(NAMING),
    name=st.binary(max_size=20) | ODD.map(lambda text: text.encode("utf-8", "surrogatepass")),
    slash=st.sampled_from(["", "/"]),
)
def test_ids_of_any_shape(client: TestClient, route: tuple[str, str], name: bytes, slash: str) -> None:
    method, path = route
    refused(client.request(method, path.format(quote(name, safe=slash)), follow_redirects=False))


@given(route=st.sampled_from(ASKED), data=st.data())
def test_queries_of_any_shape(
    client: TestClient, known: dict[str, str], route: tuple[str, tuple[str, ...]], data: st.DataObject
) -> None:
    path, keys = route
    likely = st.integers().map(str) | st.sampled_from(["name", "ready", "true", "0,0,9,9;", "1e400", "nan", "-1"]) | ODD
    asked = data.draw(st.dictionaries(st.sampled_from(keys), likely, max_size=4))
    query = "&".join(f"{key}={quote(value.encode('utf-8', 'surrogatepass'))}" for key, value in asked.items())
    refused(client.get(f"{path.format_map(known)}?{query}"))


@given(
    language=st.binary(max_size=40),
    cookie=st.binary(max_size=40),
    to=ODD.map(lambda text: text.encode("utf-8", "surrogatepass")),
)
def test_languages_of_any_shape(client: TestClient, language: bytes, cookie: bytes, to: bytes) -> None:
    # Control characters reach no application: the server refuses such a header itself.
    seen = bytes(range(32)) + b"\x7f"
    headers = {
        b"Accept-Language": language.translate(None, seen),
        b"Cookie": b"zhiwen_lang=" + cookie.translate(None, seen),
    }
    refused(client.get("/api/v1/documents/none", headers=headers))
    form = {b"Content-Type": b"application/x-www-form-urlencoded"}
    body = b"language=" + quote(cookie).encode() + b"&to=/" + quote(to).encode()
    response = client.post("/language", content=body, headers=headers | form, follow_redirects=False)
    if refused(response):
        return
    assert response.headers["location"].startswith("/")
    assert not response.headers["location"].startswith(("//", "/\\"))


def part(name: bytes, content: bytes, more: bytes = b"") -> bytes:
    return (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename='
        + name
        + b"\r\n"
        + more
        + b"\r\n"
        + content
        + b"\r\n"
    )


NAMES = st.one_of(
    ODD.map(lambda text: b'"' + text.encode("utf-8", "surrogatepass") + b'"'),
    ODD.map(lambda text: b'"' + text.encode("utf-8", "surrogatepass").replace(b'"', b"%22") + b'.txt"'),
    ODD.map(lambda text: b"x; filename*=UTF-8''" + quote(text.encode("utf-8", "surrogatepass")).encode()),
    st.sampled_from(
        [b'"../../a.md"', b'"/etc/passwd"', b'"C:\\a.txt"', b'"a\x00.pdf"', b'"' + b"a" * 5_000 + b'"', b"", b'"']
    ),
    st.binary(max_size=30),
)
HEADS = [
    b"",
    b"%PDF-1.7\n",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x89PNG\r\n\x1a\n",
    b"<html>",
    b"{",
    b"From: ",
]
CONTENTS = st.builds(lambda head, rest: head + rest, st.sampled_from(HEADS), st.binary(max_size=60))
MORE = st.sampled_from(
    [
        b"",
        b"Content-Type: \x00\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Disposition: form-data; name=x\r\n",
    ]
)
CHARSETS = [
    "",
    "utf-8",
    "utf-16",
    "utf-7",
    "unicode_escape",
    "punycode",
    "idna",
    "undefined",
    "hex",
    "no-such",
    '"\\',
    "mbcs",
]


@given(
    parts=st.lists(st.builds(part, NAMES, CONTENTS, MORE) | st.binary(max_size=40), min_size=1, max_size=3),
    charset=st.sampled_from(CHARSETS),
    end=st.sampled_from([b"--b--\r\n", b"--b--", b"--b", b""]),
    replace=st.sampled_from(["", "true", "no", "\x00"]),
)
@example(parts=[part(b'"a.txt"', b"abc")], charset="undefined", end=b"--b--\r\n", replace="")
@example(parts=[part(b'"+2AA-.txt"', b"abc")], charset="utf-7", end=b"--b--\r\n", replace="")
def test_uploads_of_any_shape(
    client: TestClient, known: dict[str, str], parts: list[bytes], charset: str, end: bytes, replace: str
) -> None:
    kind = "multipart/form-data; boundary=b" + (f"; charset={charset}" if charset else "")
    if replace:
        parts = [*parts, b'--b\r\nContent-Disposition: form-data; name="replace"\r\n\r\n' + replace.encode() + b"\r\n"]
    url = f"/api/v1/bases/{known['other']}/documents"
    response = client.post(url, content=b"".join(parts) + end, headers={"Content-Type": kind})
    if refused(response):
        return
    # Two parts with the same bytes are one document.
    for document, name in {taken["id"]: taken["name"] for taken in response.json() if "id" in taken}.items():
        assert not set(name) & set("/\\\r\n\0\u202e")
        assert name not in ("", ".", "..")
        original = client.get(f"/api/v1/documents/{document}/original")
        assert not refused(original)
        assert original.headers["content-disposition"].startswith("attachment")
        refused(client.delete(f"/api/v1/documents/{document}?purge=now"))


@given(boundary=st.text(max_size=80), body=st.binary(max_size=200))
def test_boundaries_of_any_shape(client: TestClient, boundary: str, body: bytes) -> None:
    kind = b"multipart/form-data; boundary=" + boundary.encode("utf-8").translate(None, b"\r\n\0")
    assert refused(client.post("/api/v1/bases/default/documents", content=body, headers={b"Content-Type": kind}))


@pytest.mark.parametrize("charset", ["undefined", "utf-7", "idna", '"'])
def test_forms_in_another_charset(client: TestClient, charset: str) -> None:
    """Python knows encodings that fail in ways of their own, or make half characters."""
    headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
    body = b'--b\r\nContent-Disposition: form-data; name="+2AA-"; filename="+2AA-.txt"\r\n\r\nabc\r\n--b--\r\n'
    for path in ("/language", "/api/v1/bases/default/documents"):
        problem(client.post(path, content=body, headers=headers), 422, "request-invalid")


@pytest.mark.parametrize("name", BOMBS)
def test_files_that_grow(client: TestClient, known: dict[str, str], name: str) -> None:
    """Each is refused at the door or fails by itself; none takes the memory or the time of others."""
    content = BOMBS[name]()
    assert len(content) < 1_000_000
    response = client.post(f"/api/v1/bases/{known['other']}/documents", files={"files": (name, content)})
    if not refused(response):
        document = settled(client, response.json()[0]["id"])
        assert document["status"] in ("ready", "failed")
        assert document["status"] == "ready" or document["error"]
