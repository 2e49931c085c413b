"""Deleted bases are hidden at once, with all that is in them, can be restored for ten seconds, and are purged then."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from ingest.purge import UNDO_SECONDS, Purger
from ingest.store import jobs, schema
from ingest.store.errors import NameTaken, UnknownBase, UnknownDocument
from tests.support.fakes import HashEmbedder
from tests.support.ingesting import Bench, bench
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, client_in, problem, upload

TEXT = "星海公司的暗号是蓝鲸四十二号。"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    made = bench(tmp_path)
    yield made
    made.close()


QUESTION = {"question": "二〇二五年营业收入是多少？"}


def turn(client: TestClient, answer: dict[str, Any]) -> dict[str, Any]:
    return dict(client.get(f"/api/v1/conversations/{answer['conversation']}").json()["turns"][0])


@pytest.mark.parametrize("flat_limit", [1000, 3], ids=["flat", "lists"])
def test_a_hidden_base_is_seen_nowhere_and_comes_back_as_it_was(tmp_path: Path, flat_limit: int) -> None:
    made = bench(tmp_path, flat_limit=flat_limit)
    library, catalog = made.library, made.library.catalog
    base = catalog.create_base("财务")
    document = made.taken_in(TEXT, "暗号.txt", base.id)
    for number in range(5):
        made.taken_in(f"第{number}份普通文件。", f"{number}.txt", base.id)
    gone, waiting = made.taken_in("早就删除的文件。", "旧.txt", base.id), made.add("等着的文件。", "等.txt", base.id)
    library.hide(gone.id)
    # Lists are made in the background; of the other the index is made while the base is hidden.
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
