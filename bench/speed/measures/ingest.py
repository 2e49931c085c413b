"""Taking Chinese books in, from files to what can be searched: pages/s, with all models loaded."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.speed import stack
from bench.speed.documents import books
from bench.speed.measure import BASELINE, OURS, Do, Measure, Row, Values
from bench.speed.plan import Plan
from bench.speed.product import product, take_in

_BOOKS = "books"


@contextmanager
def _baseline(plan: Plan) -> Iterator[Do]:
    model = stack.embedding()
    model.embed_documents(["预热"])

    def do(_: str) -> Values:
        paths = books(plan)
        begin = time.perf_counter()
        made = stack.store(paths, model)
        return _rate(time.perf_counter() - begin, paths, made.index.ntotal)

    yield do


@contextmanager
def _ours(plan: Plan) -> Iterator[Do]:
    with tempfile.TemporaryDirectory() as folder, product(Path(folder), llm="none") as services:
        services.embedder.get().embed_query("预热")

        def do(_: str) -> Values:
            paths = books(plan)
            begin = time.perf_counter()
            take_in(services, paths)
            found = _rate(time.perf_counter() - begin, paths, services.library.catalog.counts().chunks)
            return found | {"bytes": float(sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file()))}

        yield do


def _rate(seconds: float, paths: Sequence[Path], chunks: int) -> Values:
    import pymupdf

    pages = 0
    for path in paths:
        with pymupdf.open(path) as document:
            pages += document.page_count
    return {"pages_per_second": pages / seconds, "pages": float(pages), "chunks": float(chunks), "seconds": seconds}


MEASURE = Measure(
    name="ingest",
    items=lambda _: (_BOOKS,),
    sized=lambda plan: [path.name for path in books(plan)],
    sides={BASELINE: _baseline, OURS: _ours},
    rows=(
        Row(
            "ingest",
            "ingest, Chinese books, born digital, end to end",
            "pages_per_second",
            "pages/s",
            "more",
            3.0,
            holds="Embedding, and reading the layout of pages; the disk waits.",
        ),
    ),
)
