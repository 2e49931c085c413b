"""Deleted documents are hidden at once, can be restored for ten seconds, and are purged then, with all they left."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from ingest.document import ParsedDocument
from ingest.pipeline import Steps
from ingest.purge import UNDO_SECONDS, Purger
from ingest.store import jobs, schema
from ingest.store.errors import NameTaken, UnknownBase, UnknownDocument
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


@pytest.mark.parametrize("flat_limit", [1000, 3], ids=["flat", "graph"])
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


@pytest.mark.parametrize("flat_limit", [1000, 3], ids=["flat", "graph"])
def test_a_hidden_base_is_seen_nowhere_and_comes_back_as_it_was(tmp_path: Path, flat_limit: int) -> None:
    made = bench(tmp_path, flat_limit=flat_limit)
    library, catalog = made.library, made.library.catalog
    base = catalog.create_base("财务")
    document = made.taken_in(TEXT, "暗号.txt", base.id)
    for number in range(5):
        made.taken_in(f"第{number}份普通文件。", f"{number}.txt", base.id)
    gone, waiting = made.taken_in("早就删除的文件。", "旧.txt", base.id), made.add("等着的文件。", "等.txt", base.id)
    library.hide(gone.id)
    # A graph is made in the background; of the other the index is made while the base is hidden.
    assert flat_limit == 1000 or TEXT in made.nearest(TEXT, base.id)
    before, counts = catalog.base(base.id), catalog.counts()
    assert set(library.hide_base("财务")) >= {document.id, gone.id, waiting.id}

    for name in ("财务", base.id):
        with pytest.raises(UnknownBase):
            catalog.base(name)
    assert base.id not in [each.id for each in catalog.bases()]
    assert (catalog.counts().bases, catalog.counts().documents) == (1, 0)
    assert not library.lexical.search("蓝鲸", base_ids=[base.id], k=10)
    # Its index stays as it is: what is found in it is nowhere to be read.
    near = library.vectors.search(HashEmbedder().embed_query(TEXT), base_ids=[base.id], k=10)
    assert catalog.stored_chunks([key for key, _ in near]) == {}
    with pytest.raises(UnknownDocument):
        catalog.document(document.id)
    for hidden in (document.id, gone.id):
        with pytest.raises(UnknownDocument):
            library.restore(hidden)
    with pytest.raises(UnknownBase):
        library.add(base.id, "新.txt", io.BytesIO(b"new"))
    made.work()

    back = {each.id for each in library.restore_base(base.id)}
    assert document.id in back and gone.id not in back
    assert (catalog.base("财务").documents, catalog.counts()) == (before.documents, counts)
    assert TEXT in made.nearest(TEXT, base.id)
    assert library.lexical.search("蓝鲸", base_ids=[base.id], k=10)
    made.work()
    assert catalog.document(waiting.id).status == "ready"
    assert library.restore_base(base.id) == []
    made.close()


def test_a_hidden_base_is_purged_when_its_time_is_over(tmp_path: Path) -> None:
    made = bench(tmp_path)
    base = made.library.catalog.create_base("财务")
    made.taken_in(TEXT, "暗号.txt", base.id)
    made.library.hide_base(base.id)
    # A clock that was set back purges nothing early, and makes nobody wait for longer than it should.
    assert Purger(made.library, clock=lambda: 0.0).step() == UNDO_SECONDS
    made.library.catalog.close()
    again = bench(tmp_path)
    assert Purger(again.library, clock=lambda: 4.0).step() == UNDO_SECONDS - 4
    assert Purger(again.library, clock=lambda: UNDO_SECONDS).step() is None
    with pytest.raises(UnknownBase):
        again.library.restore_base(base.id)
    assert not list((tmp_path / "originals").glob("??/*"))
    again.close()
    assert "蓝鲸".encode() not in (tmp_path / "catalog.db").read_bytes()


def test_the_name_of_a_hidden_base_is_free_and_taken_it_keeps_the_base_from_coming_back(made: Bench) -> None:
    catalog = made.library.catalog
    base = catalog.create_base("财务")
    made.library.hide_base(base.id)
    other = catalog.create_base("财务")
    with pytest.raises(NameTaken):
        made.library.restore_base(base.id)
    catalog.rename_base(other.id, "另一个")
    made.library.restore_base(base.id)
    assert catalog.base("财务").id == base.id


def test_a_base_comes_back_whatever_its_name_was_allowed_to_be(made: Bench) -> None:
    catalog = made.library.catalog
    base = catalog.create_base("财务")
    with catalog.write() as connection:
        # As an earlier version may have left it.
        connection.execute(update(schema.bases).where(schema.bases.c.id == base.id).values(name="财\u200b务"))
    made.library.hide_base(base.id)
    made.library.restore_base(base.id)
    assert catalog.base(base.id).name == "财\u200b务"


def test_work_in_a_hidden_base_stops_and_begins_again_when_it_is_back(made: Bench) -> None:
    base = made.library.catalog.create_base("财务")
    document = made.add(TEXT, "暗号.txt", base.id)
    with made.library.catalog.write() as connection:
        job = jobs.claim(connection, 1e9, "worker", 60)
        assert job is not None
    made.library.hide_base(base.id)
    with made.library.catalog.write() as connection:
        assert not jobs.beat(connection, job, "parse 1", 1e9, 60)
    made.library.restore_base(base.id)
    made.work()
    assert made.document(document).status == "ready"


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


def test_a_base_over_rest_with_its_answers(tmp_path: Path) -> None:
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": "营业收入为三百元。"})) as client:
        base = client.post("/api/v1/bases", json={"name": "财务"}).json()
        document = upload(client, "年报.md", REPORT.encode(), base=base["id"])
        asking = QUESTION | {"bases": [base["id"]]}
        answer = client.post("/api/v1/ask", json=asking).json()
        path = f"/api/v1/bases/{base['id']}"
        assert client.delete(path).status_code == 204
        for gone in (path, "/api/v1/bases/财务", f"{path}/documents"):
            problem(client.get(gone), 404, "unknown-base")
        problem(client.get(f"/api/v1/documents/{document['id']}"), 404, "unknown-document")
        problem(client.post(f"/api/v1/documents/{document['id']}/restore"), 404, "unknown-document")
        problem(client.post("/api/v1/ask", json=asking), 404, "unknown-base")
        problem(client.delete(path), 404, "unknown-base")
        hidden = turn(client, answer)
        assert (hidden["state"], hidden["sources"]) == ("done", [])
        board = client.app.state.services.progress  # type: ignore[attr-defined]
        assert board.changes(0)[1] == []
        back = client.post(f"{path}/restore").json()
        assert (back["name"], back["documents"]) == ("财务", 1)
        assert [each.id for each in board.changes(0)[1]] == [document["id"]]
        assert turn(client, answer)["sentences"] == answer["sentences"]
        client.delete(path)
        assert client.delete(path, params={"purge": "now"}).status_code == 204
        assert turn(client, answer)["state"] == "erased"
        problem(client.post(f"{path}/restore"), 404, "unknown-base")
        problem(client.delete("/api/v1/bases/default"), 409, "base-protected")


def test_a_deleted_base_takes_its_answers_along(tmp_path: Path) -> None:
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": "营业收入为三百元。"})) as client:
        base = client.post("/api/v1/bases", json={"name": "财务"}).json()["id"]
        upload(client, "年报.md", REPORT.encode(), base=base)
        answer = client.post("/api/v1/ask", json=QUESTION | {"bases": [base]}).json()
        assert client.delete(f"/api/v1/bases/{base}", params={"purge": "now"}).status_code == 204
        assert turn(client, answer)["state"] == "erased"
        assert "三百" not in client.get(f"/api/v1/runs/{answer['run']}/events").text


def test_pages_are_told_of_a_document_that_an_upload_brought_back(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        document = upload(client, "年报.md", REPORT.encode())
        board = client.app.state.services.progress  # type: ignore[attr-defined]
        client.delete(f"/api/v1/documents/{document['id']}")
        assert board.changes(0)[1] == []
        upload(client, "年报.md", REPORT.encode())
        assert [each.id for each in board.changes(0)[1]] == [document["id"]]
