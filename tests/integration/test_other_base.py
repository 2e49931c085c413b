"""A document is moved to another base: found there and no more here, whatever else happens to it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.document import ParsedDocument
from ingest.store.errors import AlreadyThere, LatelyDeleted, UnknownBase, UnknownDocument
from ingest.store.records import BaseSettings, Document
from ingest.worker import IngestWorker
from tests.support.fakes import HashEmbedder
from tests.support.index_files import index_states
from tests.support.ingesting import Bench, bench, parse_text
from tests.support.traces import traces

TEXT = "星海公司的暗号是蓝鲸四十二号。\n\n联系电话是13812345678。"
PHONE = "13812345678"


class Moved:
    """A bench with a second base, `other`."""

    def __init__(self, folder: Path, **arguments: Any) -> None:
        self.folder = folder
        self.bench: Bench = bench(folder, **arguments)
        self.library = self.bench.library
        self.other = self.library.catalog.create_base("other").id
        for number in range(5):
            self.bench.taken_in(f"第{number}份普通文件，内容也普通。", f"{number}.txt")
            self.bench.taken_in(f"第{number}份别的文件，内容也普通。", f"{number}.txt", self.other)

    def places(self, document_id: str) -> dict[str, set[str]]:
        """By base, the ways in which a document is found there."""
        library, catalog = self.library, self.library.catalog
        found: dict[str, set[str]] = {}
        for base in ("default", self.other):
            words = library.lexical.search("蓝鲸", base_ids=[base], k=10)
            near = library.vectors.search(HashEmbedder().embed_query("暗号是蓝鲸"), base_ids=[base], k=20)
            among = library.vectors.search(
                HashEmbedder().embed_query("暗号"), base_ids=[base], document_ids=[document_id], k=5
            )
            hits = {"words": words, "meaning": near, "among": among}
            ways = {
                way
                for way, keys in hits.items()
                if any(
                    chunk.document_id == document_id
                    for chunk in catalog.stored_chunks([key for key, _ in keys]).values()
                )
            }
            if document_id in {each.id for each in catalog.documents(base, per_page=100).items}:
                ways.add("list")
            found[base] = ways
        return found

    def configure(self, **settings: Any) -> None:
        self.library.configure(self.other, BaseSettings(**settings))


EVERYWHERE = {"words", "meaning", "among", "list"}


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[Moved]:
    made = Moved(tmp_path)
    yield made
    made.bench.close()


@pytest.mark.parametrize("flat_limit", [1000, 3], ids=["flat", "lists"])
def test_it_is_found_where_it_is_and_nowhere_else(tmp_path: Path, flat_limit: int) -> None:
    made = Moved(tmp_path, flat_limit=flat_limit)
    document = made.bench.taken_in(TEXT, "暗号.txt")
    before = made.library.catalog.chunks(document.id)
    assert made.places(document.id) == {"default": EVERYWHERE, made.other: set()}
    for base, elsewhere in ((made.other, "default"), ("default", made.other)):
        assert made.library.move(document.id, base).base_id == base
        assert made.places(document.id) == {base: EVERYWHERE, elsewhere: set()}
    assert made.library.catalog.chunks(document.id) == before
    assert [made.library.catalog.base(each).documents for each in ("default", made.other)] == [6, 5]
    made.bench.close()


@pytest.mark.parametrize("flat_limit", [1000, 3], ids=["flat", "lists"])
def test_it_is_found_there_after_a_restart_and_the_indexes_are_of_today(tmp_path: Path, flat_limit: int) -> None:
    made = Moved(tmp_path, flat_limit=flat_limit)
    document = made.bench.taken_in(TEXT, "暗号.txt")
    made.library.vectors.save()
    made.library.move(document.id, made.other)
    made.library.vectors.save()
    made.bench.close()
    again = bench(tmp_path, flat_limit=flat_limit)
    assert index_states(again.library.catalog, tmp_path / "index") == {"current"}
    made.bench, made.library = again, again.library
    assert made.places(document.id) == {made.other: EVERYWHERE, "default": set()}
    again.close()


def test_what_is_deleted_after_a_move_is_in_no_index_of_either_base(moved: Moved) -> None:
    document = moved.bench.taken_in(TEXT, "暗号.txt")
    moved.library.vectors.save()
    with moved.library.catalog.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT vector FROM vectors JOIN chunks ON key = chunk_key WHERE document_id = ?", (document.id,)
        ).fetchall()
    moved.library.move(document.id, moved.other)
    moved.library.vectors.save()
    moved.library.delete(document.id)
    assert traces((moved.folder,), ["蓝鲸"], [row.vector for row in rows]) == set()


def test_a_process_that_ends_right_after_the_change_leaves_no_file_that_still_has_it(
    moved: Moved, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = moved.bench.taken_in(TEXT, "暗号.txt")
    moved.library.vectors.save()

    def dies(_base: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(moved.library.vectors, "erase", dies)
    with pytest.raises(KeyboardInterrupt):
        moved.library.move(document.id, moved.other)
    assert not list((moved.folder / "index").glob("default.*"))
    moved.library.catalog.close()
    moved.bench = bench(moved.folder)
    moved.library = moved.bench.library
    assert moved.places(document.id) == {moved.other: EVERYWHERE, "default": set()}


def test_a_move_that_fails_changes_nothing(moved: Moved, monkeypatch: pytest.MonkeyPatch) -> None:
    document = moved.bench.taken_in(TEXT, "暗号.txt")

    def fails(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(moved.library, "note_going", fails)
        with pytest.raises(ZeroDivisionError):
            moved.library.move(document.id, moved.other)
    assert moved.places(document.id) == {"default": EVERYWHERE, moved.other: set()}


def test_the_same_bytes_are_not_put_beside_each_other(moved: Moved) -> None:
    mine, theirs = moved.bench.taken_in(TEXT, "mine.txt"), moved.bench.taken_in(TEXT, "theirs.txt", moved.other)
    with pytest.raises(AlreadyThere, match=r"theirs\.txt"):
        moved.library.move(mine.id, moved.other)
    moved.library.hide(theirs.id)
    with pytest.raises(LatelyDeleted, match="other"):
        moved.library.move(mine.id, moved.other)
    moved.library.delete(theirs.id)
    assert moved.library.move(mine.id, moved.other).base_id == moved.other


def test_bytes_that_are_about_to_come_count_as_there(moved: Moved) -> None:
    mine = moved.bench.taken_in(TEXT, "mine.txt")
    moved.bench.taken_in("旧的内容。", "theirs.txt", moved.other)
    moved.bench.add(TEXT, "theirs.txt", moved.other, replace=True)
    with pytest.raises(AlreadyThere):
        moved.library.move(mine.id, moved.other)
    moved.bench.taken_in("新的内容。", "new.txt", moved.other)
    moved.bench.add("新的内容。", "mine.txt", replace=True)
    with pytest.raises(AlreadyThere, match=r"new\.txt|theirs\.txt"):
        moved.library.move(mine.id, moved.other)


def test_what_waits_is_read_in_the_base_where_it_is_by_then(moved: Moved) -> None:
    moved.configure(redact=True, keep_originals=False)
    document = moved.bench.add(TEXT, "暗号.txt")
    moved.library.move(document.id, moved.other)
    moved.bench.work()
    found = moved.bench.document(document)
    assert (found.base_id, found.status, found.redacted, found.kept) == (moved.other, "ready", True, False)
    assert moved.places(document.id) == {moved.other: EVERYWHERE, "default": set()}


def moving_reader(then: Callable[[], None]) -> tuple[Callable[..., ParsedDocument], list[str]]:
    """A parser in the middle of which something happens, once; and what it has read."""
    read: list[str] = []

    def parse(path: Path, name: str, **options: Any) -> ParsedDocument:
        if name == "暗号.txt":
            read.append(name)
            if len(read) == 1:
                then()
        return parse_text(path, name, **options)

    return parse, read


@pytest.mark.parametrize(
    ("settings", "times"),
    [({}, 1), ({"redact": True}, 2), ({"keep_originals": False}, 2)],
    ids=["alike", "redact", "drop"],
)
def test_what_is_being_read_goes_on_unless_the_other_base_would_read_it_otherwise(
    tmp_path: Path, settings: dict[str, bool], times: int
) -> None:
    parse, read = moving_reader(lambda: made.library.move(document.id, made.other) and None)
    made = Moved(tmp_path, parse=parse)
    made.configure(**settings)
    document = made.bench.add(TEXT, "暗号.txt")
    made.bench.work()
    found = made.bench.document(document)
    assert (found.status, found.base_id, len(read)) == ("ready", made.other, times)
    assert (found.redacted, found.kept) == (settings.get("redact", False), settings.get("keep_originals", True))
    assert made.places(document.id) == {made.other: EVERYWHERE, "default": set()}
    # Whoever watched the one base was told nothing of it once it was in the other.
    told = [each.base_id for each in made.bench.board.changes(0)[1] if each.id == document.id]
    assert told == [made.other]
    made.bench.close()


def test_a_new_revision_that_is_being_read_ends_in_the_other_base(tmp_path: Path) -> None:
    documents: list[Document] = []
    parse, read = moving_reader(lambda: documents and made.library.move(documents[0].id, made.other) and None)
    made = Moved(tmp_path, parse=parse)
    documents.append(made.bench.taken_in(TEXT, "暗号.txt"))
    read.clear()
    made.bench.add("新的暗号是蓝鲸七号。", "暗号.txt", replace=True)
    made.bench.work()
    found = made.bench.document(documents[0])
    assert (found.revision, found.base_id) == (2, made.other)
    assert made.bench.found("蓝鲸", made.other) == ["新的暗号是蓝鲸七号。"]
    assert made.places(found.id) == {made.other: EVERYWHERE, "default": set()}
    made.library.vectors.save()
    assert traces((tmp_path,), ["四十二"]) == set()
    made.bench.close()


def test_a_base_that_hides_personal_data_reads_it_again(moved: Moved) -> None:
    moved.configure(redact=True)
    document = moved.bench.taken_in(TEXT, "暗号.txt")
    assert moved.library.move(document.id, moved.other).status == "queued"
    assert moved.places(document.id)[moved.other] == EVERYWHERE, "what was read is searched until then"
    moved.bench.work()
    assert moved.bench.found(PHONE, moved.other) == []
    assert moved.bench.document(document).redacted
    # And back, where it is wanted as it was.
    moved.library.move(document.id, "default")
    moved.bench.work()
    assert moved.bench.found(PHONE) and not moved.bench.document(document).redacted


def test_what_cannot_be_read_again_is_told(moved: Moved) -> None:
    moved.library.configure("default", BaseSettings(keep_originals=False))
    moved.configure(redact=True)
    document = moved.bench.taken_in(TEXT, "暗号.txt")
    moved.library.move(document.id, moved.other)
    _, without = moved.library.read_outdated(moved.other)
    assert [each.id for each in without] == [document.id]


def test_a_base_without_originals_keeps_none_of_it_but_what_another_keeps(moved: Moved) -> None:
    moved.configure(keep_originals=False)
    third = moved.library.catalog.create_base("third").id
    document, copy = moved.bench.taken_in(TEXT, "暗号.txt"), moved.bench.taken_in(TEXT, "暗号.txt", third)
    failed = moved.bench.taken_in("CORRUPT", "bad.txt")
    for each in (document, failed):
        moved.library.move(each.id, moved.other)
    assert (moved.bench.document(document).kept, moved.bench.document(failed).kept) == (False, True)
    assert moved.library.original(copy.id).is_file()
    moved.library.delete(copy.id)
    assert document.sha256 not in set(moved.library.blobs.every())
    assert failed.sha256 in set(moved.library.blobs.every())


def test_what_is_hidden_is_not_moved_and_what_was_moved_does_not_go_with_its_old_base(moved: Moved) -> None:
    document: Document = moved.bench.taken_in(TEXT, "暗号.txt", moved.other)
    moved.library.hide(document.id)
    with pytest.raises(UnknownDocument):
        moved.library.move(document.id, "default")
    moved.library.restore(document.id)
    with pytest.raises(UnknownBase):
        moved.library.move(document.id, "nothing")
    moved.library.move(document.id, "default")
    moved.library.delete_base(moved.other)
    assert moved.bench.document(document).status == "ready"
    assert moved.bench.found("蓝鲸")
    with pytest.raises(UnknownBase):
        moved.library.move(document.id, moved.other)


def test_a_hidden_base_takes_what_was_moved_into_it_along(moved: Moved) -> None:
    document = moved.bench.taken_in(TEXT, "暗号.txt")
    moved.library.move(document.id, moved.other)
    moved.library.hide_base(moved.other)
    with pytest.raises(UnknownDocument):
        moved.library.move(document.id, "default")
    moved.library.restore_base(moved.other)
    assert moved.places(document.id) == {moved.other: EVERYWHERE, "default": set()}


def test_another_embedder_gets_it_in_the_base_where_it_is(tmp_path: Path) -> None:
    made = Moved(tmp_path)
    document = made.bench.taken_in(TEXT, "暗号.txt")
    made.bench.worker.stop()
    new = HashEmbedder(dimensions=32)

    class Moving:
        """Moves the document while it is embedded anew."""

        def __getattr__(self, name: str) -> Any:
            return getattr(new, name)

        def embed_passages(self, texts: Any, step: Any) -> Any:
            if any("蓝鲸" in text for text in texts):
                made.library.move(document.id, made.other)
            return new.embed_passages(texts, step)

    worker = IngestWorker(made.library, Moving, made.bench.board)  # type: ignore[arg-type, return-value]
    while worker.step():
        pass
    hits = made.library.vectors.search(new.embed_query("暗号是蓝鲸"), base_ids=[made.other], k=20)
    found = made.library.catalog.stored_chunks([key for key, _ in hits]).values()
    assert document.id in {chunk.document_id for chunk in found}
    made.bench.close()
