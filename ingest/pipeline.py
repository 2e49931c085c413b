"""From a stored file to searchable chunks: parse, clean, split, embed, then one transaction."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest import clean as cleaning
from ingest import parse as parsing
from ingest import split as splitting
from ingest.chunk import Chunk
from ingest.document import CleanDocument, PageReport, ParsedDocument, ParseLimits
from ingest.embed import embed
from ingest.errors import OriginalDamaged, no_text
from ingest.library import Library
from ingest.locate import first_page
from ingest.notices import Notice
from ingest.pause import Signal
from ingest.places import Places
from ingest.redact import REDACTOR_VERSION, redact, redact_notices, redact_pages
from ingest.store import bases, documents, jobs, passages
from ingest.store.errors import Stopped, Superseded
from ingest.store.lexical import keyword_row
from ingest.store.packing import pack_notices
from ingest.store.records import Document, Job, Stage
from ingest.title import title_of
from models.base import Embedded, Embedder

__all__ = ["Library", "Steps", "Task", "embed_document", "ingest_document"]

Report = Callable[[Stage, int, int], None]


class Split(Protocol):
    """Cuts a cleaned text into chunks."""

    def __call__(
        self,
        cleaned: CleanDocument,
        count_tokens: Callable[[Sequence[str]], list[int]],
        /,
        *,
        target_tokens: int,
        max_tokens: int,
        title: str,
    ) -> tuple[Chunk, ...]:
        """See `ingest.split.split`."""


@dataclass(frozen=True)
class Steps:
    """The steps before embedding; tests put their own in place."""

    parse: Callable[..., ParsedDocument] = parsing.parse
    clean: Callable[[ParsedDocument], CleanDocument] = cleaning.clean
    split: Split = splitting.split
    version: str = f"{parsing.PARSER_VERSION}.{cleaning.CLEANER_VERSION}.{splitting.SPLITTER_VERSION}"


@dataclass(frozen=True)
class Task:
    """One document to be worked on: what it needs, where to report, and what stops it."""

    library: Library
    embedder: Embedder
    job: Job
    document: Document
    report: Report
    stop: Signal

    def check(self) -> None:
        """Raises Stopped."""
        if self.stop.is_set():
            raise Stopped(name=self.document.name)


@dataclass(frozen=True)
class _Read:
    """What is to be committed. `indexed` are the texts embedded, `words` keyword rows, one a chunk each; `parser` is
    the way it was read."""

    cleaned: CleanDocument
    pages: tuple[PageReport, ...]
    chunks: tuple[Chunk, ...]
    indexed: list[str]
    embedded: Embedded
    words: list[str]
    warnings: tuple[Notice, ...]
    parser: str
    seconds: float
    redacted: bool


def ingest_document(task: Task, *, limits: ParseLimits, steps: Steps) -> None:
    """Read a document and make it searchable, or change nothing.

    Raises any IngestError or ModelError; Stopped when asked to stop; Superseded when the document
    was deleted or replaced meanwhile.
    """
    library, document = task.library, task.document
    try:
        with library.pictures.incoming() as pictures:
            settings = library.catalog.base_holding(document.id).settings
            read = _read(
                task, limits, steps, redacted=settings.redact, pictures=pictures if settings.keep_originals else None
            )
            base_id = _commit(task, read, pictures)
    finally:
        # However it ended: the document may be ready, or gone, and a parser has kept pages until now.
        library.drop_unused(task.job.blob.sha256)
    library.vectors.refresh(base_id, task.embedder.fingerprint)
    if document.revision > 0:
        library.replaced(base_id, document.sha256)


def _commit(task: Task, read: _Read, pictures: Path) -> str:
    """All of it in one transaction. Gives the base that the document is in by now."""
    library, document, job = task.library, task.document, task.job
    with library.catalog.write() as connection:
        if not jobs.alive(connection, job):
            raise Superseded(name=document.name)
        if document.revision > 0:
            library.catalog.mark_erase(connection)
            passages.drop_chunks(connection, document.id)
        base = bases.find(connection, documents.base_of(connection, document.id))
        settings = base.settings
        kept = settings.keep_originals or read.redacted != settings.redact
        passages.put_text(connection, document.id, read.cleaned, read.pages)
        keys = passages.put_chunks(connection, _rows(task, read, base.id))
        passages.put_vectors(connection, keys, task.embedder.fingerprint, read.embedded, read.indexed)
        passages.put_keywords(connection, zip(keys, read.words, strict=True))
        documents.set_state(connection, document.id, "ready", "done", done=len(keys), total=len(keys))
        documents.set_values(connection, document.id, _values(task, read) | {"kept": kept})
        earlier = {document.sha256} if document.revision > 0 else set()
        library.note_going(earlier if kept else earlier | {job.blob.sha256})
        jobs.finish(connection, job)
        bases.touch(connection, base.id)
        library.pictures.keep(pictures, job.blob.sha256)
    return base.id


def embed_document(task: Task) -> None:
    """Give a document's chunks vectors of this embedder beside those they have.

    Its job is done then if it was that; one that asks for something else stays.
    """
    library, document = task.library, task.document
    chunks = library.catalog.chunks(document.id)
    texts = [chunk.indexed_text for chunk in chunks]
    embedded = _embed(task, texts)
    with library.catalog.write() as connection:
        if not jobs.alive(connection, task.job):
            raise Superseded(name=document.name)
        keys = [chunk.key for chunk in chunks]
        passages.put_vectors(connection, keys, task.embedder.fingerprint, embedded, texts)
        if task.job.kind == "embed":
            jobs.finish(connection, task.job)
        base_id = documents.base_of(connection, document.id)
        bases.touch(connection, base_id)
    library.vectors.refresh(base_id, task.embedder.fingerprint)


def _read(task: Task, limits: ParseLimits, steps: Steps, *, redacted: bool, pictures: Path | None) -> _Read:
    begin = time.perf_counter()
    parsed = _parse(task, limits, steps, pictures)
    cleaned = steps.clean(parsed)
    pages, warnings = parsed.pages, parsed.warnings
    if redacted:
        cleaned, pages, warnings = redact(cleaned), redact_pages(pages), redact_notices(warnings)
    seconds = time.perf_counter() - begin
    chunks = _split(task, steps, cleaned, parsed.pages)
    texts = [chunk.indexed_text for chunk in chunks]
    embedded = _embed(task, texts)
    cut = len(embedded.truncated)
    task.report("index", 0, len(chunks))
    words = [keyword_row(text) for text in texts]
    task.check()
    warnings = (*warnings, *cleaned.notices, *([Notice("chunks-cut", {"count": cut})] if cut else []))
    parser = f"{steps.version}.r{REDACTOR_VERSION}" if redacted else steps.version
    return _Read(cleaned, pages, chunks, texts, embedded, words, warnings, parser, seconds, redacted)


def _parse(task: Task, limits: ParseLimits, steps: Steps, pictures: Path | None) -> ParsedDocument:
    library, document = task.library, task.document
    task.report("parse", 0, 0)
    stored = task.job.blob.sha256
    # What a parser would make of damaged bytes must not take the place of a good text.
    if library.blobs.path(stored).is_file() and not library.blobs.is_whole(stored):
        raise OriginalDamaged(name=document.name)
    checkpoints = library.checkpoints.begin(stored)
    kept = library.checkpoints.count(stored)
    parsed = steps.parse(
        library.blobs.path(stored),
        document.name,
        password=library.password(document.id),
        pictures=pictures,
        checkpoints=checkpoints,
        scratch=library.blobs.incoming,
        limits=limits,
        # Pages that were read before are passed in no time: they count as done from the start.
        progress=lambda done, total: task.report("parse", max(done, min(kept, total)), total),
        stop=task.stop,
    )
    task.check()
    return parsed


def _split(task: Task, steps: Steps, cleaned: CleanDocument, pages: Sequence[PageReport]) -> tuple[Chunk, ...]:
    task.report("split", 0, 0)
    chunks = steps.split(
        cleaned,
        task.embedder.count_tokens,
        target_tokens=task.library.chunk_tokens,
        max_tokens=task.embedder.max_tokens,
        title=title_of(task.document.name),
    )
    if not chunks:
        scans = sum(1 for page in pages if page.images and not page.text_chars)
        raise no_text(task.document.name, len(pages), scans)
    return chunks


def _embed(task: Task, texts: Sequence[str]) -> Embedded:
    """All texts embedded, as far as they are new, a batch at a time: it can be stopped between two."""

    def step(done: int) -> None:
        task.check()
        task.report("embed", done, len(texts))

    return embed(texts, task.embedder, task.library.catalog, step)


def _rows(task: Task, read: _Read, base_id: str) -> list[dict[str, object]]:
    anchors = read.cleaned.anchors
    places = Places(anchors, read.cleaned.blocks)
    return [
        {
            "id": _chunk_id(task, read.parser, chunk.ordinal),
            "document_id": task.document.id,
            "base_id": base_id,
            "ordinal": chunk.ordinal,
            "start": chunk.start,
            "end": chunk.end,
            "text": chunk.text,
            "heading_path": passages.pack_path(chunk.heading_path),
            "tokens": chunk.tokens,
            "page": first_page(anchors, chunk.start, chunk.end),
            "location": places.of(chunk.start, chunk.end),
        }
        for chunk in read.chunks
    ]


def _chunk_id(task: Task, parser: str, ordinal: int) -> str:
    """The same bytes, read and cut in the same way, have chunks with the same ids."""
    way = (task.job.blob.sha256, task.library.chunk_tokens, parser, ordinal)
    return hashlib.sha256("|".join(map(str, way)).encode("ascii")).hexdigest()[:32]


def _values(task: Task, read: _Read) -> dict[str, object]:
    blob = task.job.blob
    return {
        "sha256": blob.sha256,
        "size": blob.size,
        "media_type": blob.media_type,
        "pages": len(read.pages),
        "chunks": len(read.chunks),
        "characters": len(read.cleaned.text),
        "revision": task.document.revision + 1,
        "warnings": pack_notices(read.warnings),
        "parser": read.parser,
        "seconds": round(read.seconds, 3),
        "redacted": read.redacted,
        "updated_at": time.time(),
    }
