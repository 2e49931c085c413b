"""Searching a large base while an answer is being written: the 95th percentile, query embedding included."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import numpy as np

from app.answering.events import Scope
from bench.loading.record import percentile
from bench.speed import stack
from bench.speed.documents import dialogues, spread
from bench.speed.made_base import blocks, fill, folder_of, sentences
from bench.speed.measure import BASELINE, OURS, Do, Measure, Row, Values
from bench.speed.measures.decode import PROMPTS
from bench.speed.plan import Plan
from bench.speed.product import product
from ingest.store import bases
from models.base import GenerationOptions, Message
from models.threads import ANSWERING, give_way

_CHUNKS, _MOST = 5_000, 100_000
_LONG = 2000


def size(plan: Plan) -> int:
    """Chunks of the base: 100,000 at 20 questions."""
    return min(_MOST, _CHUNKS * plan.questions)


def questions(plan: Plan) -> list[str]:
    """Real ones, each once."""
    return [each.full for each in spread(dialogues(), max(5, 3 * plan.questions))]


@contextmanager
def beside(write: Callable[[Event], None]) -> Iterator[None]:
    """Something writes in a thread of its own until this is left. Raises what ended it, if that was an error."""
    stop = Event()

    def again() -> None:
        while not stop.is_set():
            write(stop)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(again)
        try:
            yield
        finally:
            stop.set()
        writing.result()


def timed(search: Callable[[str], object], texts: list[str]) -> Values:
    """How long searches take, in milliseconds. The first warms up."""
    search("预热")
    taken = []
    for text in texts:
        begin = time.perf_counter()
        search(text)
        taken.append((time.perf_counter() - begin) * 1000)
    return {"median_ms": percentile(taken, 50) or 0.0, "p95_ms": percentile(taken, 95) or 0.0}


@contextmanager
def _baseline(plan: Plan) -> Iterator[Do]:
    words, model, llama = sentences(plan), stack.embedding(), stack.llama()
    texts, vectors = [], []
    for some, rows in blocks(plan, size(plan)):
        texts += ["".join(words[i] for i in text) for text in some]
        vectors.append(rows)
    store = stack.store_of(texts, np.concatenate(vectors), model)

    def write(stop: Event) -> None:
        for _ in stack.write(llama, PROMPTS["free"], _LONG):
            if stop.is_set():
                return

    def do(_: str) -> Values:
        with beside(write):
            return timed(lambda text: store.similarity_search(text, k=stack.NEAREST), questions(plan))

    yield do


@contextmanager
def _ours(plan: Plan) -> Iterator[Do]:
    with product(folder_of(plan, size(plan))) as services, services.llm.using() as llm:
        assert llm is not None
        fill(services, plan, size(plan))
        retriever, scope = services.answerer.retriever, Scope((bases.DEFAULT,))

        def write(stop: Event) -> None:
            give_way(ANSWERING)  # as the thread that answers does
            for _ in llm.generate([Message("user", PROMPTS["free"])], GenerationOptions(max_tokens=_LONG), stop):
                pass

        def do(_: str) -> Values:
            with beside(write):
                return timed(lambda text: retriever.search((text,), scope, stack.NEAREST), questions(plan))

        yield do


MEASURE = Measure(
    name="search",
    items=lambda plan: (str(size(plan)),),
    sized=lambda plan: len(questions(plan)),
    sides={BASELINE: _baseline, OURS: _ours},
    rows=(
        Row(
            "search",
            "search p95 beside a running generation",
            "p95_ms",
            "ms",
            "less",
            0.5,
            holds="Turns on the cores: the query is embedded while the language model computes on all of them.",
        ),
    ),
)
