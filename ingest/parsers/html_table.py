"""Tables of HTML: cells at their places in the grid, merged ones too; tables used for layout told apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ingest.document import Cell, Row, Table

_MOST_SPAN = 1000
_MOST_COLUMNS = 2000


def is_data(table: Any) -> bool:
    """Whether a table holds data rather than the layout of a page."""
    if table.get("role") in ("presentation", "none") or table.xpath(".//table"):
        return False
    rows = _rows(table)
    return len(rows) > 1 and max(len(_cells(row)) for row in rows) > 1


def read_table(table: Any, text_of: Callable[[Any], str]) -> Table:
    """The rows of a table with one cell text each; `text_of` reads a cell. Rows without any text are left out."""
    below: dict[int, int] = {}  # by column: how many more rows a cell above reaches down
    rows: list[Row] = []
    kept: list[Any] = []
    for element in _rows(table):
        cells, column = [], 0
        for cell in _cells(element):
            while below.get(column, 0):
                column += 1
            height, width = _span(cell, "rowspan"), min(_span(cell, "colspan"), _MOST_COLUMNS)
            cells.append(Cell(text_of(cell), column, height, width))
            below.update(dict.fromkeys(range(column, column + width), height))
            column += width
            if column > _MOST_COLUMNS:
                break
        below = {column: left - 1 for column, left in below.items() if left > 1}
        if any(cell.text for cell in cells):
            rows.append(Row(tuple(cells)))
            kept.append(element)
    return Table(tuple(rows), _header_rows(kept))


def caption_of(table: Any) -> Any:
    """The caption element of a table, or None."""
    return next((child for child in table if child.tag == "caption"), None)


def _rows(table: Any) -> list[Any]:
    return list(table.xpath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr"))


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row if cell.tag in ("td", "th")]


def _span(cell: Any, name: str) -> int:
    digits = re.match(r"\s*(\d{1,6})", cell.get(name) or "")
    return min(max(1, int(digits[1])), _MOST_SPAN) if digits else 1


def _header_rows(rows: list[Any]) -> int:
    """Rows in the head of the table, or first rows of nothing but header cells; else the first row."""
    count = 0
    for row in rows:
        if row.getparent().tag != "thead" and any(cell.tag == "td" for cell in _cells(row)):
            break
        count += 1
    return count if count < len(rows) else min(1, len(rows) - 1)
