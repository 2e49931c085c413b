"""A library with small fakes around it: a parser of plain text in this process, no weights, no thread."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.document import Block, Box, Line, PageReport, ParsedDocument
from ingest.errors import CorruptFile, PasswordNeeded, PasswordWrong
from ingest.library import Library
from ingest.pipeline import Steps
from ingest.progress import ProgressBoard
from ingest.store.records import Document
from ingest.worker import IngestWorker
from models.base import Embedder
from tests.support.fakes import HashEmbedder


def parse_text(path: Path, name: str, **options: Any) -> ParsedDocument:
    """A page a paragraph. `CORRUPT`, `BUG` and `SECRET <password>` as first words do what they say."""
    paragraphs = path.read_text(encoding="utf-8").split("\n\n")
    first = paragraphs[0].split()
    if first[:1] == ["CORRUPT"]:
        raise CorruptFile(name=name, kind="text", reason="it says so")
    if first[:1] == ["BUG"]:
        raise ZeroDivisionError("a mistake of ours")
    if first[:1] == ["SECRET"]:
        if options.get("password") is None:
            raise PasswordNeeded(name=name)
        if options["password"] != first[1]:
            raise PasswordWrong(name=name)
    blocks = tuple(
        Block("text", (Line(text, Box(72, 72, 500, 90)),), page=page) for page, text in enumerate(paragraphs, start=1)
    )
    pages = tuple(PageReport(page, 595, 842, text_chars=len(text)) for page, text in enumerate(paragraphs, 1))
    options["progress"](len(pages), len(pages))
    return ParsedDocument(blocks, pages)


@dataclass
class Hindered:
    """`parse_text`, which something hinders as long as there is an error."""

    error: Exception | None

    def __call__(self, path: Path, name: str, **options: Any) -> ParsedDocument:
        if self.error is not None:
            raise self.error
        return parse_text(path, name, **options)


@dataclass
class Clock:
    """Time that passes when a test says so."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Bench:
    """A library, a worker that works when told to, and what it published."""

    library: Library
    worker: IngestWorker
    board: ProgressBoard
    clock: Clock = field(default_factory=Clock)

    def add(self, text: str, name: str = "a.txt", base: str = "default", replace: bool = False) -> Document:
        document, _ = self.library.add(base, name, io.BytesIO(text.encode()), replace=replace)
        return document

    def work(self) -> None:
        """Take every job that may be taken."""
        while self.worker.step():
            pass

    def work_after(self, seconds: float) -> None:
        """Let time pass, then take every job that may be taken."""
        self.clock.now += seconds
        self.work()

    def taken_in(self, text: str, name: str = "a.txt", base: str = "default") -> Document:
        document = self.add(text, name, base)
        self.work()
        return self.document(document)

    def document(self, document: Document) -> Document:
        return self.library.catalog.document(document.id)

    def found(self, question: str, base: str = "default") -> list[str]:
        """Texts that keyword search finds."""
        hits = self.library.lexical.search(question, base_ids=[base], k=20)
        chunks = self.library.catalog.stored_chunks([key for key, _ in hits])
        return [chunks[key].text for key, _ in hits]

    def nearest(self, question: str, base: str = "default", k: int = 1) -> list[str]:
        """Texts that vector search finds."""
        vector = HashEmbedder().embed_query(question)
        hits = self.library.vectors.search(vector, base_ids=[base], k=k)
        chunks = self.library.catalog.stored_chunks([key for key, _ in hits])
        return [chunks[key].text for key, _ in hits]

    def close(self) -> None:
        self.worker.stop()
        self.library.close()


def bench(
    folder: Path,
    *,
    embedder: Callable[[], Embedder] = HashEmbedder,
    parse: Callable[..., ParsedDocument] = parse_text,
    **library: Any,
) -> Bench:
    """Open a library in `folder`."""
    opened = Library(folder, **library)
    board, clock = ProgressBoard(), Clock()
    worker = IngestWorker(opened, embedder, board, steps=Steps(parse=parse), clock=clock, chance=lambda: 0.0)
    return Bench(opened, worker, board, clock)
