"""Jobs, as rows: at most one a document, claimed by the one worker, kept until they are done.

A job that is found running when the worker looks for work was left behind by a process that died.
"""

from __future__ import annotations

import time
from typing import Literal

from sqlalchemy import Connection, RowMapping, case, delete, func, insert, select, update

from ingest.store.documents import HIDDEN
from ingest.store.records import Blob, Job
from ingest.store.schema import chunks, documents, jobs, vectors

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


def claim(connection: Connection, now: float) -> Job | None:
    """Take the next job and count the attempt; reading files comes before embedding anew."""
    row = (
        connection.execute(
            select(jobs)
            .where(jobs.c.state.in_(_OPEN), jobs.c.not_before <= now, _WANTED)
            .order_by(case((jobs.c.kind == "ingest", 0), else_=1), jobs.c.id)
            .limit(1)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    connection.execute(update(jobs).where(jobs.c.id == row["id"]).values(state="running", attempts=jobs.c.attempts + 1))
    return _job(row, attempts=row["attempts"] + 1)


def next_time(connection: Connection) -> float | None:
    """When the earliest open job may be taken; None when there is none."""
    found = connection.scalar(select(func.min(jobs.c.not_before)).where(jobs.c.state.in_(_OPEN), _WANTED))
    return None if found is None else float(found)


def of_document(connection: Connection, document_id: str) -> Job | None:
    row = connection.execute(select(jobs).where(jobs.c.document_id == document_id)).mappings().first()
    return None if row is None else _job(row, attempts=row["attempts"])


def alive(connection: Connection, job: Job) -> bool:
    """Whether the job still stands: neither deleted or hidden with its document, nor replaced by another."""
    return connection.scalar(select(jobs.c.id).where(jobs.c.id == job.id, _WANTED)) is not None


def finish(connection: Connection, job: Job) -> None:
    connection.execute(delete(jobs).where(jobs.c.id == job.id))


def set_state(
    connection: Connection,
    job_id: int,
    state: Literal["queued", "waiting", "failed"],
    *,
    attempts: int,
    not_before: float = 0.0,
) -> None:
    connection.execute(
        update(jobs).where(jobs.c.id == job_id).values(state=state, attempts=attempts, not_before=not_before)
    )


def hurry(connection: Connection) -> None:
    """Let every queued job be taken at once."""
    connection.execute(update(jobs).where(jobs.c.state == "queued").values(not_before=0.0))


def count_open(connection: Connection) -> int:
    return connection.scalar(select(func.count()).where(jobs.c.state.in_(_OPEN), _WANTED)) or 0


def embed_anew(connection: Connection, fingerprint: str) -> int:
    """Queue every document that has chunks without a vector of this embedder; gives how many."""
    lacking = (
        select(chunks.c.document_id)
        .where(
            ~select(vectors.c.chunk_key)
            .where(vectors.c.chunk_key == chunks.c.key, vectors.c.fingerprint == fingerprint)
            .exists()
        )
        .distinct()
    )
    found = connection.execute(
        select(documents.c.id, documents.c.sha256, documents.c.size, documents.c.media_type)
        .where(documents.c.id.in_(lacking), ~documents.c.id.in_(select(jobs.c.document_id)))
        .order_by(documents.c.created_at)
    ).all()
    for row in found:
        put(connection, row.id, Blob(row.sha256, row.size, row.media_type), "embed")
    return len(found)


def _job(row: RowMapping, attempts: int) -> Job:
    return Job(
        row["id"],
        row["document_id"],
        row["kind"],
        Blob(row["sha256"], row["size"], row["media_type"]),
        row["state"],
        attempts,
    )
