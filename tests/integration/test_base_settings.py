"""What a base does with its documents: personal data hidden everywhere, originals dropped, both said plainly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.answering.events import Scope
from ingest.errors import OriginalNotKept
from ingest.redact import REDACTOR_VERSION
from ingest.store.records import BaseSettings
from tests.support.ingesting import Bench, bench
from tests.support.served import client_in, settled, upload

ID, PHONE = "11010519491231002X", "13812345678"
TEXT = f"张三的身份证号是{ID}。\n\n他的电话是{PHONE}，住在北京。"


def holding(folder: Path, word: str) -> list[str]:
    """The files of a data folder in which a word stands."""
    return [path.name for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


@pytest.fixture
def made(tmp_path: Path) -> Any:
    opened = bench(tmp_path)
    yield opened
    opened.close()


def texts(made: Bench, document: Any) -> str:
    return "".join(chunk.text for chunk in made.library.catalog.chunks(document.id))


def test_personal_data_reaches_neither_text_nor_index(made: Bench, tmp_path: Path) -> None:
    made.library.configure("default", BaseSettings(redact=True))
    document = made.taken_in(TEXT)
    assert made.library.catalog.text(document.id).text == (
        "张三的身份证号是[REDACTED:ID]。\n\n他的电话是[REDACTED:PHONE]，住在北京。"
    )
    assert (document.redacted, [notice.code for notice in document.warnings]) == (True, ["redacted"])
    assert document.parser.endswith(f".r{REDACTOR_VERSION}")
    assert made.found(PHONE) == made.found(ID) == []
    assert made.found("张三")
    # The original still holds it, and only the original: that is what the page says.
    assert holding(tmp_path, PHONE) == [document.sha256]
    for chunk in made.library.catalog.chunks(document.id):
        whole = made.library.catalog.text(document.id).text
        assert whole[chunk.start : chunk.end] == chunk.text
        anchors = made.library.catalog.anchors(document.id, chunk.start, chunk.end)
        assert "".join(whole[anchor.start : anchor.end] for anchor in anchors) == chunk.text.replace("\n", "")


def test_documents_read_before_are_read_again_on_request(made: Bench) -> None:
    document = made.taken_in(TEXT)
    assert PHONE in texts(made, document)
    base = made.library.configure("default", BaseSettings(redact=True))
    assert base.outdated == 1
    assert PHONE in texts(made, document)
    assert made.library.read_outdated("default") == ([document.id], [])
    made.work()
    assert PHONE not in texts(made, document)
    assert made.library.catalog.base("default").outdated == 0
    assert made.library.read_outdated("default") == ([], [])


def test_originals_go_once_they_are_read_and_a_new_upload_brings_them_back(made: Bench, tmp_path: Path) -> None:
    made.library.configure("default", BaseSettings(keep_originals=False))
    document = made.taken_in(TEXT)
    assert (document.status, document.kept) == ("ready", False)
    assert list(made.library.blobs.every()) == []
    assert made.found("张三")
    for refused in (made.library.original, made.library.retry):
        with pytest.raises(OriginalNotKept, match=r"a\.txt"):
            refused(document.id)
    assert made.add(TEXT).status == "ready", "what was read as it should be is not read again"
    assert list(made.library.blobs.every()) == []
    assert made.add(TEXT, replace=True).status == "queued"
    made.library.configure("default", BaseSettings())
    made.work()
    assert made.document(document).kept
    assert made.library.original(document.id).read_text(encoding="utf-8") == TEXT


def test_originals_stay_until_documents_are_read_as_the_base_wants(made: Bench) -> None:
    first = made.taken_in(TEXT)
    made.library.configure("default", BaseSettings(redact=True, keep_originals=False))
    assert made.document(first).kept, "else nobody could hide what is in it"
    made.library.read_outdated("default")
    made.work()
    assert (made.document(first).kept, made.document(first).redacted) == (False, True)
    made.library.configure("default", BaseSettings(redact=False, keep_originals=False))
    queued, without = made.library.read_outdated("default")
    assert (queued, [document.id for document in without]) == ([], [first.id])
    assert made.add(TEXT).status == "queued", "the same bytes are welcome where they are needed"
    made.work()
    assert PHONE in texts(made, first)
    assert list(made.library.blobs.every()) == []


def test_dropping_takes_what_is_there_but_not_what_another_base_keeps(made: Bench) -> None:
    other = made.library.catalog.create_base("other")
    mine, theirs = made.taken_in(TEXT), made.taken_in(TEXT, base=other.id)
    failed = made.taken_in("CORRUPT", "b.txt")
    made.library.configure("default", BaseSettings(keep_originals=False))
    assert not made.document(mine).kept
    assert made.document(failed).kept, "it can be tried again"
    assert made.library.original(theirs.id).is_file()
    with pytest.raises(OriginalNotKept):
        made.library.original(mine.id)
    made.library.delete(theirs.id)
    assert set(made.library.blobs.every()) == {failed.sha256}


def test_dropped_originals_stay_dropped_after_a_restart(tmp_path: Path) -> None:
    made = bench(tmp_path)
    made.library.configure("default", BaseSettings(keep_originals=False))
    document = made.taken_in(TEXT)
    made.close()
    again = bench(tmp_path)
    assert (again.document(document).kept, again.document(document).status) == (False, "ready")
    assert again.library.catalog.base("default").settings == BaseSettings(keep_originals=False)
    again.close()


@pytest.fixture
def client(tmp_path: Path) -> Any:
    with client_in(tmp_path) as found:
        yield found


def test_settings_over_rest(client: TestClient) -> None:
    document = upload(client, "名单.txt", TEXT.encode())
    base = client.get("/api/v1/bases/default").json()
    assert (base["settings"], base["outdated"]) == ({"redact": False, "keep_originals": True, "refusal": "balanced"}, 0)
    changed = client.patch("/api/v1/bases/default", json={"settings": {"redact": True}}).json()
    assert (changed["settings"], changed["outdated"]) == (
        {"redact": True, "keep_originals": True, "refusal": "balanced"},
        1,
    )
    assert client.post("/api/v1/bases/default/reread").json() == {"queued": 1, "without_original": []}
    again: Any = settled(client, str(document["id"]))
    assert (again["redacted"], again["warnings"][0]["code"]) == (True, "redacted")
    path = f"/api/v1/documents/{document['id']}"
    assert PHONE not in client.get(f"{path}/chunks").text
    chinese = client.get(f"{path}/report", headers={"Accept-Language": "zh-CN"}).json()
    assert chinese["warnings"][0]["text"].startswith("已隐去 2 处个人信息")
    client.patch("/api/v1/bases/default", json={"settings": {"keep_originals": False}})
    for gone in (f"{path}/original", f"{path}/pages/1.png"):
        refused = client.get(gone, headers={"Accept-Language": "en"})
        assert (refused.status_code, refused.json()["title"]) == (410, "original-not-kept")
        assert "名单.txt" in refused.json()["detail"]
    assert client.post(f"{path}/retry").status_code == 410


def test_a_base_says_how_sure_an_answer_must_be(tmp_path: Path) -> None:
    """The strictest of several bases counts, and a level that there is not is refused."""
    with client_in(tmp_path) as client:
        other = client.post("/api/v1/bases", json={"name": "合同"}).json()["id"]
        changed = client.patch(f"/api/v1/bases/{other}", json={"settings": {"refusal": "strict"}}).json()
        assert changed["settings"]["refusal"] == "strict"
        assert client.patch(f"/api/v1/bases/{other}", json={"settings": {"refusal": "never"}}).status_code == 422
        answerer = client.app.state.services.answerer  # type: ignore[attr-defined]
        assert answerer.reader.refusal(Scope(("default",))) == "balanced"
        assert answerer.reader.refusal(Scope(("default", other))) == "strict"


def test_prompts_hold_no_personal_data(tmp_path: Path) -> None:
    from tests.support.scripted_llm import ScriptedLLM

    llm = ScriptedLLM({"": "他的电话不公开。"})
    with client_in(tmp_path, llm=lambda: llm) as client:
        client.patch("/api/v1/bases/default", json={"settings": {"redact": True}})
        upload(client, "名单.txt", TEXT.encode())
        client.post("/api/v1/ask", json={"question": "张三的电话是多少？"})
    assert llm.calls
    assert PHONE not in repr(llm.calls)
    assert "[REDACTED:PHONE]" in repr(llm.calls)
