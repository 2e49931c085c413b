"""Deleted means gone: after real parsing, answers and pictures, no word of a document is in any file, packed or not."""

from __future__ import annotations

import io
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

import docx
import msoffcrypto.format.ooxml
import openpyxl
import pymupdf
import pytest
from fastapi.testclient import TestClient

from ingest.purge import look
from models.base import Message
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import client_in, settled, upload
from tests.support.traces import traces

# Of characters that no other document has, so that one of them is proof enough.
WORDS = {
    "笔记.md": "龘靐鼊",
    "合同.docx": "齉爩鱻",
    "工资.xlsx": "麤灪龗",
    "来信.eml": "籲饢驫",
    "病历.pdf": "钃豔鸜",
}
PASSWORD = "7731"
QUESTION = "暗号是什么？"
KEPT = "# 假期\n\n满一年的员工每年享有十天带薪年休假。\n"


def sentence(word: str) -> str:
    return f"星海公司的暗号是{word}，只有三个人知道。"


def word_file(text: str) -> bytes:
    document = docx.Document()
    document.add_heading("保密条款", 1)
    document.add_paragraph(text)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def protected_workbook(text: str) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["项目", "内容"])  # type: ignore[union-attr]
    book.active.append(["暗号", text])  # type: ignore[union-attr]
    plain, locked = io.BytesIO(), io.BytesIO()
    book.save(plain)
    msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt(PASSWORD, locked)
    return locked.getvalue()


def mail(text: str) -> bytes:
    head = "From: a@b.cn\nTo: c@d.cn\nSubject: a letter\nContent-Type: text/plain; charset=utf-8\n\n"
    return f"{head}{text}\n".encode()


def protected_pdf(text: str) -> bytes:
    with pymupdf.open() as document:
        document.new_page().insert_text((60, 80), text, fontname="china-s", fontsize=12)
        data: bytes = document.tobytes(
            encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=PASSWORD, owner_pw=PASSWORD, deflate=True
        )
        return data


MADE = {
    "笔记.md": lambda text: f"# 笔记\n\n{text}\n".encode(),
    "合同.docx": word_file,
    "工资.xlsx": protected_workbook,
    "来信.eml": mail,
    "病历.pdf": protected_pdf,
}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, as it were."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def taken_in(client: TestClient, name: str, text: str, **data: str) -> str:
    document = upload(client, name, MADE[name](text), **data)
    if document["status"] == "needs_password":
        client.post(f"/api/v1/documents/{document['id']}/password", json={"password": PASSWORD})
        document = settled(client, str(document["id"]))
    assert document["status"] == "ready", document
    return str(document["id"])


def vector_bytes(data: Path) -> list[bytes]:
    """Vectors and their windows, as they are stored, but for those of the document that stays."""
    with sqlite3.connect(data / "catalog.db") as connection:
        rows = connection.execute(
            "SELECT vector, windows FROM vectors JOIN chunks ON key = chunk_key "
            "JOIN documents ON documents.id = document_id WHERE name != '假期.md'"
        ).fetchall()
    return [column for row in rows for column in row if len(column) > 8]


@pytest.mark.slow
@pytest.mark.parametrize("purge", ["now", None], ids=["at once", "later"])
def test_no_word_of_a_deleted_document_is_left(tmp_path: Path, temporary: Path, purge: str | None) -> None:
    old = "癵麷鑱"

    def say(messages: Sequence[Message]) -> str:
        prompt = messages[-1].content
        # Too long to be searched with in the next turn, which would be taken for one about another matter.
        known = 4 * "满一年的员工每年享有十天带薪年休假。" if "十天" in prompt else ""
        return "暗号是" + "、".join(word for word in WORDS.values() if word in prompt) + "。" + known

    with client_in(tmp_path, llm=lambda: ScriptedLLM(say)) as client:
        services = client.app.state.services  # type: ignore[attr-defined]
        folders = (tmp_path / "data", temporary)
        kept = upload(client, "假期.md", KEPT.encode())["id"]
        taken_in(client, "笔记.md", sentence(old))
        ids = [taken_in(client, name, sentence(word), replace="true") for name, word in WORDS.items()]
        answers = [client.post("/api/v1/ask", json={"question": QUESTION, "documents": [each]}).json() for each in ids]
        assert [answer["answer"] for answer in answers] == [f"暗号是{word}。" for word in WORDS.values()]
        conversation, copies = answers[0]["conversation"], []
        # About both, so that those who ask on about the other document are given it to read.
        both = "那它有几个人知道，满一年的员工每年有几天年休假？"
        follow_up = {"question": both, "conversation": conversation, "stream": True}
        assert "done" in client.post("/api/v1/ask", json=follow_up).text
        # What is said of another document may be copied from the answer before, and from what was copied from that.
        for question in ("满一年的员工有几天年休假？", "满一年的员工每年有几天带薪年休假？", "员工每年有几天年休假？"):
            copied = {"question": question, "conversation": conversation, "documents": [kept]}
            copy = client.post("/api/v1/ask", json=copied).json()
            assert WORDS["笔记.md"] in copy["answer"]
            copies.append(copy["run"])
        assert client.get(f"/api/v1/documents/{ids[-1]}/pages/1.png").status_code == 200
        services.library.vectors.save()

        def pictures() -> list[Path]:
            return [path for path in (folders[0] / "pages").rglob("*") if path.is_file()]

        assert pictures()

        patterns = vector_bytes(folders[0])
        assert patterns
        # The old text of a document that was replaced is gone already.
        assert traces(folders, [old]) == set()
        seen = traces(folders, list(WORDS.values()), patterns)
        assert {"keywords", "catalog.db: raw"} <= seen or "catalog.db-wal: raw" in seen
        assert any("packed" in place for place in seen)
        for word in WORDS.values():
            assert traces(folders, [word]), f"{word} must be seen to be missed"

        for document in ids:
            query = {"purge": purge} if purge else {}
            assert client.delete(f"/api/v1/documents/{document}", params=query).status_code == 204
        while look(services.library.catalog, 0.0).next_in is not None or services.library.catalog.erase_due():
            services.library.work.wait(0.1)
        assert traces(folders, list(WORDS.values()), patterns) == set()
        assert len(list((folders[0] / "originals").glob("??/*"))) == 1
        assert not pictures()
        assert not [path for path in temporary.iterdir() if path.is_dir()]
        shown = client.get(f"/api/v1/conversations/{conversation}").text
        shown += "".join(client.get(f"/api/v1/runs/{run}/events").text for run in copies)
        assert not any(character in shown for word in WORDS.values() for character in word)
        assert client.post("/api/v1/search", json={"question": "年休假有几天？"}).json()["hits"]
    assert traces(folders, list(WORDS.values()), patterns) == set()
