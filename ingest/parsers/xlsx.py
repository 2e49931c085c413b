"""XLSX: every sheet as it is shown, with formulas' saved results, merged cells and hidden parts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import TooManyCells
from ingest.notices import Notice, page_ranges
from ingest.parsers.formats import extensions_of
from ingest.parsers.number_format import date_shown, general, is_date_format, number_shown
from ingest.parsers.result import document_of
from ingest.parsers.sheet_blocks import MAX_CELLS, Merge, Sheet, letters, number_of, sheet_blocks
from ingest.raised import DOWN, END, UP, settle

_PIECE = 1 << 22
_SHIFTS = {"superscript": UP, "subscript": DOWN}
_CELL = re.compile(rb"<(?:\w+:)?c[ >/]")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_UNSAVED = re.compile(
    rb"<(?:\w+:)?c\b[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
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

        scanned = _scan(path, name)
        if scanned.merged > MAX_CELLS:
            # openpyxl makes an object of every cell that is merged away.
            return SheetsParser().parse(path, name, password, limits)
        try:
            workbook = _open(path)
            sheets = [_sheet(workbook, sheet) for sheet in workbook.worksheets]
        except _UNREADABLE:
            # Rather without number formats than not at all.
            return SheetsParser().parse(path, name, password, limits)
        hidden = "; ".join(place for sheet in workbook.worksheets for place in _hidden(sheet))
        warnings = [Notice("hidden-read", {"places": hidden})] if hidden else []
        warnings += [Notice("formulas-unsaved", {"count": scanned.unsaved})] if scanned.unsaved else []
        blocks = (block for sheet in sheets for block in sheet_blocks(sheet))
        return document_of(blocks, name, title=str(workbook.properties.title or ""), warnings=warnings)


@dataclass
class _Scan:
    """What sheets hold, counted before it is all in memory: formulas without a saved result, merged cells."""

    cells: int = 0
    unsaved: int = 0
    merged: int = 0


def _scan(path: Path, name: str) -> _Scan:
    scan = _Scan()
    with ZipFile(path) as package:
        for member in package.namelist():
            if not member.startswith("xl/worksheets/") or not member.endswith(".xml"):
                continue
            with package.open(member) as file:
                for piece in _pieces(file):
                    scan.cells += len(_CELL.findall(piece))
                    scan.unsaved += len(_UNSAVED.findall(piece))
                    scan.merged += sum(map(_area, _MERGE.findall(piece)))
                    if scan.cells > MAX_CELLS:
                        raise TooManyCells(name=name, limit=MAX_CELLS)
    return scan


def _area(corners: tuple[bytes, bytes, bytes, bytes]) -> int:
    left, top, right, bottom = corners
    return (abs(int(bottom) - int(top)) + 1) * (abs(number_of(right.decode()) - number_of(left.decode())) + 1)


def _pieces(file: Any) -> Iterator[bytes]:
    """Pieces of a sheet that end where a row does, or a merged cell."""
    rest = b""
    while data := file.read(_PIECE):
        data = rest + data
        cut = max(data.rfind(b"<row"), data.rfind(b"<mergeCell "))
        rest = data[cut:] if cut > 0 else b""
        yield data[:cut] if cut > 0 else data
    yield rest


def _open(path: Path) -> Any:
    import warnings

    from openpyxl import load_workbook

    # A path is judged by its ending, which a stored original does not have.
    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")  # parts that only a writer would need to keep
        return load_workbook(file, data_only=True, keep_links=False, rich_text=True)


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
