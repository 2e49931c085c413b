"""Requests that no browser sends: each is refused in words, and the server goes on as if nothing had been."""

from __future__ import annotations

import io
import json
import random
import socket
import struct
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient

from app.bootstrap import Services
from app.routes.health import packed_source
from app.routes.intake import BODY_BYTES, Intake, Pace
from app.server import create_app
from app.web_server import PunctualProtocol
from ingest.names import tidy_name
from tests.support.live import listening, live
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import client_in, problem, services_in

_LIMIT = 30.0


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with live(tmp_path_factory.mktemp("attacked"), ScriptedLLM({"": "好。"})) as address:
        yield address


@pytest.fixture(autouse=True)
def unharmed(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every attack on the shared server it still answers."""
    yield
    if "address" in request.fixturenames:
        assert httpx.get(request.getfixturevalue("address") + "/healthz", timeout=_LIMIT).status_code == 200


def raw(address: str, text: bytes) -> bytes:
    """What comes back for these bytes, until the server closes the connection."""
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port), timeout=_LIMIT) as link:
        found = b""
        # A server that has heard enough may close the connection while more is under way.
        with suppress(ConnectionError):
            link.sendall(text)
            while more := link.recv(65536):
                found += more
    return found


def asked(address: str, *lines: str, host: str = "") -> bytes:
    """The answer to a request of these lines."""
    named = host or f"Host: {urlsplit(address).netloc}"
    return raw(address, "\r\n".join((lines[0], named, *lines[1:], "Connection: close", "", "")).encode("utf-8"))


@pytest.mark.parametrize(
    "host",
    [
        "[x",
        "a]b",
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1/evil.example",
    ],
)
def test_a_host_that_is_not_this_machine(address: str, host: str) -> None:
    answer = asked(address, "GET /healthz HTTP/1.1", host=f"Host: {host}")
    assert answer.startswith(b"HTTP/1.1 403")
    # What is refused is as guarded as what is answered.
    head = answer.lower()
    assert b"content-security-policy: default-src 'self'" in head
    assert b"x-content-type-options: nosniff" in head
    assert b"x-frame-options: deny" in head


@pytest.mark.parametrize("origin", ["http://a]b", "null", "http://evil.example", "http://127.0.0.1:1"])
def test_an_origin_that_is_another(address: str, origin: str) -> None:
    answer = asked(address, "POST /api/v1/bases HTTP/1.1", f"Origin: {origin}", "Content-Length: 0")
    assert answer.startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pyproject.toml",
        "/static/%2e%2e/pyproject.toml",
        "/static/..%2fpyproject.toml",
        "/static/%2e%2e%5cpyproject.toml",
        "/static//etc/passwd",
        "/api/v1/documents/..%2f..%2fcatalog.db/original",
        "/api/v1/documents/%00/original",
        "/api/v1/models/%2e%2e%2f%2e%2e/pull",
        "/models/%2e%2e",
    ],
)
def test_paths_lead_nowhere_else(address: str, path: str) -> None:
    answer = asked(address, f"GET {path} HTTP/1.1")
    assert answer[9:12] in (b"404", b"405", b"400")
    assert b"[project]" not in answer
    assert b"root:" not in answer


@pytest.mark.parametrize(
    "line",
    [
        "Cookie: zhiwen_lang=en%0d%0aSet-Cookie:%20a=b",
        "Accept-Language: \x0b",
        "Last-Event-ID: -5",
        "Last-Event-ID: 99999999999999999999999999",
        "X-Forwarded-Host: evil.example",
        "X-HTTP-Method-Override: DELETE",
    ],
)
def test_headers_are_only_read(address: str, line: str) -> None:
    answer = asked(address, "GET /api/v1/runs/none/events HTTP/1.1", line)
    assert answer[9:12] in (b"404", b"422", b"400")
    assert b"evil.example" not in answer
    assert b"\r\nset-cookie: a=b" not in answer.lower()


def test_a_request_that_is_none(address: str) -> None:
    assert raw(address, b"\x16\x03\x01\x02\x00" + bytes(500)).startswith(b"HTTP/1.1 400")
    endless = raw(address, b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 200_000)
    assert endless == b"" or endless.startswith(b"HTTP/1.1 4")
    # Two lengths that differ are how one request is smuggled inside another.
    smuggled = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"
    assert raw(address, smuggled).startswith(b"HTTP/1.1 400")


def test_json_without_end(address: str) -> None:
    """By its declared length, and by what really comes."""
    for kind in ("application/json", "multipart/form-data; boundary=b"):
        lines = ("POST /api/v1/search HTTP/1.1", f"Content-Type: {kind}", "Content-Length: 50000000")
        answer = asked(address, *lines)
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"request-too-large" in answer
    with httpx.Client(base_url=address, timeout=_LIMIT) as client:
        large = iter([b"{", *(b" " * 10_000 for _ in range(BODY_BYTES // 10_000)), b"}"])
        headers = {"Content-Type": "application/json"}
        try:
            response = client.post("/api/v1/search", content=large, headers=headers)
        except httpx.TransportError:
            return  # the connection was closed while it still sent: that is a refusal, too
        problem(response, 413, "request-too-large")


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"question": ' + '{"a":' * 50_000,
        '{"question": "问", "bases": ' + json.dumps(["x"] * 5_000) + "}",
        '{"question": "问", "documents": ' + json.dumps([str(n) for n in range(5_000)]) + "}",
        '{"question": "\\ud800"}',
        '{"question": 1e999999}',
        '{"question": "问", "bases": 99999999999999999999999999}',
        '{"question": NaN}',
        "\x00",
        '{"question": "问", "question": ["x"]}',
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/search", "/api/v1/ask"])
def test_json_of_a_strange_shape(address: str, path: str, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = httpx.post(address + path, content=body.encode(), headers=headers, timeout=_LIMIT)
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_the_same_document_named_a_thousand_times(tmp_path: Path) -> None:
    with services_in(tmp_path) as services, TestClient(create_app(services), base_url="http://127.0.0.1") as client:
        body = {"question": "问", "documents": ["none"] * 1000, "bases": ["default"] * 100}
        problem(client.post("/api/v1/search", json=body), 404, "unknown-document")


def multipart(parts: int, size: int, field: str = 'name="files"; filename="a.txt"') -> Iterator[bytes]:
    for _ in range(parts):
        yield f"--b\r\nContent-Disposition: form-data; {field}\r\n\r\n".encode() + b"x" * size + b"\r\n"
    yield b"--b--\r\n"


MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}


def test_uploads_beyond_what_is_allowed(tmp_path: Path) -> None:
    url = "/api/v1/bases/default/documents"
    with client_in(tmp_path, max_upload_files=3, max_request_mb=2) as client:
        for body, status, code in (
            (multipart(4, 9), 413, "too-many-files"),
            (multipart(3, 900_000), 413, "request-too-large"),
            (multipart(30, 9, 'name="replace"'), 422, "request-invalid"),
        ):
            problem(client.post(url, content=b"".join(body), headers=MULTIPART), status, code)
        assert client.get("/api/v1/bases/default").json()["documents"] == 0
    assert not list((tmp_path / "data" / "originals" / "incoming").iterdir())


def test_the_rest_of_too_many_files_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PunctualProtocol, "linger_seconds", 0.0)
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for piece in multipart(10_000, 10_000):
            sent += 1
            yield piece

    with (
        services_in(tmp_path, max_upload_files=3) as services,
        listening(create_app(services)) as address,
        # Closed while it still sends, a client may not come to read the answer.
        suppress(httpx.TransportError),
    ):
        url = address + "/api/v1/bases/default/documents"
        response = httpx.post(url, content=endless(), headers=MULTIPART, timeout=_LIMIT)
        problem(response, 413, "too-many-files")
    assert sent < 10_000


def test_what_is_shared_is_answered_before_it_is_sent(address: str) -> None:
    """Anybody may send there, without a login: no more is read than came with the headers."""
    declared = ("Origin: null", "Content-Type: multipart/form-data; boundary=b", "Content-Length: 3000000000")
    answer = asked(address, "POST /share HTTP/1.1", *declared)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"<main" in answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b",
        b"--b\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhalf',
        b"--b\r\n" + b"A: b\r\n" * 5_000 + b"\r\nx\r\n--b--\r\n",
        b"--b\r\nA: " + b"b" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n",
        b"\x00" * 1000,
    ],
)
def test_uploads_that_are_none(address: str, body: bytes) -> None:
    url = f"{address}/api/v1/bases/default/documents"
    response = httpx.post(url, content=body, headers=MULTIPART, timeout=_LIMIT)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[str]:
    """A server that waits for a tenth of a second where the real one waits for half a minute."""
    with services_in(tmp_path) as services:
        app = create_app(services)
        quick = Intake(app, 1_000_000, Pace(silence=0.2, grace=0.3, least=1_000))
        with listening(quick) as address:
            yield address


def test_the_source_is_packed_once_however_often_it_is_asked_for(address: str) -> None:
    def ask(_: int) -> int:
        return len(httpx.get(f"{address}/source.zip", timeout=_LIMIT).content)

    packed_source.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(16)))) == 1
    assert packed_source.cache_info().misses == 1


def test_the_source_holds_the_program_alone(tmp_path: Path) -> None:
    root, data = tmp_path / "program", tmp_path / "program" / "docs" / "kept"
    for path in (root / "app" / "a.py", root / "models" / "weights" / "m.gguf", data / "catalog.db", tmp_path / "key"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (root / "app" / "key").symlink_to(tmp_path / "key")
    (root / "README.md").symlink_to(tmp_path / "key")
    with zipfile.ZipFile(io.BytesIO(packed_source(root, (data,)))) as archive:
        assert archive.namelist() == ["zhiwen/app/a.py"]


UPLOAD = (
    b"POST /api/v1/bases/default/documents HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000\r\n\r\n"
)


def test_an_upload_that_stops_coming(hasty: str) -> None:
    answer = raw(hasty, UPLOAD + next(multipart(1, 100)))
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"request-too-slow" in answer


def test_an_upload_that_comes_drop_by_drop(hasty: str) -> None:
    where = urlsplit(hasty)
    with socket.create_connection((where.hostname, where.port), timeout=0.05) as link:
        link.sendall(UPLOAD + next(multipart(1, 100)))
        answer = b""
        for _ in range(600):  # half a minute: more than a hundred times what is allowed
            try:
                answer = link.recv(4096)
                break
            except TimeoutError:
                link.sendall(b"x")
        assert answer.startswith(b"HTTP/1.1 408")


def test_headers_that_do_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a connection that says nothing at all."""
    monkeypatch.setattr(PunctualProtocol, "header_seconds", 0.3)
    with services_in(tmp_path) as services, listening(create_app(services)) as address:
        assert raw(address, b"") == b""
        assert raw(address, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: ") == b""
        # One that asks goes on as long as it likes.
        where = urlsplit(address)
        with socket.create_connection((where.hostname, where.port), timeout=1.0) as link:
            link.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
            told = b""
            while b"listening" not in told:
                told += link.recv(65536)
            with pytest.raises(TimeoutError):
                link.recv(1)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.txt", "boot.txt"),
        ("C:\\secret\\a.txt", "a.txt"),
        ("invoice\u202efdp.exe.txt", "invoicefdp.exe.txt"),
        ("a\u200bb\u2066c\u2028d.txt", "abcd.txt"),
        ("می‌خواهم.txt", "می‌خواهم.txt"),
        ("a\r\nSet-Cookie: b.txt", "aSet-Cookie: b.txt"),
        ("\u202e\u200b", "unnamed"),
    ],
)
def test_names_are_data(given: str, kept: str) -> None:
    assert tidy_name(given) == kept


def many_members(count: int, *, sixty_four: bool = False) -> bytes:
    """A ZIP file whose directory claims so many bytes; nothing of it needs to be there."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("word/document.xml", "<w/>")
    data = bytearray(buffer.getvalue())
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<L", data, end + 12, 0 if sixty_four else count * 60)
    if sixty_four:
        record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, count * 60, 0)
        locator = b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1)
        data[end:end] = record + locator
    return bytes(data)


@pytest.mark.parametrize("sixty_four", [False, True])
def test_a_package_of_millions_of_members(address: str, sixty_four: bool) -> None:
    """The server looks into a package to tell its kind: its directory would fill its memory."""
    files = {"files": ("a.docx", many_members(3_000_000, sixty_four=sixty_four))}
    response = httpx.post(f"{address}/api/v1/bases/default/documents", files=files, timeout=_LIMIT)
    problem(response, 422, "corrupt-file")
    assert "more parts" in response.json()["detail"]


def test_an_old_office_file_of_any_size_is_not_read_whole(services: Services, tmp_path: Path) -> None:
    rest = random.Random(1).randbytes(1_000_000)
    file = io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + rest + "WordDocument\0".encode("utf-16-le"))
    document, created = services.library.add("default", "旧.doc", file)
    assert created
    assert document.media_type == "application/msword"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with services_in(tmp_path) as services:
        yield services


def test_an_error_nobody_foresaw_is_guarded_and_tells_no_insides(services: Services) -> None:
    services.library.catalog.close()
    app = create_app(services)

    def broken() -> None:
        raise ZeroDivisionError("secret")

    app.add_api_route("/api/v1/broken", broken)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        response = client.get("/api/v1/broken")
        problem(response, 500, "unexpected")
        assert "secret" not in response.text
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        for policy in ("resource", "opener"):
            assert response.headers[f"cross-origin-{policy}-policy"] == "same-origin"
