"""Documents, as rows: their state and their lists."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from ingest.store.analyse import fold
from ingest.store.batches import batched
from ingest.store.database import holds
from ingest.store.errors import UnknownDocument
from ingest.store.packing import unpack_notices
from ingest.store.records import Blob, Document, DocumentPage, Sort, Stage, Status, Unread
from ingest.store.schema import bases, documents, jobs
from models.errors import Explained, WeightsMissing

# What everybody sees, and the ids of what nobody does: itself hidden, or with its base.
_BASES = bases.alias("hidden_bases")
_HIDDEN_BASES = select(_BASES.c.id).where(_BASES.c.deleted_at.is_not(None))
PRESENT = documents.c.deleted_at.is_(None) & documents.c.base_id.not_in(_HIDDEN_BASES)
HIDDEN = select(documents.c.id).where(or_(documents.c.deleted_at.is_not(None), documents.c.base_id.in_(_HIDDEN_BASES)))
_CHUNKS = select(func.sum(documents.c.chunks)).where(
    documents.c.deleted_at.is_(None),
    # Looked at once for each base, where PRESENT would be for each document.
    documents.c.base_id.in_(
        select(bases.c.id).where(bases.c.deleted_at.is_(None), bases.c.id.in_(bindparam("bases", expanding=True)))
    ),
)
_MANY = 500
UNREAD = documents.c.status.in_(("queued", "processing"))
# Documents as they are shown: with how the work on them stands, where there is any.
_SHOWN = select(documents, jobs.c.attempts, jobs.c.not_before).outerjoin(jobs, jobs.c.document_id == documents.c.id)


def create(
    connection: Connection, base_id: str, name: str, blob: Blob, *, known_as: str | None = None, revision: int = 0
) -> str:
    """A queued document; gives its id, which is that of one that was lost where it is `known_as` something."""
    now = time.time()
    document_id = known_as or uuid.uuid4().hex
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
            revision=revision,
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


def chunks_in(connection: Connection, base_ids: Sequence[str]) -> int:
    """How many chunks the documents of some bases have. Each knows how many: counting them would read them all."""
    return connection.scalar(_CHUNKS, {"bases": list(base_ids)}) or 0


def base_of(connection: Connection, document_id: str) -> str:
    """The base of a document, hidden or not. Raises UnknownDocument."""
    base_id = connection.scalar(select(documents.c.base_id).where(documents.c.id == document_id))
    if base_id is None:
        raise UnknownDocument(id=document_id)
    return str(base_id)


def homes(connection: Connection, document_ids: Collection[str]) -> dict[str, str]:
    """The base that holds each of some documents, hidden ones too; none of one that is gone."""
    found: dict[str, str] = {}
    for some in batched(document_ids, _MANY):
        held = select(documents.c.id, documents.c.base_id).where(documents.c.id.in_(some))
        found |= {row.id: row.base_id for row in connection.execute(held)}
    return found


def bases_of(connection: Connection, document_ids: Collection[str]) -> list[str]:
    """The bases that hold some documents, hidden ones too, in the order of their ids."""
    return sorted(set(homes(connection, document_ids).values()))


def there(connection: Connection, document_ids: Collection[str]) -> set[str]:
    """Those of some documents that are not deleted; hidden ones are there."""
    return set(connection.scalars(select(documents.c.id).where(documents.c.id.in_(document_ids))))


def is_hidden(connection: Connection, document_id: str) -> bool:
    """Whether a document is there and nobody sees it, be it alone or with its base."""
    return connection.scalar(HIDDEN.where(documents.c.id == document_id)) is not None


def hide(connection: Connection, document_id: str, now: float | None) -> None:
    """Let nobody see a document any more, or everybody again for None."""
    connection.execute(update(documents).where(documents.c.id == document_id).values(deleted_at=now))


def hidden(connection: Connection) -> list[tuple[str, float]]:
    """What is hidden by itself, and since when; the first to be hidden first."""
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
    """Every document of a base, hidden ones too."""
    return list(connection.scalars(select(documents.c.id).where(documents.c.base_id == base_id)))


def present_in(connection: Connection, base_id: str) -> list[Document]:
    """Every document of a base that can be seen, the oldest first."""
    found = _SHOWN.where(documents.c.base_id == base_id, PRESENT).order_by(documents.c.created_at)
    return [_document(row) for row in connection.execute(found).mappings()]


def move(connection: Connection, document_id: str, base_id: str) -> None:
    """Put a document into another base; `passages.move` takes its chunks along."""
    connection.execute(update(documents).where(documents.c.id == document_id).values(base_id=base_id))


def let_go(connection: Connection, base_id: str, redacted: bool, document_id: str | None = None) -> set[str]:
    """Stop keeping the originals of those of a base, or the one, that are read as they should be; gives their blobs."""
    done = (
        (documents.c.base_id == base_id)
        & (documents.c.status == "ready")
        & (documents.c.redacted == redacted)
        & documents.c.kept
        & PRESENT
    )
    if document_id is not None:
        done &= documents.c.id == document_id
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


def some_read(connection: Connection, base_ids: Sequence[str], most: int) -> tuple[str, ...]:
    """The ids of at most so many documents of some bases that were read, from the first to come to the last, which is
    the first here."""
    read = (documents.c.base_id.in_(base_ids), documents.c.status == "ready", PRESENT)
    count = connection.scalar(select(func.count()).select_from(documents).where(*read)) or 0
    places = range(count) if count <= most else [place * count // most for place in range(most)]
    order = func.row_number().over(order_by=(documents.c.created_at.desc(), documents.c.id)) - 1
    found = select(documents.c.id, order.label("place")).where(*read).subquery()
    return tuple(connection.scalars(select(found.c.id).where(found.c.place.in_(places)).order_by(found.c.place)))


def unread(connection: Connection, base_ids: Sequence[str], ids: Sequence[str] | None) -> Unread | None:
    """What is still to be read of some bases, or of some documents of them; None where any of it was read."""
    scope = documents.c.base_id.in_(base_ids) & PRESENT
    if ids is not None:
        scope &= documents.c.id.in_(ids)
    for_models = (documents.c.status == "queued") & (documents.c.error_code == WeightsMissing.code)
    counted = select(
        func.total(documents.c.chunks),
        func.total(UNREAD),
        func.total(for_models),
    ).where(scope)
    chunks, waiting, models = connection.execute(counted).one()
    return None if chunks else Unread(int(waiting), int(models))


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
    """A page of a base's documents whose name holds `text`, folded."""
    matching = (documents.c.base_id == base_id) & PRESENT
    if status is not None:
        matching &= documents.c.status == status
    if text:
        matching &= holds(documents.c.name, text)
    column = documents.c[sort]
    return _page(connection, matching, (column.desc() if descending else column.asc(), documents.c.id), page, per_page)


def named(
    connection: Connection, base_ids: Sequence[str], text: str, *, status: Status | None, page: int, per_page: int
) -> DocumentPage:
    """A page of the documents of several bases whose names hold `text`, folded; those that begin with it come first."""
    matching = documents.c.base_id.in_(base_ids) & PRESENT & holds(documents.c.name, text)
    if status is not None:
        matching &= documents.c.status == status
    begins = func.instr(func.fold(documents.c.name), fold(text)) == 1
    return _page(connection, matching, (begins.desc(), documents.c.name, documents.c.id), page, per_page)


def _page(
    connection: Connection,
    matching: ColumnElement[bool],
    order: Sequence[ColumnElement[Any]],
    page: int,
    per_page: int,
) -> DocumentPage:
    total = connection.scalar(select(func.count()).where(matching)) or 0
    # Whole rows are looked up for this page alone: thousands are sorted by what they are sorted by.
    here = select(documents.c.id).where(matching).order_by(*order).limit(per_page).offset((page - 1) * per_page)
    rows = connection.execute(_SHOWN.where(documents.c.id.in_(here)).order_by(*order)).mappings()
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


def originals_size(connection: Connection) -> dict[str, int]:
    """The bytes of the originals that are kept, by the ids of bases. Two bases with the same file both count it."""
    total = func.sum(documents.c.size)
    rows = select(documents.c.base_id, total).where(PRESENT, documents.c.kept).group_by(documents.c.base_id)
    return {base_id: int(size) for base_id, size in connection.execute(rows)}


def _document(row: RowMapping) -> Document:
    values = dict(row)
    del values["deleted_at"]
    values["attempts"] = row["attempts"] or 0
    values["next_try"] = values.pop("not_before") or None
    values["error_params"] = json.loads(row["error_params"])
    values["warnings"] = unpack_notices(row["warnings"])
    return Document(**values)
