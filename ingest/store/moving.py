"""Moving the documents to another embedder: what is left of it, and the moment of the change.

Vectors of two embedders stand side by side until the new ones are complete; search uses those of the embedder
that serves. What lacks a vector of the other is the truth about how far the move is: jobs are only the way there.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select, update

from ingest.retry import CRASHES, DIED
from ingest.store import jobs, schema
from ingest.store.catalog import get_setting, set_setting
from ingest.store.documents import HIDDEN
from ingest.store.records import Blob, Job
from ingest.store.schema import chunks, documents, vectors

# Settings of the catalog: the fingerprint of the embedder that serves, and the name that it can be loaded by.
EMBEDDER, EMBEDDER_NAME = "embedder", "embedder_name"

# Faults of a job that is kept for a person while its document is embedded beside it: being tried, and in vain.
_TRIED, _IN_VAIN = "being moved", "not moved"
_FAILED = (schema.jobs.c.kind == "embed") & (schema.jobs.c.state == "failed")
_ASIDE = (schema.jobs.c.kind == "ingest") & schema.jobs.c.state.in_(("failed", "waiting"))
_GIVEN_UP = (schema.jobs.c.fault == _IN_VAIN) | ((schema.jobs.c.fault == _TRIED) & (schema.jobs.c.strikes >= CRASHES))


@dataclass(frozen=True)
class Move:
    """How far a move is, in documents. `failed` are names of those that the new embedder could not embed.

    As long as there are any, the one before it serves: nothing is lost.
    """

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
    tried = _ASIDE & schema.jobs.c.fault.in_((_TRIED, _IN_VAIN))
    connection.execute(update(schema.jobs).where(tried).values(fault="", strikes=0))


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


def try_again(connection: Connection, *, died: bool = False) -> None:
    """Forget what could not be embedded, for another try: memory may have been short, or the embedder a bad one.

    Not what the process died with, which would die with it at every start: with `died` it is tried once more.
    """
    table = schema.jobs.c
    dead = table.fault.startswith(DIED)
    connection.execute(delete(schema.jobs).where(_FAILED, ~dead))
    connection.execute(update(schema.jobs).where(table.fault == _IN_VAIN).values(fault="", strikes=0))
    if died:
        once = {"strikes": CRASHES - 1}
        connection.execute(update(schema.jobs).where(_FAILED).values(state="queued", not_before=0.0, **once))
        connection.execute(update(schema.jobs).where(_ASIDE, _GIVEN_UP).values(**once))


def aside(connection: Connection, fingerprint: str) -> Job | None:
    """The next document that lacks vectors of this embedder, and whose one job is a file that could not be read.

    Its earlier text is searched all the same. It is embedded beside the job, between `begin_aside` and `end_aside`.
    """
    open_ = _job(_ASIDE, ~_GIVEN_UP)
    found = select(documents.c.id).where(
        documents.c.id.in_(_lacking(fingerprint)), documents.c.id.not_in(HIDDEN), open_
    )
    document_id = connection.scalar(found.order_by(documents.c.created_at).limit(1))
    return None if document_id is None else jobs.of_document(connection, document_id)


def begin_aside(connection: Connection, job: Job) -> None:
    """Note that a document is being embedded, in case that the process dies with it."""
    strikes = job.strikes + 1 if job.fault == _TRIED else 1
    connection.execute(update(schema.jobs).where(schema.jobs.c.id == job.id).values(fault=_TRIED, strikes=strikes))


def end_aside(connection: Connection, job: Job, *, failed: bool) -> None:
    """Note how that ended: in vain, or otherwise."""
    values = {"fault": _IN_VAIN if failed else "", "strikes": 0}
    connection.execute(update(schema.jobs).where(schema.jobs.c.id == job.id).values(**values))


def progress(connection: Connection) -> Move:
    """How far the move is that is under way.

    Until its jobs are queued, for the new embedder loads, every vector but those of the one that serves counts as its.
    """
    total = connection.scalar(select(func.count()).where(documents.c.chunks > 0)) or 0
    failed = select(documents.c.name).where(_job(_FAILED | (_ASIDE & _GIVEN_UP))).order_by(documents.c.name)
    left = _job((schema.jobs.c.kind == "embed") | (_ASIDE & schema.jobs.c.fault.in_((_TRIED, _IN_VAIN))))
    number = connection.scalar(select(func.count()).where(documents.c.chunks > 0, left))
    if not number:
        others = vectors.c.fingerprint != (get_setting(connection, EMBEDDER) or "")
        number = connection.scalar(select(func.count()).select_from(_without(others).subquery())) or 0
    return Move(total - number, total, tuple(connection.scalars(failed)))


def serving_name(connection: Connection) -> str | None:
    """The name that the embedder that serves can be loaded by."""
    return get_setting(connection, EMBEDDER_NAME)


def _lacking(fingerprint: str) -> Select[str]:
    return _without(vectors.c.fingerprint == fingerprint)


def _without(vector: ColumnElement[bool]) -> Select[str]:
    """The documents with chunks that have no such vector."""
    has = select(vectors.c.chunk_key).where(vectors.c.chunk_key == chunks.c.key, vector)
    return select(chunks.c.document_id).where(~has.exists()).distinct()


def _job(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the document has such a job."""
    return select(schema.jobs.c.id).where(schema.jobs.c.document_id == documents.c.id, *conditions).exists()
