"""A library whose documents can be moved to another embedder, as the application puts it together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.answering.events import Scope
from app.answering.retrieve import Found, Retriever
from app.embedders import Embedders
from ingest.library import Library
from ingest.pipeline import Steps
from ingest.progress import ProgressBoard
from ingest.store import passages
from ingest.worker import IngestWorker
from models.base import Embedded, Embedder
from tests.support.fakes import HashEmbedder
from tests.support.ingesting import Bench, Clock, parse_text

Builders = Mapping[str, Callable[[], Embedder]]


class Watched(HashEmbedder):
    """Tells of every batch of passages before it is embedded, and is of another kind than HashEmbedder."""

    def __init__(self, tell: Callable[[], object] = lambda: None) -> None:
        super().__init__(dimensions=128, name="watched")
        self._tell = tell

    def embed_passages(self, texts: list[str]) -> Embedded:  # type: ignore[override]
        self._tell()
        return super().embed_passages(texts)


@dataclass
class Movable(Bench):
    """`Bench` with both embedders and a search."""

    embedders: Embedders = None  # type: ignore[assignment]
    retriever: Retriever = None  # type: ignore[assignment]

    def want(self, name: str) -> None:
        self.embedders.want(name)
        self.worker.wake()

    def ask(self, question: str, k: int = 1) -> Found:
        scope = Scope((self.library.catalog.base("default").id,))
        return self.retriever.search((question,), scope, k)

    def fingerprints(self) -> set[str]:
        """Whose vectors the catalog holds."""
        keys = [
            chunk.key
            for document in self.library.catalog.documents("default", per_page=999).items
            for chunk in self.library.catalog.chunks(document.id)
        ]
        names = (HashEmbedder().fingerprint, Watched().fingerprint)
        with self.library.catalog.read() as connection:
            return {name for name in names if len(passages.vectors_of(connection, keys, name)[0])}


def movable(folder: Path, wanted: str, builders: Builders) -> Movable:
    """Open a library in `folder` that wants one of the embedders."""
    library = Library(folder)
    board, clock = ProgressBoard(), Clock()
    embedders = Embedders(library.catalog, wanted, lambda name: builders[name]())
    worker = IngestWorker(
        library,
        embedders.wanted.get,
        board,
        steps=Steps(parse=parse_text),
        clock=clock,
        chance=lambda: 0.0,
        former=embedders.former,
        name_of=embedders.name_of,
    )
    retriever = Retriever(library, partial(embedders.serving, 60.0), 40)
    return Movable(library, worker, board, clock, embedders=embedders, retriever=retriever)
