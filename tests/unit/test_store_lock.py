"""One process owns a data folder, and others learn which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.store.errors import DataFolderBusy
from ingest.store.lock import DataFolderLock, owner


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    with DataFolderLock(tmp_path / "data", url="http://127.0.0.1:8000") as lock:
        found = owner(tmp_path / "data")
        assert found is not None
        assert (found.pid, found.url) == (os.getpid(), "http://127.0.0.1:8000")
        with pytest.raises(DataFolderBusy, match=f"{os.getpid()}.*127.0.0.1:8000"):
            DataFolderLock(tmp_path / "data").acquire()
        assert owner(tmp_path / "data") == found
        lock.announce("http://127.0.0.1:9000")
        assert owner(tmp_path / "data").url == "http://127.0.0.1:9000"
    assert owner(tmp_path / "data") is None
    with DataFolderLock(tmp_path / "data"):
        assert owner(tmp_path / "data").url == ""


def test_a_lock_file_that_was_deleted_lets_nobody_in(tmp_path: Path) -> None:
    with DataFolderLock(tmp_path, url="http://127.0.0.1:8000"):
        found = owner(tmp_path)
        (tmp_path / "owner.lock").unlink()
        assert owner(tmp_path) == found
        for _ in range(2):  # the first of them leaves a lock file that it holds no more
            with pytest.raises(DataFolderBusy, match=f"{os.getpid()}.*127.0.0.1:8000"):
                DataFolderLock(tmp_path).acquire()
            assert owner(tmp_path) == found
    assert owner(tmp_path) is None
    with DataFolderLock(tmp_path):
        assert owner(tmp_path) is not None


def test_nobody_holds_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert owner(tmp_path / "data") is None
    assert not (tmp_path / "data").exists()


def test_releasing_twice_does_nothing(tmp_path: Path) -> None:
    lock = DataFolderLock(tmp_path)
    lock.acquire()
    lock.release()
    lock.release()


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from ingest.store.lock import DataFolderLock\n"
        "lock = DataFolderLock(Path(sys.argv[1]), url='x'); lock.acquire()\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "."},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        found = owner(tmp_path)
        assert found is not None
        assert found.pid == child.pid
        child.kill()
    assert (tmp_path / "owner.json").exists()
    assert owner(tmp_path) is None
    with DataFolderLock(tmp_path):
        assert owner(tmp_path).pid == os.getpid()


def test_a_broken_note_names_nobody(tmp_path: Path) -> None:
    with DataFolderLock(tmp_path):
        (tmp_path / "owner.json").write_text("{")
        with pytest.raises(DataFolderBusy):
            DataFolderLock(tmp_path).acquire()
