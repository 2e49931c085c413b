"""Deleted means gone: no byte of it is left in any file of the data folder."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import numpy as np
import pytest
from sqlalchemy import event, text

from app.answering.coverage import folded
from app.answering.events import Done, Scope
from app.answering.question import Question
from app.bootstrap import Services
from ingest.store import documents
from ingest.store.catalog import Catalog
from ingest.store.errors import BaseProtected, UnknownBase, UnknownDocument
from models.llama import LlamaModel
from tests.support.fakes import HashEmbedder
from tests.support.ingesting import Bench, bench
from tests.support.served import REPORT, client_in, upload
from tests.support.tiny_gguf import write_gguf

# Words that no dictionary has, so that finding one means that the document's own bytes were found.
SECRET = "鑫淼璟瑄于癸卯岁售出翀翯牌玳瑁镯，编号qzxkv7731，价八万九千。"
TRACES = ["鑫淼", "璟瑄", "翀翯", "玳瑁镯", "qzxkv7731", "鑫淼璟瑄"]
NAME = "绝密jqwyf55.txt"


def traces(folder: Path) -> list[str]:
    """Where something of the secret document is still to be found."""
    vector = HashEmbedder().embed_passages([SECRET]).vectors[0]
    patterns = [word.encode() for word in [*TRACES, "jqwyf55"]]
    patterns += [vector.astype("<f2").tobytes(), vector.astype("<f2").astype("<f4").tobytes()]
    return [
        f"{path.name}: {pattern[:20]!r}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for pattern in patterns
        if pattern in path.read_bytes()
    ]


def filled(folder: Path, others: int = 30, **options) -> Bench:
    made = bench(folder, **options)
    for number in range(others):
        made.taken_in(f"第{number}份普通文件。" + "普通内容，" * (number % 7) + f"序号{number * 17}。", f"{number}.txt")
        if number == others // 2:
            made.taken_in(SECRET, NAME)
    return made


def secret(made: Bench):
    return next(d for d in made.library.catalog.documents("default", per_page=500).items if d.name == NAME)


@pytest.mark.parametrize("saved", [False, True], ids=["in the log", "in the file"])
@pytest.mark.parametrize("flat_limit", [1000, 10], ids=["flat", "lists"])
def test_nothing_of_a_document_is_left(tmp_path: Path, saved: bool, flat_limit: int) -> None:
    made = filled(tmp_path, flat_limit=flat_limit)
    if saved:
        made.close()
        made = bench(tmp_path, flat_limit=flat_limit)
        made.nearest("普通")
    assert traces(tmp_path), "the test must be able to see it"
    made.library.delete(secret(made).id)
    assert traces(tmp_path) == []
    made.library.vectors.save()
    assert traces(tmp_path) == []
    assert len(made.library.vectors.search(HashEmbedder().embed_query("普通"), base_ids=["default"], k=99)) == 30
    assert len(made.found("普通文件")) == 20
    made.close()
    assert traces(tmp_path) == []


def test_a_deletion_during_the_erasure_of_another_is_erased_too(tmp_path: Path) -> None:
    """What the first has merged and cut before the second came does not answer for the second."""
    made = filled(tmp_path, others=6)
    first = made.taken_in("这一份先走。", "first.txt")
    catalog, late = made.library.catalog, [secret(made).id]

    merged = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "optimize" in statement:
            merged.append(statement)

    def also(*_: object) -> None:
        # The transaction of the first has merged and ended; its mark is still there.
        if late and merged:
            document = late.pop()
            with catalog.write() as connection:
                catalog.mark_erase(connection)
                documents.remove(connection, document)

    made.library.hide(first.id)
    event.listen(catalog.engine, "after_cursor_execute", note)
    event.listen(catalog.engine, "checkin", also)
    made.library.delete(first.id)
    assert not late and not catalog.erase_due()
    assert [trace for trace in traces(tmp_path) if trace.startswith("catalog")] == []
    made.close()


def test_memory_forgets_also_what_another_thread_deleted_during_an_erasure(tmp_path: Path) -> None:
    """Its mark goes with the first one, so that it has nothing left to erase, and nobody to tell."""
    made = bench(tmp_path)
    first, second = made.taken_in("这一份先走。", "first.txt"), made.taken_in(SECRET, NAME)
    catalog, late, forgotten = made.library.catalog, [second.id], []

    def note() -> None:
        forgotten.append(not late)

    def also() -> None:
        # The other thread has committed, and gets no further until the first is done.
        if late:
            with catalog.write() as connection:
                catalog.mark_erase(connection)
                documents.remove(connection, late.pop())

    made.library.erasing += [note, also]
    made.library.delete(first.id)
    assert forgotten == [False, True]
    assert not catalog.erase_due()
    made.close()


def test_memory_is_told_to_forget_only_where_something_was_deleted(tmp_path: Path) -> None:
    made = bench(tmp_path)
    forgotten: list[str] = []
    made.library.erasing.append(lambda: forgotten.append("all"))
    assert made.library.erase()
    assert forgotten == []
    made.library.delete(made.taken_in(SECRET, NAME).id)
    assert forgotten == ["all"]
    made.close()


def test_no_row_is_left(tmp_path: Path) -> None:
    made = bench(tmp_path)
    document = made.taken_in(SECRET, NAME)
    made.library.delete(document.id)
    with made.library.catalog.read() as connection:
        for table in ("documents", "texts", "chunks", "vectors", "jobs", "keywords"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    with pytest.raises(UnknownDocument):
        made.library.catalog.document(document.id)
    with pytest.raises(UnknownDocument):
        made.library.delete(document.id)
    made.close()


def test_nothing_of_a_replaced_text_is_left(tmp_path: Path) -> None:
    made = filled(tmp_path)
    made.library.vectors.save()
    made.add("这里什么也没有了。", NAME, replace=True)
    made.work()
    made.library.vectors.save()
    assert [trace for trace in traces(tmp_path) if "jqwyf55" not in trace] == []
    made.close()


def test_nothing_of_a_base_is_left(tmp_path: Path) -> None:
    made = filled(tmp_path, others=3)
    made.library.delete(secret(made).id)
    base = made.library.catalog.create_base("秘密")
    made.taken_in(SECRET, NAME, base.id)
    made.add(SECRET + "再来一份", "waiting.txt", base.id)
    made.library.vectors.save()
    made.library.delete_base(base.id)
    assert traces(tmp_path) == []
    assert len(list((tmp_path / "index").glob("*.faiss"))) == 1
    with pytest.raises(UnknownBase):
        made.library.catalog.base(base.id)
    with pytest.raises(BaseProtected):
        made.library.delete_base("default")
    assert made.library.catalog.base("default").documents == 3
    made.close()


def test_bytes_that_another_base_needs_stay(tmp_path: Path) -> None:
    made = bench(tmp_path)
    first = made.taken_in(SECRET, NAME)
    other = made.library.catalog.create_base("other")
    second = made.taken_in(SECRET, NAME, other.id)
    made.library.delete(first.id)
    assert made.library.original(second.id).read_text(encoding="utf-8") == SECRET
    assert made.nearest("玳瑁镯", other.id) == [SECRET]
    made.library.delete(second.id)
    assert traces(tmp_path) == []
    made.close()


def test_a_deletion_cut_short_is_finished_at_the_next_start(tmp_path: Path) -> None:
    made = filled(tmp_path)
    made.library.vectors.save()
    document = secret(made)
    # What a process does that dies right after its commit.
    with made.library.catalog.write() as connection:
        made.library.note_going({document.sha256})
        made.library.catalog.mark_erase(connection)
        connection.execute(text("DELETE FROM documents WHERE id = :id"), {"id": document.id})
    made.library.catalog.close()
    assert traces(tmp_path)
    again = bench(tmp_path)
    assert traces(tmp_path) == []
    again.close()


def test_a_deletion_waits_for_a_reader_and_is_finished_later_if_it_must(tmp_path: Path) -> None:
    made = filled(tmp_path, others=3)
    with made.library.catalog.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=10")
    catalog = Catalog(tmp_path)
    reader = catalog.read()
    connection = reader.__enter__()
    connection.execute(text("SELECT * FROM documents")).all()
    impatient(made)
    made.library.delete(secret(made).id)
    assert made.library.catalog.erase_due()
    reader.__exit__(None, None, None)
    catalog.close()
    made.library.catalog.erase()
    assert not made.library.catalog.erase_due()
    assert traces(tmp_path) == []
    made.close()


def impatient(made: Bench) -> None:
    """Every connection of the library gives up waiting soon."""
    from sqlalchemy import event

    made.library.catalog.engine.dispose()
    event.listen(made.library.catalog.engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=10"))


def test_deleting_many_in_any_order_leaves_nothing(tmp_path: Path) -> None:
    made = bench(tmp_path)
    rng = np.random.default_rng(0)
    marks = [f"mark{rng.integers(10**9):09d}q" for _ in range(25)]
    documents = [made.taken_in(f"{mark} 与 {mark[::-1]} 同在。", f"{n}.txt") for n, mark in enumerate(marks)]
    for n in rng.permutation(25):
        made.library.delete(documents[n].id)
        everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert marks[n].encode() not in everything
        assert marks[n][::-1].encode() not in everything
    made.close()


def test_a_language_model_keeps_nothing_of_what_is_deleted(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", "qwen2", context=8192)

    def tiny() -> LlamaModel:
        return LlamaModel(path, name="tiny", context_tokens=8192, threads=1, prefix_bytes=100_000_000)

    with client_in(tmp_path, llm=tiny, answer_tokens=16) as client:
        services: Services = client.app.state.services  # type: ignore[attr-defined]

        def reused() -> int:
            question = Question("二〇二五年营业收入是多少？", Scope(("default",)))
            *_, done = services.answerer.answer(question, Event())
            assert isinstance(done, Done)
            return int(done.usage["reused_tokens"])

        upload(client, "年报.md", REPORT.encode())
        other = upload(client, "别的.md", "# 别的\n\n仓库里有三十把椅子。\n".encode())
        assert (reused() > 0, reused() > 0) == (False, True)
        client.delete(f"/api/v1/documents/{other['id']}", params={"purge": "now"})
        assert (reused() > 0, reused() > 0) == (False, True)
        talk = client.post("/api/v1/ask", json={"question": "有多少员工？", "bases": ["default"]}).json()
        assert reused() > 0
        client.delete(f"/api/v1/conversations/{talk['conversation']}")
        services.purger.step()
        assert reused() == 0


def test_a_search_keeps_no_chunk_in_memory_when_something_is_deleted(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        services: Services = client.app.state.services  # type: ignore[attr-defined]
        document = upload(client, "年报.md", REPORT.encode())
        services.answerer.retriever.search(("营业收入是多少？",), Scope(("default",)), 5)
        assert folded.cache_info().currsize > 0
        client.delete(f"/api/v1/documents/{document['id']}", params={"purge": "now"})
        assert folded.cache_info().currsize == 0
