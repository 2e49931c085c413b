"""What was read from documents, as rows: cleaned text, chunks, vectors, keyword rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, text, update

from ingest.document import CleanDocument, PageReport
from ingest.store import packing
from ingest.store.batches import batched
from ingest.store.documents import HIDDEN, PRESENT
from ingest.store.records import Heading, StoredChunk
from ingest.store.schema import chunks, documents, texts, vectors
from models.base import Embedded, Vectors
from models.windows import Windows

Keys = NDArray[np.int64]

_MANY = 500
_FIELDS = [field.name for field in fields(StoredChunk)]
_PATH = _FIELDS.index("heading_path")
_ALL = select(
    *(chunks.c[name] if name in chunks.c else documents.c.name.label(name) for name in _FIELDS),
).join(documents, documents.c.id == chunks.c.document_id)
_STORED = _ALL.where(PRESENT)
# What every search asks for: statements that are made once are translated once.
_WITH_KEYS = _STORED.where(chunks.c.key.in_(bindparam("keys", expanding=True)))
_WINDOWS = select(vectors.c.chunk_key, vectors.c.windows, vectors.c.vector).where(
    vectors.c.chunk_key.in_(bindparam("keys", expanding=True)), vectors.c.fingerprint == bindparam("fingerprint")
)


def put_text(connection: Connection, document_id: str, cleaned: CleanDocument, pages: Sequence[PageReport]) -> None:
    """Keep a document's cleaned text instead of an earlier one."""
    connection.execute(delete(texts).where(texts.c.document_id == document_id))
    connection.execute(
        insert(texts).values(
            document_id=document_id,
            body=packing.pack_text(cleaned.text),
            anchors=packing.pack_anchors(cleaned.anchors),
            blocks=packing.pack_blocks(cleaned.blocks),
            pages=packing.pack_pages(pages),
        )
    )


def get_text(connection: Connection, document_id: str) -> Row[bytes, bytes, bytes, bytes] | None:
    """The packed columns body, anchors, blocks, pages."""
    return connection.execute(
        select(texts.c.body, texts.c.anchors, texts.c.blocks, texts.c.pages).where(texts.c.document_id == document_id)
    ).first()


def get_anchors(connection: Connection, document_id: str) -> bytes | None:
    return connection.scalar(select(texts.c.anchors).where(texts.c.document_id == document_id))


def put_chunks(connection: Connection, rows: Sequence[Mapping[str, object]]) -> list[int]:
    """Add chunks, `heading_path` packed by `pack_path`; gives their keys, which were never used before."""
    last = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'")) or 0
    keys = list(range(last + 1, last + 1 + len(rows)))
    if rows:
        values = [{**row, "key": key} for key, row in zip(keys, rows, strict=True)]
        connection.execute(insert(chunks), values)
    return keys


def pack_path(heading_path: Sequence[str]) -> str:
    return json.dumps(heading_path, ensure_ascii=False)


def put_vectors(
    connection: Connection,
    keys: Sequence[int],
    fingerprint: str,
    embedded: Embedded,
    indexed: Sequence[str] = (),
) -> None:
    """Keep vectors instead of those that these chunks have of this embedder.

    A chunk's own is float16; its windows are one byte a dimension, for they are many and only put in order.
    `indexed` are the texts that were embedded, where they are given: by them `known_vectors` finds their vectors again,
    except those of texts that the embedder saw only the beginning of.
    """
    for some in batched(keys, _MANY):
        connection.execute(delete(vectors).where(vectors.c.chunk_key.in_(some), vectors.c.fingerprint == fingerprint))
    if not len(keys):
        return
    digests: list[bytes | None] = [_digest(each) for each in indexed] if indexed else [None] * len(keys)
    for row in embedded.truncated:
        digests[row] = None
    packed = [row.tobytes() for row in embedded.vectors.astype("<f2")]
    windows = [packing.pack_rows(parts) for parts in embedded.windows]
    connection.execute(
        insert(vectors),
        [
            {"chunk_key": key, "fingerprint": fingerprint, "vector": vector, "windows": parts, "digest": digest}
            for key, vector, parts, digest in zip(keys, packed, windows, digests, strict=True)
        ],
    )


def known_vectors(
    connection: Connection, fingerprint: str, indexed: Iterable[str]
) -> dict[str, tuple[Vectors, Vectors]]:
    """The vector and the windows of those of the texts that this embedder has embedded for any chunk, by text.

    They are what `put_vectors` kept, and keeping them again changes nothing. Shapes (dimensions,) and (windows,
    dimensions).
    """
    wanted = {_digest(each): each for each in indexed}
    found = {}
    for some in batched(wanted, _MANY):
        same = (vectors.c.digest.in_(some), vectors.c.fingerprint == fingerprint)
        # Thousands of chunks may hold the same text: one of them is enough.
        first = select(func.min(vectors.c.chunk_key)).where(*same).group_by(vectors.c.digest)
        statement = select(vectors.c.digest, vectors.c.vector, vectors.c.windows).where(
            vectors.c.chunk_key.in_(first), *same
        )
        for row in connection.execute(statement):
            whole = np.frombuffer(row.vector, dtype="<f2").astype(np.float32)
            found[wanted[row.digest]] = whole, packing.unpack_rows(row.windows, len(whole))
    return found


def _digest(indexed: str) -> bytes:
    return blake2b(indexed.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def put_keywords(connection: Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Add keyword rows: chunk key, words parted by spaces."""
    for some in batched(rows, _MANY):
        connection.execute(
            text("INSERT INTO keywords (rowid, tokens) VALUES (:key, :tokens)"),
            [{"key": key, "tokens": tokens} for key, tokens in some],
        )


def drop_chunks(connection: Connection, document_id: str) -> None:
    """Delete a document's chunks; vectors go by cascade, keyword rows by trigger."""
    connection.execute(delete(chunks).where(chunks.c.document_id == document_id))


def move(connection: Connection, document_id: str, base_id: str) -> None:
    """Say that a document's chunks are in another base; vectors and keyword rows go by the chunk."""
    connection.execute(update(chunks).where(chunks.c.document_id == document_id).values(base_id=base_id))


def of_document(connection: Connection, document_id: str) -> list[StoredChunk]:
    statement = _STORED.where(chunks.c.document_id == document_id).order_by(chunks.c.ordinal)
    return [_stored(row) for row in connection.execute(statement)]


def one_of(connection: Connection, document_id: str, chunk_id: str) -> StoredChunk | None:
    """The chunk of a document with this id."""
    statement = _STORED.where(chunks.c.document_id == document_id, chunks.c.id == chunk_id)
    row = connection.execute(statement).first()
    return None if row is None else _stored(row)


def beside(connection: Connection, document_id: str, ordinal: int) -> list[StoredChunk]:
    """The chunks after and before one of a document, as far as there are any."""
    statement = _STORED.where(chunks.c.document_id == document_id, chunks.c.ordinal.in_((ordinal + 1, ordinal - 1)))
    return [_stored(row) for row in connection.execute(statement.order_by(chunks.c.ordinal.desc()))]


def headings(connection: Connection, document_id: str) -> list[Heading]:
    """The innermost headings above a document's text, in order; one that stands above nothing is left out."""
    statement = (
        select(texts.c.blocks, documents.c.name)
        .join(documents, documents.c.id == texts.c.document_id)
        .where(PRESENT, texts.c.document_id == document_id)
    )
    found: list[Heading] = []
    for row in connection.execute(statement):
        for block in packing.unpack_blocks(row.blocks):
            path = () if block.kind == "heading" else block.heading_path
            if path and (not found or found[-1].text != path[-1]):
                found.append(Heading(document_id, row.name, block.start, path[-1]))
    return found


def with_keys(connection: Connection, keys: Sequence[int]) -> dict[int, StoredChunk]:
    found = {}
    for some in batched(keys, _MANY):
        found.update({row.key: _stored(row) for row in connection.execute(_WITH_KEYS, {"keys": some}).all()})
    return found


def every(connection: Connection) -> Iterator[StoredChunk]:
    """All chunks, those of hidden documents too, in the order of their keys, a few hundred in memory at a time."""
    last = 0
    while True:
        statement = _ALL.where(chunks.c.key > last).order_by(chunks.c.key).limit(_MANY)
        found = [_stored(row) for row in connection.execute(statement)]
        yield from found
        if len(found) < _MANY:
            return
        last = found[-1].key


def count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(chunks)) or 0


def vector_keys(connection: Connection, base_id: str, fingerprint: str) -> Keys:
    """Keys of a base's chunks that have a vector of this embedder, in order. Shape (n,)."""
    statement = (
        select(vectors.c.chunk_key)
        .join(chunks, chunks.c.key == vectors.c.chunk_key)
        .where(chunks.c.base_id == base_id, vectors.c.fingerprint == fingerprint, chunks.c.document_id.not_in(HIDDEN))
        .order_by(vectors.c.chunk_key)
    )
    return np.fromiter(connection.scalars(statement), dtype=np.int64)


def vectors_of(connection: Connection, keys: Sequence[int], fingerprint: str) -> tuple[Keys, Vectors]:
    """The vectors of those of the chunks that have one. Shapes (n,) and (n, dimensions)."""
    rows: list[Row[int, bytes]] = []
    for some in batched(keys, _MANY):
        rows += connection.execute(
            select(vectors.c.chunk_key, vectors.c.vector).where(
                vectors.c.chunk_key.in_(some), vectors.c.fingerprint == fingerprint
            )
        ).all()
    return _matrix(rows)


def windows_of(connection: Connection, keys: Sequence[int], fingerprint: str) -> tuple[list[int], Windows]:
    """The keys of those of the chunks that are embedded, and their windows, in the same order.

    A chunk without windows has one, itself.
    """
    rows: list[Row[int, bytes, bytes]] = []
    for some in batched(keys, _MANY):
        rows += connection.execute(_WINDOWS, {"keys": some, "fingerprint": fingerprint}).all()
    dimensions = len(rows[0].vector) // 2 if rows else 1
    # All are unpacked in one go: it costs by the call.
    packed = [row.windows or bytes(dimensions) for row in rows]
    windows = Windows(packing.unpack_rows(b"".join(packed), dimensions), [len(each) // dimensions for each in packed])
    for start, row in zip(windows.starts, rows, strict=True):
        if not row.windows:
            windows.rows[start] = np.frombuffer(row.vector, dtype="<f2")
    return [row.chunk_key for row in rows], windows


def vectors_in(
    connection: Connection, base_ids: Sequence[str], document_ids: Sequence[str], fingerprint: str
) -> tuple[Keys, Vectors]:
    """The vectors of some documents, as far as they are in these bases."""
    rows: list[Row[int, bytes]] = []
    for some in batched(document_ids, _MANY):
        rows += connection.execute(
            select(vectors.c.chunk_key, vectors.c.vector)
            .join(chunks, chunks.c.key == vectors.c.chunk_key)
            .where(
                chunks.c.document_id.in_(some),
                chunks.c.document_id.not_in(HIDDEN),
                chunks.c.base_id.in_(base_ids),
                vectors.c.fingerprint == fingerprint,
            )
        ).all()
    return _matrix(rows)


def _matrix(rows: Sequence[Row[int, bytes]]) -> tuple[Keys, Vectors]:
    keys = np.array([row.chunk_key for row in rows], dtype=np.int64)
    if not rows:
        return keys, np.zeros((0, 0), dtype=np.float32)
    packed = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f2")
    return keys, packed.reshape(len(rows), -1).astype(np.float32)


def _stored(row: Row[*tuple[Any, ...]]) -> StoredChunk:
    values = list(row)
    values[_PATH] = tuple(json.loads(values[_PATH]))
    return StoredChunk(*values)
