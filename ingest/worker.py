"""The one thread that takes documents in: job by job, from rows that outlive the process."""

from __future__ import annotations

import contextlib
import logging
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread

from ingest.ahead import Ahead
from ingest.attempt import Attempt, Desk, Report, hand_over, take_over
from ingest.document import ParseLimits
from ingest.errors import DiskFull
from ingest.library import Library
from ingest.pause import Either, Signal
from ingest.pipeline import Steps, Task, embed_document, ingest_document
from ingest.progress import ProgressBoard
from ingest.retry import wait_seconds
from ingest.store import jobs, moving
from ingest.store.analyse import load_dictionary
from ingest.store.errors import CatalogUnusable, Stopped, Superseded, UnknownDocument
from ingest.store.moving import EMBEDDER
from ingest.store.records import Job, Stage
from models.base import Embedder
from models.errors import ModelError
from models.heap import give_back
from models.threads import INGESTING, give_way

log = logging.getLogger(__name__)

# Parsing says itself when it takes too long; everything else is to give a sign of life within so long.
_STEP_SECONDS = 300.0


class IngestWorker:
    """Works off the library's jobs. `embedder` waits for the model and raises ModelError without one.

    If the documents were embedded by another one, each is embedded by it, too, and then it serves: until then `former`
    gives the other one, where it can be had. New documents are embedded by that first, so that search finds them.

    A document whose file is at fault fails, alone. One that something else stops - a full disk, a
    missing model - stays in the queue and is tried again after a while, longer each time, or on `wake`.
    """

    def __init__(
        self,
        library: Library,
        embedder: Callable[[], Embedder],
        progress: ProgressBoard,
        limits: ParseLimits | None = None,
        *,
        former: Callable[[], Embedder | None] = lambda: None,
        name_of: Callable[[Embedder], str] = lambda embedder: embedder.name,
        steps: Steps | None = None,
        pause: Signal | None = None,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        save_seconds: float = 60.0,
    ) -> None:
        """`name_of` says by which name an embedder can be loaded again.

        While `pause` is set nothing is taken, and what is under way goes back to the queue; whoever ends it wakes the
        library's `work`.

        `clock` gives seconds since 1970, `chance` numbers in [0, 1): they are for tests to set.
        """
        self.library = library
        self._embedder = embedder
        self._former = former
        self._name_of = name_of
        # The embedder that was last looked at, and whether the documents are on their way to it.
        self._looked_at = ""
        self._moving = False
        self._limits = limits or ParseLimits()
        self._steps = steps or Steps()
        # The job at hand has gone wrong before: nothing else is to be suspected of what happens now.
        self._suspect = False
        self._clock = clock
        self._chance = chance
        self._desk = Desk(library, progress, self._limits.seconds + _STEP_SECONDS, clock, chance)
        self._owner = uuid.uuid4().hex
        self._save_seconds = save_seconds
        self._saved_at = clock()
        self._took_over = False
        self._woken = True
        self._asked = False
        self._stop = Event()
        self._pause: Signal = pause or Event()
        self._halt = Either(self._stop, self._pause)
        self._ahead = Ahead(self._steps.parse, self._halt, self._read_ahead)
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
        if self._took_over:
            self._took_over = False
            try:
                hand_over(self._desk)
            except (DiskFull, CatalogUnusable) as error:
                log.warning("the end of ingestion was not written down: %s", error)

    def wake(self, *, asked: bool = False) -> None:
        """Try again now what waits for better times: the model may be there, the disk may have room.

        If a person `asked`, what a move to another embedder gave up is tried again in any case.
        """
        self._asked = self._asked or asked
        self._woken = True
        self.library.work.set()

    def step(self) -> bool:
        """Work on one job, if one may be taken; for tests and for those who have no thread to spare."""
        if not self._took_over:
            take_over(self._desk, self._owner)
            self._took_over = True
        if self._pause.is_set():
            return False
        if self._woken:
            asked, self._woken, self._asked = self._asked, False, False
            try:
                self._look_anew(asked)
            except Exception:
                self._woken, self._asked = True, asked
                raise
        job = self._claim()
        if job is None:
            return self._move_on()
        with Attempt(self._desk, job):
            self._work(job)
        return True

    def _run(self) -> None:
        give_way(INGESTING)
        pauses = 0
        while not self._stop.is_set():
            self.library.work.clear()
            try:
                if not self.step():
                    self._rest()
                elif not 0 <= self._clock() - self._saved_at <= self._save_seconds:
                    self._save()
                pauses = 0
            except (DiskFull, CatalogUnusable) as error:
                log.warning("ingestion pauses: %s", error)
                pauses += 1
            except Exception:
                log.exception("ingestion pauses")
                pauses += 1
            if pauses:
                self.library.work.wait(wait_seconds(pauses, self._chance()))
        self._ahead.drop()
        self._save()

    def _rest(self) -> None:
        """Nothing to do: write the indexes, wait for work."""
        self._ahead.drop()
        self._save()
        next_time = None if self._pause.is_set() else self._next_time()
        self.library.work.wait(None if next_time is None else max(0.0, next_time - self._clock()))

    def _next_time(self) -> float | None:
        with self.library.catalog.read() as connection:
            return jobs.next_time(connection, self._clock())

    def _due(self) -> bool:
        """Whether a job may be taken now."""
        next_time = self._next_time()
        return next_time is not None and next_time <= self._clock()

    def _save(self) -> None:
        self._saved_at = self._clock()
        try:
            self.library.vectors.save()
        except (DiskFull, CatalogUnusable) as error:
            log.warning("the vector index was not written and will be built anew at need: %s", error)

    def _look_anew(self, asked: bool) -> None:
        """After a start or a call: let delayed jobs run, and see whether the embedder is another one."""
        catalog = self.library.catalog
        with catalog.write() as connection:
            jobs.hurry(connection)
            moving.try_again(connection, died=asked)
        self._looked_at, self._moving = "", False
        if catalog.setting(EMBEDDER) is not None:
            try:
                self._look_at(self._embedder())
            except ModelError as error:
                log.warning("documents wait for the embedder: %s", error)

    def _look_at(self, embedder: Embedder) -> bool:
        """Let an embedder serve if it has embedded everything, and say so; else queue what it has not."""
        fingerprint, catalog, vectors = embedder.fingerprint, self.library.catalog, self.library.vectors
        self._looked_at = fingerprint
        with catalog.read() as connection:
            self._moving = not moving.complete(connection, fingerprint)
        if not self._moving and catalog.setting(EMBEDDER) not in (None, fingerprint):
            # Search is not to wait for the indexes when it turns to them.
            for base in catalog.bases():
                if not vectors.refresh(base.id, fingerprint):
                    self._moving = True
                    return False
        with catalog.write() as connection:
            if self._moving:
                if number := moving.queue(connection, fingerprint):
                    log.info("%d documents are embedded by %s, too, before it serves", number, embedder.name)
            else:
                moving.adopt(connection, fingerprint, self._name_of(embedder))
        if not self._moving:
            vectors.keep_only(fingerprint)
        return not self._moving

    def _move_on(self) -> bool:
        """With nothing else to do: bring a move to its end, or nearer to it. Says whether something was done."""
        if not self._moving:
            return False
        try:
            embedder = self._embedder()
        except ModelError:
            return False
        if self._look_at(embedder):
            return True
        with self.library.catalog.read() as connection:
            job = moving.aside(connection, embedder.fingerprint)
        if job is None:
            # A document that was read meanwhile was queued to be moved, too.
            return self._due()
        self._embed_aside(embedder, job)
        return True

    def _embed_aside(self, embedder: Embedder, job: Job) -> None:
        """A document has one job, and this one's is kept for a person: it is embedded without another."""
        catalog, failed = self.library.catalog, False
        with catalog.write() as connection:
            moving.begin_aside(connection, job)
        try:
            embed_document(Task(self.library, embedder, job, catalog.document(job.document_id), _silent, self._halt))
        except (Superseded, Stopped, UnknownDocument):
            log.debug("a document was not embedded to the end: nobody waits for it, or the worker stops")
        except (DiskFull, CatalogUnusable):
            raise
        except Exception:
            log.exception("document %s cannot be embedded by %s", job.document_id, embedder.name)
            failed = True
        finally:
            with catalog.write() as connection:
                moving.end_aside(connection, job, failed=failed)

    def _claim(self) -> Job | None:
        if not self._due():
            return None
        # What is loaded at first use is no attempt at the document: a process that ends meanwhile costs it nothing.
        with contextlib.suppress(ModelError):
            self._embedder()
            load_dictionary()
        with self.library.catalog.write() as connection:
            return jobs.claim(connection, self._clock(), self._owner, self._desk.lease_seconds)

    def _work(self, job: Job) -> None:
        # Of what models took while they were loaded, and the document before this one.
        give_back()
        document = self.library.catalog.document(job.document_id)
        embedder = self._embedder_for(job)
        task = Task(self.library, embedder, job, document, Report(self._desk, job, document), self._halt)
        if job.kind == "ingest":
            self._suspect = job.strikes > 0
            ingest_document(task, limits=self._limits, steps=replace(self._steps, parse=self._ahead))
        else:
            embed_document(task)
        self._desk.show(document.id)

    def _read_ahead(self) -> None:
        """Read the next document while the one at hand is embedded, unless something has gone wrong with either."""
        if self._thread is None or self._suspect:
            return
        # What hinders it is told when its turn comes.
        with contextlib.suppress(DiskFull, CatalogUnusable, UnknownDocument):
            with self.library.catalog.read() as connection:
                job = jobs.upcoming(connection, self._clock())
            if job is None or job.kind != "ingest" or job.fault or self.library.password(job.document_id):
                return
            self._ahead.begin(
                self.library.blobs.path(job.blob.sha256),
                self.library.catalog.document(job.document_id).name,
                checkpoints=self.library.checkpoints.begin(job.blob.sha256),
                scratch=self.library.blobs.incoming,
                limits=self._limits,
            )

    def _embedder_for(self, job: Job) -> Embedder:
        """What to embed a document with: a new one is to be found at once, by the embedder that serves."""
        former = self._former() if job.kind == "ingest" else None
        if former is not None:
            return former
        embedder = self._embedder()
        if embedder.fingerprint != self._looked_at:
            self._look_at(embedder)
        return embedder


def _silent(_stage: Stage, _done: int, _total: int) -> None:
    """Tells nobody of work that changes nothing which is shown."""
