"""Finds chunks for a question: dense and keyword search, put in one order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from itertools import chain
from math import log

from app.answering.coverage import folded
from app.answering.events import FoundBy, Scope, SearchHit, Source
from app.answering.language import CJK, is_chinese
from app.answering.rank import CROWD, Wording, rank
from app.answering.terms import as_written, content_words, grams
from ingest.pipeline import Library
from ingest.store.errors import IndexBuilding, UnknownDocument
from ingest.store.moving import EMBEDDER
from ingest.store.records import StoredChunk, Unread
from models.base import Embedder, Reranker, Vectors
from models.errors import Explained, ModelError

RARITY_CHUNKS = 500
# So many of the best chunks are put in order by a reranker, where there is one.
RERANKED = 20
# Chunks of other documents that a margin is told by.
_FEWEST_OTHERS = 3
# Chunks that share more of their features than this (Jaccard) say the same.
ALIKE = 0.9


@dataclass(frozen=True)
class Found:
    """Hits, best first, and how far the nearest chunk stands out.

    `margin` is its cosine less the mean of the dense results of other documents, None where there are hardly any:
    within a document everything is alike. `agree` says whether, for any wording, the nearest chunk is also the best by
    words. Among few chunks nothing can stand out: then both are None. `words` are the content words of the last
    wording, the fullest, with their weights. `abroad` says whether anything that search saw is in another language
    than the question. `partial` is why some of it, or all, was searched by words only: then nothing stands out either.
    `fingerprint` is that of the embedder of the documents, "" as long as there are none.
    """

    hits: tuple[SearchHit, ...]
    margin: float | None = None
    agree: bool | None = None
    words: tuple[tuple[str, float], ...] = ()
    abroad: bool = False
    partial: Explained | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class Retriever:
    """Searches a library.

    `embedder` gives the model that embedded the documents. It waits for it, but not for ever, and raises ModelError
    where it cannot be had: then words are searched. `reranker` waits until it is loaded, and raises if it cannot be.
    """

    library: Library
    embedder: Callable[[], Embedder]
    depth: int
    reranker: Callable[[], AbstractContextManager[Reranker | None]] = nullcontext

    def loaded(self) -> Embedder | None:
        """The embedder, as `embedder` gives it, or None."""
        try:
            return self.embedder()
        except ModelError:
            return None

    @property
    def fingerprint(self) -> str:
        """That of the embedder of the documents; "" as long as there are none."""
        return self.library.catalog.setting(EMBEDDER) or ""

    def search(self, questions: Sequence[str], scope: Scope, k: int, *, rerank: bool = True) -> Found:
        """The best `k` chunks for a question, given in one or several wordings (a follow-up has two).

        Without `rerank` a reranker leaves them as they are. Raises ModelError if the reranker cannot be used.
        """
        wordings, partial, fingerprint = self._seen(questions, scope)
        found_by: dict[int, dict[FoundBy, None]] = {}
        similarity: dict[int, float] = {}
        for wording in wordings:
            for key, score in wording.dense:
                similarity[key] = max(score, similarity.get(key, -1.0))
                found_by.setdefault(key, {})["dense"] = None
            for key, _ in wording.lexical:
                found_by.setdefault(key, {})["lexical"] = None
        # What was moved since it was found may be in a base that the person who asks may not see.
        stored = self.library.catalog.stored_chunks(list(found_by))
        chunks = {key: chunk for key, chunk in stored.items() if chunk.base_id in scope.bases}
        ranked = rank(wordings, {key: folded(chunk) for key, chunk in chunks.items()})
        if rerank:
            ranked = self._reranked(questions[-1], ranked, chunks)
        hits = [SearchHit(chunks[key], score, tuple(found_by[key]), similarity.get(key)) for key, score in ranked]
        large = [wording for wording in wordings if len(wording.dense) >= CROWD and partial is None]
        margins = [margin for wording in large if (margin := _margin(wording, chunks)) is not None]
        agree = any(wording.agree for wording in large) if large else None
        words = tuple(zip(wordings[-1].words, wordings[-1].weights, strict=True))
        chinese = bool(CJK.search(questions[-1]))
        abroad = any(is_chinese(chunk.text) != chinese for chunk in chunks.values())
        best, margin = tuple(_first_unlike(hits, k)), max(margins, default=None)
        return Found(best, margin, agree, words, abroad, partial, fingerprint)

    def _seen(self, questions: Sequence[str], scope: Scope) -> tuple[list[Wording], Explained | None, str]:
        """What each wording finds, why that may not be all, and by which embedder's vectors."""
        while True:
            fingerprint = self.fingerprint
            embedder, partial = self._by_meaning(scope)
            wordings = self._wordings(questions, scope, embedder)
            # If the documents have been moved to another embedder meanwhile, the vectors that were compared are gone.
            if self.fingerprint == fingerprint:
                return wordings, partial, fingerprint

    def _by_meaning(self, scope: Scope) -> tuple[Embedder | None, Explained | None]:
        """What to search by meaning with, and why not all can be searched so."""
        try:
            embedder = self.embedder()
        except ModelError as error:
            return None, error
        if scope.documents is None and (lacking := self.library.vectors.unbuilt(scope.bases, embedder.fingerprint)):
            names = ", ".join(self.library.catalog.base(base).name for base in lacking)
            return embedder, IndexBuilding(names=names)
        return embedder, None

    def _wordings(self, questions: Sequence[str], scope: Scope, embedder: Embedder | None) -> list[Wording]:
        """Every wording with what it finds, and how near the parts of all that was found are to it."""
        lexical = [self._lexical(question, scope) for question in questions]
        dense: list[list[tuple[int, float]]] = [[] for _ in questions]
        near: list[dict[int, float]] = [{} for _ in questions]
        if embedder is not None:
            vectors = [embedder.embed_query(question) for question in questions]
            dense = [self._dense(vector, embedder.fingerprint, scope) for vector in vectors]
            keys = list(dict.fromkeys(key for found in (*dense, *lexical) for key, _ in found))
            embedded, windows = self.library.vectors.windows(keys, embedder.fingerprint)
            near = [dict(zip(embedded, windows.nearest(vector), strict=True)) for vector in vectors]
        words = [content_words(question) for question in questions]
        named = list(dict.fromkeys(chain.from_iterable(words)))
        rarity = dict(zip(named, self.rarity(named, scope), strict=True))
        weights = [[rarity[word] for word in each] for each in words]
        return list(map(Wording, dense, lexical, near, words, weights))

    def _reranked(
        self, question: str, ranked: list[tuple[int, float]], chunks: Mapping[int, StoredChunk]
    ) -> list[tuple[int, float]]:
        """The same order, but for the best few as a reranker has them."""
        with self.reranker() as reranker:
            if reranker is None:
                return ranked
            best = ranked[:RERANKED]
            scores = reranker.score(question, [chunks[key].indexed_text for key, _ in best])
        order = sorted(range(len(best)), key=lambda i: -float(scores[i]))
        return [*(best[i] for i in order), *ranked[RERANKED:]]

    def with_context(self, hits: Sequence[SearchHit], tokens: int) -> list[SearchHit]:
        """The hits and, while they hold fewer tokens than that, what stands beside them in its section.

        Tokens are those of the embedder. What is beside the best hit comes first; each has a score of 0.
        """
        read = list(hits)
        held = {hit.chunk.key for hit in hits}
        left = tokens - sum(hit.chunk.tokens for hit in hits)
        for hit in hits:
            if left <= 0:
                break
            for chunk in self.library.catalog.chunks_beside(hit.chunk):
                if chunk.key not in held and _same_section(hit.chunk, chunk) and chunk.tokens <= left:
                    read.append(SearchHit(chunk, 0.0, ("beside",)))
                    held.add(chunk.key)
                    left -= chunk.tokens
        return read

    def sources(self, hits: Sequence[SearchHit]) -> tuple[Source, ...]:
        """Number the hits and look up where their lines are."""
        catalog = self.library.catalog
        return tuple(
            Source(n, hit, catalog.anchors(hit.chunk.document_id, hit.chunk.start, hit.chunk.end))
            for n, hit in enumerate(hits, start=1)
        )

    def absent(self, question: str, scope: Scope) -> tuple[str, ...]:
        """The words of a question that nothing in the scope holds, as the question writes them."""
        words = self.library.lexical.absent(content_words(question), base_ids=scope.bases, document_ids=scope.documents)
        return tuple(as_written(word, question) for word in words)

    def unread(self, scope: Scope) -> Unread | None:
        """What is still to be read where nothing of the scope was read yet, else None."""
        found = self.library.catalog.unread(scope.bases, scope.documents)
        return found if found is not None and found.documents else None

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
        chunks = self.library.catalog.chunks_in(scope.bases)
        total = max(chunks, RARITY_CHUNKS)
        found = self.library.lexical.document_frequency(words)
        return [log((total + 1) / (min(found.get(word, 0), chunks) + 0.5)) for word in words]

    def _dense(self, vector: Vectors, fingerprint: str, scope: Scope) -> list[tuple[int, float]]:
        return self.library.vectors.search(
            vector, base_ids=scope.bases, document_ids=scope.documents, k=self.depth, fingerprint=fingerprint
        )

    def _lexical(self, question: str, scope: Scope) -> list[tuple[int, float]]:
        return self.library.lexical.search(question, base_ids=scope.bases, document_ids=scope.documents, k=self.depth)


def _margin(wording: Wording, chunks: Mapping[int, StoredChunk]) -> float | None:
    """How far the nearest chunk stands out from those of other documents, or None where there are too few."""
    # What was deleted since it was found is left out.
    found = [(chunks[key].document_id, score) for key, score in wording.dense if key in chunks]
    others = [score for document, score in found if document != found[0][0]]
    return found[0][1] - sum(others) / len(others) if len(others) >= _FEWEST_OTHERS else None


def _same_section(chunk: StoredChunk, beside: StoredChunk) -> bool:
    """Whether a chunk beside another one is below the same first heading, or begins with it."""
    first = chunk.heading_path[:1]
    return beside.heading_path[:1] == first or (bool(first) and beside.text.startswith(first))


def _first_unlike(hits: Iterable[SearchHit], k: int) -> list[SearchHit]:
    """The best `k` hits; of those that say the same, two editions of a text say, the better placed stays."""
    kept: list[tuple[SearchHit, frozenset[str]]] = []
    for hit in hits:
        if len(kept) == k:
            break
        said = grams(hit.chunk.text)
        if not any(_alike(said, other) for _, other in kept):
            kept.append((hit, said))
    return [hit for hit, _ in kept]


def _alike(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether two chunks say the same. One other figure, and they do not."""
    if min(len(a), len(b)) < ALIKE * max(len(a), len(b)):
        return False
    both, other = a & b, a ^ b
    return len(both) >= ALIKE * len(both | other) and not any(one.isdigit() for feature in other for one in feature)
