"""What was made of an encoder, in a folder: for whom it is, what it replaces, and what a full disk keeps of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.encoder_int8 import Made, MadeFile


def test_what_was_made_on_another_machine_is_left_alone(tmp_path: Path) -> None:
    here, there = MadeFile(tmp_path, "model"), MadeFile(tmp_path, "model", machine="without integer dot products")
    there.write(Made(b"for that one"))
    assert here.read() is None
    here.write(Made(b"for this one"))
    assert (here.read(), there.read()) == (Made(b"for this one"), Made(b"for that one"))


def test_a_processor_that_lost_its_integer_dot_products_is_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for has, other in ((True, False), (False, True)):
        monkeypatch.setattr("models.encoder_int8.has_integer_dot_products", lambda has=has: has)
        MadeFile(tmp_path / str(has), "model").write(Made(b"network"))
        monkeypatch.setattr("models.encoder_int8.has_integer_dot_products", lambda other=other: other)
        assert MadeFile(tmp_path / str(has), "model").read() is None


def test_what_is_made_anew_takes_the_place_of_what_this_machine_made_before(tmp_path: Path) -> None:
    (tmp_path / "model.2.0123456789abcdef.made").write_bytes(b"of a version that named no machine")
    file = MadeFile(tmp_path, "model")
    for network in (b"first", b"second"):
        file.write(Made(network))
    assert file.read() == Made(b"second")
    (kept,) = tmp_path.iterdir()
    # So it does where the version is another one.
    name = kept.name.split(".")
    kept.rename(kept.with_name(".".join((*name[:2], "1", *name[3:]))))
    assert file.read() is None
    file.write(Made(b"third"))
    assert file.read() == Made(b"third")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_disk_that_takes_only_half_is_left_without_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    resource = pytest.importorskip("resource")
    file, before = MadeFile(tmp_path, "model"), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        file.write(Made(bytes(2000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "made again at the next start" in caplog.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("room", "kept"), [(200_000_000 + 15, True), (200_000_000 + 14, False)])
def test_a_network_is_kept_only_where_the_disk_has_room_for_other_things_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, room: int, kept: bool
) -> None:
    (tmp_path / "earlier.new").write_bytes(b"what a power cut left")
    made = Made(b"network")
    MadeFile(tmp_path, "model", free=lambda _: room).write(made)
    assert MadeFile(tmp_path, "model").read() == (made if kept else None)
    assert len(list(tmp_path.iterdir())) == kept
    assert ("No space left on device" in caplog.text) != kept


def test_of_other_machines_and_models_the_latest_are_kept(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        MadeFile(tmp_path, "model", machine=name).write(Made(name.encode()))
        for path in tmp_path.iterdir():
            os.utime(path, (0.0, path.stat().st_mtime - 10))
    read = [MadeFile(tmp_path, "model", machine=name).read() for name in ("a", "b", "c", "d")]
    assert read == [None, Made(b"b"), Made(b"c"), Made(b"d")]
