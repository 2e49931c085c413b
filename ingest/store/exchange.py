"""Puts the parts of a new data folder in the place of an old one's, so that a kill leaves the one or the other."""

from __future__ import annotations

import errno
import itertools
import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ingest.store.database import FILE as CATALOG
from ingest.store.errors import ExchangeDamaged
from ingest.store.files import sync_folder, write_durably

# The name of a folder inside the data folder that new parts are put into begins with this.
FRESH = "restoring-"
# Files of a data folder that are taken as they are, if they are there.
SMALL = ("calibrations.json", "choices.json")
# All that a data folder consists of, the catalog last: without it a folder counts as empty.
_PARTS = ("index", "originals", "pages", "checkpoints", *SMALL, f"{CATALOG}-wal", f"{CATALOG}-shm", CATALOG)
# Written before the first part is moved and deleted after the last: while it is there, the folder is neither.
_PLAN = "exchange.json"
# The old parts are kept inside the data folder, in one whose name begins with this, where they cannot go beside it.
_INSIDE = "before-"
# Nothing can be moved beside a folder that is a mount point, or whose parent belongs to somebody else.
_NOT_BESIDE = {errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True)
class _Plan:
    """The names of the folders for the new parts and for the old ones, and those of the new parts."""

    fresh: str
    before: str
    parts: tuple[str, ...]
    inside: bool = False

    def old(self, folder: Path) -> Path:
        """Where the old parts go."""
        return folder / self.before if self.inside else folder.with_name(self.before)


def exchange(fresh: Path, folder: Path) -> Path | None:
    """Move the parts in `fresh`, a folder inside `folder`, to where they belong.

    What is there now goes into a folder beside it, or inside it where it is a mount point; that folder is given.
    Raises OSError; then everything is as it was.
    """
    plan = _Plan(
        fresh.name,
        _free_name(folder.parent, f"{folder.name}-before-"),
        tuple(name for name in _PARTS if (fresh / name).exists()),
    )
    write_durably(folder / _PLAN, json.dumps(asdict(plan)).encode())
    done: list[tuple[Path, Path]] = []
    try:
        plan = _move_somewhere(plan, folder, done)
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        for old in (plan.old(folder), *folder.glob(f"{_INSIDE}*")):
            if old.is_dir() and not any(old.iterdir()):
                old.rmdir()
        _end(plan, folder)
        raise
    _end(plan, folder)
    return plan.old(folder) if plan.old(folder).exists() else None


def under_way(folder: Path) -> bool:
    """Whether parts are being moved: the new ones must not be deleted then."""
    return (folder / _PLAN).exists()


def finish_exchange(folder: Path) -> None:
    """Finish what was cut short, and delete the parts of what never began. Raises OSError, ExchangeDamaged.

    The caller owns the folder.
    """
    if under_way(folder):
        plan = _read(folder / _PLAN)
        _end(_move_somewhere(plan, folder, []), folder)
    (folder / f"{_PLAN}.new").unlink(missing_ok=True)
    for left in folder.glob(f"{FRESH}*"):
        shutil.rmtree(left)


def _read(path: Path) -> _Plan:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        names = (values["fresh"], values["before"], *values["parts"])
        # Nothing outside is ever moved, whatever the file came to hold.
        if not all(isinstance(name, str) and name == Path(name).name and name not in ("", "..") for name in names):
            raise ValueError(names)
        return _Plan(names[0], names[1], names[2:], values.get("inside", False) is True)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExchangeDamaged(path=path) from error


def _move_somewhere(plan: _Plan, folder: Path, done: list[tuple[Path, Path]]) -> _Plan:
    """The plan that was followed: the old parts stay inside the folder where nothing can be moved beside it."""
    try:
        _move(plan, folder, done)
    except OSError as error:
        begun = any(target.parent == plan.old(folder) for _, target in done)
        if plan.inside or begun or error.errno not in _NOT_BESIDE:
            raise
        if plan.old(folder).exists():
            plan.old(folder).rmdir()
        plan = replace(plan, before=_free_name(folder, _INSIDE), inside=True)
        write_durably(folder / _PLAN, json.dumps(asdict(plan)).encode())
        _move(plan, folder, done)
    return plan


def _move(plan: _Plan, folder: Path, done: list[tuple[Path, Path]]) -> None:
    """Every part to its place, except those that are there already."""
    before = plan.old(folder)

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
    for changed in (plan.old(folder), plan.old(folder).parent, folder):
        if changed.exists():
            sync_folder(changed)
    (folder / _PLAN).unlink()
    sync_folder(folder)


def _free_name(folder: Path, prefix: str) -> str:
    name = f"{prefix}{time.strftime('%Y%m%d-%H%M%S')}"
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(each for each in names if not (folder / each).exists())
