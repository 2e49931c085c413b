"""Sending and reading documents without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
from fastapi.testclient import TestClient

from tests.support.made_pdf import lay, make_pdf
from tests.support.served import REPORT, client_in, settled, upload


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path, max_upload_mb=1) as client:
        client.follow_redirects = False
        yield client


def names(client: TestClient) -> set[str]:
    return {each["name"] for each in client.get("/api/v1/bases/default/documents").json()["items"]}


def test_files_are_taken_in_and_the_library_is_shown_again(client: TestClient) -> None:
    files = [("files", (name, f"{REPORT}{name}".encode())) for name in ("甲.md", "乙.md")]
    sent = client.post("/library/default", files=files)
    assert sent.status_code == 303
    assert sent.headers["location"] == "/library?base=default"
    assert names(client) == {"甲.md", "乙.md"}


def test_each_file_that_is_not_taken_has_its_sentence(client: TestClient) -> None:
    upload(client, "旧.md", REPORT.encode())
    files = [
        ("files", ("新.md", f"{REPORT}又".encode())),
        ("files", ("大.md", b"x" * 1_000_001)),
        ("files", ("空.md", b"")),
        ("files", ("程序.exe", b"MZ" + bytes(200))),
        ("files", ("另名.md", REPORT.encode())),
    ]
    page = client.post("/library/default", files=files)
    assert page.status_code == 200
    items = re.findall(r"<li><strong>(.*?)</strong><p[^>]*>(.*?)</p>", page.text)
    assert [name for name, _ in items] == ["新.md", "大.md", "空.md", "程序.exe", "另名.md"]
    said = dict(items)
    assert "Added" in said["新.md"]
    assert "1 MB" in said["大.md"]
    assert "empty" in said["空.md"]
    assert "程序.exe" in said["程序.exe"]
    assert "旧.md" in said["另名.md"] and "/documents/" in said["另名.md"]
    assert names(client) == {"旧.md", "新.md"}


def test_where_nothing_is_taken_the_page_says_so(client: TestClient) -> None:
    page = client.post("/library/default", files={"files": ("空.md", b"")})
    assert page.status_code == 422
    assert "空.md" in page.text and "/library?base=default" in page.text


def test_a_form_without_a_choice_holds_no_file(client: TestClient) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename=""\r\n\r\n\r\n--b--\r\n'
    for path in ("/library/default", "/api/v1/bases/default/documents"):
        page = client.post(path, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
        assert page.status_code == 422
        assert "holds no file" in page.text
    assert names(client) == set()


def test_a_document_is_read_page_by_page(client: TestClient, tmp_path: Path) -> None:
    pages = ["The first page has these words.", "Others stand on the second page."]
    path = make_pdf(tmp_path / "a.pdf", *(lambda page, text=text: lay(page, 60, 100, [text]) for text in pages))  # type: ignore[misc]
    document = str(upload(client, "两页.pdf", path.read_bytes())["id"])
    first = client.get(f"/documents/{document}/text").text
    second = client.get(f"/documents/{document}/text?page=2").text
    assert pages[0] in first and pages[1] not in first
    assert pages[1] in second and pages[0] not in second
    assert f"/documents/{document}/text?page=2" in first
    (picture,) = re.findall(r'<img src="([^"]+)"', second)
    assert client.get(picture).headers["content-type"] == "image/png"
    assert f"/documents/{document}/text" in client.get(f"/documents/{document}").text


def without_scripts(page: str) -> str:
    """What is drawn where no script runs: without what only scripts make visible."""
    return re.sub(r"<(\w+)[^>]* hidden>.*?</\1>", "", page, flags=re.S)


def test_a_passage_of_a_document_without_pages_is_found_in_it(client: TestClient) -> None:
    document = str(upload(client, "年报.md", REPORT.encode())["id"])
    (chunk,) = client.get(f"/api/v1/documents/{document}/chunks").json()
    page = client.get(f"/documents/{document}/text", params={"chunk": chunk["id"]}).text
    assert "公司有员工四十人" in page and 'id="here"' in page
    assert 'id="here"' not in client.get(f"/documents/{document}/text", params={"chunk": "nothing"}).text


def test_why_a_document_could_not_be_read_is_said(client: TestClient) -> None:
    sent = client.post("/api/v1/bases/default/documents", files={"files": ("坏.pdf", b"%PDF-1.7\nnothing")})
    document = settled(client, sent.json()[0]["id"])
    assert document["status"] == "failed"
    for page in ("/text", ""):
        shown = without_scripts(client.get(f"/documents/{document['id']}{page}").text)
        assert document["error"]["detail"][:20] in shown  # type: ignore[index]


def test_the_library_says_beside_each_document_what_stands_in_its_way(client: TestClient) -> None:
    sent = client.post("/api/v1/bases/default/documents", files={"files": ("坏.pdf", b"%PDF-1.7\nnothing")})
    document = settled(client, sent.json()[0]["id"])
    assert document["status"] == "failed"
    row = re.search(r'<p class="row-error"[^>]*>(.+?)</p>', client.get("/library").text)
    assert row is not None and row[1][:20] == document["error"]["detail"][:20]  # type: ignore[index]


def test_a_document_is_tried_again_and_deleted(client: TestClient) -> None:
    sent = client.post("/api/v1/bases/default/documents", files={"files": ("坏.pdf", b"%PDF-1.7\nnothing")})
    document = settled(client, sent.json()[0]["id"])["id"]
    path = f"/documents/{document}"
    for page in ("/text", ""):
        assert f'action="{path}/retry"' in without_scripts(client.get(f"{path}{page}").text)
    again = client.post(f"{path}/retry")
    assert (again.status_code, again.headers["location"]) == (303, f"{path}/text")
    assert settled(client, str(document))["status"] == "failed"
    gone = client.post(f"{path}/delete")
    assert (gone.status_code, gone.headers["location"]) == (303, "/library?base=default")
    assert names(client) == set()
    assert client.get(f"{path}/text").status_code == client.post(f"{path}/delete").status_code == 404


def test_a_password_is_given(client: TestClient) -> None:
    with pymupdf.open() as made:
        made.new_page().insert_text((72, 72), "These words are behind a password.")
        content = made.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="秘密", owner_pw="other")
    document = upload(client, "锁.pdf", content)
    path = f"/documents/{document['id']}"
    assert document["status"] == "needs_password"
    for page in ("/text", ""):
        assert f'action="{path}/password"' in without_scripts(client.get(f"{path}{page}").text)
    for nothing in ({"password": ""}, {}):
        refused = client.post(f"{path}/password", data=nothing)
        assert refused.status_code == 422 and "password" in refused.text
    assert client.post(f"{path}/password", data={"password": "秘密"}).headers["location"] == f"{path}/text"
    assert settled(client, str(document["id"]))["status"] == "ready"
    assert "behind a password" in client.get(f"{path}/text").text
