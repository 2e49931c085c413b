"""Tables with merged cells, from whatever source: rows placed on a grid, and which of them are the header."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.document import Cell, Row, Table

_MAX_SPAN = 1000


@dataclass(frozen=True)
class Loose:
    """A cell whose column follows from the cells before and above it."""

    text: str
    rows: int = 1
    columns: int = 1


def placed(rows: Sequence[Sequence[Loose]], header_rows: int | None = None) -> Table | None:
    """A table from cells in the order of HTML; None without a text. Spans end with the table."""
    free_from: dict[int, int] = {}
    placed_rows: list[Row] = []
    for at, row in enumerate(rows):
        column, cells = 0, []
        for loose in row:
            while free_from.get(column, 0) > at:
                column += 1
            height = max(1, min(loose.rows, len(rows) - at))
            width = max(1, min(loose.columns, _MAX_SPAN))
            free_from.update(dict.fromkeys(range(column, column + width), at + height))
            cells.append(Cell(loose.text, column, height, width))
            column += width
        placed_rows.append(Row(tuple(cells)))
    return table(placed_rows, header_rows)


def table(rows: Sequence[Row], header_rows: int | None = None) -> Table | None:
    """Rows as a table, without the columns in which no cell begins; None without a text."""
    if not any(cell.text for row in rows for cell in row.cells):
        return None
    rows = _without_slivers(rows)
    return Table(tuple(rows), spanned_header(rows) if header_rows is None else max(1, header_rows))


def _without_slivers(rows: Sequence[Row]) -> list[Row]:
    """Word processors cut the grid wherever a line of any row stands."""
    begun = sorted({cell.column for row in rows for cell in row.cells})

    def narrowed(cell: Cell) -> Cell:
        first, end = bisect_left(begun, cell.column), bisect_left(begun, cell.column + cell.columns)
        return replace(cell, column=first, columns=max(1, end - first))

    return [replace(row, cells=tuple(map(narrowed, row.cells))) for row in rows]


def spanned_header(rows: Sequence[Row]) -> int:
    """How many rows the header has: one, and those that its merged cells reach into.

    A cell merged over some of the columns has the names of single columns below it.
    """
    width = max((cell.column + cell.columns for row in rows for cell in row.cells), default=0)
    count = 1
    for at, row in enumerate(rows[:5]):
        if at >= count:
            break
        down = max((cell.rows for cell in row.cells), default=1)
        across = any(1 < cell.columns < width for cell in row.cells)
        count = max(count, at + down, at + 2 if across else 0)
    return count if count < len(rows) else 1
