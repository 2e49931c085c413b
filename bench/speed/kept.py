"""Folders that are made once and used by every round: each is of one version of the program."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.speed.plan import Plan
from bench.speed.samples import made_of

_DONE = "made"


def kept(plan: Plan, name: str) -> Path:
    """Where it is, or is to be made. Those of other versions are deleted."""
    folder = plan.work / f"{name}-{made_of()}"
    for other in plan.work.glob(f"{name}-*"):
        if other != folder:
            shutil.rmtree(other)
    return folder


def kept_whole(plan: Plan, name: str) -> Path:
    """The same; one that was left before `finish` was called is deleted, to be begun anew."""
    folder = kept(plan, name)
    if not is_finished(folder):
        shutil.rmtree(folder, ignore_errors=True)
    return folder


def finish(folder: Path, text: str = "") -> None:
    """Say that a folder is whole, with something to remember of it."""
    (folder / _DONE).write_text(text, "utf-8")


def is_finished(folder: Path) -> bool:
    return (folder / _DONE).exists()


def remembered(folder: Path) -> str:
    """What `finish` was given."""
    return (folder / _DONE).read_text("utf-8")
