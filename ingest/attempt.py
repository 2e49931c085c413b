"""One try at a job: how far it is, and what becomes of the document when it ends, however it ends."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType

from sqlalchemy import Connection

from ingest.errors import PageTimeout, ParseCrash, ParseTimeout, PasswordWrong
from ingest.library import Library
from ingest.progress import ProgressBoard
from ingest.retry import DIED, Verdict, after_death, verdict, wait_seconds
from ingest.store import documents, jobs
from ingest.store.catalog import drop_setting, get_setting, set_setting
from ingest.store.errors import IngestCrashed, Superseded, UnknownDocument
from ingest.store.files import explain_os_error
from ingest.store.records import Document, Job, Stage, Status
from models.errors import Explained
from models.reasons import because, quoted

log = logging.getLogger(__name__)

# The setting that names the worker: one that is found by the next worker died.
_AT_WORK = "worker"
# How often the state of a running document is written, rather than only shown.
_WRITE_SECONDS = 1.0


@dataclass(frozen=True)
class Desk:
    """What every attempt of a worker works with. `chance` gives numbers in [0, 1)."""

    library: Library
    progress: ProgressBoard
    lease_seconds: float
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random

    def show(self, document_id: str) -> None:
        """Publish a document as it stands in the catalog; one that is gone is not shown."""
        try:
            self.progress.publish(self.library.catalog.document(document_id))
        except UnknownDocument:
            log.debug("a document was deleted while it was worked on")


class Report:
    """Shows how far a job is, and writes it down when the stage changes or some time has passed.

    What is written is the sign of life that extends the lease, and the place by which deaths are told apart: once
    something has gone wrong every step is written.
    """

    def __init__(self, desk: Desk, job: Job, document: Document) -> None:
        self._desk = desk
        self._job = job
        self._document = document
        self._stage: Stage | None = None
        self._written = 0.0

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        now = self._desk.clock()
        if stage != self._stage or self._job.strikes or abs(now - self._written) > _WRITE_SECONDS:
            self._stage, self._written = stage, now
            self._write(stage, done, total, now)
        # A document that is embedded anew can be searched all the while: it stays ready.
        if self._job.kind == "ingest":
            # It may have been moved meanwhile: who may see it is told by its base.
            base_id = self._desk.library.catalog.base_of(self._document.id)
            shown = replace(self._document, base_id=base_id, status="processing", stage=stage, done=done, total=total)
            self._desk.progress.publish(replace(shown, error_code=None))

    def _write(self, stage: Stage, done: int, total: int, now: float) -> None:
        # After a death the place counts, for it may have been that of the machine.
        with self._desk.library.catalog.write(synced=self._job.strikes > 0) as connection:
            if not jobs.beat(connection, self._job, f"{stage} {done}", now, self._desk.lease_seconds):
                # Others wait behind it: a long document that nobody wants any more is not read to its end.
                raise Superseded(name=self._document.name)
            if self._job.kind == "ingest":
                documents.set_state(connection, self._document.id, "processing", stage, done=done, total=total)


class Attempt:
    """Around the work on one job: whatever ends it decides what becomes of the document, and of it alone.

    A try after which more pages are kept than before was no vain one: what ended it counts as for the first time.
    """

    def __init__(self, desk: Desk, job: Job) -> None:
        self._desk = desk
        self._job = job
        self._kept = 0

    def __enter__(self) -> None:
        self._kept = self._count()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None or isinstance(error, Superseded | UnknownDocument):
            return True
        if not isinstance(error, Exception):
            return False
        further = self._count() > self._kept
        if not isinstance(error, Explained):
            error = self._explained(error, further)
        strikes = _strikes(self._job, error.code, further)
        if isinstance(error, PasswordWrong):
            self._desk.library.forget_password(self._job.document_id)
        with self._desk.library.catalog.write() as connection:
            if jobs.alive(connection, self._job):
                judged = verdict(error, strikes, further=further)
                _settle(connection, self._desk, self._job, error, Fault(error.code, strikes), judged)
        self._desk.show(self._job.document_id)
        return True

    def _count(self) -> int:
        return self._desk.library.checkpoints.count(self._job.blob.sha256)

    def _explained(self, error: Exception, further: bool) -> Explained:
        name = self._desk.library.catalog.document(self._job.document_id).name
        if isinstance(error, OSError) and (ours := explain_os_error(error, name, self._desk.library.catalog.folder)):
            return ours
        log.error("taking in document %s broke off", self._job.document_id, exc_info=error)
        strikes = _strikes(self._job, IngestCrashed.code, further)
        return IngestCrashed(name=name, attempts=strikes, reason=quoted(type(error).__name__))


def take_over(desk: Desk, owner: str) -> None:
    """Put a job back that a process left behind when it died, or give it up if all dies at it, time after time.

    A process that died anywhere else clears the others of suspicion: it is killed from outside.
    """
    with desk.library.catalog.write() as connection:
        found = jobs.left_behind(connection, owner)
        if get_setting(connection, _AT_WORK) is not None:
            jobs.forgive(connection, found)
        for job in found:
            # Of a job that got further the place is another one, too.
            strikes = _strikes(job, DIED + job.place)
            name = documents.find(connection, job.document_id).name
            error = IngestCrashed(name=name, attempts=strikes, reason=because("process-ended"))
            _settle(connection, desk, job, error, Fault(DIED + job.place, strikes), after_death(job.place, strikes))
        set_setting(connection, _AT_WORK, owner)
    for job in found:
        desk.show(job.document_id)


def hand_over(desk: Desk) -> None:
    """Note that a worker ends in good order."""
    with desk.library.catalog.write() as connection:
        drop_setting(connection, _AT_WORK)


@dataclass(frozen=True)
class Fault:
    """In which way a job has ended, and how often in a row now."""

    name: str
    strikes: int


def _strikes(job: Job, fault: str, further: bool = False) -> int:
    return job.strikes + 1 if job.fault == fault and not further else 1


def _settle(connection: Connection, desk: Desk, job: Job, error: Explained, fault: Fault, judged: Verdict) -> None:
    """Write down what becomes of a job that was not done, and of its document."""
    state: Status
    shown: Explained | None
    if judged == "stopped":
        jobs.put_back(connection, job, attempts=job.attempts - 1, fault=job.fault, strikes=job.strikes)
        state, shown = "queued", None
    elif judged == "again":
        later = desk.clock() + wait_seconds(fault.strikes, desk.chance())
        jobs.put_back(connection, job, attempts=job.attempts, not_before=later, fault=fault.name, strikes=fault.strikes)
        # What is tried a few times only is told when it is given up.
        few = IngestCrashed | ParseCrash | ParseTimeout | PageTimeout
        state, shown = "queued", None if isinstance(error, few) else error
    else:
        jobs.put_away(connection, job, "waiting" if judged == "password" else "failed")
        state, shown = "needs_password" if judged == "password" else "failed", error
    if job.kind == "ingest":
        documents.set_state(connection, job.document_id, state, "queued" if state == "queued" else "done", error=shown)
