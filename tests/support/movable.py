"""A library whose documents can be moved to another embedder, as the application puts it together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from app.answering.events import Scope
from app.answering.retrieve import Found, Retriever
from app.embedders import Embedders
from ingest.library import Library
from ingest.pipeline import Steps
from ingest.progress import ProgressBoard
from ingest.store import passages
from ingest.store.records import Document
from ingest.worker import IngestWorker
from models.base import Embedded, Embedder, Step
from tests.support.fakes import HashEmbedder
from tests.support.ingesting import Bench, Clock, parse_text

Builders = Mapping[str, Callable[[], Embedder]]


class Watched(HashEmbedder):
    """Tells of every batch of passages before it is embedded, and is of another kind than HashEmbedder."""

    def __init__(self, tell: Callable[[], object] = lambda: None) -> None:
        super().__init__(dimensions=128, name="watched")
        self._tell = tell

    def embed_passages(self, texts: list[str], step: Step = lambda _: None) -> Embedded:  # type: ignore[override]
        self._tell()
        return super().embed_passages(texts, step)


NUMBER = 24
BOTH = ("dense", "lexical")
BUILDERS: Builders = {"old": HashEmbedder, "new": Watched}


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


def movable(folder: Path, wanted: str, builders: Builders, **options: Any) -> Movable:
    """Open a library in `folder` that wants one of the embedders."""
    library = Library(folder, **options)
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


def text(n: int) -> str:
    return f"{chr(0x4E00 + 37 * n) * 5}{chr(0x6000 + 91 * n) * 5}"


def filled(folder: Path, builders: Builders = BUILDERS, **options: Any) -> Movable:
    made = movable(folder, "old", builders, **options)
    for n in range(NUMBER):
        made.add(text(n), f"{n}.txt")
    made.work()
    return made


def check(made: Movable, n: int) -> None:
    """Document `n` is found by meaning and by words, and nothing is amiss."""
    found = made.ask(text(n))
    assert found.partial is None
    assert (found.hits[0].chunk.text, found.hits[0].found_by) == (text(n), BOTH)


def named(made: Movable, name: str) -> Document:
    (found,) = [each for each in made.library.catalog.documents("default", text=name).items if each.name == name]
    return found


def set_aside(made: Movable, *numbers: int) -> None:
    """Let these documents wait for a person, for their new files cannot be read."""
    for n in numbers:
        made.add(f"CORRUPT {n}", f"{n}.txt", replace=True)
    made.work()
