"""The largest memory while a thousand pages are taken in: of the process and its children, models included."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.speed import stack
from bench.speed.documents import many_pages
from bench.speed.measure import BASELINE, OURS, Do, Measure, Row, Values
from bench.speed.plan import Plan
from bench.speed.product import product, take_in


def _items(plan: Plan) -> list[str]:
    return [f"{sum(pages for _, pages in many_pages(plan))} pages"]


def _paths(plan: Plan) -> list[Path]:
    return [path for path, _ in many_pages(plan)]


@contextmanager
def _baseline(plan: Plan) -> Iterator[Do]:
    model = stack.embedding()

    def do(_: str) -> Values:
        begin = time.perf_counter()
        made = stack.store(_paths(plan), model)
        return {"seconds": time.perf_counter() - begin, "chunks": float(made.index.ntotal)}

    yield do


@contextmanager
def _ours(plan: Plan) -> Iterator[Do]:
    with tempfile.TemporaryDirectory() as folder, product(Path(folder), llm="none") as services:

        def do(_: str) -> Values:
            begin = time.perf_counter()
            take_in(services, _paths(plan))
            chunks = services.library.catalog.counts().chunks
            return {"seconds": time.perf_counter() - begin, "chunks": float(chunks)}

        yield do


MEASURE = Measure(
    name="memory",
    items=_items,
    sides={BASELINE: _baseline, OURS: _ours},
    rows=(
        Row(
            "memory",
            "peak memory of a 1,000-page ingest",
            "peak_mb",
            "MB",
            "less",
            0.6,
            holds="The processes that read the pages, most of all their OCR.",
        ),
    ),
    watched=True,
)
