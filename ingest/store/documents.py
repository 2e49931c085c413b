"""Documents, as rows: their state and their lists."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, RowMapping, delete, func, insert, literal_column, select, update

from ingest.store.errors import UnknownDocument
from ingest.store.packing import unpack_notices
from ingest.store.records import Blob, Document, DocumentPage, Sort, Stage, Status
from ingest.store.schema import documents, jobs
from models.errors import Explained

# What everybody sees, and the ids of what nobody does.
PRESENT = documents.c.deleted_at.is_(None)
HIDDEN = select(documents.c.id).where(documents.c.deleted_at.is_not(None))
# Documents as they are shown: with how the work on them stands, where there is any.
_SHOWN = select(documents, jobs.c.attempts, jobs.c.not_before).outerjoin(jobs, jobs.c.document_id == documents.c.id)


def create(connection: Connection, base_id: str, name: str, blob: Blob) -> str:
    """A queued document; gives its id."""
    now = time.time()
    document_id = uuid.uuid4().hex
    connection.execute(
        insert(documents).values(
            id=document_id,
            base_id=base_id,
            name=name,
            sha256=blob.sha256,
            size=blob.size,
            media_type=blob.media_type,
            status="queued",
            stage="queued",
            created_at=now,
            updated_at=now,
        )
    )
    return document_id


def find(connection: Connection, document_id: str) -> Document:
    """Raises UnknownDocument."""
    row = connection.execute(_SHOWN.where(documents.c.id == document_id, PRESENT)).mappings().first()
    if row is None:
        raise UnknownDocument(id=document_id)
    return _document(row)


def revision(connection: Connection, document_id: str) -> int | None:
    """How often the document was read; None for one that is gone."""
    return connection.scalar(select(documents.c.revision).where(documents.c.id == document_id, PRESENT))


def base_of(connection: Connection, document_id: str) -> str:
    """The base of a document, hidden or not. Raises UnknownDocument."""
    base_id = connection.scalar(select(documents.c.base_id).where(documents.c.id == document_id))
    if base_id is None:
        raise UnknownDocument(id=document_id)
    return str(base_id)


def there(connection: Connection, document_ids: Collection[str]) -> set[str]:
    """Those of some documents that are not deleted; hidden ones are there."""
    return set(connection.scalars(select(documents.c.id).where(documents.c.id.in_(document_ids))))


def is_hidden(connection: Connection, document_id: str) -> bool:
    """Whether a document is there and nobody sees it."""
    return connection.scalar(HIDDEN.where(documents.c.id == document_id)) is not None


def hide(connection: Connection, document_id: str, now: float | None) -> None:
    """Let nobody see a document any more, or everybody again for None."""
    connection.execute(update(documents).where(documents.c.id == document_id).values(deleted_at=now))


def hidden(connection: Connection) -> list[tuple[str, float]]:
    """What is hidden, and since when; the first to be hidden first."""
    rows = connection.execute(
        select(documents.c.id, documents.c.deleted_at)
        .where(documents.c.deleted_at.is_not(None))
        .order_by(documents.c.deleted_at)
    )
    return [(row.id, row.deleted_at) for row in rows]


def with_bytes(connection: Connection, base_id: str, sha256: str) -> str | None:
    """The document of this base that holds these bytes, or is about to; a hidden one, too."""
    held = select(documents.c.id).where(documents.c.base_id == base_id, documents.c.sha256 == sha256)
    pending = (
        select(documents.c.id)
        .join(jobs, jobs.c.document_id == documents.c.id)
        .where(documents.c.base_id == base_id, jobs.c.sha256 == sha256)
    )
    # What is about to come counts first: it is what the document will hold.
    return connection.scalar(pending) or connection.scalar(held)


def with_name(connection: Connection, base_id: str, name: str) -> str | None:
    """The latest document of this base with this name: the last that came, whatever the clock said then."""
    return connection.scalar(
        select(documents.c.id)
        .where(documents.c.base_id == base_id, documents.c.name == name, PRESENT)
        .order_by(literal_column("documents.rowid").desc())
    )


def blob_used(connection: Connection, sha256: str) -> bool:
    """Whether a document keeps these bytes, or is about to hold them."""
    held = select(documents.c.id).where(documents.c.sha256 == sha256, documents.c.kept).limit(1)
    pending = select(jobs.c.id).where(jobs.c.sha256 == sha256, jobs.c.kind == "ingest").limit(1)
    return connection.scalar(held) is not None or connection.scalar(pending) is not None


def blobs_in(connection: Connection, *, base_id: str | None = None, document_id: str | None = None) -> set[str]:
    """The blobs that a document, a base, or all of them keep; those to come included."""
    scope = []
    if base_id is not None:
        scope.append(documents.c.base_id == base_id)
    if document_id is not None:
        scope.append(documents.c.id == document_id)
    held = connection.scalars(select(documents.c.sha256).where(documents.c.kept, *scope))
    pending = connection.scalars(
        select(jobs.c.sha256)
        .join(documents, documents.c.id == jobs.c.document_id)
        .where(jobs.c.kind == "ingest", *scope)
    )
    return {*held, *pending}


def ids_in(connection: Connection, base_id: str) -> list[str]:
    """Every document of a base."""
    return list(connection.scalars(select(documents.c.id).where(documents.c.base_id == base_id)))


def let_go(connection: Connection, base_id: str, redacted: bool) -> set[str]:
    """Stop keeping the originals of a base's documents that are read as they should be; gives their blobs."""
    done = (
        (documents.c.base_id == base_id)
        & (documents.c.status == "ready")
        & (documents.c.redacted == redacted)
        & documents.c.kept
        & PRESENT
    )
    blobs = set(connection.scalars(select(documents.c.sha256).where(done)))
    connection.execute(update(documents).where(done).values(kept=False))
    return blobs


def outdated(connection: Connection, base_id: str, redacted: bool) -> list[Document]:
    """Documents of a base that were read under the other setting of redaction."""
    read_otherwise = (documents.c.revision > 0) & (documents.c.redacted != redacted) & PRESENT
    found = _SHOWN.where(documents.c.base_id == base_id, read_otherwise).order_by(documents.c.created_at)
    return [_document(row) for row in connection.execute(found).mappings()]


def failed(connection: Connection, base_id: str) -> list[Document]:
    """Documents of a base that could not be read."""
    found = _SHOWN.where(documents.c.base_id == base_id, documents.c.status == "failed")
    return [_document(row) for row in connection.execute(found.order_by(documents.c.created_at)).mappings()]


def listed(
    connection: Connection,
    base_id: str,
    *,
    page: int,
    per_page: int,
    sort: Sort,
    descending: bool,
    status: Status | None,
    text: str,
) -> DocumentPage:
    """A page of a base's documents whose name holds `text`."""
    matching = _SHOWN.where(documents.c.base_id == base_id, PRESENT)
    if status is not None:
        matching = matching.where(documents.c.status == status)
    if text:
        matching = matching.where(documents.c.name.icontains(text, autoescape=True))
    total = connection.scalar(select(func.count()).select_from(matching.subquery())) or 0
    column = documents.c[sort]
    ordered = matching.order_by(column.desc() if descending else column.asc(), documents.c.id)
    rows = connection.execute(ordered.limit(per_page).offset((page - 1) * per_page)).mappings()
    return DocumentPage(tuple(_document(row) for row in rows), total, page, per_page)


def set_state(
    connection: Connection,
    document_id: str,
    status: Status,
    stage: Stage,
    *,
    done: int = 0,
    total: int = 0,
    error: Explained | None = None,
) -> None:
    """Write how far a document is. One that is gone stays gone."""
    connection.execute(
        update(documents)
        .where(documents.c.id == document_id)
        .values(
            status=status,
            stage=stage,
            done=done,
            total=total,
            error_code=None if error is None else error.code,
            error_params=json.dumps({} if error is None else error.params, ensure_ascii=False, default=str),
            updated_at=time.time(),
        )
    )


def set_values(connection: Connection, document_id: str, values: Mapping[str, object]) -> None:
    connection.execute(update(documents).where(documents.c.id == document_id).values(**values))


def remove(connection: Connection, document_id: str) -> None:
    """Delete the document and, by cascade, its text, chunks, vectors, keyword rows and job."""
    connection.execute(delete(documents).where(documents.c.id == document_id))


def by_status(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(documents.c.status, func.count()).where(PRESENT).group_by(documents.c.status))
    return dict(rows.all())


def _document(row: RowMapping) -> Document:
    values = dict(row)
    del values["deleted_at"]
    values["attempts"] = row["attempts"] or 0
    values["next_try"] = values.pop("not_before") or None
    values["error_params"] = json.loads(row["error_params"])
    values["warnings"] = unpack_notices(row["warnings"])
    return Document(**values)
