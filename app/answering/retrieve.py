"""Finds chunks for a question: dense and keyword search, fused by rank."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import log

from app.answering.events import FoundBy, Scope, SearchHit, Source
from app.answering.fuse import fuse
from app.answering.rerank import rerank
from app.answering.terms import content_words
from ingest.pipeline import Library
from ingest.store.errors import UnknownDocument
from models.base import Embedder

# From so many dense results on, their mean says what an ordinary likeness is.
CROWD = 20
RARITY_CHUNKS = 500
# How many hits beyond those asked for may still move up.
RERANKED = 6


@dataclass(frozen=True)
class Found:
    """Hits, best first, and how far the nearest chunk stands out: its cosine less the mean of the dense results.

    Among few chunks nothing can stand out: then `margin` is None.
    """

    hits: tuple[SearchHit, ...]
    margin: float | None


@dataclass(frozen=True)
class Retriever:
    """Searches a library. `embedder` waits until the model is loaded and raises if it cannot be."""

    library: Library
    embedder: Callable[[], Embedder]
    depth: int

    def search(self, questions: Sequence[str], scope: Scope, k: int) -> Found:
        """The best `k` chunks for a question, given in one or several wordings (a follow-up has two).

        Raises ModelError if the embedder cannot be used.
        """
        rankings: list[list[int]] = []
        found_by: dict[int, dict[FoundBy, None]] = {}
        similarity: dict[int, float] = {}
        margins: list[float] = []
        for question in questions:
            dense, lexical = self._dense(question, scope), self._lexical(question, scope)
            if len(dense) >= CROWD:
                margins.append(dense[0][1] - sum(score for _, score in dense) / len(dense))
            for key, score in dense:
                similarity[key] = max(score, similarity.get(key, -1.0))
                found_by.setdefault(key, {})["dense"] = None
            for key, _ in lexical:
                found_by.setdefault(key, {})["lexical"] = None
            rankings += [[key for key, _ in dense], [key for key, _ in lexical]]
        fused = fuse(rankings)
        chunks = self.library.catalog.stored_chunks([key for key, _ in fused])
        hits = [
            SearchHit(chunks[key], score, tuple(found_by[key]), similarity.get(key))
            for key, score in fused
            if key in chunks
        ]
        words = content_words(questions[-1])
        best = rerank(_without_duplicates(hits)[: k + RERANKED], words, self.rarity(words, scope))
        return Found(tuple(best[:k]), max(margins, default=None))

    def sources(self, hits: Sequence[SearchHit]) -> tuple[Source, ...]:
        """Number the hits and look up where their lines are."""
        catalog = self.library.catalog
        return tuple(
            Source(n, hit, catalog.anchors(hit.chunk.document_id, hit.chunk.start, hit.chunk.end))
            for n, hit in enumerate(hits, start=1)
        )

    def revisions(self, sources: Sequence[Source]) -> dict[str, int]:
        """The revision of each source's document; one that was deleted meanwhile is left out."""
        found = {}
        for document in {source.hit.chunk.document_id for source in sources}:
            with suppress(UnknownDocument):
                found[document] = self.library.catalog.document(document).revision
        return found

    def rarity(self, words: Sequence[str], scope: Scope) -> list[float]:
        """The weight of each folded word: log((N + 1) / (n + 0.5)), n of the scope's N chunks hold it.

        A base of a few chunks says nothing about what is rare in a language: N is at least RARITY_CHUNKS.
        """
        chunks = sum(self.library.catalog.base(base).chunks for base in scope.bases)
        total = max(chunks, RARITY_CHUNKS)
        found = self.library.lexical.document_frequency(words)
        return [log((total + 1) / (min(found.get(word, 0), chunks) + 0.5)) for word in words]

    def _dense(self, question: str, scope: Scope) -> list[tuple[int, float]]:
        embedder = self.embedder()
        return self.library.vectors.search(
            embedder.embed_query(question),
            base_ids=scope.bases,
            document_ids=scope.documents,
            k=self.depth,
            fingerprint=embedder.fingerprint,
        )

    def _lexical(self, question: str, scope: Scope) -> list[tuple[int, float]]:
        return self.library.lexical.search(question, base_ids=scope.bases, document_ids=scope.documents, k=self.depth)


def _without_duplicates(hits: Sequence[SearchHit]) -> list[SearchHit]:
    """The same text in two documents is one passage: the better placed stays."""
    seen: set[str] = set()
    kept = []
    for hit in hits:
        if hit.chunk.text not in seen:
            seen.add(hit.chunk.text)
            kept.append(hit)
    return kept
