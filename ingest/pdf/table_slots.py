"""Slots: the glyphs of a table by their places in its grid, and the table that they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ingest.document import Cell, Row, Table
from ingest.pdf.frame import Frame, Rect
from ingest.pdf.glyphs import Glyph, text_of
from ingest.pdf.table_words import figure

CAPTION = re.compile(
    r"(?i)\s*(?:table|exhibit|figure|fig\.|chart|box|续?附?[表图圖])\s*[0-9A-Z一二三四五六七八九十]{1,3}\b"
)
_NOTE = re.compile(
    r"(?i)\s*(?:notes?|sources?|注|註|附注|[资資]料[来來]源|[数數][据據][来來]源|[来來]源)\s*[0-9]?\s*[:：]"
)
_UNIT = re.compile(r"(?i)\s*(?:[\[(（].*[\])）]\s*$|单位|單位|unit:)")
_LEADER = re.compile(r"(?:[.·…‥．]\s?){4,}|…{2,}")
_LONG = 150


@dataclass(frozen=True)
class Slot:
    """A cell before its text is set: where it begins, how far it goes, and what is printed in it."""

    row: int
    column: int
    rows: int
    columns: int
    rect: Rect
    glyphs: tuple[Glyph, ...]

    @cached_property
    def text(self) -> str:
        return text_of(self.glyphs, self.rect[2] - self.rect[0]) if self.glyphs else ""

    @property
    def numeric(self) -> bool:
        """Whether it holds a figure rather than words."""
        return figure("".join(glyph.text for glyph in self.glyphs))


def table_from(slots: Sequence[Slot], frame: Frame, header_rows: int) -> Table:
    """The table of some slots, every one of which begins in a row and column of its own."""
    rows: list[list[Slot]] = [[] for _ in range(1 + max(slot.row for slot in slots))]
    for slot in slots:
        rows[slot.row].append(slot)
    return Table(tuple(_row(row, frame) for row in rows), header_rows)


def _row(slots: Iterable[Slot], frame: Frame) -> Row:
    ordered = sorted(slots, key=lambda slot: slot.column)
    return Row(tuple(Cell(s.text, s.column, s.rows, s.columns, frame.box(s.rect)) for s in ordered))


def compact(slots: Sequence[Slot]) -> list[Slot]:
    """Without the rows and columns in which nothing is printed or that only pass through merged cells."""
    filled = [slot for slot in slots if slot.glyphs]
    rows = _needed([(slot.row, slot.rows) for slot in filled])
    columns = _needed([(slot.column, slot.columns) for slot in filled])
    return [
        replace(
            slot,
            row=sum(row < slot.row for row in rows),
            rows=sum(slot.row <= row < slot.row + slot.rows for row in rows),
            column=sum(column < slot.column for column in columns),
            columns=sum(slot.column <= column < slot.column + slot.columns for column in columns),
        )
        for slot in slots
        if any(slot.row <= row < slot.row + slot.rows for row in rows)
        and any(slot.column <= column < slot.column + slot.columns for column in columns)
    ]


def _needed(spans: Sequence[tuple[int, int]]) -> list[int]:
    """The fewest places, from left to right, of which every span has one and narrow ones their own."""
    needed: list[int] = []
    for start, length in sorted(spans, key=lambda span: span[0] + span[1]):
        if not any(start <= place < start + length for place in needed):
            needed.append(start + length - 1)
    return needed


def without_notes(slots: Sequence[Slot]) -> list[Slot]:
    """Without a caption above the columns and notes beneath them that are framed with the table."""
    wide = {row: text for row, text in _whole_rows(slots).items() if text}
    kept = list(slots)
    first, last = min(slot.row for slot in slots), max(slot.row for slot in slots)
    above = [slot.text for slot in slots if slot.row == first and slot.text]
    alone = above[0] if len(above) == 1 else wide.get(first, "")
    if CAPTION.match(alone) or _UNIT.match(alone):
        kept = [slot for slot in kept if slot.row != first]
    while kept and (_NOTE.match(wide.get(last, "")) or len(wide.get(last, "")) > _LONG):
        kept = [slot for slot in kept if slot.row != last]
        last -= 1
    return compact(kept) if kept else []


def _whole_rows(slots: Sequence[Slot]) -> dict[int, str]:
    """The texts of rows that are one cell."""
    columns = max(slot.column + slot.columns for slot in slots)
    return {slot.row: slot.text for slot in slots if slot.columns == columns and slot.rows == 1}


def is_table(slots: Sequence[Slot]) -> bool:
    """Whether what stands in a grid is a table, and not pictures, page areas, framed text or contents."""
    texts = [slot.text for slot in slots if slot.glyphs]
    long = sum(len(text) > 400 for text in texts)
    longest = max(map(len, texts), default=0)
    return (
        len(texts) >= 3
        and len({slot.column for slot in slots if slot.glyphs}) > 1
        and len({slot.row for slot in slots if slot.glyphs}) > 1
        and len(texts) >= 0.2 * len(slots)
        and long <= 0.25 * len(texts)
        and (longest < 600 or longest < 0.6 * sum(map(len, texts)))
        and not _is_contents(slots)
    )


def _is_contents(slots: Sequence[Slot]) -> bool:
    """Whether dots lead from titles to page numbers, row by row."""
    rows: dict[int, str] = {}
    for slot in sorted(slots, key=lambda s: (s.row, s.column)):
        rows[slot.row] = f"{rows.get(slot.row, '')} {slot.text}"
    led = [row for row in rows.values() if _LEADER.search(row)]
    columns = max((slot.column + slot.columns for slot in slots), default=0)
    return columns <= 3 and len(led) >= max(2, 0.4 * len(rows))
