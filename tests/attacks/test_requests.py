"""Requests that no browser sends: each is refused in words, and the server goes on as if nothing had been."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient

from app.bootstrap import Services
from app.routes.health import packed_source
from app.routes.intake import BODY_BYTES
from app.server import create_app
from app.web_server import PunctualProtocol
from tests.support.live import listening
from tests.support.raw import LIMIT, asked, raw
from tests.support.served import problem, services_in

pytestmark = pytest.mark.usefixtures("unharmed")


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
    with httpx.Client(base_url=address, timeout=LIMIT) as client:
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
    response = httpx.post(address + path, content=body.encode(), headers=headers, timeout=LIMIT)
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_the_same_document_named_a_thousand_times(tmp_path: Path) -> None:
    with services_in(tmp_path) as services, TestClient(create_app(services), base_url="http://127.0.0.1") as client:
        body = {"question": "问", "documents": ["none"] * 1000, "bases": ["default"] * 100}
        problem(client.post("/api/v1/search", json=body), 404, "unknown-document")


def test_the_source_is_packed_once_however_often_it_is_asked_for(address: str) -> None:
    def ask(_: int) -> int:
        return len(httpx.get(f"{address}/source.zip", timeout=LIMIT).content)

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
