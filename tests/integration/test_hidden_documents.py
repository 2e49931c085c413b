"""Deleted documents are hidden at once, can be restored for ten seconds, and are purged then, with all they left."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ingest.document import ParsedDocument
from ingest.errors import DiskFull
from ingest.pipeline import Steps
from ingest.purge import UNDO_SECONDS, Purger
from ingest.store import jobs
from ingest.store.errors import UnknownDocument
from ingest.worker import IngestWorker
from models.base import Message
from tests.support.fakes import HashEmbedder
from tests.support.ingesting import Bench, bench, parse_text
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, client_in, problem, upload

TEXT = "星海公司的暗号是蓝鲸四十二号。"


@pytest.fixture
def made(tmp_path: Path) -> Any:
    made = bench(tmp_path)
    for number in range(5):
        made.taken_in(f"第{number}份普通文件，内容也普通。", f"{number}.txt")
    yield made
    made.close()


def seen(made: Bench, document_id: str) -> dict[str, bool]:
    """Where a document can be seen."""
    library, catalog = made.library, made.library.catalog
    with_it = [each.id for each in catalog.documents("default", per_page=100).items]
    words = catalog.stored_chunks([key for key, _ in library.lexical.search("蓝鲸", base_ids=["default"], k=10)])
    chosen = library.lexical.search("蓝鲸", base_ids=["default"], document_ids=[document_id], k=10)
    try:
        catalog.document(document_id)
        known = True
    except UnknownDocument:
        known = False
    return {
        "list": document_id in with_it,
        "count": catalog.base("default").documents == 6,
        "words": any(chunk.document_id == document_id for chunk in words.values()),
        "words of it": bool(chosen),
        "meaning": any("蓝鲸" in text for text in made.nearest(TEXT)),
        "id": known,
        "place": bool(catalog.anchors(document_id, 0, 3)),
    }


@pytest.mark.parametrize("flat_limit", [1000, 3], ids=["flat", "lists"])
def test_a_hidden_document_is_seen_nowhere_and_comes_back_whole(tmp_path: Path, flat_limit: int) -> None:
    made = bench(tmp_path, flat_limit=flat_limit)
    for number in range(5):
        made.taken_in(f"第{number}份普通文件，内容也普通。", f"{number}.txt")
    document = made.taken_in(TEXT, "暗号.txt")
    before = seen(made, document.id)
    assert all(before.values()), before
    made.library.hide(document.id)
    after = seen(made, document.id)
    assert not any(after.values()), after
    made.library.restore(document.id)
    assert seen(made, document.id) == before
    made.close()


def test_it_is_purged_when_its_time_is_over(made: Bench) -> None:
    document = made.taken_in(TEXT, "暗号.txt")
    made.library.hide(document.id)
    # A clock that was set back purges nothing early, and makes nobody wait for longer than it should.
    assert Purger(made.library, clock=lambda: 0.0).step() == UNDO_SECONDS
    assert Purger(made.library, clock=lambda: 4.0).step() == UNDO_SECONDS - 4
    assert Purger(made.library, clock=lambda: UNDO_SECONDS).step() is None
    with pytest.raises(UnknownDocument):
        made.library.restore(document.id)
    with made.library.catalog.read() as connection:
        assert not connection.exec_driver_sql("SELECT count(*) FROM documents WHERE id = ?", (document.id,)).scalar()


def test_what_the_purger_cannot_do_hinders_nothing_else(made: Bench, caplog: pytest.LogCaptureFixture) -> None:
    kept = made.taken_in(TEXT, "暗号.txt")
    done: list[str] = []

    def full(*_: object) -> None:
        raise DiskFull(name="catalog.db", path="data")

    def broken() -> None:
        raise ZeroDivisionError("a mistake of ours")

    def chore() -> float:
        done.append("chore")
        return 60.0

    made.library.purging.append(full)
    made.library.hide(kept.id)
    with made.library.catalog.write() as connection:
        made.library.catalog.mark_erase(connection)
    purger = Purger(made.library, clock=lambda: 4e9, chores=(broken, chore))
    assert purger.step() == 5.0
    assert done == ["chore"]
    assert not made.library.catalog.erase_due()
    said = [record.getMessage() for record in caplog.records if record.name == "ingest.purge"]
    assert len(said) == 2 and "is full" in said[0]
    # The disk has room again, and what was left is done.
    made.library.purging.remove(full)
    assert Purger(made.library, clock=lambda: 4e9, chores=(chore,)).step() == 60.0
    with pytest.raises(UnknownDocument):
        made.library.restore(kept.id)


def test_a_purger_takes_up_what_a_dead_process_hid(tmp_path: Path) -> None:
    made = bench(tmp_path)
    document = made.taken_in(TEXT, "暗号.txt")
    made.library.hide(document.id)
    made.library.catalog.close()
    again = bench(tmp_path)
    Purger(again.library, clock=lambda: 4e9).step()
    assert not list((tmp_path / "originals").glob("??/*"))
    again.close()


def test_its_bytes_uploaded_again_bring_it_back(made: Bench) -> None:
    document = made.taken_in(TEXT, "暗号.txt")
    made.library.hide(document.id)
    found, created = made.library.add("default", "暗号.txt", io.BytesIO(TEXT.encode()))
    assert (found.id, created) == (document.id, False)
    assert all(seen(made, document.id).values())


def test_what_waits_to_be_read_waits_until_it_is_wanted_again(made: Bench) -> None:
    document, _ = made.library.add("default", "暗号.txt", io.BytesIO(TEXT.encode()))
    made.library.hide(document.id)
    made.work()
    made.library.restore(document.id)
    assert made.library.catalog.document(document.id).status == "queued"
    made.work()
    assert made.library.catalog.document(document.id).status == "ready"


def test_nobody_reads_on_what_is_not_wanted_any_more(tmp_path: Path) -> None:
    """A book that was deleted would keep all others waiting."""
    told = []

    def parse(path: Path, name: str, **options: Any) -> ParsedDocument:
        for page in range(5):
            if page == 2:
                made.library.hide(document.id)
            # Every step is written down as time passes.
            made.clock.now += 2
            options["progress"](page, 5)
            told.append(page)
        raise AssertionError("it was read to its end")

    made = bench(tmp_path, parse=parse)
    document = made.add(TEXT)
    made.work()
    assert told == [0, 1]
    made.close()


def test_a_process_that_died_at_a_hidden_document_stops_no_work(made: Bench) -> None:
    document = made.add(TEXT, "暗号.txt")
    with made.library.catalog.write() as connection:
        assert jobs.claim(connection, 1e9, "a dead process", 60) is not None
    made.library.hide(document.id)
    worker = IngestWorker(made.library, HashEmbedder, made.board, steps=Steps(parse=parse_text))
    other = made.add("另一份文件。", "另.txt")
    while worker.step():
        pass
    assert made.document(other).status == "ready"
    made.library.restore(document.id)
    while worker.step():
        pass
    assert made.document(document).status == "ready"


def test_restoring_what_is_not_hidden_changes_nothing(made: Bench) -> None:
    document = made.add(TEXT, "暗号.txt")
    with made.library.catalog.write() as connection:
        job = jobs.claim(connection, 1e9, "worker", 60)
    made.library.restore(document.id)
    with made.library.catalog.read() as connection:
        assert jobs.of_document(connection, document.id) == job


QUESTION = {"question": "二〇二五年营业收入是多少？"}


def asked(client: TestClient) -> dict[str, Any]:
    answer = client.post("/api/v1/ask", json=QUESTION).json()
    assert not answer["refused"]
    return dict(answer)


def turn(client: TestClient, answer: dict[str, Any]) -> dict[str, Any]:
    return dict(client.get(f"/api/v1/conversations/{answer['conversation']}").json()["turns"][0])


def test_over_rest_with_its_answers(tmp_path: Path) -> None:
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": "营业收入为三百元。"})) as client:
        path = f"/api/v1/documents/{upload(client, '年报.md', REPORT.encode())['id']}"
        answer = asked(client)
        assert client.delete(path).status_code == 204
        problem(client.get(path), 404, "unknown-document")
        assert client.get("/api/v1/bases/default/documents").json()["items"] == []
        assert client.post("/api/v1/search", json=QUESTION).json()["hits"] == []
        # Quotes are gone with the document; the answer itself waits for what becomes of it.
        hidden = turn(client, answer)
        assert (hidden["state"], hidden["sources"], hidden["extract"]) == ("done", [], None)
        assert "三百元" not in str([sentence["citations"] for sentence in hidden["sentences"]])
        assert client.post(f"{path}/restore").json()["status"] == "ready"
        assert turn(client, answer)["sentences"] == answer["sentences"]
        assert client.delete(path, params={"purge": "now"}).status_code == 204
        gone = turn(client, answer)
        assert (gone["state"], gone["answer"], gone["sentences"], gone["sources"]) == ("erased", "", [], [])
        problem(client.post(f"{path}/restore"), 404, "unknown-document")
        assert "三百" not in client.get(f"/api/v1/runs/{answer['run']}/events").text
        problem(client.delete(path, params={"purge": "later"}), 422, "request-invalid")


def test_an_answer_that_is_written_while_its_document_goes_keeps_nothing_of_it(tmp_path: Path) -> None:
    document: dict[str, Any] = {}

    def say(_: object) -> str:
        client.delete(f"/api/v1/documents/{document['id']}", params={"purge": "now"})
        return "营业收入为三百元，秘密。"

    with client_in(tmp_path, llm=lambda: ScriptedLLM(say)) as client:
        document |= upload(client, "年报.md", REPORT.encode())
        conversation = client.post("/api/v1/ask", json=QUESTION).json()["conversation"]
        stored = client.get(f"/api/v1/conversations/{conversation}").json()["turns"][0]
        assert (stored["answer"], stored["sentences"], stored["extract"]) in (("", [], None),) or stored[
            "state"
        ] == "refused"
        assert "秘密" not in str(stored)


def test_what_a_model_read_of_a_document_that_went_meanwhile_is_not_kept(tmp_path: Path) -> None:
    document: dict[str, Any] = {}

    def say(_: object) -> str:
        client.delete(f"/api/v1/documents/{document['id']}")
        return "营业收入为三百元。"

    llm = ScriptedLLM(say)
    with client_in(tmp_path, llm=lambda: llm) as client:
        document |= upload(client, "年报.md", REPORT.encode())
        client.post("/api/v1/ask", json=QUESTION)
        assert llm.forgotten == 1


LEAVE = "# 假期\n\n满一年的员工每年享有十天带薪年休假。\n"
RESTED = "满一年的员工每年享有十天带薪年休假。"


@pytest.mark.parametrize("when", ["before", "while it is written", "before, in an older catalog"])
def test_a_follow_up_that_may_repeat_an_erased_answer_goes_with_it(tmp_path: Path, when: str) -> None:
    """Its own sources are still there, but not every sentence rests on them."""
    report: dict[str, Any] = {}

    def say(messages: Sequence[Message]) -> str:
        if RESTED not in messages[-1].content:
            return "营业收入为三百元。"
        if when == "while it is written":
            client.delete(f"/api/v1/documents/{report['id']}", params={"purge": "now"})
        return said.pop(0)

    with client_in(tmp_path, llm=lambda: ScriptedLLM(say)) as client:
        report |= upload(client, "年报.md", REPORT.encode())
        leave = upload(client, "假期.md", LEAVE.encode())
        # The second has words of the first, the third has not.
        said = [f"{RESTED}营业收入为三百元。", RESTED]
        first = client.post("/api/v1/ask", json=QUESTION | {"documents": [report["id"]]}).json()
        follow = {"question": "满一年的员工每年有几天年休假？", "documents": [leave["id"]]}
        runs = [first["run"]]
        for _ in range(2):
            answer = client.post("/api/v1/ask", json=follow | {"conversation": first["conversation"]}).json()
            assert not answer["refused"]
            runs.append(answer["run"])
        catalog = client.app.state.services.library.catalog  # type: ignore[attr-defined]
        if when != "while it is written":
            with catalog.write() as connection:
                if when != "before":
                    connection.exec_driver_sql("UPDATE answers SET earlier = NULL")
            client.delete(f"/api/v1/documents/{report['id']}", params={"purge": "now"})
        turns = client.get(f"/api/v1/conversations/{first['conversation']}").json()["turns"]
        assert [turn["state"] for turn in turns] == ["erased", "erased", "done"]
        assert turns[-1]["answer"] == RESTED
        assert "三百" not in "".join(client.get(f"/api/v1/runs/{run}/events").text for run in runs)


def test_pages_are_told_of_a_document_that_an_upload_brought_back(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        document = upload(client, "年报.md", REPORT.encode())
        board = client.app.state.services.progress  # type: ignore[attr-defined]
        client.delete(f"/api/v1/documents/{document['id']}")
        assert board.changes(0)[1] == []
        upload(client, "年报.md", REPORT.encode())
        assert [each.id for each in board.changes(0)[1]] == [document["id"]]
