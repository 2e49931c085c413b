"""What was deleted stays so when a data folder is repaired, and what a repair leaves is told and can be deleted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.cli import main
from ingest.purge import Purger
from ingest.store import documents
from ingest.store.damaged import damaged_copies, forget_damaged
from ingest.store.errors import DataFolderBusy
from ingest.store.lock import DataFolderLock
from ingest.store.records import Document
from ingest.store.repair import repair
from tests.faults.test_repair import NAMES, changed, filled, names, read_again
from tests.support.ingesting import Bench, bench

# A text without its document: the whole catalog is set aside for that.
BREAK = "DELETE FROM documents WHERE name = '3.txt'"


def purged(folder: Path) -> Bench:
    """The folder as it is some time after its next start."""
    made = read_again(folder)
    Purger(made.library, clock=lambda: time.time() + 60).step()
    return made


def first(made: Bench) -> Document:
    return next(each for each in made.library.catalog.documents("default").items if each.name == NAMES[1])


def test_a_hidden_document_stays_hidden_in_a_new_catalog_and_is_erased(tmp_path: Path) -> None:
    made = filled(tmp_path)
    document = first(made)
    original = made.library.blobs.path(document.sha256)
    made.library.hide(document.id)
    made.close()
    changed(tmp_path, BREAK)
    faults = list(repair(tmp_path))
    assert any("1 documents that were deleted stay deleted" in fault.text for fault in faults)
    assert original.exists(), "a repair throws nothing away"
    made = purged(tmp_path)
    assert len(names(made)) == len(NAMES) - 1
    assert document.name not in names(made)
    assert made.found("青铜器1号") == [] or "青铜器1号" not in "".join(made.found("青铜器1号"))
    assert not original.exists()
    made.close()


def test_what_was_to_replace_a_deleted_document_does_not_come_back_either(tmp_path: Path) -> None:
    made = filled(tmp_path)
    document = first(made)
    coming = made.add("新的一份讲到玉器。", document.name, replace=True)
    assert coming.id == document.id
    made.library.hide(document.id)
    made.close()
    changed(tmp_path, BREAK)
    list(repair(tmp_path))
    made = purged(tmp_path)
    assert len(names(made)) == len(NAMES) - 1
    assert made.found("玉器") == []
    assert len(list(made.library.blobs.every())) == len(NAMES) - 1
    made.close()


def test_bytes_that_another_base_needs_outlive_the_deletion(tmp_path: Path) -> None:
    made = filled(tmp_path)
    document = first(made)
    base = made.library.catalog.create_base("另一库")
    same = made.taken_in(made.library.original(document.id).read_text(encoding="utf-8"), "same.txt", base.id)
    made.library.hide(document.id)
    made.close()
    changed(tmp_path, BREAK)
    list(repair(tmp_path))
    made = purged(tmp_path)
    assert "same.txt" in names(made)
    assert document.name not in names(made)
    assert made.library.original(same.id).exists()
    made.close()


def test_a_time_that_can_be_none_deletes_nothing(tmp_path: Path) -> None:
    filled(tmp_path).close()
    changed(tmp_path, f"UPDATE documents SET deleted_at = 3.5e-40 WHERE name = '{NAMES[1]}'; {BREAK}")
    list(repair(tmp_path))
    made = purged(tmp_path)
    assert len(names(made)) == len(NAMES)
    made.close()


def test_documents_keep_the_ids_by_which_answers_are_let_go_with_them(tmp_path: Path) -> None:
    made = filled(tmp_path)
    before = first(made)
    made.close()
    changed(tmp_path, BREAK)
    list(repair(tmp_path))
    made = read_again(tmp_path)
    after = first(made)
    assert (after.id, after.revision) == (before.id, before.revision + 1)
    made.close()


def test_that_a_deleted_document_may_be_among_the_recovered_is_told(tmp_path: Path) -> None:
    filled(tmp_path).close()
    changed(tmp_path, BREAK)
    faults = list(repair(tmp_path))
    told = [fault for fault in faults if "may be among them" in fault.text]
    assert [fault.level for fault in told] == ["warning"]
    assert told[0].text.startswith("1 documents were taken in again")


def test_an_original_whose_deletion_was_cut_short_is_not_taken_in_again(tmp_path: Path) -> None:
    made = filled(tmp_path)
    document = first(made)
    original = made.library.blobs.path(document.sha256)
    with made.library.catalog.write() as connection:
        # As Library.delete does; then the process dies, before the file is gone.
        made.library.note_going({document.sha256})
        made.library.catalog.mark_erase(connection)
        documents.remove(connection, document.id)
    made.close()
    faults = list(repair(tmp_path))
    assert [fault.level for fault in faults] == ["warning"]
    assert document.sha256 in faults[0].text
    made = read_again(tmp_path)
    assert len(names(made)) == len(NAMES) - 1
    assert not original.exists()
    made.close()


def test_the_default_base_does_what_it_did(tmp_path: Path) -> None:
    """A base that hides personal data goes on with that when its documents are read again."""
    filled(tmp_path).close()
    changed(tmp_path, "UPDATE bases SET name = '文档', settings = '{\"redact\": true}' WHERE id = 'default'; " + BREAK)
    list(repair(tmp_path))
    made = bench(tmp_path)
    base = made.library.catalog.base("default")
    assert (base.name, base.settings.redact) == ("文档", True)
    made.close()


def broken_twice(data: Path) -> list[Path]:
    """A catalog and an original that a repair took for damaged."""
    made = filled(data)
    original = made.library.blobs.path(first(made).sha256)
    made.close()
    original.write_bytes(original.read_bytes()[:-3])
    changed(data, BREAK)
    faults = list(repair(data))
    copies = damaged_copies(data)
    told = [fault.text for fault in faults if "still holds text" in fault.text]
    assert len(told) == 2
    for path, text in zip((copies[0], copies[-1]), told, strict=True):
        assert str(path) in text and "--forget-damaged" in text
    return copies


def test_doctor_lists_damaged_copies_and_deletes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    copies = broken_twice(data)
    assert {path.name.partition(".damaged")[1] for path in copies} == {".damaged"}
    whole = sorted(path for path in data.rglob("*") if path.is_file() and path not in copies)
    monkeypatch.setenv("ZHIWEN_DATA_DIR", str(data))
    main(["doctor"])
    told = capsys.readouterr().out
    assert all(f"{path} ({path.stat().st_size / 1e6:.1f} MB) is a damaged copy" in told for path in copies)
    main(["doctor", "--forget-damaged"])
    told = capsys.readouterr().out
    assert f"{len(copies)} damaged copies in {data} were deleted for good" in told
    assert "is a damaged copy" not in told
    assert damaged_copies(data) == []
    assert {path for path in whole if not path.exists()} <= {data / "catalog.db-wal", data / "catalog.db-shm"}


def test_damaged_copies_stay_while_a_server_has_the_folder(tmp_path: Path) -> None:
    copies = broken_twice(tmp_path)
    with DataFolderLock(tmp_path), pytest.raises(DataFolderBusy):
        forget_damaged(tmp_path)
    assert damaged_copies(tmp_path) == copies


def test_what_only_looks_like_a_damaged_copy_is_no_such(tmp_path: Path) -> None:
    (tmp_path / "catalog.db.damaged-by-me").write_text("mine")
    (tmp_path / "originals" / "ab").mkdir(parents=True)
    (tmp_path / "originals" / "ab" / "notes.damaged").write_text("mine")
    assert damaged_copies(tmp_path) == []


def test_a_damaged_original_goes_with_its_document(tmp_path: Path) -> None:
    made = filled(tmp_path)
    document = first(made)
    original = made.library.blobs.path(document.sha256)
    made.close()
    original.write_bytes(original.read_bytes()[:-3])
    list(repair(tmp_path))
    (copy,) = damaged_copies(tmp_path)
    made = bench(tmp_path)
    made.library.delete(document.id)
    assert not copy.exists()
    made.close()
