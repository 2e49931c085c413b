"""Ruled tables: pdfplumber's grid finder over the ruling lines that MuPDF sees.

The lines are handed to pdfplumber in our own coordinates, so that its different idea of rotated
and cropped pages never enters, and the page is not interpreted a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.document import Cell, Row, Table
from ingest.pdf.frame import Frame, Rect, union
from ingest.pdf.glyphs import Glyph, text_of

_THIN = 3.0
_SNAP = 3.0
_SLIVER = 8.0
_MOST_EDGES = 3000


@dataclass(frozen=True)
class Placed:
    """A table, and its rectangle in the frame it was found in."""

    rect: Rect
    table: Table


@dataclass(frozen=True)
class Found:
    """The tables of a page and the lines of glyphs outside them.

    `skipped_edges` is above 0 when the page has too many ruling lines to look for tables.
    """

    tables: tuple[Placed, ...]
    rest: list[list[Glyph]]
    skipped_edges: int = 0


def find_tables(page: Any, frame: Frame, lines: list[list[Glyph]]) -> Found:
    """Take the ruled tables out of a page's lines of glyphs."""
    edges = _edges(page, frame)
    across = sum(1 for edge in edges if edge["orientation"] == "h")
    # A grid needs two rows and a line between columns: say no before pdfplumber is imported.
    if across < 3 or across == len(edges):
        return Found((), lines)
    grids, skipped = _grids(edges)
    tables = []
    for grid in grids:
        table, lines = _fill(grid, lines, frame)
        if table is not None:
            tables.append(table)
    return Found(tuple(tables), lines, skipped)


def _edges(page: Any, frame: Frame) -> list[dict[str, Any]]:
    edges = []
    for drawing in page.get_cdrawings():
        for rect in _strokes(drawing):
            x0, top, x1, bottom = frame.rect(rect)
            if bottom - top <= _THIN and x1 - x0 > _THIN:
                middle = (top + bottom) / 2
                edges.append(_edge(x0, middle, x1, middle, "h"))
            elif x1 - x0 <= _THIN and bottom - top > _THIN:
                middle = (x0 + x1) / 2
                edges.append(_edge(middle, top, middle, bottom, "v"))
    return edges


def _edge(x0: float, top: float, x1: float, bottom: float, orientation: str) -> dict[str, Any]:
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


def _grids(edges: list[dict[str, Any]]) -> tuple[list[list[Rect]], int]:
    """Tables as lists of cells, and how many edges were too many to look at."""
    from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

    merged = merge_edges(edges, _SNAP, _SNAP, _SNAP, _SNAP)
    if len(merged) > _MOST_EDGES:
        return [], len(merged)
    merged = merge_edges(merged + _sides(merged), _SNAP, _SNAP, _SNAP, _SNAP)
    cells = intersections_to_cells(edges_to_intersections(merged, _SNAP, _SNAP))
    return [grid for grid in cells_to_tables(cells) if _is_grid(grid)], 0


def _sides(edges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The left and right border that many tables leave open: the ends of rules with a line between."""
    across = sorted((e for e in edges if e["orientation"] == "h"), key=lambda e: float(e["top"]))
    down = [e for e in edges if e["orientation"] == "v"]
    sides = []
    for i, upper in enumerate(across):
        lower = next((e for e in across[i + 1 :] if _same_ends(upper, e)), None)
        if lower is None or not any(_between(v, upper, lower) for v in down):
            continue
        sides += [_edge(x, upper["top"], x, lower["top"], "v") for x in (upper["x0"], upper["x1"])]
    return sides


def _same_ends(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return bool(abs(a["x0"] - b["x0"]) <= _SNAP and abs(a["x1"] - b["x1"]) <= _SNAP)


def _between(v: dict[str, Any], upper: dict[str, Any], lower: dict[str, Any]) -> bool:
    inside = upper["x0"] + _SNAP < v["x0"] < upper["x1"] - _SNAP
    return bool(inside and v["top"] <= upper["top"] + _SNAP and v["bottom"] >= lower["top"] - _SNAP)


def _is_grid(cells: Sequence[Rect]) -> bool:
    return len({c[0] for c in cells}) > 1 and len({c[1] for c in cells}) > 1


def _fill(cells: list[Rect], lines: list[list[Glyph]], frame: Frame) -> tuple[Placed | None, list[list[Glyph]]]:
    """Put glyphs into cells. A grid of pictures or of page areas is no table: its text stays text."""
    inside: dict[Rect, list[Glyph]] = {cell: [] for cell in cells}
    outer = union(cells)
    rest = []
    for line in lines:
        outside: list[Glyph] = []
        for glyph in line:
            cell = _cell_at(glyph.middle, cells) if _holds(outer, glyph.middle) else None
            (outside if cell is None else inside[cell]).append(glyph)
        if any(not glyph.text.isspace() for glyph in outside):
            rest.append(outside)
    texts = {cell: text_of(glyphs, cell[2] - cell[0]) for cell, glyphs in inside.items()}
    if not _is_table(texts):
        return None, lines
    return Placed(outer, Table(tuple(_rows(texts, frame)))), rest


def _is_table(texts: dict[Rect, str]) -> bool:
    filled = [cell for cell, text in texts.items() if text]
    long = sum(len(texts[cell]) > 400 for cell in filled)
    longest = max(map(len, texts.values()))
    return (
        len(filled) >= 3
        and len({cell[0] for cell in filled}) > 1
        and len({cell[1] for cell in filled}) > 1
        and len(filled) >= 0.2 * len(texts)
        and long <= 0.25 * len(filled)
        and (longest < 600 or longest < 0.6 * sum(map(len, texts.values())))
    )


def _rows(texts: dict[Rect, str], frame: Frame) -> Iterator[Row]:
    columns = _columns(texts)
    tops = sorted({cell[1] for cell in texts})
    lefts = [min(column) for column in columns]
    for top in tops:
        row = [cell for cell in texts if cell[1] == top]
        cells = []
        for i, column in enumerate(columns):
            several = [c for c in row if c[0] in column]
            if several:
                rect = union(several)
                text = " ".join(texts[c] for c in several if texts[c])
                height = sum(top <= other < rect[3] - _SNAP for other in tops)
                width = sum(left < rect[2] - _SNAP for left in lefts[i:])
                cells.append(Cell(text, i, height, max(1, width), frame.box(rect)))
        if any(cell.text for cell in cells):
            yield Row(tuple(cells))


def _columns(texts: dict[Rect, str]) -> list[set[float]]:
    """Left edges by column: edges that never part two cells of a row belong to one column."""
    lefts = sorted({cell[0] for cell in texts})
    solid = [cell for cell, text in texts.items() if text or cell[2] - cell[0] > _SLIVER]
    tops: dict[float, set[float]] = {x: {cell[1] for cell in solid if cell[0] == x} for x in lefts}
    columns: list[set[float]] = []
    taken: set[float] = set()
    for left in lefts:
        if columns and not taken & tops[left]:
            columns[-1].add(left)
            taken |= tops[left]
        else:
            columns.append({left})
            taken = set(tops[left])
    return [column for column in columns if any(texts[c] for c in texts if c[0] in column)]


def _cell_at(point: tuple[float, float], cells: Iterable[Rect]) -> Rect | None:
    return next((cell for cell in cells if _holds(cell, point)), None)


def _holds(rect: Rect, point: tuple[float, float]) -> bool:
    return rect[0] <= point[0] <= rect[2] and rect[1] <= point[1] <= rect[3]
