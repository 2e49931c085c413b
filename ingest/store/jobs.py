"""Jobs, as rows: at most one a document, claimed by the one worker, kept until they are done.

One process has the data folder, so a running job of another owner was left behind by a process that died. The lease of
a running job ends when its worker gives no sign of life for long: it hangs, and whoever looks is told.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, case, delete, func, insert, select, update

from ingest.errors import OriginalNotKept
from ingest.retry import DIED, LONGEST_SECONDS
from ingest.store.documents import HIDDEN, set_state
from ingest.store.records import Blob, Document, Job
from ingest.store.schema import documents, jobs

_OPEN = ("queued", "running")
_WANTED = jobs.c.document_id.not_in(HIDDEN)


def put(connection: Connection, document_id: str, blob: Blob, kind: Literal["ingest", "embed"] = "ingest") -> None:
    """Queue work on a document instead of what was queued before; whoever is at that finds its job gone."""
    connection.execute(delete(jobs).where(jobs.c.document_id == document_id))
    connection.execute(
        insert(jobs).values(
            document_id=document_id,
            kind=kind,
            sha256=blob.sha256,
            size=blob.size,
            media_type=blob.media_type,
            state="queued",
            created_at=time.time(),
        )
    )


def queue_again(connection: Connection, document: Document) -> None:
    """Queue a document that was read, or could not be, unless it is about to be read anyway. Raises OriginalNotKept."""
    if document.status == "processing" or (document.status == "queued" and document.next_try is None):
        return
    job = of_document(connection, document.id)
    blob = job.blob if job else Blob(document.sha256, document.size, document.media_type)
    if not document.kept and blob.sha256 == document.sha256:
        raise OriginalNotKept(name=document.name)
    put(connection, document.id, blob)
    set_state(connection, document.id, "queued", "queued")


def claim(connection: Connection, now: float, owner: str, lease_seconds: float) -> Job | None:
    """Take the next job and count the attempt."""
    row = connection.execute(_next(now, _OPEN)).mappings().first()
    if row is None:
        return None
    values = {"state": "running", "attempts": row["attempts"] + 1, "not_before": 0.0, "owner": owner, "place": ""}
    times = {"beat_at": now, "lease_until": now + lease_seconds}
    connection.execute(update(jobs).where(jobs.c.id == row["id"]).values(**values, **times))
    return _job({**row, **values})


def upcoming(connection: Connection, now: float) -> Job | None:
    """The job that is the next to be taken when the running one is done; it stays as it is."""
    row = connection.execute(_next(now, ("queued",))).mappings().first()
    return None if row is None else _job(row)


def beat(connection: Connection, job: Job, place: str, now: float, lease_seconds: float) -> bool:
    """A sign of life of a job, and where it is. False if it was deleted, hidden or replaced by another."""
    values = {"place": place, "beat_at": now, "lease_until": now + lease_seconds}
    return connection.execute(update(jobs).where(jobs.c.id == job.id, _WANTED).values(**values)).rowcount > 0


def left_behind(connection: Connection, owner: str) -> list[Job]:
    """Running jobs of other owners: one process has the data folder, so they are dead. What is hidden may wait."""
    found = select(jobs).where(jobs.c.state == "running", jobs.c.owner != owner, _WANTED).order_by(jobs.c.id)
    return [_job(row) for row in connection.execute(found).mappings()]


def forgive(connection: Connection, others: Sequence[Job]) -> None:
    """The process died elsewhere: what it died with before had nothing to do with it, except for these jobs."""
    suspects = jobs.c.fault.startswith(DIED) & jobs.c.id.not_in([job.id for job in others])
    connection.execute(update(jobs).where(suspects).values(fault="", strikes=0))


def next_time(connection: Connection, now: float) -> float | None:
    """When the earliest open job may be taken, 0 for one that may be now; None when there is none."""
    time_of = case((_due(now), 0.0), else_=jobs.c.not_before)
    found = connection.scalar(select(func.min(time_of)).where(jobs.c.state.in_(_OPEN), _WANTED))
    return None if found is None else float(found)


def of_document(connection: Connection, document_id: str) -> Job | None:
    row = connection.execute(select(jobs).where(jobs.c.document_id == document_id)).mappings().first()
    return None if row is None else _job(row)


def running_in(connection: Connection, base_id: str) -> list[Job]:
    """Jobs of a base's documents that somebody is at, or was."""
    theirs = select(documents.c.id).where(documents.c.base_id == base_id)
    found = select(jobs).where(jobs.c.state == "running", jobs.c.document_id.in_(theirs))
    return [_job(row) for row in connection.execute(found).mappings()]


def reads(connection: Connection, sha256: str) -> bool:
    """Whether a document is to be read from these bytes, or could not be and may be tried again."""
    found = select(jobs.c.id).where(jobs.c.sha256 == sha256, jobs.c.kind == "ingest").limit(1)
    return connection.scalar(found) is not None


def alive(connection: Connection, job: Job) -> bool:
    """Whether the job still stands: neither deleted or hidden with its document, nor replaced by another."""
    return connection.scalar(select(jobs.c.id).where(jobs.c.id == job.id, _WANTED)) is not None


def finish(connection: Connection, job: Job) -> None:
    connection.execute(delete(jobs).where(jobs.c.id == job.id))


def put_back(
    connection: Connection, job: Job, *, attempts: int, not_before: float = 0.0, fault: str = "", strikes: int = 0
) -> None:
    """Queue a job again that was not done. It is not taken before its time."""
    values = {"attempts": attempts, "not_before": not_before, "fault": fault, "strikes": strikes}
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(state="queued", owner="", **values))


def put_away(connection: Connection, job: Job, state: Literal["waiting", "failed"]) -> None:
    """Leave a job alone until a person gives a password or asks for another try: that makes a new job of it."""
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(state=state, owner=""))


def hurry(connection: Connection) -> None:
    """Let queued jobs be taken at once. Not those that the process died with: what is behind them goes first."""
    delayed = (jobs.c.state == "queued") & (jobs.c.not_before > 0) & ~jobs.c.fault.startswith(DIED)
    connection.execute(update(jobs).where(delayed).values(not_before=0.0))


def count_stalled(connection: Connection, now: float) -> int:
    """How many running jobs have given no sign of life for longer than their lease."""
    stalled = (jobs.c.state == "running") & (jobs.c.lease_until < now)
    return connection.scalar(select(func.count()).where(stalled)) or 0


def _next(now: float, states: Sequence[str]) -> Select[Any]:
    """Reading files comes before embedding anew, and then what was queued first."""
    order = case((jobs.c.kind == "ingest", 0), else_=1), jobs.c.id
    return select(jobs).where(jobs.c.state.in_(states), _due(now), _WANTED).order_by(*order).limit(1)


def _due(now: float) -> ColumnElement[bool]:
    """A time further ahead than any wait is long was written before the clock was set back: it means nothing."""
    return (jobs.c.not_before <= now) | (jobs.c.not_before > now + LONGEST_SECONDS)


def count_open(connection: Connection) -> int:
    return connection.scalar(select(func.count()).where(jobs.c.state.in_(_OPEN), _WANTED)) or 0


def _job(row: Mapping[Any, Any]) -> Job:
    return Job(
        row["id"],
        row["document_id"],
        row["kind"],
        Blob(row["sha256"], row["size"], row["media_type"]),
        row["state"],
        row["attempts"],
        row["strikes"],
        row["fault"],
        row["place"],
    )
