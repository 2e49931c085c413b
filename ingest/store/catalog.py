"""The single truth: bases, documents, their text, chunks and vectors, jobs and conversations."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from secrets import token_hex

from sqlalchemy import Connection, bindparam, delete, insert, select, text

from ingest.document import Anchor, CleanDocument, PageReport
from ingest.locate import locate
from ingest.store import bases, database, documents, jobs, packing, passages, schema
from ingest.store.errors import BaseProtected, TextMissing, UnknownBase, UnknownDocument
from ingest.store.records import (
    Base,
    Counts,
    Document,
    DocumentPage,
    Heading,
    Sort,
    Status,
    StoredChunk,
    Unread,
)
from models.reasons import because

__all__ = [
    "Base",
    "Catalog",
    "Counts",
    "Document",
    "DocumentPage",
    "StoredChunk",
    "UnknownBase",
    "UnknownDocument",
]

# The setting that says that something was deleted which may still be in the file.
ERASE = "erase"
# The setting that says that there were accounts, and a repair found none of them.
ACCOUNTS_LOST = "accounts-lost"
_IDENTITY = "catalog"
_SETTING = select(schema.settings.c.value).where(schema.settings.c.key == bindparam("key"))
# Why a document has no text yet, by its status.
_UNREAD = {"queued": "waits-to-be-read", "processing": "being-read", "needs_password": "lacks-password"}


class Catalog:
    """`catalog.db` of a data folder. Every method may be called from any thread.

    `engine` begins each transaction with the write lock; use `read` where nothing is written.
    Any method raises DiskFull, CatalogDamaged or CatalogUnusable when the file fails.
    """

    def __init__(self, folder: Path) -> None:
        """Open or create the catalog and migrate it forward. Raises CatalogTooNew, CatalogDamaged."""
        self.folder = folder
        self.engine = database.open_engine(folder)
        self._reader = self.engine.execution_options(begin="DEFERRED")
        self._unsynced = self.engine.execution_options(synced=False)
        # An answer asks for many places in few documents, and a long book takes a while to unpack.
        self._unpacked = lru_cache(maxsize=4)(self._anchors_of)
        with self.write() as connection:
            bases.ensure_default(connection)
            if get_setting(connection, _IDENTITY) is None:
                set_setting(connection, _IDENTITY, token_hex(16))
            # What tells this catalog from any other, for files beside it that hold what is true of it alone.
            self.identity = str(get_setting(connection, _IDENTITY))

    def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log into the file."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the catalog and never waits for a writer."""
        with self._reader.connect() as connection:
            yield connection

    def write(self, *, synced: bool = True) -> AbstractContextManager[Connection]:
        """A transaction that holds the write lock from its first moment; all of it or nothing.

        One that is not `synced` does not wait for the disk: it outlives the process, but a power cut may undo it until
        one that is synced came after it. For what only tells how far something is.
        """
        return (self.engine if synced else self._unsynced).begin()

    def create_base(self, name: str) -> Base:
        """Raises NameTaken, BaseNameInvalid."""
        with self.write() as connection:
            return bases.create(connection, name)

    def bases(self) -> list[Base]:
        """Every base, the default one first."""
        with self.read() as connection:
            return bases.every(connection)

    def base(self, id_or_name: str) -> Base:
        """Raises UnknownBase."""
        with self.read() as connection:
            return bases.find(connection, id_or_name)

    def base_id(self, id_or_name: str) -> str:
        """The id of a base, also of one that nobody sees any more. Raises UnknownBase."""
        with self.read() as connection:
            return bases.id_of(connection, id_or_name)

    def chunks_in(self, base_ids: Sequence[str]) -> int:
        """How many chunks some bases have, by ids; one that nobody sees has none."""
        with self.read() as connection:
            return documents.chunks_in(connection, base_ids)

    def rename_base(self, base_id: str, name: str) -> Base:
        """Raises UnknownBase, NameTaken, BaseNameInvalid."""
        with self.write() as connection:
            return bases.rename(connection, base_id, name)

    def delete_base(self, base_id: str) -> None:
        """Delete a base's rows; `Library.delete_base` takes its files and its index along.

        Raises UnknownBase, and BaseProtected for the default base, of which nothing is deleted.
        """
        with self.write() as connection:
            base = bases.find(connection, base_id)
            if base.id == bases.DEFAULT:
                raise BaseProtected(name=base.name)
            self.mark_erase(connection)
            bases.remove(connection, base.id)

    def documents(
        self,
        base_id: str,
        *,
        page: int = 1,
        per_page: int = 50,
        sort: Sort = "created_at",
        descending: bool = True,
        status: Status | None = None,
        text: str = "",
    ) -> DocumentPage:
        """One page of a base's documents whose names hold `text`."""
        with self.read() as connection:
            return documents.listed(
                connection,
                base_id,
                page=page,
                per_page=per_page,
                sort=sort,
                descending=descending,
                status=status,
                text=text,
            )

    def documents_named(
        self, base_ids: Sequence[str], text: str, *, status: Status | None = None, page: int = 1, per_page: int = 50
    ) -> DocumentPage:
        """One page of the documents of several bases whose names hold `text`, however it is written."""
        with self.read() as connection:
            return documents.named(connection, base_ids, text, status=status, page=page, per_page=per_page)

    def some_read(self, base_ids: Sequence[str], most: int) -> tuple[str, ...]:
        """The ids of at most so many documents of some bases that were read, from all of their time, latest first."""
        with self.read() as connection:
            return documents.some_read(connection, base_ids, most)

    def unread(self, base_ids: Sequence[str], document_ids: Sequence[str] | None = None) -> Unread | None:
        """What is still to be read of some bases, or of some documents of them; None where any of it was read."""
        with self.read() as connection:
            return documents.unread(connection, base_ids, document_ids)

    def document(self, document_id: str) -> Document:
        """Raises UnknownDocument."""
        with self.read() as connection:
            return documents.find(connection, document_id)

    def base_of(self, document_id: str) -> str:
        """The id of a document's base, also of one that nobody sees any more. Raises UnknownDocument."""
        with self.read() as connection:
            return documents.base_of(connection, document_id)

    def bases_of(self, document_ids: Collection[str]) -> list[str]:
        """The ids of the bases that hold some documents, also ones that nobody sees any more."""
        with self.read() as connection:
            return documents.bases_of(connection, document_ids)

    def base_holding(self, document_id: str) -> Base:
        """The base of a document. Raises UnknownDocument, and UnknownBase where nobody sees it any more."""
        with self.read() as connection:
            return bases.find(connection, documents.base_of(connection, document_id))

    def text(self, document_id: str) -> CleanDocument:
        """Raises UnknownDocument, and TextMissing for one that was not read yet."""
        with self.read() as connection:
            found = documents.find(connection, document_id)
            row = passages.get_text(connection, document_id)
        if row is None:
            raise TextMissing(name=found.name, reason=because(_UNREAD.get(found.status, "could-not-be-read")))
        return packing.unpack_clean(row.body, row.anchors, row.blocks)

    def anchors(self, document_id: str, start: int, end: int) -> tuple[Anchor, ...]:
        """Where the characters [start, end) of a document's cleaned text came from."""
        with self.read() as connection:
            revision = documents.revision(connection, document_id)
        return () if not revision else locate(self._unpacked(document_id, revision), start, end)

    def _anchors_of(self, document_id: str, _revision: int) -> tuple[Anchor, ...]:
        with self.read() as connection:
            packed = passages.get_anchors(connection, document_id)
        return () if packed is None else packing.unpack_anchors(packed)

    def page_info(self, document_id: str) -> tuple[PageReport, ...]:
        """The pages of a document; empty while it was not read, and for formats without pages."""
        with self.read() as connection:
            documents.find(connection, document_id)
            row = passages.get_text(connection, document_id)
        return () if row is None else packing.unpack_pages(row.pages)

    def chunks(self, document_id: str) -> list[StoredChunk]:
        """A document's chunks, in order. Raises UnknownDocument."""
        with self.read() as connection:
            documents.find(connection, document_id)
            return passages.of_document(connection, document_id)

    def chunk(self, document_id: str, chunk_id: str) -> StoredChunk | None:
        """One chunk of a document, by its id; None where either is gone."""
        with self.read() as connection:
            return passages.one_of(connection, document_id, chunk_id)

    def stored_chunks(self, keys: Sequence[int]) -> dict[int, StoredChunk]:
        """The chunks with these keys; a key whose chunk is gone is left out."""
        with self.read() as connection:
            return passages.with_keys(connection, keys)

    def chunks_beside(self, chunk: StoredChunk) -> list[StoredChunk]:
        """What stands after and before a chunk in its document."""
        with self.read() as connection:
            return passages.beside(connection, chunk.document_id, chunk.ordinal)

    def headings(self, document_id: str) -> list[Heading]:
        """The innermost headings above a document's text, in order; none of one that is gone or was not read."""
        with self.read() as connection:
            return passages.headings(connection, document_id)

    def counts(self) -> Counts:
        """How much there is, for health and metrics."""
        with self.read() as connection:
            states = documents.by_status(connection)
            return Counts(
                bases=bases.count(connection),
                documents=sum(states.values()),
                chunks=passages.count(connection),
                jobs=jobs.count_open(connection),
                stalled=jobs.count_stalled(connection, time.time()),
                by_status=states,
            )

    def setting(self, key: str) -> str | None:
        """What the store remembers of itself, such as the analyser's version."""
        with self.read() as connection:
            return get_setting(connection, key)

    def mark_erase(self, connection: Connection) -> None:
        """Note, in the transaction that deletes, that `erase` is due: a crash in between is made up for."""
        # Each deletion has a mark of its own: what another one has just erased does not answer for it.
        set_setting(connection, ERASE, token_hex(8))

    def erase_due(self) -> bool:
        """Whether something was deleted that may still be in the file."""
        return self.setting(ERASE) is not None

    def erase(self, forget: Callable[[], None] = lambda: None) -> bool:
        """Rid the file of what deleted rows left behind, if anything was deleted; False while a reader holds it.

        `forget` is called for every deletion that this answers for, after its commit, also for one that another thread
        makes meanwhile: that thread finds its mark gone, and would tell nobody.
        Freed pages are overwritten as they are freed, but keyword rows leave their words in the
        index until its parts are merged, and the write-ahead log keeps old pages until it is cut.
        """
        while (mark := self.setting(ERASE)) is not None:
            forget()
            with self.write() as connection:
                connection.execute(text("INSERT INTO keywords (keywords) VALUES ('optimize')"))
            if not database.checkpoint(self.engine):
                return False
            with self.write() as connection:
                if get_setting(connection, ERASE) == mark:
                    drop_setting(connection, ERASE)
        return True


def get_setting(connection: Connection, key: str) -> str | None:
    return connection.scalar(_SETTING, {"key": key})


def drop_setting(connection: Connection, key: str) -> None:
    connection.execute(delete(schema.settings).where(schema.settings.c.key == key))


def set_setting(connection: Connection, key: str, value: str) -> None:
    """Remember something about the store itself."""
    drop_setting(connection, key)
    connection.execute(insert(schema.settings).values(key=key, value=value))
