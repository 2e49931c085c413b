"""A backup that is killed is none, and a restore that is killed leaves the old folder or the new one, whole."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.store.backup import back_up
from ingest.store.restore import restore
from tests.support.killed import Site, check_catalog, site_in
from tests.support.mixed_files import mixed_files
from tests.support.processes import ROOT, ZHIWEN
from tests.support.served import client_in, services_in, upload

Record = Callable[[Mapping[str, object]], None]

# Ends its process before the change to the file system with the number given.
CHILD = """
import os, signal, sys
from pathlib import Path
from ingest.store.backup import back_up
from ingest.store.restore import restore
left, what, *paths = sys.argv[1:]
left, paths = int(left), [Path(path) for path in paths]
def watch(event, arguments):
    global left
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event in ("os.rename", "os.mkdir", "os.rmdir", "os.remove"):
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
sys.addaudithook(watch)
restore(*paths, over=True) if what == "restore" else back_up(*paths, "1.0")
"""


def killed_at(change: int, what: str, *paths: Path) -> bool:
    """Whether it was killed; False when it makes fewer changes and got through."""
    command = [sys.executable, "-c", CHILD, str(change), what, *map(str, paths)]
    status = subprocess.run(command, cwd=ROOT, check=False, stderr=subprocess.PIPE)
    assert status.returncode in (0, -signal.SIGKILL), status.stderr
    return status.returncode != 0


@dataclass(frozen=True)
class State:
    """What is to be seen of a data folder: names of documents with their texts and the bytes of their originals."""

    documents: dict[str, tuple[str, bytes]]


def state_of(folder: Path) -> State:
    with services_in(folder) as services:
        library = services.library
        documents = library.catalog.documents("default").items
        assert all(document.status == "ready" for document in documents)
        hits = library.lexical.search("年假", base_ids=["default"], k=10)
        assert len(hits) == len(documents)
        return State(
            {
                each.name: (library.catalog.text(each.id).text, library.original(each.id).read_bytes())
                for each in documents
            }
        )


@dataclass(frozen=True)
class Old:
    """A folder whose `data` has one document more than the backup, and what both hold."""

    folder: Path
    backup: Path
    old: State
    new: State


@pytest.fixture
def made(tmp_path: Path) -> Old:
    folder = tmp_path / "old"
    with client_in(folder) as client:
        upload(client, "甲.md", "# 甲\n\n年假有十天。\n".encode())
        upload(client, "乙.md", "# 乙\n\n年假从入职算起。\n".encode())
        back_up(folder / "data", tmp_path / "all.zip", "1.0")
        upload(client, "丙.md", "# 丙\n\n年假有十五天。\n".encode())
    return Old(folder, tmp_path / "all.zip", state_of(folder), state_of_restored(tmp_path))


def state_of_restored(tmp_path: Path) -> State:
    restore(tmp_path / "all.zip", tmp_path / "new" / "data")
    return state_of(tmp_path / "new")


def changes(full: bool, most: int) -> list[int]:
    """All changes up to `most`, or a few that are drawn."""
    return list(range(most)) if full else sorted(random.Random(7).sample(range(most), 5))


@pytest.mark.slow
def test_a_killed_restore_leaves_one_folder_or_the_other(tmp_path: Path, full: bool, made: Old, record: Record) -> None:
    assert made.old != made.new
    outcomes = []
    for change in changes(full, 42):
        folder = tmp_path / f"killed-{change}"
        shutil.copytree(made.folder, folder)
        if not killed_at(change, "restore", made.backup, folder / "data"):
            break
        found = state_of(folder)
        assert found in (made.old, made.new)
        outcomes.append(found == made.new)
        left = {path.name for path in folder.iterdir()} - {"data"}
        assert not list((folder / "data").glob("restoring-*")) + list((folder / "data").glob("exchange*"))
        check_catalog(folder / "data" / "catalog.db")
        if found == made.new:
            (before,) = left
            shutil.copytree(folder / before, tmp_path / f"before-{change}" / "data")
            assert state_of(tmp_path / f"before-{change}") == made.old
        else:
            assert left == set()
    assert outcomes == sorted(outcomes), "there is one moment from which on it is the new one"
    assert {*outcomes} == {False, True}
    record({"kills": len(outcomes), "new folder": sum(outcomes), "old folder": outcomes.count(False), "neither": 0})


@pytest.mark.slow
def test_a_killed_backup_is_none(tmp_path: Path, full: bool, made: Old, record: Record) -> None:
    target = tmp_path / "backups" / "all.zip"
    target.parent.mkdir()
    kills = 0
    for change in changes(full, 8):
        if not killed_at(change, "back_up", made.folder / "data", target):
            break
        kills += 1
        if target.exists():
            restore(target, tmp_path / f"whole-{change}" / "data")
            target.unlink()
    assert kills >= 3
    target.unlink(missing_ok=True)
    back_up(made.folder / "data", target, "1.0")
    assert [path.name for path in target.parent.iterdir()] == ["all.zip"]
    restore(target, tmp_path / "again" / "data")
    assert state_of(tmp_path / "again") == made.old
    assert state_of(made.folder) == made.old
    record({"kills": kills, "half backups": 0})


@pytest.mark.slow
def test_backups_killed_beside_a_busy_server(tmp_path: Path, full: bool, record: Record) -> None:
    draw, files = random.Random(11), mixed_files()
    target = tmp_path / "all.zip"
    with site_in(tmp_path / "site") as site:
        site.start()
        site.wait_listening()
        for name in list(files)[:10]:
            site.upload({name: files[name]})
        seconds = backup_seconds(site, tmp_path / "first.zip")
        kills = 0
        for _ in range(20 if full else 2):
            process = subprocess.Popen([*ZHIWEN, "backup", str(target)], env=site.variables, cwd=ROOT)
            time.sleep(draw.uniform(0, seconds))
            process.kill()
            kills += process.wait() == -signal.SIGKILL
            if target.exists():
                restore(target, tmp_path / "whole")
                shutil.rmtree(tmp_path / "whole")
                target.unlink()
        site.wait_settled()
        backup_seconds(site, target)
        wanted = {document["name"]: document["chunks"] for document in site.documents()}
        assert len(wanted) == 10
        site.end()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.zip", "first.zip", "site"]
    restore(target, tmp_path / "again" / "data")
    with client_in(tmp_path / "again") as client:
        found = client.get("/api/v1/bases/default/documents").json()["items"]
    assert {document["name"]: document["chunks"] for document in found} == wanted
    record({"kills": kills, "half backups": 0})


def backup_seconds(site: Site, target: Path) -> float:
    """How long a backup takes that nobody kills."""
    begun = time.monotonic()
    command = [*ZHIWEN, "backup", str(target)]
    subprocess.run(command, env=site.variables, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun
