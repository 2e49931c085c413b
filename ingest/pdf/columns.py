"""Reading order: columns are found by the gutters between them, and read one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from ingest.pdf.frame import union
from ingest.pdf.leaders import contents_columns
from ingest.pdf.runs import Run

_FEWEST_ROWS = 3
_STRIPE = 0.5
_NARROWEST = 6.0
_SHARES_LINE = 0.15
_TITLE_GAP = 0.25
_MOST_TITLES = 4


@dataclass(frozen=True)
class Columns:
    """Groups of runs in reading order, each to be read from top to bottom, and how many stand side by side."""

    regions: list[list[Run]]
    count: int


@dataclass(frozen=True)
class _Gutter:
    """An empty stripe left of `x`, from one height to another."""

    x: float
    top: float
    bottom: float


def columns(items: Sequence[Run]) -> Columns:
    """Columns of running text, or of a table of contents."""
    ends = contents_columns(items)
    if not ends:
        return _columns(items)
    found: list[list[Run]] = []
    wide = [run for run in items if any(_reaches_over(run, end) for end in ends[:-1])]
    for across, band in groupby(sorted(items, key=lambda run: run.middle), lambda run: _beside_any(run, wide)):
        runs = list(band)
        # What stands beyond the last page numbers is theirs too.
        columns_of = [0 if across else sum(run.rect[0] + run.rect[2] >= 2 * end for end in ends[:-1]) for run in runs]
        parts = [[run for run, of in zip(runs, columns_of, strict=True) if of == i] for i in range(len(ends))]
        found += [sorted(part, key=lambda run: (run.rect[1], run.rect[0])) for part in parts if part]
    return Columns(found, len(ends))


def _reaches_over(run: Run, x: float) -> bool:
    return run.rect[0] < x - 2 * run.size and run.rect[2] > x + run.size


def _beside_any(run: Run, others: Sequence[Run]) -> bool:
    return any(other.rect[1] < run.middle < other.rect[3] for other in others)


def _columns(items: Sequence[Run]) -> Columns:
    """Part runs at the highest gutter, and what is above, left, right and below it in the same way."""
    gutters = list(_gutters(items))
    gutter = max(gutters, key=lambda g: g.bottom - g.top, default=None)
    if gutter is None:
        ordered = sorted(items, key=lambda run: (run.rect[1], run.rect[0]))
        return Columns([ordered] if ordered else [], 1)
    gutter = _within_titles(gutter, items, [other.x for other in gutters])
    beside = [run for run in items if gutter.top < run.middle < gutter.bottom]
    left = _columns([run for run in beside if run.rect[0] < gutter.x])
    right = _columns([run for run in beside if run.rect[0] >= gutter.x])
    above = _columns([run for run in items if run.middle <= gutter.top])
    below = _columns([run for run in items if run.middle >= gutter.bottom])
    regions = above.regions + left.regions + right.regions + below.regions
    return Columns(regions, max(left.count + right.count, above.count, below.count))


def _within_titles(gutter: _Gutter, items: Sequence[Run], others: Sequence[float]) -> _Gutter:
    """A gutter without the lines at its ends that stand over several columns: in their middle, or across a gutter."""
    beside = sorted((run for run in items if gutter.top < run.middle < gutter.bottom), key=lambda run: run.middle)
    above = next((n for n in range(_MOST_TITLES, 0, -1) if _are_titles(beside[:n], beside[n:], others)), 0)
    below = next((n for n in range(_MOST_TITLES, 0, -1) if _are_titles(beside[-n:], beside[above:-n], others)), 0)
    top = beside[above - 1].middle if above else gutter.top
    return replace(gutter, top=top, bottom=beside[-below].middle if below else gutter.bottom)


def _are_titles(titles: Sequence[Run], rest: Sequence[Run], gutters: Sequence[float]) -> bool:
    """Whether lines at the top or bottom of columns stand in none of them."""
    if len(rest) < _FEWEST_ROWS:
        return False
    outer = union([run.rect for run in rest])
    size = titles[-1].size
    apart = max(outer[1] - titles[-1].rect[3], titles[0].rect[1] - outer[3]) > _TITLE_GAP * size
    return apart and all(
        run.table is None
        and (
            abs(run.rect[0] + run.rect[2] - outer[0] - outer[2]) < 2 * run.size
            or any(run.rect[0] < x - run.size and run.rect[2] > x + run.size for x in gutters)
        )
        for run in titles
    )


def _gutters(items: Sequence[Run]) -> Iterator[_Gutter]:
    """Stripes, at least as wide as a space between columns, with text on both sides of them."""
    if len(items) < 2 * _FEWEST_ROWS or not _side_by_side(items):
        return
    stripe = max(_STRIPE * median(run.size for run in items if run.table is None or run.size), _NARROWEST)
    for x, slack in _margins(items):
        crossing = sorted(run.middle for run in items if run.rect[0] < x - slack and run.rect[2] > x - stripe)
        ends = [float("-inf"), *crossing, float("inf")]
        for top, bottom in pairwise(ends):
            beside = [run for run in items if top < run.middle < bottom]
            left = [run for run in beside if run.rect[0] < x - slack]
            right = [run for run in beside if run.rect[0] >= x - slack]
            if _parted(left, right):
                rect = union([run.rect for run in beside])
                yield _Gutter(x - slack, max(top, rect[1]), min(bottom, rect[3]))


def _side_by_side(items: Sequence[Run]) -> bool:
    """Whether any two runs stand beside each other: nearly no page of one column has such."""
    ordered = sorted(items, key=lambda run: run.middle)
    return any(b.middle - a.middle < max(a.size, 1.0) and not _overlap(a, b) for a, b in pairwise(ordered))


def _overlap(a: Run, b: Run) -> bool:
    """Whether one of two runs stands above the other."""
    return a.rect[0] < b.rect[2] and b.rect[0] < a.rect[2]


def _margins(items: Sequence[Run]) -> Iterator[tuple[float, float]]:
    """Where several runs begin one below the other, and how much their beginnings differ."""
    lefts = sorted((run.rect[0], run.size) for run in items)
    at = 0
    while at < len(lefts):
        x, size = lefts[at]
        slack = max(0.1 * size, 0.5)
        several = 1
        while at + several < len(lefts) and lefts[at + several][0] - x < 0.4 * max(size, 1.0):
            several += 1
        if several >= _FEWEST_ROWS:
            yield x, slack
        at += several


def _parted(left: Sequence[Run], right: Sequence[Run]) -> bool:
    """Whether both sides look like text set to a width, or one of them beside a sidebar.

    The columns of an unruled table do not: they are ragged, and their rows stand side by side.
    """
    if min(len(left), len(right)) < _FEWEST_ROWS:
        return False
    near = _nearest(left, right), _nearest(right, left)
    texts = [[run for run in side if run.table is None] for side in near]
    if any(_rows(side) < _FEWEST_ROWS for side in texts):
        return False
    running = [_is_running(side) for side in texts]
    return all(running) or (any(running) and _aligned(*texts) < 0.5)


def _nearest(side: Sequence[Run], other: Sequence[Run]) -> list[Run]:
    """The runs of a side that no other run of it parts from the gutter."""
    sign = 1 if side[0].rect[0] < other[0].rect[0] else -1
    edge = 2 if sign > 0 else 0
    ordered = sorted(side, key=lambda run: -sign * run.rect[edge])
    found: list[Run] = []
    for run in ordered:
        if not any(other.rect[1] < run.middle < other.rect[3] for other in found):
            found.append(run)
    return found


def _rows(items: Sequence[Run]) -> int:
    """How many lines runs stand on."""
    rows, bottom = 0, float("-inf")
    for run in sorted(items, key=lambda run: run.middle):
        if run.middle > bottom:
            rows += 1
            bottom = run.rect[3]
    return rows


def _is_running(side: Sequence[Run]) -> bool:
    """Whether most characters stand on lines of a text that fills its column."""
    widths = sorted((run.rect[2] - run.rect[0], len(run.text)) for run in side)
    half, size = sum(length for _, length in widths) / 2, median(run.size for run in side)
    for width, length in widths:
        half -= length
        if half <= 0:
            return width >= 0.5 * widths[-1][0] and width >= 8 * size
    return False


def _aligned(left: Sequence[Run], right: Sequence[Run]) -> float:
    """The share of the runs of the shorter side that stand on a line with one of the other."""
    few, many = sorted((left, right), key=len)
    middles = [run.middle for run in many]
    return sum(any(abs(run.middle - y) < _SHARES_LINE * run.size for y in middles) for run in few) / len(few)
