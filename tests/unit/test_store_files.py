"""Files that are there after a crash, and errors of the disk in our own words."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from ingest.errors import DiskFull
from ingest.library import Library
from ingest.store.errors import CatalogUnusable
from ingest.store.files import disk_named, explain_os_error, make_folder, write_durably


def error(number: int) -> OSError:
    return OSError(number, os.strerror(number), "/data/originals/ab")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_no_room(number: int) -> None:
    found = explain_os_error(error(number), "报告.pdf", Path("/data"))
    assert isinstance(found, DiskFull)
    assert found.params == {"name": "报告.pdf", "path": "/data"}


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO])
def test_a_disk_that_cannot_be_used(number: int) -> None:
    found = explain_os_error(error(number), "报告.pdf", Path("/data"))
    assert isinstance(found, CatalogUnusable)
    assert found.params == {"path": "/data/originals/ab", "reason": os.strerror(number)}


def test_what_is_no_fault_of_the_disks_stays_as_it_is() -> None:
    assert explain_os_error(error(errno.ENOENT), "报告.pdf", Path("/data")) is None
    with pytest.raises(FileNotFoundError), disk_named("报告.pdf", Path("/data")):
        raise error(errno.ENOENT)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogUnusable, match="file"):
        make_folder(tmp_path / "file" / "data")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "choices.json"
    write_durably(path, b"old")
    write_durably(path, b"new")
    with pytest.raises(TypeError):
        write_durably(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"new"
    assert [found.name for found in tmp_path.iterdir()] == ["choices.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which file a descriptor is of")
def test_every_new_folder_is_durable_in_the_one_above_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[str] = set()
    sync = os.fsync

    def remember(descriptor: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", remember)
    data = tmp_path / "some" / "where" / "data"
    Library(data).close()
    above = {str(folder) for folder in (tmp_path, data.parent.parent, data.parent, data, data / "originals")}
    assert above <= synced
