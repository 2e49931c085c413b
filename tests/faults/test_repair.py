"""A data folder that something damaged: `zhiwen doctor --repair` loses no document whose original is there."""

from __future__ import annotations

import io
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.cli import main
from ingest.store import bases
from ingest.store.errors import CatalogDamaged, DataFolderBusy
from ingest.store.lock import DataFolderLock
from ingest.store.repair import Fault, repair
from tests.support.ingesting import Bench, bench

NAMES = [f"{number}.txt" for number in range(12)]


def filled(folder: Path) -> Bench:
    made = bench(folder)
    for number, name in enumerate(NAMES):
        base = "default" if number % 2 else made.library.catalog.create_base(f"库{number}").id
        made.taken_in(f"第{number}份文件讲到青铜器{number}号，出土于{1900 + number}年。", name, base)
    return made


def names(made: Bench) -> list[str]:
    """Of all documents that are ready, in all bases."""
    catalog = made.library.catalog
    found = [each for base in catalog.bases() for each in catalog.documents(base.id, per_page=100).items]
    return sorted(each.name for each in found if each.status == "ready")


def read_again(folder: Path) -> Bench:
    made = bench(folder)
    made.work()
    return made


def mended(folder: Path) -> list[Fault]:
    """What was wrong; nothing is wrong after that."""
    faults = list(repair(folder))
    made = read_again(folder)
    made.close()
    assert not [fault for fault in repair(folder) if fault.mended]
    return faults


def test_nothing_is_wrong_with_a_whole_folder(tmp_path: Path) -> None:
    filled(tmp_path).close()
    assert list(repair(tmp_path)) == []


@pytest.mark.slow
def test_a_catalog_with_flipped_bits_loses_no_document(tmp_path: Path, full: bool) -> None:
    """Wherever they are: what cannot be told from a whole one is whole, and the rest is read again."""
    filled(tmp_path / "whole").close()
    whole = {
        path.relative_to(tmp_path / "whole"): path.read_bytes()
        for path in (tmp_path / "whole").rglob("*")
        if path.is_file()
    }
    rebuilt = 0
    for seed in range(60 if full else 8):
        dice, folder = random.Random(seed), tmp_path / f"flipped-{seed}"
        for path, data in whole.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        catalog = bytearray((folder / "catalog.db").read_bytes())
        # A broken disk takes whole sectors.
        for _ in range(dice.choice((1, 4))):
            at = dice.randrange(0, len(catalog) - 512, 512)
            catalog[at : at + 512] = dice.randbytes(512)
        (folder / "catalog.db").write_bytes(catalog)
        faults = list(repair(folder))
        rebuilt += any("catalog was damaged" in fault.text for fault in faults)
        made = read_again(folder)
        ready = names(made)
        # A name may be lost with its row, the document is not.
        assert len(ready) == len(NAMES), (seed, faults, ready)
        assert made.found("青铜器3号") or any(made.found("青铜器3号", base.id) for base in made.library.catalog.bases())
        made.close()
    assert rebuilt


def test_originals_outlive_a_catalog_that_was_moved_away(tmp_path: Path) -> None:
    made = filled(tmp_path)
    made.close()
    (tmp_path / "catalog.db").rename(tmp_path / "elsewhere.db")
    # A start with an empty catalog must not take them for what a broken upload left.
    bench(tmp_path).close()
    faults = mended(tmp_path)
    assert len([fault for fault in faults if fault.mended]) == len(NAMES)
    again = bench(tmp_path)
    assert len(names(again)) == len(NAMES)
    again.close()


def changed(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "catalog.db", isolation_level=None)) as connection:
        connection.executescript(f"PRAGMA foreign_keys=OFF; {statement}")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM keywords WHERE rowid < 5", "keyword index"),
        ("DELETE FROM texts WHERE rowid < 4", "lacks a part"),
        ("DELETE FROM vectors WHERE chunk_key = 3", "lacks a part"),
        ("DELETE FROM vectors WHERE chunk_key = 2; DELETE FROM chunks WHERE key = 2", "lacks a part"),
        ("DELETE FROM documents WHERE name = '3.txt'", "catalog was damaged"),
    ],
)
def test_what_lacks_in_a_whole_database(tmp_path: Path, statement: str, told: str) -> None:
    filled(tmp_path).close()
    changed(tmp_path, statement)
    assert any(told in fault.text and fault.mended for fault in mended(tmp_path))
    made = bench(tmp_path)
    assert len(names(made)) == len(NAMES)
    made.close()


def test_an_answer_whose_conversation_is_lost_goes_with_it(tmp_path: Path) -> None:
    filled(tmp_path).close()
    changed(
        tmp_path,
        "INSERT INTO conversations VALUES ('kept', '谈话', '[]', 1, 1, NULL);"
        + "".join(
            f"INSERT INTO answers (id, conversation_id, ordinal, question, answer, state, model, sources, sentences, "
            f"timings, scope, created_at) "
            f"VALUES ('{each}', '{each}', 0, '问', '答', 'done', '', '[]', '[]', '{{}}', '{{}}', 1);"
            for each in ("kept", "lost")
        ),
    )
    mended(tmp_path)
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as connection:
        assert connection.execute("SELECT id FROM answers").fetchall() == [("kept",)]
    made = bench(tmp_path)
    assert names(made) == sorted(NAMES)
    made.close()


def test_an_original_that_changed_is_told_and_kept(tmp_path: Path) -> None:
    made = filled(tmp_path)
    document = made.library.catalog.documents("default").items[0]
    path = made.library.blobs.path(document.sha256)
    made.close()
    path.write_bytes(path.read_bytes()[:-3])
    faults = list(repair(tmp_path))
    assert [fault.mended for fault in faults] == [False, False]
    assert document.name in faults[1].text
    assert path.with_name(f"{path.name}.damaged").exists()


def test_an_original_that_is_lost_comes_back_with_the_same_file(tmp_path: Path) -> None:
    """It is what a person is told to do."""
    made = filled(tmp_path)
    document = made.library.catalog.documents("default").items[0]
    path = made.library.blobs.path(document.sha256)
    content = path.read_bytes()
    path.unlink()
    again, created = made.library.add("default", document.name, io.BytesIO(content))
    assert (again.id, created) == (document.id, True)
    assert path.read_bytes() == content
    made.work()
    assert made.document(document).status == "ready"
    made.close()


def test_vectors_of_another_catalog_are_not_taken_for_these(tmp_path: Path) -> None:
    """It counts its chunks from 1, in a base of the same name, as this one does."""
    made = bench(tmp_path)
    for n in range(3):
        made.taken_in(f"旧文件{chr(0x4E00 + 37 * n) * 6}", f"{n}.txt")
    made.close()
    for path in tmp_path.glob("catalog.db*"):
        path.unlink()
    made = bench(tmp_path)
    with made.library.catalog.write() as connection:
        # However much was changed in it before its vectors are first looked at.
        for _ in range(50):
            bases.touch(connection, "default")
    texts = [f"新文件{chr(0x6000 + 91 * n) * 6}" for n in range(3)]
    for n, text in enumerate(texts):
        made.taken_in(text, f"new{n}.txt")
    assert [made.nearest(text) for text in texts] == [[text] for text in texts]
    made.close()


def test_a_vector_index_that_changed_is_built_anew(tmp_path: Path) -> None:
    filled(tmp_path).close()
    path = next((tmp_path / "index").glob("*.faiss"))
    path.write_bytes(path.read_bytes()[:-3])
    assert [fault.text for fault in mended(tmp_path)] == [
        f"the vector index {path.name} was damaged: it is built anew when it is needed"
    ]


def test_a_folder_that_is_open_is_left_alone(tmp_path: Path) -> None:
    with DataFolderLock(tmp_path), pytest.raises(DataFolderBusy):
        list(repair(tmp_path))


def test_the_command_says_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    filled(data).close()
    (data / "catalog.db").write_bytes(b"no database at all" * 300)
    with pytest.raises(CatalogDamaged, match="--repair"):
        bench(data)
    monkeypatch.setenv("ZHIWEN_DATA_DIR", str(data))
    main(["doctor", "--repair"])
    told = capsys.readouterr().out
    assert "repaired the catalog was damaged" in told
    assert told.count("is read again as recovered-") == len(NAMES)
    made = read_again(data)
    assert len(names(made)) == len(NAMES)
    made.close()
