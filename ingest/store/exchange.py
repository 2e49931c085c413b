"""Puts the parts of a new data folder in the place of an old one's, so that a kill leaves the one or the other."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ingest.store.database import FILE as CATALOG
from ingest.store.files import sync_folder, write_durably

# The name of a folder inside the data folder that new parts are put into begins with this.
FRESH = "restoring-"
# Files of a data folder that are taken as they are, if they are there.
SMALL = ("calibrations.json", "choices.json")
# All that a data folder consists of, the catalog last: without it a folder counts as empty.
_PARTS = ("index", "originals", "pages", "checkpoints", *SMALL, f"{CATALOG}-wal", f"{CATALOG}-shm", CATALOG)
# Written before the first part is moved and deleted after the last: while it is there, the folder is neither.
_PLAN = "exchange.json"


@dataclass(frozen=True)
class _Plan:
    """The names of the folders for the new parts and for the old ones, and those of the new parts."""

    fresh: str
    before: str
    parts: tuple[str, ...]


def exchange(fresh: Path, folder: Path) -> Path | None:
    """Move the parts in `fresh`, a folder inside `folder`, to where they belong.

    What is there now goes into a folder beside it, which is given. Raises OSError; then everything is as it was.
    """
    plan = _Plan(fresh.name, _free_name(folder), tuple(name for name in _PARTS if (fresh / name).exists()))
    write_durably(folder / _PLAN, json.dumps(asdict(plan)).encode())
    done: list[tuple[Path, Path]] = []
    before = folder.with_name(plan.before)
    try:
        _move(plan, folder, done)
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        if before.exists():
            before.rmdir()
        _end(plan, folder)
        raise
    _end(plan, folder)
    return before if before.exists() else None


def under_way(folder: Path) -> bool:
    """Whether parts are being moved: the new ones must not be deleted then."""
    return (folder / _PLAN).exists()


def finish_exchange(folder: Path) -> None:
    """Finish what was cut short, and delete the parts of what never began. Raises OSError.

    The caller owns the folder.
    """
    if under_way(folder):
        values = json.loads((folder / _PLAN).read_text(encoding="utf-8"))
        plan = _Plan(values["fresh"], values["before"], tuple(values["parts"]))
        _move(plan, folder, [])
        _end(plan, folder)
    (folder / f"{_PLAN}.new").unlink(missing_ok=True)
    for left in folder.glob(f"{FRESH}*"):
        shutil.rmtree(left)


def _move(plan: _Plan, folder: Path, done: list[tuple[Path, Path]]) -> None:
    """Every part to its place, except those that are there already."""
    before = folder.with_name(plan.before)

    def rename(source: Path, target: Path) -> None:
        source.rename(target)
        done.append((source, target))

    for name in _PARTS:
        here, new = folder / name, folder / plan.fresh / name
        if name in plan.parts and not new.exists():
            continue
        if here.exists():
            before.mkdir(mode=0o700, exist_ok=True)
            rename(here, before / name)
        if name in plan.parts:
            rename(new, here)


def _end(plan: _Plan, folder: Path) -> None:
    """All moves are durable before the plan goes."""
    for changed in (folder.with_name(plan.before), folder.parent, folder):
        if changed.exists():
            sync_folder(changed)
    (folder / _PLAN).unlink()
    sync_folder(folder)


def _free_name(folder: Path) -> str:
    name = f"{folder.name}-before-{time.strftime('%Y%m%d-%H%M%S')}"
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(each for each in names if not folder.with_name(each).exists())
