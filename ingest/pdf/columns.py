"""Reading order: columns are found by the gutter between them, and read one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from ingest.pdf.frame import union
from ingest.pdf.glyphs import Run

_MOST_COLUMNS_DEEP = 3


def regions(items: Sequence[Run], depth: int = 0) -> list[list[Run]]:
    """Groups of runs in reading order, each to be read from top to bottom.

    Runs that cross the gutter (a title, a wide table) part the page into bands; in a band the
    left column comes before the right one.
    """
    ordered = sorted(items, key=lambda run: (run.rect[1], run.rect[0]))
    cut = _gutter(ordered) if depth < _MOST_COLUMNS_DEEP else None
    if cut is None:
        return [ordered] if ordered else []
    found: list[list[Run]] = []
    for crossing, band in _bands(ordered, cut):
        left = [run for run in band if run.rect[2] <= cut]
        right = [run for run in band if run.rect[2] > cut]
        if crossing or not left or not right or _rows(band) < 3:
            found.append(band)
        else:
            found += regions(left, depth + 1) + regions(right, depth + 1)
    return found


def _bands(items: Sequence[Run], cut: float) -> list[tuple[bool, list[Run]]]:
    """Runs by bands: those that cross the gutter and what stands between them."""
    crossing = [run for run in items if run.rect[0] < cut < run.rect[2]]
    bands: list[tuple[bool, list[Run]]] = []
    # The number of crossing runs above a run says between which two of them it stands.
    tops = [_middle(run) for run in crossing]

    def level(run: Run) -> tuple[int, int]:
        above = sum(top < _middle(run) for top in tops)
        return (above, 1 if run in crossing else 0)

    keyed = sorted(((level(run), run) for run in items), key=lambda pair: pair[0])
    for (_, crosses), run in keyed:
        if bands and bands[-1][0] == bool(crosses) and (crosses or bands[-1][1][-1] is not None):
            bands[-1][1].append(run)
        else:
            bands.append((bool(crosses), [run]))
    return bands


def _middle(run: Run) -> float:
    return (run.rect[1] + run.rect[3]) / 2


def _rows(items: Sequence[Run]) -> int:
    """How many lines runs stand on."""
    rows, bottom = 0, float("-inf")
    for run in sorted(items, key=_middle):
        if _middle(run) > bottom:
            rows += 1
            bottom = run.rect[3]
    return rows


def _gutter(items: Sequence[Run]) -> float | None:
    """The middle of an empty stripe with running text on both sides, if there is one."""
    if len(items) < 8:
        return None
    x0, top, x1, bottom = union([run.rect for run in items])
    width = x1 - x0
    if width < 150:
        return None
    best: tuple[float, float] | None = None
    for start, end in _stripes(items, x0, x1):
        cut = (start + end) / 2
        inside = 0.2 * width <= cut - x0 <= 0.8 * width
        if inside and (best is None or end - start > best[0]) and _is_gutter(items, cut, bottom - top):
            best = (end - start, cut)
    return None if best is None else best[1]


def _stripes(items: Sequence[Run], x0: float, x1: float) -> list[tuple[float, float]]:
    """Stripes at least as wide as a character that few runs cross."""
    cells = int(x1 - x0) + 2
    steps = [0.0] * (cells + 1)
    for run in items:
        height = run.rect[3] - run.rect[1]
        steps[int(run.rect[0] - x0)] += height
        steps[min(int(run.rect[2] - x0) + 1, cells)] -= height
    ink, total = [], 0.0
    for step in steps[:cells]:
        total += step
        ink.append(total)
    allowed = 0.35 * sum(sorted(ink)[len(ink) // 2 :]) / max(1, len(ink) - len(ink) // 2)
    least = max(7.0, 0.8 * median(run.size for run in items))
    found, start = [], None
    for i, value in enumerate([*ink, float("inf")]):
        if value <= allowed and start is None:
            start = i
        elif value > allowed and start is not None:
            if i - start >= least:
                found.append((x0 + start, x0 + i))
            start = None
    return found


def _is_gutter(items: Sequence[Run], cut: float, height: float) -> bool:
    """Both sides must look like text set to a width, or one of them beside a sidebar.

    The columns of an unruled table do not: they are ragged, and their rows stand side by side.
    """
    left = [run for run in items if run.rect[2] <= cut and run.table is None]
    right = [run for run in items if run.rect[0] >= cut and run.table is None]
    if min(_rows(left), _rows(right)) < 5:
        return False
    running = [_is_running(side, height) for side in (left, right)]
    return all(running) or (any(running) and _aligned(left, right) < 0.5)


def _is_running(side: Sequence[Run], height: float) -> bool:
    """Whether runs are lines of a text that fills its column."""
    x0, top, x1, bottom = union([run.rect for run in side])
    wide = median(run.rect[2] - run.rect[0] for run in side)
    size = median(run.size for run in side)
    return bottom - top >= 0.15 * height and wide >= 0.4 * (x1 - x0) and wide >= 8 * size


def _aligned(left: Sequence[Run], right: Sequence[Run]) -> float:
    """The share of the runs of the shorter side that stand on a line with one of the other."""
    few, many = sorted((left, right), key=len)
    middles = [_middle(run) for run in many]
    return sum(any(abs(_middle(run) - y) < 0.15 * run.size for y in middles) for run in few) / len(few)
