"""A document goes to another base: its rows, and what that base's settings ask for."""

from __future__ import annotations

from sqlalchemy import Connection

from ingest.store import bases, documents, jobs, passages
from ingest.store.errors import AlreadyThere, LatelyDeleted
from ingest.store.records import Base, Document


def check(connection: Connection, document: Document, target: Base) -> None:
    """Whether a base holds neither the bytes of a document nor those that it is about to get.

    Raises AlreadyThere, LatelyDeleted.
    """
    job = jobs.of_document(connection, document.id)
    for sha256 in {document.sha256} if job is None else {document.sha256, job.blob.sha256}:
        if (other := documents.with_bytes(connection, target.id, sha256)) is None:
            continue
        if documents.is_hidden(connection, other):
            raise LatelyDeleted(name=document.name, base=target.name)
        raise AlreadyThere(name=document.name, base=target.name, other=documents.find(connection, other).name)


def move(connection: Connection, document: Document, source: Base, target: Base) -> set[str]:
    """Put a document with all that was read from it into another base; gives the blobs that are not kept there."""
    documents.move(connection, document.id, target.id)
    passages.move(connection, document.id, target.id)
    for base in (source, target):
        bases.touch(connection, base.id)
    return _adapt(connection, document, source, target)


def _adapt(connection: Connection, document: Document, source: Base, target: Base) -> set[str]:
    job, wanted = jobs.of_document(connection, document.id), target.settings
    alike = (source.settings.redact, source.settings.keep_originals) == (wanted.redact, wanted.keep_originals)
    if job is not None and job.kind == "ingest" and job.state == "running" and not alike:
        # It is being read as the other base wanted it: whoever is at that finds the job gone.
        jobs.put(connection, document.id, job.blob)
        documents.set_state(connection, document.id, "queued", "queued")
    elif document.revision and document.redacted != wanted.redact:
        if document.kept:
            jobs.queue_again(connection, document)
    elif not wanted.keep_originals:
        return documents.let_go(connection, target.id, wanted.redact, document.id)
    return set()
