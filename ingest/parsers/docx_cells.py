"""The cells of a Word table, those that are merged as one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ingest.document import Cell, Row
from ingest.parsers.docx_text import W, text_of

_MAX_COLUMNS = 1000


def merged_rows(rows: list[Any], cells: list[list[Any]]) -> list[Row]:
    """Rows of cells with their spans; what goes on below a merged cell makes that cell higher."""
    grid: list[dict[int, Cell]] = []
    tops: dict[int, int] = {}
    for row, row_cells in zip(rows, cells, strict=True):
        column, here = min(_whole(row.find(f"{W}trPr/{W}gridBefore"), 0), _MAX_COLUMNS), dict[int, Cell]()
        for cell in row_cells:
            width = min(_whole(cell.find(f"{W}tcPr/{W}gridSpan"), 1), _MAX_COLUMNS) or 1
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            if merge is not None and merge.get(f"{W}val") != "restart" and column in tops:
                above = grid[tops[column]][column]
                grid[tops[column]][column] = replace(above, rows=above.rows + 1)
            else:
                here[column] = Cell(_text(cell), column, columns=width)
                tops.pop(column, None)
                if merge is not None:
                    tops[column] = len(grid)
            column += width
        grid.append(here)
    return [Row(tuple(here.values())) for here in grid]


def _text(cell: Any) -> str:
    """The paragraphs of a cell; tables inside it are read by themselves."""
    inside = (text_of(p) for p in cell.iter(f"{W}p") if next(p.iterancestors(f"{W}tc")) is cell)
    return " ".join(" ".join(inside).split())


def _whole(element: Any | None, otherwise: int) -> int:
    value = "" if element is None else element.get(f"{W}val") or ""
    return int(value) if value.isdigit() else otherwise
