"""Ruling lines of a page, and the grids that they draw: pdfplumber's finder over what MuPDF sees.

The lines are handed to pdfplumber in our own coordinates, so that its different idea of rotated
and cropped pages never enters, and the page is not interpreted a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ingest.pdf.frame import Frame, Point, Rect, union

_THIN = 3.0
_SNAP = 3.0
_MOST_EDGES = 3000

Edge = dict[str, Any]
Stroke = tuple[Point, Point]


def read_rules(page: Any, frame: Frame, seen: Sequence[Stroke] = ()) -> list[Edge]:
    """The ruling lines of a page in a frame: those it draws, and those that were seen in its picture."""
    return [*_edges(page, frame), *_seen(seen, frame)]


def _seen(strokes: Sequence[Stroke], frame: Frame) -> Iterator[Edge]:
    for a, b in strokes:
        (x0, y0), (x1, y1) = frame.point(*a), frame.point(*b)
        left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        if bottom - top < right - left:
            yield _edge(left, (top + bottom) / 2, right, (top + bottom) / 2, "h")
        else:
            yield _edge((left + right) / 2, top, (left + right) / 2, bottom, "v")


def across(rules: Sequence[Edge]) -> list[Edge]:
    """The horizontal rules, from top to bottom, pieces that touch joined."""
    joined: list[Edge] = []
    for rule in sorted((e for e in rules if e["orientation"] == "h"), key=lambda e: (round(e["top"]), e["x0"])):
        last = joined[-1] if joined else None
        if last is not None and abs(last["top"] - rule["top"]) <= 1 and rule["x0"] - last["x1"] <= 1:
            joined[-1] = _edge(last["x0"], last["top"], max(last["x1"], rule["x1"]), last["top"], "h")
        else:
            joined.append(rule)
    return sorted(joined, key=lambda e: float(e["top"]))


def ruled_grids(rules: list[Edge]) -> tuple[list[list[Rect]], int]:
    """Tables as lists of cells, and how many rules were too many to look at."""
    flat = sum(1 for rule in rules if rule["orientation"] == "h")
    # A grid needs two rows and a line between columns: say no before pdfplumber is imported.
    if flat < 3 or flat == len(rules):
        return [], 0
    from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

    merged = merge_edges(rules, _SNAP, _SNAP, _SNAP, _SNAP)
    if len(merged) > _MOST_EDGES:
        return [], len(merged)
    closed = merge_edges(merged + _sides(merged) + _ends(merged), _SNAP, _SNAP, _SNAP, _SNAP)
    cells = intersections_to_cells(edges_to_intersections(closed, _SNAP, _SNAP))
    return [grid for grid in cells_to_tables(cells) if _is_grid(grid)], 0


def _edges(page: Any, frame: Frame) -> Iterator[Edge]:
    for drawing in page.get_cdrawings():
        for rect in _strokes(drawing):
            x0, top, x1, bottom = frame.rect(rect)
            if bottom - top <= _THIN and x1 - x0 > _THIN:
                middle = (top + bottom) / 2
                yield _edge(x0, middle, x1, middle, "h")
            elif x1 - x0 <= _THIN and bottom - top > _THIN:
                middle = (x0 + x1) / 2
                yield _edge(middle, top, middle, bottom, "v")


def _edge(x0: float, top: float, x1: float, bottom: float, orientation: str) -> Edge:
    return {
        "object_type": "line",
        "x0": x0,
        "x1": x1,
        "top": top,
        "bottom": bottom,
        "width": x1 - x0,
        "height": bottom - top,
        "orientation": orientation,
    }


def _strokes(drawing: dict[str, Any]) -> Iterator[Rect]:
    """The straight pieces of a path; a rectangle has four, a thin filled one is itself a line.

    A wide rectangle that is only filled is shading, often one per line of a cell: no ruling.
    """
    for item in drawing["items"]:
        if item[0] == "l":
            yield (*item[1], *item[2])
        elif item[0] in ("re", "qu"):
            x0, y0, x1, y1 = item[1] if item[0] == "re" else _quad(item[1])
            if min(abs(x1 - x0), abs(y1 - y0)) <= _THIN:
                yield x0, y0, x1, y1
            elif drawing["type"] != "f":
                yield from ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1))


def _quad(points: Sequence[tuple[float, float]]) -> Rect:
    return union([(x, y, x, y) for x, y in points])


def _sides(rules: list[Edge]) -> list[Edge]:
    """The left and right border that many tables leave open: the ends of rules with a line between."""
    flat = sorted((e for e in rules if e["orientation"] == "h"), key=lambda e: float(e["top"]))
    down = [e for e in rules if e["orientation"] == "v"]
    sides = []
    for i, upper in enumerate(flat):
        lower = next((e for e in flat[i + 1 :] if _same_ends(upper, e)), None)
        if lower is None or not any(_between(v, upper, lower) for v in down):
            continue
        sides += [_edge(x, upper["top"], x, lower["top"], "v") for x in (upper["x0"], upper["x1"])]
    return sides


def _ends(rules: list[Edge]) -> list[Edge]:
    """The upper and lower border that some tables leave open: where lines down end together below rows as wide."""
    ends: list[Edge] = []
    flat = [e for e in rules if e["orientation"] == "h"]
    down = [e for e in rules if e["orientation"] == "v"]
    for side in ("top", "bottom"):
        group: list[Edge] = []
        for edge in [*sorted(down, key=lambda e: float(e[side])), None]:
            if edge is None or (group and edge[side] - group[0][side] > _SNAP):
                if len(group) > 2:
                    xs = [e["x0"] for e in group]
                    end = _edge(min(xs), group[0][side], max(xs), group[0][side], "h")
                    ends += [end] if sum(_same_ends(end, rule) for rule in flat) > 1 else []
                group = []
            if edge is not None:
                group.append(edge)
    return ends


def _same_ends(a: Edge, b: Edge) -> bool:
    return bool(abs(a["x0"] - b["x0"]) <= _SNAP and abs(a["x1"] - b["x1"]) <= _SNAP)


def _between(v: Edge, upper: Edge, lower: Edge) -> bool:
    inside = upper["x0"] + _SNAP < v["x0"] < upper["x1"] - _SNAP
    return bool(inside and v["top"] <= upper["top"] + _SNAP and v["bottom"] >= lower["top"] - _SNAP)


def _is_grid(cells: Sequence[Rect]) -> bool:
    return len({c[0] for c in cells}) > 1 and len({c[1] for c in cells}) > 1
