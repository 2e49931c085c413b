"""Uploads that no browser sends: too many, too large, too slow, none at all, or packed without end."""

from __future__ import annotations

import io
import random
import socket
import struct
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from app.bootstrap import Services
from app.routes.intake import Intake, Pace
from app.server import create_app
from app.web_server import PunctualProtocol
from ingest.names import tidy_name
from tests.support.live import listening
from tests.support.raw import LIMIT, asked, raw
from tests.support.served import client_in, problem, services_in

pytestmark = pytest.mark.usefixtures("unharmed")


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
        response = httpx.post(url, content=endless(), headers=MULTIPART, timeout=LIMIT)
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
    response = httpx.post(url, content=body, headers=MULTIPART, timeout=LIMIT)
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
    response = httpx.post(f"{address}/api/v1/bases/default/documents", files=files, timeout=LIMIT)
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
