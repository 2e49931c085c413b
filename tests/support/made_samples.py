"""Measures, rows and samples of the benchmark that are made, not measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.speed.measure import BASELINE, OURS, Curve, Do, Measure, Row
from bench.speed.plan import Plan
from bench.speed.samples import Sample

WAIT = Row("wait", "question to first token", "seconds", "s", "less", 0.5, holds="The prompt.")
RATE = Row("rate", "pages", "rate", "pages/s", "more", 3.0, item="a")
RIGHT = Row("right", "right answers", "right", "of 1", "more", 0.0, difference=True)
GROWTH = Curve("vector", "vector search", "ms", "ms")


@contextmanager
def nothing(_: Plan) -> Iterator[Do]:
    yield lambda _: {}


def measure(**given: Any) -> Measure:
    usual: dict[str, Any] = {
        "name": "made",
        "items": lambda _: ("a", "b"),
        "sides": {BASELINE: nothing, OURS: nothing},
        "rows": (WAIT, RATE, RIGHT),
    }
    return Measure(**(usual | given))


def samples(*rows: tuple[str, str, int, dict[str, float]]) -> list[Sample]:
    return [Sample(*row, when="2026-01-02", others=0.0) for row in rows]


TWO_ROUNDS = samples(
    (BASELINE, "a", 0, {"seconds": 10.0, "rate": 2.0}),
    (OURS, "a", 0, {"seconds": 2.0, "rate": 8.0}),
    (OURS, "a", 1, {"seconds": 3.0, "rate": 5.0}),
    (BASELINE, "a", 1, {"seconds": 20.0, "rate": 1.0}),
    (BASELINE, "b", 0, {"seconds": 4.0, "rate": 9.0}),
    (OURS, "b", 0, {"seconds": 4.0, "rate": 9.0}),
    (BASELINE, "b", 1, {"seconds": 4.0}),
)
