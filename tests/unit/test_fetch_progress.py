"""Counting what another thread is still moving about."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from models.installed import PARTIAL, kept
from tests.support.fetched import LLM


def test_files_and_folders_may_vanish_while_they_are_counted(tmp_path: Path) -> None:
    fetched = tmp_path / PARTIAL / LLM.name
    done = threading.Event()

    def churn() -> None:
        for number in range(300):
            folder = fetched / f"unpack-{number}"
            for inner in range(5):
                (folder / str(inner)).mkdir(parents=True)
                (folder / str(inner) / "file").touch()
            shutil.rmtree(folder)
        done.set()

    thread = threading.Thread(target=churn)
    thread.start()
    while not done.is_set():
        kept(LLM, tmp_path)
    thread.join()
    (fetched / "file").write_bytes(b"12345")
    assert kept(LLM, tmp_path) == 5
