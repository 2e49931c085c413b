"""XLSX: every sheet as it is shown, with formulas' saved results, merged cells and hidden parts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from ingest.document import ParsedDocument, ParseLimits
from ingest.notices import Notice, page_ranges
from ingest.parsers.formats import extensions_of
from ingest.parsers.number_format import date_shown, general, is_date_format, number_shown
from ingest.parsers.result import document_of
from ingest.parsers.sheet_blocks import MAX_CELLS, Merge, Sheet, letters, sheet_blocks
from ingest.parsers.xlsx_scan import Scan, scan, with_merges_clipped
from ingest.raised import DOWN, END, UP, settle

_SHIFTS = {"superscript": UP, "subscript": DOWN}
# Formats of East Asian versions of Excel, which no file spells out.
_EAST_ASIAN = {
    **dict.fromkeys((27, 36, 50, 52, 57), 'yyyy"年"m"月"'),
    **dict.fromkeys((28, 29, 51, 53, 54, 58), 'm"月"d"日"'),
    30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    **dict.fromkeys((34, 55), '上午/下午h"时"mm"分"'),
    **dict.fromkeys((35, 56), '上午/下午h"时"mm"分"ss"秒"'),
}
# What openpyxl raises on styles, names and drawings that other programs wrote in their own way.
_UNREADABLE = (
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError),
    *(SyntaxError, BadZipFile, OSError, EOFError),
)


class XlsxParser:
    """Reads Excel workbooks (Office Open XML)."""

    extensions = extensions_of("xlsx")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,
        limits: ParseLimits,
    ) -> ParsedDocument:
        """See `Parser.parse`. Raises TooManyCells."""
        from ingest.parsers.sheets import SheetsParser

        scanned = scan(path, name)
        # openpyxl makes an object of every cell that is merged away.
        clipped = scanned.merged > MAX_CELLS
        try:
            with with_merges_clipped(path, scanned) if clipped else nullcontext(path) as file:
                workbook = _open(file)
            sheets = [_sheet(workbook, sheet) for sheet in workbook.worksheets]
        except _UNREADABLE:
            # Rather without number formats than not at all.
            parsed = SheetsParser().parse(path, name, password, limits)
            simpler = Notice("formats-unread")
            return replace(parsed, warnings=(*parsed.warnings, simpler, *_unsaved(scanned)))
        hidden = "; ".join(place for sheet in workbook.worksheets for place in _hidden(sheet))
        warnings = [Notice("hidden-read", {"places": hidden})] if hidden else []
        warnings += _unsaved(scanned)
        blocks = (block for sheet in sheets for block in sheet_blocks(sheet))
        return document_of(blocks, name, title=str(workbook.properties.title or ""), warnings=warnings)


def _unsaved(scanned: Scan) -> list[Notice]:
    return [Notice("formulas-unsaved", {"count": scanned.unsaved})] if scanned.unsaved else []


def _open(path: Path) -> Any:
    import warnings

    from openpyxl.reader.excel import ExcelReader

    class Reader(ExcelReader):  # type: ignore[misc]
        """Takes no look into chart sheets: they have no cells, and the library fails on those without a chart."""

        def read_chartsheet(self, sheet: Any, rel: Any) -> None:  # noqa: ARG002
            self.wb.create_chartsheet(sheet.name)

    # A path is judged by its ending, which a stored original does not have.
    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")  # parts that only a writer would need to keep
        reader = Reader(file, data_only=True, keep_links=False, rich_text=True)
        reader.read()
        return reader.wb


def _sheet(workbook: Any, worksheet: Any) -> Sheet:
    ranges = worksheet.merged_cells.ranges
    merges = [Merge(r.min_row - 1, r.min_col - 1, r.max_row - 1, r.max_col - 1) for r in ranges]
    frozen = re.search(r"\d+", worksheet.freeze_panes or "1")
    sheet = Sheet(worksheet.title, merges=merges, frozen=int(frozen.group()) - 1 if frozen else 0)
    for (row, column), cell in worksheet._cells.items():  # only this holds the cells that there are, and no others
        if cell.value is not None:
            sheet.put(row - 1, column - 1, _shown(cell, workbook.epoch))
    return sheet


def _shown(cell: Any, epoch: datetime.datetime) -> str:
    from openpyxl.utils.datetime import from_excel

    value = cell.value
    code = _EAST_ASIAN.get(cell._style.numFmtId, cell.number_format)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        if not is_date_format(code):
            return number_shown(value, code)
        value = from_excel(value, epoch)
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return date_shown(value, code)
    return general(value) if isinstance(value, (int, float)) else settle("".join(_parts(value)))


def _parts(value: Any) -> Iterator[str]:
    """The parts of a text that are set alike, raised and lowered ones marked."""
    for part in value if isinstance(value, list) else [value]:
        shift = _SHIFTS.get(getattr(getattr(part, "font", None), "vertAlign", None) or "")
        yield f"{shift}{part}{END}" if shift else str(part)


def _hidden(worksheet: Any) -> Iterator[str]:
    """What a person does not see in the sheet."""
    if worksheet.sheet_state != "visible":
        yield worksheet.title
        return
    used = {row for row, _ in worksheet._cells}
    rows = sorted(row for row, shape in worksheet.row_dimensions.items() if shape.hidden and row in used)
    if rows:
        yield f"{worksheet.title}!{page_ranges(rows)}"
    columns = {column for _, column in worksheet._cells}
    for shape in worksheet.column_dimensions.values():
        if shape.hidden and any(column in columns for column in range(shape.min or 1, (shape.max or 1) + 1)):
            yield f"{worksheet.title}!{letters((shape.min or 1) - 1)}:{letters((shape.max or 1) - 1)}"
