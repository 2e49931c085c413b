"""Moving the documents to another embedder: what is left of it, and the moment of the change.

Vectors of two embedders stand side by side until the new ones are complete; search uses those of the embedder
that serves. What lacks a vector of the other is the truth about how far the move is: jobs are only the way there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select

from ingest.retry import DIED
from ingest.store import jobs, schema
from ingest.store.catalog import get_setting, set_setting
from ingest.store.records import Blob
from ingest.store.schema import chunks, documents, vectors

# Settings of the catalog: the fingerprint of the embedder that serves, and the name that it can be loaded by.
EMBEDDER, EMBEDDER_NAME = "embedder", "embedder_name"


@dataclass(frozen=True)
class Move:
    """How far a move is, in documents. `failed` are names of those that the new embedder could not embed."""

    done: int
    total: int
    failed: tuple[str, ...] = ()


def complete(connection: Connection, fingerprint: str) -> bool:
    """Whether every chunk has a vector of this embedder."""
    return not connection.scalar(select(_lacking(fingerprint).exists()))


def adopt(connection: Connection, fingerprint: str, name: str) -> None:
    """Let an embedder serve that has embedded everything; the vectors of others go."""
    set_setting(connection, EMBEDDER, fingerprint)
    set_setting(connection, EMBEDDER_NAME, name)
    connection.execute(delete(vectors).where(vectors.c.fingerprint != fingerprint))
    connection.execute(delete(schema.jobs).where(schema.jobs.c.kind == "embed"))


def queue(connection: Connection, fingerprint: str) -> int:
    """Queue every document without a job that has chunks without a vector of this embedder; gives how many."""
    found = connection.execute(
        select(documents.c.id, documents.c.sha256, documents.c.size, documents.c.media_type)
        .where(documents.c.id.in_(_lacking(fingerprint)), ~_job())
        .order_by(documents.c.created_at)
    ).all()
    for row in found:
        jobs.put(connection, row.id, Blob(row.sha256, row.size, row.media_type), "embed")
    return len(found)


def try_again(connection: Connection) -> None:
    """Forget what could not be embedded, for another try: memory may have been short, or the embedder a bad one.

    Not what the process died with, which would die with it at every start.
    """
    failed = (schema.jobs.c.kind == "embed") & (schema.jobs.c.state == "failed")
    connection.execute(delete(schema.jobs).where(failed & ~schema.jobs.c.fault.startswith(DIED)))


def aside(connection: Connection, fingerprint: str) -> Sequence[str]:
    """Documents that lack vectors of this embedder, and whose one job is a file that could not be read.

    Their earlier text is searched all the same.
    """
    put_away = _job(schema.jobs.c.kind == "ingest", schema.jobs.c.state.in_(("failed", "waiting")))
    return connection.scalars(select(documents.c.id).where(documents.c.id.in_(_lacking(fingerprint)), put_away)).all()


def progress(connection: Connection) -> Move:
    """How far the move is that is under way."""
    total = connection.scalar(select(func.count()).where(documents.c.chunks > 0)) or 0
    left = connection.scalar(select(func.count()).where(schema.jobs.c.kind == "embed")) or 0
    failed = select(documents.c.name).where(_job(schema.jobs.c.kind == "embed", schema.jobs.c.state == "failed"))
    return Move(max(0, total - left), total, tuple(connection.scalars(failed.order_by(documents.c.name))))


def serving_name(connection: Connection) -> str | None:
    """The name that the embedder that serves can be loaded by."""
    return get_setting(connection, EMBEDDER_NAME)


def _lacking(fingerprint: str) -> Select[str]:
    has = select(vectors.c.chunk_key).where(vectors.c.chunk_key == chunks.c.key, vectors.c.fingerprint == fingerprint)
    return select(chunks.c.document_id).where(~has.exists()).distinct()


def _job(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the document has such a job."""
    return select(schema.jobs.c.id).where(schema.jobs.c.document_id == documents.c.id, *conditions).exists()
