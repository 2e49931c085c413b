"""Committed rows that the disk loses: no original that was answered with 202 goes with them.

SQLite leaves out what stands in its write-ahead log behind the first damaged frame, and says nothing. What has no row
then is no upload that was cut short.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from ingest.store.repair import repair
from tests.faults.test_repair import read_again
from tests.support.ingesting import bench

BEFORE, SINCE = ("零.txt", "一.txt"), ("二.txt", "三.txt", "四.txt")


def text(name: str) -> str:
    return f"{name}说的是今年的第一件事。"


def flipped(log: Path) -> None:
    data = bytearray(log.read_bytes())
    data[32 + 24 + 100] ^= 1  # in the page of the first frame: sqlite.org/fileformat2.html#walformat
    log.write_bytes(data)


def cut(log: Path) -> None:
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 6])


@pytest.mark.parametrize("damage", [flipped, cut, Path.unlink])
def test_no_original_goes_with_its_row(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    running, killed = tmp_path / "running", tmp_path / "killed"
    made = bench(running)
    for name in BEFORE:
        made.taken_in(text(name), name)
    made.close()
    made = bench(running)
    for name in SINCE:
        made.taken_in(text(name), name)
    # As SIGKILL leaves it: nobody has moved the log into the catalog.
    shutil.copytree(running, killed)
    made.close()
    damage(killed / "catalog.db-wal")
    (killed / "catalog.db-shm").unlink(missing_ok=True)
    made = bench(killed)
    there = len(made.library.catalog.documents("default").items)
    originals = len(list(made.library.blobs.every()))
    made.close()
    assert there < len(BEFORE + SINCE), "nothing was lost: this tests nothing"
    assert originals == len(BEFORE + SINCE)
    list(repair(killed))
    made = read_again(killed)
    kept = {
        made.library.original(each.id).read_text(encoding="utf-8")
        for each in made.library.catalog.documents("default").items
    }
    made.close()
    assert kept == {text(name) for name in BEFORE + SINCE}


def test_doctor_counts_originals_without_a_document_and_documents_without_an_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIWEN_DATA_DIR", str(tmp_path))
    made = bench(tmp_path)
    for name in BEFORE:
        made.taken_in(text(name), name)
    first = made.library.blobs.path(made.taken_in(text(SINCE[0]), SINCE[0]).sha256)
    made.close()
    first.unlink()
    main(["doctor"])
    assert "1 originals are no longer in the data folder" in capsys.readouterr().out
    (tmp_path / "catalog.db").unlink()
    main(["doctor"])
    said = capsys.readouterr().out
    assert "2 originals belong to no document" in said
    assert "no documents yet" not in said
    bench(tmp_path).close()
    main(["doctor"])
    assert "2 originals belong to no document" in capsys.readouterr().out
