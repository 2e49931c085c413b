"""The one thread that takes documents in: job by job, from rows that outlive the process."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from types import TracebackType
from typing import Literal

from sqlalchemy import Connection

from ingest.document import ParseLimits
from ingest.errors import DiskFull, IngestError, ParseStopped, PasswordNeeded, PasswordWrong
from ingest.library import Library
from ingest.pipeline import Steps, Task, embed_document, ingest_document
from ingest.progress import ProgressBoard
from ingest.store import documents, jobs
from ingest.store.catalog import set_setting
from ingest.store.errors import CatalogUnusable, IngestCrashed, Stopped, Superseded, UnknownDocument
from ingest.store.records import Document, Job, Stage
from ingest.store.vectors import EMBEDDER
from models.base import Embedder
from models.errors import Explained, ModelError

log = logging.getLogger(__name__)

ATTEMPTS = 3
# How often the state of a running document is written, rather than only shown.
_WRITE_SECONDS = 1.0


class IngestWorker:
    """Works off the library's jobs. `embedder` waits for the model and raises ModelError without one.

    A document whose file is at fault fails, alone. One that something else stops - a full disk, a
    missing model - stays in the queue and is tried again after `retry_seconds`, or on `wake`.
    """

    def __init__(
        self,
        library: Library,
        embedder: Callable[[], Embedder],
        progress: ProgressBoard,
        limits: ParseLimits | None = None,
        *,
        steps: Steps | None = None,
        clock: Callable[[], float] = time.time,
        retry_seconds: float = 60.0,
        save_seconds: float = 60.0,
    ) -> None:
        self.library = library
        self.clock = clock
        self.retry_seconds = retry_seconds
        self._embedder = embedder
        self._progress = progress
        self._limits = limits or ParseLimits()
        self._steps = steps or Steps()
        self._save_seconds = save_seconds
        self._saved_at = clock()
        self._woken = True
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to work, with what was left unfinished first. Does nothing while it works."""
        if self._thread is None:
            self._stop.clear()
            self._thread = Thread(target=self._run, name="ingest", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; the document it is at goes back to the queue. Does nothing when not started."""
        self._stop.set()
        self.library.work.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """Try again now what waits for better times: the model may be there, the disk may have room."""
        self._woken = True
        self.library.work.set()

    def step(self) -> bool:
        """Work on one job, if one may be taken; for tests and for those who have no thread to spare."""
        if self._woken:
            self._woken = False
            self._look_anew()
        job = self._claim()
        if job is None:
            return False
        with _Attempt(self, job):
            self._work(job)
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            self.library.work.clear()
            try:
                if not self.step():
                    self._rest()
                elif self.clock() - self._saved_at > self._save_seconds:
                    self._save()
            except (DiskFull, CatalogUnusable) as error:
                log.warning("ingestion pauses: %s", error)
                self.library.work.wait(self.retry_seconds)
            except Exception:
                log.exception("ingestion pauses")
                self.library.work.wait(self.retry_seconds)
        self._save()

    def _rest(self) -> None:
        """Nothing to do: write the indexes, wait for work."""
        self._save()
        with self.library.catalog.read() as connection:
            next_time = jobs.next_time(connection)
        self.library.work.wait(None if next_time is None else max(0.0, next_time - self.clock()))

    def _save(self) -> None:
        self._saved_at = self.clock()
        try:
            self.library.vectors.save()
        except DiskFull as error:
            log.warning("the vector index was not written and will be built anew at need: %s", error)

    def _look_anew(self) -> None:
        """After a start or a call: let delayed jobs run, and see whether the embedder is another one."""
        catalog = self.library.catalog
        with catalog.read() as connection:
            next_time = jobs.next_time(connection)
        if next_time is not None and next_time > self.clock():
            with catalog.write() as connection:
                jobs.hurry(connection)
        if catalog.setting(EMBEDDER) is not None:
            try:
                self._adopt(self._embedder().fingerprint)
            except ModelError as error:
                log.warning("documents wait for the embedder: %s", error)

    def _adopt(self, fingerprint: str) -> None:
        """Queue what has no vectors of this embedder."""
        catalog = self.library.catalog
        if catalog.setting(EMBEDDER) == fingerprint:
            return
        with catalog.write() as connection:
            set_setting(connection, EMBEDDER, fingerprint)
            number = jobs.embed_anew(connection, fingerprint)
        self.library.vectors.keep_only(fingerprint)
        log.info("the embedder has changed: %d documents are embedded anew", number)

    def _claim(self) -> Job | None:
        with self.library.catalog.read() as connection:
            next_time = jobs.next_time(connection)
        if next_time is None or next_time > self.clock():
            return None
        # Loading a model is no attempt at the document: a process that ends meanwhile costs it nothing.
        with contextlib.suppress(ModelError):
            self._embedder()
        with self.library.catalog.write() as connection:
            return jobs.claim(connection, self.clock())

    def _work(self, job: Job) -> None:
        document = self.library.catalog.document(job.document_id)
        if job.attempts > ATTEMPTS:
            raise IngestCrashed(name=document.name, attempts=ATTEMPTS, reason="the process ended")
        embedder = self._embedder()
        self._adopt(embedder.fingerprint)
        report = _Report(self, document) if job.kind == "ingest" else _silent
        task = Task(self.library, embedder, job, document, report, self._stop)
        if job.kind == "ingest":
            ingest_document(task, limits=self._limits, steps=self._steps)
        else:
            embed_document(task)
        self.show(document.id)

    def show(self, document_id: str) -> None:
        """Publish a document as it stands in the catalog; one that is gone is not shown."""
        try:
            self.publish(self.library.catalog.document(document_id))
        except UnknownDocument:
            log.debug("a document was deleted while it was worked on")

    def publish(self, document: Document) -> None:
        self._progress.publish(document)


class _Report:
    """Shows how far a document is, and writes it down when the stage changes or some time has passed."""

    def __init__(self, worker: IngestWorker, document: Document) -> None:
        self._worker = worker
        self._document = document
        self._stage: Stage | None = None
        self._written = 0.0

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        now = self._worker.clock()
        if stage != self._stage or now - self._written > _WRITE_SECONDS:
            self._stage, self._written = stage, now
            with self._worker.library.catalog.write() as connection:
                documents.set_state(connection, self._document.id, "processing", stage, done=done, total=total)
        self._worker.publish(
            replace(self._document, status="processing", stage=stage, done=done, total=total, error_code=None)
        )


def _silent(_stage: Stage, _done: int, _total: int) -> None:
    """A document that is embedded anew can be searched all the while: it stays ready."""


class _Attempt:
    """Around the work on one job: whatever ends it decides what becomes of the document, and of it alone."""

    def __init__(self, worker: IngestWorker, job: Job) -> None:
        self._worker = worker
        self._job = job

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None or isinstance(error, Superseded | UnknownDocument):
            return True
        if not isinstance(error, Exception):
            return False
        if not isinstance(error, Explained):
            error = self._crashed(error)
        with self._worker.library.catalog.write() as connection:
            if jobs.alive(connection, self._job):
                self._settle(connection, error)
        self._worker.show(self._job.document_id)
        return True

    def _crashed(self, error: Exception) -> Explained:
        log.error("taking in document %s broke off", self._job.document_id, exc_info=error)
        return IngestCrashed(
            name=self._worker.library.catalog.document(self._job.document_id).name,
            attempts=self._job.attempts,
            reason=type(error).__name__,
        )

    def _settle(self, connection: Connection, error: Explained) -> None:
        attempts = self._job.attempts
        if isinstance(error, Stopped | ParseStopped):
            self._back(connection, None, attempts - 1, 0.0)
        elif isinstance(error, PasswordNeeded | PasswordWrong):
            if isinstance(error, PasswordWrong):
                self._worker.library.forget_password(self._job.document_id)
            self._end(connection, error, "waiting")
        elif isinstance(error, IngestCrashed):
            if attempts < ATTEMPTS:
                self._back(connection, error, attempts, 0.0)
            else:
                self._end(connection, error, "failed")
        elif isinstance(error, ModelError) or (isinstance(error, IngestError) and not error.permanent):
            later = self._worker.clock() + self._worker.retry_seconds
            self._back(connection, error, attempts - 1, later)
        else:
            self._end(connection, error, "failed")

    def _back(self, connection: Connection, error: Explained | None, attempts: int, not_before: float) -> None:
        jobs.set_state(connection, self._job.id, "queued", attempts=attempts, not_before=not_before)
        if self._job.kind == "ingest":
            documents.set_state(connection, self._job.document_id, "queued", "queued", error=error)

    def _end(self, connection: Connection, error: Explained, state: Literal["waiting", "failed"]) -> None:
        jobs.set_state(connection, self._job.id, state, attempts=0)
        if self._job.kind == "ingest":
            status: Literal["needs_password", "failed"] = "needs_password" if state == "waiting" else "failed"
            documents.set_state(connection, self._job.document_id, status, "done", error=error)
