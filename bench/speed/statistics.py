"""What samples say: spreads of both sides, their ratios pair by pair, and how a value grows."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.evaluation.intervals import difference
from bench.speed.measure import BASELINE, OURS, Row, Values
from bench.speed.samples import Sample


@dataclass(frozen=True)
class Spread:
    """The least, the median and the largest of some values."""

    least: float
    median: float
    most: float


@dataclass(frozen=True)
class Compared:
    """A row as measured.

    `ratio` is ours / baseline, pair by pair; `by_item` its median for each item. Of a `difference` row the sides are
    means, and `ratio` is ours - baseline, with the bounds of its 95 % interval as least and most.
    """

    baseline: Spread
    ours: Spread
    ratio: Spread
    pairs: int
    by_item: dict[str, float]


def spread(values: Iterable[float]) -> Spread:
    """Of at least one value."""
    found = list(values)
    return Spread(min(found), statistics.median(found), max(found))


def pairs(row: Row, samples: Iterable[Sample]) -> dict[tuple[str, int], tuple[float, float]]:
    """Baseline and ours by item and round, in the row's unit, where both have the value: one refused has no token."""
    sides: dict[str, dict[tuple[str, int], float]] = {BASELINE: {}, OURS: {}}
    for sample in samples:
        if row.item in ("", sample.item) and row.value in sample.values:
            sides[sample.side][sample.item, sample.round] = sample.values[row.value] * row.scale
    theirs, ours = sides[BASELINE], sides[OURS]
    return {key: (theirs[key], ours[key]) for key in theirs if key in ours}


def compare(row: Row, samples: Iterable[Sample]) -> Compared | None:
    """A row of samples; None as long as there is no pair."""
    found = pairs(row, samples)
    if not found:
        return None
    theirs, ours = zip(*found.values(), strict=True)
    if row.difference:
        between = difference(ours, theirs)
        assert between is not None
        shares = [Spread(mean, mean, mean) for mean in map(statistics.fmean, (theirs, ours))]
        return Compared(*shares, Spread(between.low, between.mean, between.high), len(found), {})
    ratios: dict[str, list[float]] = defaultdict(list)
    for (item, _), (one, other) in found.items():
        ratios[item].append(other / one)
    by_item = {item: statistics.median(some) for item, some in ratios.items()}
    every = spread(ratio for some in ratios.values() for ratio in some)
    return Compared(spread(theirs), spread(ours), every, len(found), by_item)


def medians(samples: Iterable[Sample], side: str, item: str = "") -> Values:
    """The median of every value of a side, over all items or one."""
    found: dict[str, list[float]] = defaultdict(list)
    for sample in samples:
        if sample.side == side and item in ("", sample.item):
            for name, value in sample.values.items():
                found[name].append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def exponent(points: Sequence[tuple[float, float]]) -> float | None:
    """The power with which y grows in x: the slope of both logarithms, by least squares. None below two points."""
    if len({x for x, _ in points}) < 2:
        return None
    xs, ys = zip(*((math.log(x), math.log(y)) for x, y in points), strict=True)
    return statistics.linear_regression(xs, ys).slope
