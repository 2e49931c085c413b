"""From the cells of a sheet to its tables: blank rows and columns part them, lines above name them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.document import Block, Cell, Line, Row, Table
from ingest.parsers.cells import spanned_header

MAX_CELLS = 1_000_000
_DEFAULT_NAME = re.compile(r"(?:sheet|工作表|表|页|頁)\s*\d*", re.IGNORECASE)
_REMARK = re.compile(r"^[（(]?(?:注|备注|備註|说明|說明|数据来源|資料來源|来源|來源|note|source|remark)", re.IGNORECASE)
_MAX_FROZEN = 5
_LONGEST_CAPTION = 120  # it is shown with every part of its table

Rows = dict[int, dict[int, str]]


@dataclass(frozen=True)
class Merge:
    """Cells shown as one: first and last row and column, from 0."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def area(self) -> int:
        """How many cells it covers."""
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)


@dataclass
class Sheet:
    """What a sheet shows: texts by row and column, from 0. `frozen` rows stay in sight above the others."""

    name: str
    rows: Rows = field(default_factory=dict)
    merges: Sequence[Merge] = ()
    frozen: int = 0

    def put(self, row: int, column: int, text: str) -> None:
        if text := text.strip():
            self.rows.setdefault(row, {})[column] = text


def sheet_blocks(sheet: Sheet) -> Iterator[Block]:
    """The blocks of a sheet, under its name where a person gave it one."""
    if not sheet.rows:
        return
    if sheet.name and not _DEFAULT_NAME.fullmatch(sheet.name):
        yield Block("heading", (Line(sheet.name),), location=sheet.name, level=1)
    spans = {(merge.top, merge.left): merge for merge in _clipped(sheet)}
    for rows in _regions(_covered(sheet.rows, spans)):
        yield from _region_blocks(sheet, rows, spans)


def _clipped(sheet: Sheet) -> Iterator[Merge]:
    """Merged cells with a text, no further than the sheet has texts; the smallest, up to MAX_CELLS together."""
    bottom = max(sheet.rows)
    right = max(max(row) for row in sheet.rows.values())
    clipped = [
        Merge(merge.top, merge.left, min(merge.bottom, bottom), min(merge.right, right))
        for merge in sheet.merges
        if merge.left in sheet.rows.get(merge.top, {})
    ]
    room = MAX_CELLS
    for merge in sorted(clipped, key=lambda merge: merge.area):
        room -= merge.area
        if room < 0:
            return
        yield merge


def _covered(rows: Rows, spans: dict[tuple[int, int], Merge]) -> Rows:
    """The texts, and blanks where a merged cell reaches."""
    covered = {number: dict(row) for number, row in rows.items()}
    for merge in spans.values():
        for number in range(merge.top, merge.bottom + 1):
            here = covered.setdefault(number, {})
            for column in range(merge.left, merge.right + 1):
                here.setdefault(column, "")
    return covered


def _regions(rows: Rows) -> Iterator[Rows]:
    """Parts of a sheet that no blank row or column divides, from top to bottom, then left to right."""
    for group in (part for run in _runs(sorted(rows)) for part in _stacks(rows, run)):
        part = {number: rows[number] for number in group}
        columns = [set(run) for run in _runs(sorted({column for row in part.values() for column in row}))]
        if len(columns) == 1 or min(map(len, columns)) == 1:
            # A lone column beside a gap is a label of what stands next to it.
            yield part
            continue
        for run in columns:
            beside = {number: {c: text for c, text in row.items() if c in run} for number, row in part.items()}
            yield from _regions({number: row for number, row in beside.items() if row})


def _stacks(rows: Rows, numbers: Sequence[int]) -> Iterator[list[int]]:
    """Rows that follow one another but have no column in common belong to tables that touch at a corner."""
    stack: list[int] = []
    for number in numbers:
        above = rows[stack[-1]] if stack else rows[number]
        if above.keys().isdisjoint(rows[number]) and min(len(above), len(rows[number])) > 1:
            yield stack
            stack = []
        stack.append(number)
    yield stack


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    """`[1, 2, 3], [7, 8]` for 1, 2, 3, 7, 8."""
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _region_blocks(sheet: Sheet, rows: Rows, spans: dict[tuple[int, int], Merge]) -> Iterator[Block]:
    """A table with the lines above and below it; of a single column, its lines."""
    order = sorted(rows)
    filled = [sum(1 for text in rows[number].values() if text) for number in order]
    if max(filled) <= 1:
        for number in order:
            yield from _lines(sheet, rows, [number], "text")
        return
    first = next(at for at, count in enumerate(filled) if count > 1)
    last = max(at for at, count in enumerate(filled) if count > 1 or not _is_remark(rows[order[at]]))
    yield from _lines(sheet, rows, order[:first], "caption")
    table = _table(sheet, {number: rows[number] for number in order[first : last + 1]}, spans)
    yield Block("table", (), location=_range(sheet, rows, order[first], order[last]), table=table)
    yield from _lines(sheet, rows, order[last + 1 :], "text")


def _is_remark(row: dict[int, str]) -> bool:
    text = next((text for text in row.values() if text), "")
    return not text or bool(_REMARK.match(text))


def _lines(sheet: Sheet, rows: Rows, numbers: Sequence[int], kind: str) -> Iterator[Block]:
    texts = [Line(" ".join(text.split())) for number in numbers for text in rows[number].values() if text]
    if texts:
        short = kind == "caption" and sum(len(line.text) for line in texts) <= _LONGEST_CAPTION
        location = _range(sheet, rows, numbers[0], numbers[-1])
        yield Block("caption" if short else "text", tuple(texts), location=location)


def _table(sheet: Sheet, rows: Rows, spans: dict[tuple[int, int], Merge]) -> Table:
    """Columns without any text are left out, so that the grid has no empty ones."""
    columns = sorted({column for row in rows.values() for column in row})
    places = {column: place for place, column in enumerate(columns)}
    last = max(rows)
    made = []
    for number in sorted(rows):
        cells = []
        for column, text in sorted(rows[number].items()):
            if text:
                merge = spans.get((number, column), Merge(number, column, number, column))
                width = places[max(c for c in (column, merge.right) if c in places)] - places[column] + 1
                cells.append(Cell(text, places[column], min(merge.bottom, last) - number + 1, width))
        made.append(Row(tuple(cells), _range(sheet, rows, number, number, columns)))
    return Table(tuple(made), _header_rows(sheet, sorted(rows), made))


def _header_rows(sheet: Sheet, numbers: Sequence[int], rows: Sequence[Row]) -> int:
    """Rows that the person froze, else those that merged cells reach into."""
    frozen = sum(1 for number in numbers if number < sheet.frozen)
    if 0 < frozen <= _MAX_FROZEN and frozen < len(rows):
        return frozen
    return spanned_header(rows)


def _range(sheet: Sheet, rows: Rows, top: int, bottom: int, columns: Sequence[int] = ()) -> str:
    """`Sheet1!A5:F7`; without a sheet's name, `A5:F7`."""
    columns = columns or [column for number in range(top, bottom + 1) for column in rows.get(number, ())]
    start, end = f"{letters(min(columns))}{top + 1}", f"{letters(max(columns))}{bottom + 1}"
    cells = start if start == end else f"{start}:{end}"
    return f"{sheet.name}!{cells}" if sheet.name else cells


def letters(column: int) -> str:
    """`AB` for 27: columns as spreadsheets name them, from 0."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def number_of(name: str) -> int:
    """27 for `AB`."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
