"""How search and ingest grow with the base they are in: from 1,000 to 100,000 chunks, or 1,000,000 in full."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.answering.events import Scope
from bench.speed.documents import shortest_book
from bench.speed.made_base import fill, folder_of
from bench.speed.measure import OURS, Curve, Do, Measure, Values
from bench.speed.measures.search import questions, timed
from bench.speed.plan import Plan
from bench.speed.product import product, take_in
from ingest.store import bases

_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_SMOKE, _USUAL = 2, 3
_K = 10


def _items(plan: Plan) -> list[str]:
    number = len(_SIZES) if plan.full else _USUAL if plan.questions >= _USUAL else _SMOKE
    return [str(size) for size in _SIZES[:number]]


@contextmanager
def _ours(plan: Plan) -> Iterator[Do]:
    def do(item: str) -> Values:
        with product(folder_of(plan, int(item)), llm="none") as services:
            fill(services, plan, int(item))
            library, retriever = services.library, services.answerer.retriever
            embedder, texts = services.embedder.get(), questions(plan)
            vectors = {text: embedder.embed_query(text) for text in [*texts, "预热"]}
            near = timed(
                lambda text: library.vectors.search(
                    vectors[text],
                    base_ids=(bases.DEFAULT,),
                    k=services.settings.retrieve_k,
                    fingerprint=embedder.fingerprint,
                ),
                texts,
            )
            whole = timed(lambda text: retriever.search((text,), Scope((bases.DEFAULT,)), _K), texts)
            path, pages = shortest_book(plan)
            # One that was broken off may have left it there.
            for document in library.catalog.documents(bases.DEFAULT, text=path.name).items:
                library.delete(document.id)
            begin = time.perf_counter()
            added = take_in(services, [path])
            seconds = time.perf_counter() - begin
            for document_id in added:
                library.delete(document_id)
        return {
            "vector_ms": near["median_ms"],
            "vector_p95_ms": near["p95_ms"],
            "hybrid_ms": whole["median_ms"],
            "hybrid_p95_ms": whole["p95_ms"],
            "page_ms": 1000 * seconds / pages,
        }

    yield do


MEASURE = Measure(
    name="growth",
    items=_items,
    sized=lambda plan: len(questions(plan)),
    sides={OURS: _ours},
    curves=(
        Curve("vector", "vector search, p95", "vector_p95_ms", "ms"),
        Curve("hybrid", "hybrid search with the query embedding, p95", "hybrid_p95_ms", "ms"),
        Curve("page", "ingest, a page", "page_ms", "ms"),
    ),
    rounds=lambda _: 1,
)
