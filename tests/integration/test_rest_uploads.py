"""Uploads over REST: taken whole, or refused with a reason."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ingest.library import Library
from tests.support.served import REPORT, client_in, problem, settled, upload


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path) as client:
        yield client


def test_the_same_bytes_are_one_document(client: TestClient) -> None:
    first = upload(client, "甲.md", REPORT.encode())
    again = client.post("/api/v1/bases/default/documents", files={"files": ("乙.md", REPORT.encode())}).json()[0]
    assert (again["id"], again["created"], again["name"]) == (first["id"], False, "甲.md")


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("空.pdf", b"", 422, "empty-file"),
        ("程序.exe", b"MZ\x90\x00" + b"\x00" * 64, 415, "unsupported-file"),
        ("big.txt", b"x" * 2_000_001, 413, "file-too-large"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_at_once(
    tmp_path: Path, name: str, content: bytes, status: int, code: str
) -> None:
    with client_in(tmp_path, max_upload_mb=2) as client:
        body = problem(client.post("/api/v1/bases/default/documents", files={"files": (name, content)}), status, code)
        assert name in body["detail"]
        assert client.get("/api/v1/bases/default/documents").json()["total"] == 0


def test_a_bad_file_costs_only_itself(client: TestClient) -> None:
    contents = {"空.md": b"", "好.md": REPORT.encode(), "坏.pdf": b"%PDF-1.7 nothing"}
    files = [("files", item) for item in contents.items()]
    good: dict[str, Any]
    empty, good, broken = client.post("/api/v1/bases/default/documents", files=files).json()
    assert empty["error"]["type"] == "/problems/empty-file"
    assert settled(client, good["id"])["status"] == "ready"
    failed: Any = settled(client, broken["id"])
    assert (failed["status"], failed["error"]["type"]) == ("failed", "/problems/corrupt-file")


def test_uploads_wait_on_the_disk_of_the_documents(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/no/such/folder")
    files = {"files": ("large.md", REPORT.encode() * 20_000)}
    assert client.post("/api/v1/bases/default/documents", files=files).status_code == 202


def test_a_full_disk_under_an_upload_is_told_as_such(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    monkeypatch.setattr("tempfile.TemporaryFile", lambda *_, **__: full.open("r+b", buffering=0))
    content = b"x" * 1_500_000
    body = problem(
        client.post("/api/v1/bases/default/documents", files={"files": ("a.txt", content)}), 507, "disk-full"
    )
    assert "full" in body["detail"]


def test_a_file_above_the_limit_is_cut_off_as_it_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    add = Library.add

    def watched(self: Library, base: str, name: str, stream: Any, **options: Any) -> Any:
        written.append(stream.seek(0, io.SEEK_END))
        stream.seek(0)
        return add(self, base, name, stream, **options)

    monkeypatch.setattr(Library, "add", watched)
    with client_in(tmp_path, max_upload_mb=1) as client:
        files = [("files", ("big.txt", b"x" * 5_000_000)), ("files", ("small.txt", "小文件。".encode()))]
        big, small = client.post("/api/v1/bases/default/documents", files=files).json()
        assert (big["error"]["title"], small["name"]) == ("file-too-large", "small.txt")
        assert written == [1_000_001, len("小文件。".encode())]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"json": {"files": []}}, "request-invalid"),
        ({"files": {"other": ("a.txt", b"x")}}, "no-files"),
        ({"files": {"files": ("a.txt", b"x")}, "data": {"replace": "perhaps"}}, "request-invalid"),
        (
            {"content": b"--x\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=y"}},
            "request-invalid",
        ),
        ({"content": b"", "headers": {"Content-Type": "multipart/form-data"}}, "request-invalid"),
    ],
)
def test_an_upload_that_is_none_is_refused(client: TestClient, body: dict[str, Any], code: str) -> None:
    problem(client.post("/api/v1/bases/default/documents", **body), 422, code)
