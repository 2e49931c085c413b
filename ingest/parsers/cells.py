"""Tables with merged cells: the grid that their cells need, and which rows are the header."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from ingest.document import Cell, Row, Table


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
