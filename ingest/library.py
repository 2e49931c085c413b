"""What the web and the command line call: documents in, documents out, and nothing left behind.

Owns the catalog, the original files and both indexes of a data folder.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Event, Lock
from typing import BinaryIO

from sqlalchemy import Connection

from ingest.errors import DiskFull, OriginalMissing, OriginalNotKept
from ingest.names import tidy_name
from ingest.parsers.kinds import detect
from ingest.pause import Pause
from ingest.recovery import recover
from ingest.store import bases, documents, jobs, transfer
from ingest.store.blobs import Blobs, Received
from ingest.store.catalog import Catalog
from ingest.store.checkpoints import Checkpoints
from ingest.store.errors import BaseProtected, BeingReplaced, UnknownDocument
from ingest.store.files import disk_named
from ingest.store.lexical import KeywordIndex
from ingest.store.pictures import Pictures
from ingest.store.records import Base, BaseSettings, Document
from ingest.store.vector_index import FLAT_LIMIT
from ingest.store.vectors import VectorStore

log = logging.getLogger(__name__)


class Library:
    """The documents of a data folder. Every method may be called from any thread.

    `work` is set whenever there may be something to do for the worker, `to_purge` for the purger. Of two processes only
    the one that holds the folder's lock may open it. What is in `purging` is called in the transaction that deletes
    documents for good, with their ids: whoever keeps words of theirs elsewhere lets go of them there. What is in
    `erasing` is called whenever words of anything deleted or replaced are to be gone for good, after that is committed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int = 200_000_000,
        chunk_tokens: int = 350,
        flat_limit: int = FLAT_LIMIT,
    ) -> None:
        """Open or create the folder; finish what a crash cut short. Raises as Catalog does, or DiskFull."""
        self.chunk_tokens = chunk_tokens
        self.work = Event()
        self.to_purge = Event()
        self.purging: list[Callable[[Connection, Sequence[str]], None]] = []
        self.erasing: list[Callable[[], None]] = []
        self._max_bytes = max_bytes
        self._passwords: dict[str, str] = {}
        # Held from the moment that bytes get their final name to the commit of the row that needs them.
        self._blob_lock = Lock()
        self.catalog = Catalog(folder)
        try:
            self.blobs = Blobs(folder / "originals")
            self.pictures = Pictures(folder / "pages")
            self.checkpoints = Checkpoints(folder / "checkpoints")
            self.pause = Pause(self.catalog)
            self.lexical = KeywordIndex(self.catalog)
            self.erasing.append(self.lexical.forget)
            self.vectors = VectorStore(self.catalog, folder / "index", flat_limit)
            recover(self)
        except BaseException:
            self.catalog.close()
            raise

    def close(self) -> None:
        """Write the indexes, but build none, and close the catalog.

        Raises DiskFull, CatalogUnusable; then the indexes are built anew at need.
        """
        self.vectors.stop()
        try:
            self.vectors.save()
        finally:
            self.vectors.close()
            self.catalog.close()

    def add(self, base_id: str, name: str, stream: BinaryIO, *, replace: bool = False) -> tuple[Document, bool]:
        """Take a file in: when this returns it is on disk, in the catalog and in the queue.

        The flag is False when the base has the same bytes already; then that document is given.
        `replace` makes the file a new revision of the document with its name: what was read
        before stays until the new text is there. Raises UnknownBase, EmptyFile, FileTooLarge, DiskFull,
        CatalogUnusable, and UnsupportedFile or CorruptFile where the first bytes already tell.
        """
        base_id = self.catalog.base(base_id).id
        name = tidy_name(name)
        received = self.blobs.receive(stream, name, self._max_bytes)
        try:
            detect(received.path, name)
            with self._blob_lock:
                document_id, created, unused = self._accept(base_id, name, received, replace)
                self._drop_unused(unused)
        finally:
            received.drop()
        if created:
            self.work.set()
        return self.catalog.document(document_id), created

    def hide(self, document_id: str) -> None:
        """Let nobody find a document any more, until the purger deletes it. Raises UnknownDocument."""
        with self.catalog.write() as connection:
            document = documents.find(connection, document_id)
            documents.hide(connection, document_id, time.time())
            bases.touch(connection, document.base_id)
        self.to_purge.set()

    def restore(self, document_id: str) -> None:
        """Undo `hide`, as long as the document and its base are there. Raises UnknownDocument."""
        with self.catalog.write() as connection:
            if documents.base_of(connection, document_id) in dict(bases.hidden(connection)):
                # It comes back with its base, or not at all.
                raise UnknownDocument(id=document_id)
            self._bring_back(connection, document_id)
        self.work.set()

    def hide_base(self, base_id: str) -> list[str]:
        """Let nobody find a base or what is in it any more, until the purger deletes it. Gives its documents.

        Raises UnknownBase, BaseProtected.
        """
        with self.catalog.write() as connection:
            base = bases.find(connection, base_id)
            _not_default(base.id)
            bases.hide(connection, base.id, time.time())
            gone = documents.ids_in(connection, base.id)
        self.to_purge.set()
        return gone

    def restore_base(self, base_id: str) -> list[Document]:
        """Undo `hide_base`, as long as the base is there; gives the documents that came back with it.

        Raises UnknownBase, and NameTaken if another base has got its name.
        """
        with self.catalog.write() as connection:
            if not bases.restore(connection, base_id):
                return []
            # Its index may have been made while nothing in it was to be found.
            bases.touch(connection, base_id)
            for job in jobs.running_in(connection, base_id):
                # What was done on it while it was hidden was thrown away.
                jobs.put_back(connection, job, attempts=0)
            back = documents.present_in(connection, base_id)
        self.work.set()
        return back

    def delete(self, document_id: str) -> None:
        """Remove a document, hidden or not, from every store and from disk before returning. Raises UnknownDocument."""
        with self._blob_lock:
            with self.catalog.write() as connection:
                base_id = documents.base_of(connection, document_id)
                unused = documents.blobs_in(connection, document_id=document_id)
                self.note_going(unused)
                self._purge(connection, [document_id])
                documents.remove(connection, document_id)
                bases.touch(connection, base_id)
            self._drop_unused(unused)
        self._passwords.pop(document_id, None)
        # The documents may have waited for this one to be moved to another embedder.
        self.work.set()
        self._erase(base_id)

    def delete_base(self, base_id: str) -> list[str]:
        """Remove a base, hidden or not, and everything in it; gives the documents that were.

        Raises UnknownBase, BaseProtected.
        """
        with self._blob_lock:
            with self.catalog.write() as connection:
                base_id = bases.id_of(connection, base_id)
                _not_default(base_id)
                unused = documents.blobs_in(connection, base_id=base_id)
                gone = documents.ids_in(connection, base_id)
                self.note_going(unused)
                self._purge(connection, gone)
                bases.remove(connection, base_id)
            self._drop_unused(unused)
        # What is left may have waited for these documents to be moved to another embedder.
        self.work.set()
        self._erase(base_id)
        return gone

    def erase(self) -> bool:
        """Rid files and memory of what deletions left; False while somebody reads what is to be erased: try again."""
        return self.catalog.erase(self._forget)

    def configure(self, base_id: str, settings: BaseSettings) -> Base:
        """Change what a base does with its documents. Raises UnknownBase.

        Originals that are no longer to be kept go at once, except of documents that are to be read again.
        """
        with self._blob_lock:
            with self.catalog.write() as connection:
                base = bases.find(connection, base_id)
                bases.set_settings(connection, base.id, settings)
                dropped = set() if settings.keep_originals else documents.let_go(connection, base.id, settings.redact)
                self.note_going(dropped)
            self._drop_unused(dropped)
        return self.catalog.base(base.id)

    def move(self, document_id: str, base_id: str) -> Document:
        """Put a document into another base, where it is found from then on, and no more where it was.

        It follows that base's settings, as after `configure`: what was read otherwise is read again, if its file is
        kept, and a file that is no longer to be kept goes.
        Raises UnknownDocument, UnknownBase, AlreadyThere, LatelyDeleted.
        """
        base_id = self.catalog.base(base_id).id
        self.vectors.prepare((self.catalog.document(document_id).base_id, base_id))
        with self._blob_lock:
            with self.catalog.write() as connection:
                document, target = documents.find(connection, document_id), bases.find(connection, base_id)
                source = bases.find(connection, document.base_id)
                if source.id == target.id:
                    return document
                transfer.check(connection, document, target)
                # If the process ends right after the change, no file may hold what is not in its base any more.
                self.vectors.delete_files(source.id)
                dropped = transfer.move(connection, document, source, target)
                self.note_going(dropped)
            self._drop_unused(dropped)
        self.vectors.erase(source.id)
        self.vectors.prepare((target.id,))
        self.work.set()
        return self.catalog.document(document_id)

    def read_outdated(self, base_id: str) -> tuple[list[str], list[Document]]:
        """Read again what was read under other settings: those queued, and those without an original."""
        with self.catalog.write() as connection:
            base = bases.find(connection, base_id)
            found = documents.outdated(connection, base.id, base.settings.redact)
            for document in found:
                if document.kept:
                    jobs.queue_again(connection, document)
        self.work.set()
        return [document.id for document in found if document.kept], [each for each in found if not each.kept]

    def retry(self, document_id: str) -> None:
        """Read a document again, now, unless that is about to happen. Raises UnknownDocument, OriginalNotKept."""
        with self.catalog.write() as connection:
            jobs.queue_again(connection, documents.find(connection, document_id))
        self.work.set()

    def retry_failed(self, base_id: str) -> tuple[list[str], list[Document]]:
        """Read again what could not be read: those queued, and those without an original. Raises UnknownBase."""
        with self.catalog.write() as connection:
            found = documents.failed(connection, bases.find(connection, base_id).id)
            queued: list[str] = []
            without: list[Document] = []
            for document in found:
                try:
                    jobs.queue_again(connection, document)
                except OriginalNotKept:
                    without.append(document)
                else:
                    queued.append(document.id)
        self.work.set()
        return queued, without

    def give_password(self, document_id: str, password: str) -> None:
        """Remember a document's password, in memory only, and read it if it waits for one."""
        with self.catalog.write() as connection:
            document = documents.find(connection, document_id)
            self._passwords[document_id] = password
            if document.status == "needs_password":
                jobs.queue_again(connection, document)
        self.work.set()

    def password(self, document_id: str) -> str | None:
        """The password given for a document since this process started."""
        return self._passwords.get(document_id)

    def forget_password(self, document_id: str) -> None:
        """It was the wrong one."""
        self._passwords.pop(document_id, None)

    def original(self, document_id: str) -> Path:
        """The file of the text that is searched. Raises UnknownDocument, OriginalNotKept, OriginalMissing."""
        document = self.catalog.document(document_id)
        if not document.kept:
            raise OriginalNotKept(name=document.name)
        path = self.blobs.path(document.sha256)
        with disk_named(document.name, path.parent):
            if not path.is_file():
                raise OriginalMissing(name=document.name)
        return path

    def replaced(self, base_id: str, sha256: str) -> None:
        """A document has a new text: rid the disk of the old one."""
        self.drop_unused(sha256)
        self._erase(base_id)

    def drop_unused(self, sha256: str) -> None:
        """Delete an original with the pictures of its pages, and what OCR read of it, unless a document needs them."""
        with self._blob_lock:
            self._drop_unused({sha256})

    def _accept(self, base_id: str, name: str, received: Received, replace: bool) -> tuple[str, bool, set[str]]:
        """Keep the bytes and queue them, unless the base has them; the third value may be unused now."""
        blob = received.blob
        try:
            with self.catalog.write() as connection:
                base = bases.find(connection, base_id)
                known = documents.with_bytes(connection, base.id, blob.sha256)
                if known is not None:
                    self._bring_back(connection, known)
                job = None if known is None else jobs.of_document(connection, known)
                # A document may hold these bytes and be about to get others: then it is told to keep these.
                other = job is not None and job.blob.sha256 != blob.sha256
                if known is not None and job is not None and other and not replace and job.state != "failed":
                    # They would be gone in a moment, and nobody would have been told.
                    raise BeingReplaced(name=documents.find(connection, known).name)
                keeps = not (other and replace)
                if known is not None and keeps and not self._needs_file(connection, known, base, replace):
                    return known, False, set()
                old = known or (documents.with_name(connection, base.id, name) if replace else None)
                unused = set() if old is None else documents.blobs_in(connection, document_id=old)
                self.note_going(unused)
                self.blobs.begin({blob.sha256})
                self.blobs.keep(received)
                document_id = old or documents.create(connection, base.id, name, blob)
                if documents.find(connection, document_id).revision == 0:
                    # Nothing was read of the earlier bytes: nobody will ever need them.
                    documents.set_values(connection, document_id, asdict(blob))
                jobs.put(connection, document_id, blob)
                documents.set_state(connection, document_id, "queued", "queued")
                return document_id, True, {blob.sha256, *unused}
        except BaseException:
            self._drop_unused({blob.sha256})
            raise

    def _needs_file(self, connection: Connection, document_id: str, base: Base, replace: bool) -> bool:
        """Whether to read a document again from these bytes: its file is lost, damaged, or not kept and asked for."""
        document = documents.find(connection, document_id)
        if document.kept:
            return not self.blobs.is_whole(document.sha256)
        return replace or document.redacted != base.settings.redact

    def _bring_back(self, connection: Connection, document_id: str) -> None:
        """Let everybody see a document again that is hidden."""
        base_id = documents.base_of(connection, document_id)
        if not documents.is_hidden(connection, document_id):
            return
        documents.hide(connection, document_id, None)
        bases.touch(connection, base_id)
        job = jobs.of_document(connection, document_id)
        if job is not None and job.state == "running":
            # What was done on it while it was hidden was thrown away.
            jobs.put_back(connection, job, attempts=0)

    def _purge(self, connection: Connection, document_ids: Sequence[str]) -> None:
        self.catalog.mark_erase(connection)
        for let_go in self.purging:
            let_go(connection, document_ids)

    def _drop_unused(self, hashes: Collection[str]) -> None:
        with self.catalog.read() as connection:
            unused = [sha256 for sha256 in hashes if not documents.blob_used(connection, sha256)]
            read = [sha256 for sha256 in hashes if not jobs.reads(connection, sha256)]
        for sha256 in read:
            self.checkpoints.remove(sha256)
        for sha256 in unused:
            self.blobs.remove(sha256)
            self.pictures.remove(sha256)
        self.blobs.end(hashes)

    def note_going(self, hashes: Collection[str]) -> None:
        """Note that originals may go with the rows that are about to. On a full disk deletions go on without a note."""
        with suppress(DiskFull):
            self.blobs.begin(hashes)

    def _forget(self) -> None:
        for forget in self.erasing:
            forget()

    def _erase(self, base_id: str) -> None:
        self.vectors.erase(base_id)
        if not self.erase():
            self.to_purge.set()


def _not_default(base_id: str) -> None:
    if base_id == bases.DEFAULT:
        raise BaseProtected(name=base_id)
