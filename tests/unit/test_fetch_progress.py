"""Counting what another process is still moving about."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from models.fetch_wheels import _bytes_below


def test_folders_may_vanish_while_they_are_counted(tmp_path: Path) -> None:
    done = threading.Event()

    def churn() -> None:
        for number in range(300):
            folder = tmp_path / f"unpack-{number}"
            for inner in range(5):
                (folder / str(inner)).mkdir(parents=True)
            shutil.rmtree(folder)
        done.set()

    thread = threading.Thread(target=churn)
    thread.start()
    while not done.is_set():
        _bytes_below(tmp_path)
    thread.join()
    (tmp_path / "file").write_bytes(b"12345")
    assert _bytes_below(tmp_path) == 5
