"""Whether work that broke off is tried again, and when. Pure functions: the caller brings the clock and the dice."""

from __future__ import annotations

from typing import Literal

from ingest.errors import (
    IngestError,
    PageTimeout,
    ParseCrash,
    ParserKilled,
    ParseStopped,
    ParseTimeout,
    PasswordNeeded,
    PasswordWrong,
)
from ingest.store.errors import IngestCrashed, Stopped
from models.errors import Explained, ModelError

# What the fault of a job begins with that the process died with; then comes the place.
DIED = "died at "
FIRST_SECONDS = 2.0
LONGEST_SECONDS = 600.0
# How often in a row the same may happen to a document before it is given up.
CRASHES = 3
PARSERS_KILLED = 5
# Parsing has a process of its own: a file cannot end ours from there, unless it takes the memory of the whole machine.
DEATHS_WHILE_PARSING = 10

Verdict = Literal["stopped", "password", "again", "fail"]


def wait_seconds(times: int, chance: float) -> float:
    """How long to wait when the same has happened so many times in a row: twice as long each time, up to a cap.

    `chance`, in [0, 1), takes up to half of it off, so that what failed together is not tried together.
    """
    doubled = FIRST_SECONDS * 2.0 ** min(times - 1, 30)
    return min(LONGEST_SECONDS, doubled) * (1 - chance / 2)


def verdict(error: Explained, times: int, *, further: bool = False) -> Verdict:
    """What becomes of a document whose work was ended by this error, for so many times in a row now.

    `again` is after a wait: for ever where the file is not at fault (a full disk, a missing model), else a few times.
    `further` says that more of its pages are kept than before: a parser that ends then would have gone on from there.
    """
    if isinstance(error, Stopped | ParseStopped):
        return "stopped"
    if isinstance(error, PasswordNeeded | PasswordWrong):
        return "password"
    if isinstance(error, IngestCrashed):
        return "again" if times < CRASHES else "fail"
    if further and isinstance(error, ParseCrash | ParseTimeout | PageTimeout):
        return "again"
    if isinstance(error, ParserKilled):
        return "again" if times < PARSERS_KILLED else "fail"
    if isinstance(error, ModelError) or (isinstance(error, IngestError) and not error.permanent):
        return "again"
    return "fail"


def after_death(place: str, times: int) -> Verdict:
    """What becomes of a document after the whole process died, for so many times in a row at this very place."""
    allowed = DEATHS_WHILE_PARSING if place.startswith("parse") else CRASHES
    return "again" if times < allowed else "fail"
