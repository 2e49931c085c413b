"""A table as rows of Markdown, and where in them each cell stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.document import Cell, Row, Table


@dataclass(frozen=True)
class WrittenRow:
    """A row as text, with the character spans [start, end) of its cells that have a text."""

    text: str
    row: Row
    cells: tuple[tuple[int, int, Cell], ...]


def write_rows(table: Table, tidy: Callable[[str], str]) -> Iterator[WrittenRow]:
    """The rows that have a text, each cell passed through `tidy`; merged places are left blank."""
    columns = table.columns
    for row in table.rows:
        written = _write_row(row, columns, tidy)
        if written.cells:
            yield written


def rule(columns: int) -> str:
    """The line under the header row."""
    return "|" + "---|" * max(1, columns)


def _write_row(row: Row, columns: int, tidy: Callable[[str], str]) -> WrittenRow:
    by_column = {cell.column: cell for cell in row.cells}
    text, cells = "|", []
    for column in range(columns):
        cell = by_column.get(column)
        inside = "" if cell is None else _escape(tidy(cell.text))
        if cell is not None and inside:
            cells.append((len(text) + 1, len(text) + 1 + len(inside), cell))
        text += f" {inside} |"
    return WrittenRow(text, row, tuple(cells))


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
