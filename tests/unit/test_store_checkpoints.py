"""The folder of what OCR has read: what is kept in it, and how it goes."""

from __future__ import annotations

from pathlib import Path

from ingest.store.checkpoints import Checkpoints

ONE, OTHER = "1" * 64, "2" * 64


def filled(folder: Path, pages: int) -> Path:
    for number in range(pages):
        (folder / f"page-{number}").write_text("text", encoding="utf-8")
    return folder


def test_pages_are_counted_but_not_those_that_are_half_written(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    assert (checkpoints.count(ONE), list(checkpoints.every())) == (0, [])
    folder = filled(checkpoints.begin(ONE), 3)
    (folder / "new-abc").touch()
    assert checkpoints.begin(ONE) == folder
    assert (checkpoints.count(ONE), checkpoints.count(OTHER), list(checkpoints.every())) == (3, 0, [ONE])


def test_nobody_else_can_look_into_it(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.begin(ONE)
    modes = {path.stat().st_mode & 0o777 for path in (checkpoints.folder, checkpoints.folder / ONE)}
    assert modes == {0o700}


def test_what_is_removed_takes_no_other_with_it(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    filled(checkpoints.begin(ONE), 2)
    filled(checkpoints.begin(OTHER), 2)
    # An earlier deletion of the same was cut short.
    gone = checkpoints.folder / f"gone-{ONE}"
    gone.mkdir()
    filled(gone, 1)
    checkpoints.remove(ONE)
    checkpoints.remove(ONE)
    assert [path.name for path in checkpoints.folder.iterdir()] == [OTHER]
    assert checkpoints.count(OTHER) == 2


def test_a_deletion_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    filled(checkpoints.begin(ONE), 2).rename(checkpoints.folder / f"gone-{ONE}")
    checkpoints.sweep()
    assert list(checkpoints.folder.iterdir()) == []
