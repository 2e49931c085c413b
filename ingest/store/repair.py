"""Makes a data folder whole again, as far as what is left of it allows: documents are read again from their originals.

For a folder that no server has open. Nothing is thrown away: a catalog that is broken is kept beside the new one.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

from ingest.errors import IngestError
from ingest.parsers.formats import FORMATS
from ingest.parsers.kinds import detect
from ingest.store import bases, documents, jobs, schema
from ingest.store.blobs import Blobs, media_type
from ingest.store.catalog import Catalog, drop_setting
from ingest.store.database import FILE
from ingest.store.errors import CatalogDamaged
from ingest.store.files import sync_folder
from ingest.store.index_file import IndexDamaged, read_index
from ingest.store.lexical import ANALYSER, KeywordIndex
from ingest.store.lock import DataFolderLock
from ingest.store.records import Blob

_PIECE = 1 << 20
# What else a person has put into a catalog, in an order in which each row finds those that it names.
_KEPT = (schema.users, schema.members, schema.api_keys, schema.conversations, schema.answers)


@dataclass(frozen=True)
class Fault:
    """What was wrong, and whether it is no more."""

    text: str
    mended: bool


def repair(folder: Path) -> Iterator[Fault]:
    """Look at all of a data folder, mend what can be, and tell of each fault. Raises DataFolderBusy, DiskFull."""
    with DataFolderLock(folder):
        blobs = Blobs(folder / "originals")
        broken = _set_aside(folder)
        catalog = Catalog(folder)
        try:
            if broken is not None:
                yield Fault(f"the catalog was damaged: it is kept as {broken.name}, and a new one was begun", True)
                yield from _salvage(catalog, broken)
            else:
                yield from _keywords(catalog)
            yield from _originals(catalog, blobs)
            yield from _documents(catalog, blobs)
            yield from _indexes(folder)
        finally:
            catalog.close()


def _set_aside(folder: Path) -> Path | None:
    """Where a catalog that is no whole database is now; None if it is one."""
    path = folder / FILE
    if not path.exists() or _is_whole(path):
        return None
    aside = path.with_name(f"{FILE}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(FILE + ending).rename(aside.with_name(aside.name + ending))
    sync_folder(folder)
    return aside


def _is_whole(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as connection:
            faults = connection.execute("PRAGMA integrity_check").fetchall()
            return faults == [("ok",)] and not connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error:
        return False


def _salvage(catalog: Catalog, broken: Path) -> Iterator[Fault]:
    """What can be read of a broken catalog: bases, documents as rows to be read again, conversations, accounts."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(broken)) as old:
        old.row_factory = sqlite3.Row
        old.text_factory = lambda data: data.decode("utf-8", "replace")
        with catalog.write() as connection:
            for row in _rows(old, "bases"):
                _put(connection, schema.bases, row)
            known = set(connection.scalars(select(schema.bases.c.id)))
            for row in _rows(old, "documents"):
                if row.get("deleted_at") is None and row.get("kept", 1):
                    base_id = row["base_id"] if row["base_id"] in known else bases.DEFAULT
                    _queue(connection, base_id, row["name"], Blob(row["sha256"], row["size"], row["media_type"]))
                elif row.get("deleted_at") is None:
                    yield Fault(f"{row['name']} is lost: its original was not kept. Upload it again.", False)
            for table in _KEPT:
                for row in _rows(old, table.name):
                    _put(connection, table, row)


def _rows(old: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    """The rows that can be read, from either end up to what is broken."""
    seen = set()
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error):
            for row in old.execute(f"SELECT rowid AS rowid_, * FROM {table} ORDER BY rowid {order}"):  # noqa: S608
                values = dict(row)
                if (number := values.pop("rowid_")) not in seen:
                    seen.add(number)
                    yield values


def _put(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """A row, unless it is there, or stands on one that is lost."""
    values = {column.name: row[column.name] for column in table.c if column.name in row}
    with suppress(IntegrityError), connection.begin_nested():
        connection.execute(insert(table).values(values))


def _queue(connection: Connection, base_id: str, name: str, blob: Blob) -> None:
    if documents.with_bytes(connection, base_id, blob.sha256) is None:
        jobs.put(connection, documents.create(connection, base_id, name, blob), blob)


def _keywords(catalog: Catalog) -> Iterator[Fault]:
    try:
        with catalog.write() as connection:
            connection.execute(text("INSERT INTO keywords (keywords, rank) VALUES ('integrity-check', 1)"))
            lost = connection.scalar(text("SELECT count(*) FROM chunks WHERE key NOT IN (SELECT rowid FROM keywords)"))
        if not lost:
            return
    except CatalogDamaged:
        pass
    with catalog.write() as connection:
        drop_setting(connection, ANALYSER)
    KeywordIndex(catalog).refresh()
    yield Fault("the keyword index did not fit the passages: it was built anew", True)


def _originals(catalog: Catalog, blobs: Blobs) -> Iterator[Fault]:
    """Files that are not what they were, and files of which the catalog knows nothing."""
    with catalog.read() as connection:
        used = documents.blobs_in(connection)
    for sha256 in sorted(blobs.every()):
        path = blobs.path(sha256)
        if _digest(path) != sha256:
            path.rename(path.with_name(f"{sha256}.damaged"))
            yield Fault(f"an original, {path.name}.damaged, is not as it was uploaded. Upload it again.", False)
        elif sha256 not in used:
            name = f"recovered-{sha256[:8]}{_ending(path)}"
            with catalog.write() as connection:
                _queue(connection, bases.DEFAULT, name, Blob(sha256, path.stat().st_size, media_type(name)))
            yield Fault(f"an original belonged to no document: it is read again as {name}", True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _ending(path: Path) -> str:
    """What the file's content says of its kind; what says nothing is text."""
    try:
        return FORMATS[detect(path, path.name)].extensions[0]
    except IngestError:
        return ".txt"


def _documents(catalog: Catalog, blobs: Blobs) -> Iterator[Fault]:
    """Documents that say they were read and lack a part, and those whose original is gone."""
    d, c, v, t = schema.documents, schema.chunks, schema.vectors, schema.texts
    lacking = (
        ~select(t.c.document_id).where(t.c.document_id == d.c.id).exists()
        | (d.c.chunks != select(text("count(*)")).select_from(c).where(c.c.document_id == d.c.id).scalar_subquery())
        | select(c.c.key)
        .where(c.c.document_id == d.c.id, ~select(v.c.chunk_key).where(v.c.chunk_key == c.c.key).exists())
        .exists()
    )
    with catalog.write() as connection:
        rows = connection.execute(select(d).where(d.c.status == "ready", documents.PRESENT, lacking)).all()
        for row in rows:
            there = row.kept and blobs.path(row.sha256).is_file()
            if there:
                jobs.put(connection, row.id, Blob(row.sha256, row.size, row.media_type))
                documents.set_state(connection, row.id, "queued", "queued")
            told = "it is read again" if there else "its original is gone. Upload it again."
            yield Fault(f"{row.name} lacks a part of what was read: {told}", bool(there))
        kept = connection.execute(select(d.c.name, d.c.sha256).where(d.c.kept, documents.PRESENT)).all()
    for name, sha256 in kept:
        if not blobs.path(sha256).is_file():
            yield Fault(f"the original of {name} is gone: its text can be searched, not read again. Upload it.", False)


def _indexes(folder: Path) -> Iterator[Fault]:
    for path in sorted((folder / "index").glob("*.faiss")):
        try:
            read_index(path)
        except IndexDamaged:
            path.unlink()
            yield Fault(f"the vector index {path.name} was damaged: it is built anew when it is needed", True)
