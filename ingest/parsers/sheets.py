"""XLS, XLSB and ODS: the values of every sheet, without LibreOffice."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import CellsTooFar, CorruptFile, TooManyCells
from ingest.notices import Notice
from ingest.parsers.formats import extensions_of
from ingest.parsers.number_format import date_shown, general
from ingest.parsers.result import document_of
from ingest.parsers.sheet_blocks import MAX_CELLS, Merge, Sheet, sheet_blocks
from ingest.parsers.sheet_extent import largest_grid
from models.reasons import because

_MAX_GRID = 50 * MAX_CELLS  # the library holds a grid that is as large as its outermost cells say


class SheetsParser:
    """Reads the older and the other spreadsheets."""

    extensions = extensions_of("sheets")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,
        limits: ParseLimits,
    ) -> ParsedDocument:
        """See `Parser.parse`. Raises TooManyCells or CellsTooFar."""
        from python_calamine import CalamineError, PasswordError, load_workbook

        if largest_grid(path, name) > _MAX_GRID:
            # The library would ask for that much memory at once, and end the process where there is less.
            raise CellsTooFar(name=name, limit=_MAX_GRID)
        try:
            with _panics_told(), load_workbook(str(path)) as workbook:
                sheets = list(_sheets(workbook, name))
                hidden = _hidden(workbook)
        except PasswordError:
            from ingest.parsers.protected import ProtectedParser

            return ProtectedParser().parse(path, name, password, limits)
        except (CalamineError, OSError, ValueError) as error:
            raise CorruptFile(name=name, kind="Excel", reason=because("part-damaged")) from error
        warnings = [Notice("hidden-read", {"places": hidden})] if hidden else []
        return document_of((block for sheet in sheets for block in sheet_blocks(sheet)), name, warnings=warnings)


@contextmanager
def _panics_told() -> Iterator[None]:
    """A failed check inside the Rust library, which nobody can import the class of, is damage as well."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise ValueError(str(error)) from error
        raise


def _sheets(workbook: Any, name: str) -> Iterator[Sheet]:
    cells = 0
    for title in workbook.sheet_names:
        found = workbook.get_sheet_by_name(title)
        if found.start is None:
            continue
        if found.height * found.width > _MAX_GRID:
            raise CellsTooFar(name=name, limit=_MAX_GRID)
        merges = [Merge(*first, *last) for first, last in found.merged_cell_ranges or ()]
        sheet = Sheet(title, merges=merges)
        # Rows come from the first of the sheet on, columns from the first that holds a value.
        for row, values in enumerate(found.iter_rows()):
            for column, value in enumerate(values, found.start[1]):
                if value != "":
                    sheet.put(row, column, _shown(value))
            cells += len(sheet.rows.get(row, ()))
            if cells > MAX_CELLS:
                raise TooManyCells(name=name, limit=MAX_CELLS)
        yield sheet


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return general(value)
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return date_shown(value, "")
    return str(value)


def _hidden(workbook: Any) -> str:
    """The names of sheets that a person does not see."""
    from python_calamine import SheetVisibleEnum

    return "; ".join(sheet.name for sheet in workbook.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible)
