"""Makes a data folder whole again, as far as what is left of it allows: documents are read again from their originals.

For a folder that no server has open. Nothing is thrown away: a catalog that is broken is kept beside the new one.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import select, text

from ingest.errors import IngestError
from ingest.parsers.formats import FORMATS
from ingest.parsers.kinds import detect
from ingest.store import bases, documents, jobs, schema
from ingest.store.blobs import DAMAGED, Blobs, media_type
from ingest.store.catalog import Catalog, drop_setting
from ingest.store.damaged import STILL_HOLDS
from ingest.store.database import FILE
from ingest.store.errors import CatalogDamaged
from ingest.store.fault import Fault
from ingest.store.files import sync_folder
from ingest.store.index_file import IndexDamaged, read_index
from ingest.store.lexical import ANALYSER, KeywordIndex
from ingest.store.lock import DataFolderLock
from ingest.store.records import Blob
from ingest.store.salvage import salvage


def repair(folder: Path) -> Iterator[Fault]:
    """Look at all of a data folder, mend what can be, and tell of each fault. Raises DataFolderBusy, DiskFull."""
    with DataFolderLock(folder):
        blobs = Blobs(folder / "originals")
        broken = _set_aside(folder)
        catalog = Catalog(folder)
        try:
            if broken is not None:
                yield Fault(
                    "repaired", f"the catalog was damaged: a new one was begun. It is kept as {broken}: {STILL_HOLDS}"
                )
                yield from salvage(catalog, broken, blobs)
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
    aside = path.with_name(f"{FILE}{DAMAGED}-{time.strftime('%Y%m%d-%H%M%S')}")
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
    yield Fault("repaired", "the keyword index did not fit the passages: it was built anew")


def _originals(catalog: Catalog, blobs: Blobs) -> Iterator[Fault]:
    """Files that are not what they were, and files of which the catalog knows nothing."""
    with catalog.read() as connection:
        used = documents.blobs_in(connection)
    going = blobs.going()
    taken = 0
    for sha256 in sorted(blobs.every()):
        path = blobs.path(sha256)
        if _digest(path) != sha256:
            path.rename(blobs.damaged_path(sha256))
            text = (
                f"an original is not as it was uploaded. Upload it again. It is kept as {path}{DAMAGED}: {STILL_HOLDS}"
            )
            yield Fault("problem", text)
        elif sha256 not in used and sha256 in going:
            text = f"an original, {sha256}, came or went when the server ended: the next start erases it"
            yield Fault("warning", text)
        elif sha256 not in used:
            taken += 1
            name = f"recovered-{sha256[:8]}{_ending(path)}"
            blob = Blob(sha256, path.stat().st_size, media_type(name))
            with catalog.write() as connection:
                jobs.put(connection, documents.create(connection, bases.DEFAULT, name, blob), blob)
            yield Fault("repaired", f"an original belonged to no document: it is read again as {name}")
    if taken:
        text = (
            f"{taken} documents were taken in again from originals, into the base {bases.DEFAULT}, whose readers may "
            "read them; one that you deleted in the last minute before the server stopped may be among them: look "
            "through those called recovered-…, and delete what should not be there"
        )
        yield Fault("warning", text)


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
            yield Fault("repaired" if there else "problem", f"{row.name} lacks a part of what was read: {told}")
        kept = connection.execute(select(d.c.name, d.c.sha256).where(d.c.kept, documents.PRESENT)).all()
    for name, sha256 in kept:
        if not blobs.path(sha256).is_file():
            yield Fault(
                "problem", f"the original of {name} is gone: its text can be searched, not read again. Upload it."
            )


def _indexes(folder: Path) -> Iterator[Fault]:
    for path in sorted((folder / "index").glob("*.faiss")):
        try:
            read_index(path)
        except IndexDamaged:
            path.unlink()
            yield Fault("repaired", f"the vector index {path.name} was damaged: it is built anew when it is needed")
