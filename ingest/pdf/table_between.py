"""Texts that stand half-way between two rows of a table, as names of both: they reach over both."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ingest.pdf.table_slots import Slot
from ingest.pdf.table_words import Word

_OFF_CENTRE = 0.2
_CLOSE = 1.5
Line = Sequence[Word]


def between_rows(lines: Sequence[Line], down: Sequence[float]) -> list[int]:
    """Which lines of texts stand between their neighbours, which have nothing in the same columns.

    Such neighbours are no farther apart than rows are: a row of its own would have pushed them apart. Nor are
    they the two lines of a wrapped text: where they fill the same columns, some of these hold figures.
    """
    heights = [_height(line) for line in lines]
    columns = [_columns(line, down) for line in lines]
    possible = [
        i
        for i in range(1, len(lines) - 1)
        if not columns[i] & (columns[i - 1] | columns[i + 1])
        and (columns[i - 1] != columns[i + 1] or _figures(lines[i - 1], down) & _figures(lines[i + 1], down))
        and abs(heights[i] - (heights[i - 1] + heights[i + 1]) / 2) < _OFF_CENTRE * (heights[i + 1] - heights[i - 1])
    ]
    rows = [height for i, height in enumerate(heights) if i not in possible]
    usual = median([b - a for a, b in pairwise(rows)] or [0.0])
    return [
        i for i in possible if heights[i + 1] - heights[i - 1] < _CLOSE * usual and not {i - 1, i + 1} & set(possible)
    ]


def _height(line: Line) -> float:
    return median(word.middle[1] for word in line)


def _figures(line: Line, down: Sequence[float]) -> set[int]:
    return {bisect(down, word.middle[0]) for word in line if word.numeric}


def _columns(line: Line, down: Sequence[float]) -> set[int]:
    found: set[int] = set()
    for word in line:
        found.update(range(bisect(down, word.rect[0] + 1), bisect(down, word.rect[2] - 1) + 1))
    return found


def gathered(slots: Sequence[Slot]) -> list[Slot]:
    """Slots, names in the first row widened over the columns to their right that only the second row names.

    Names beside them that reach over both rows tell that these are the two rows of a header.
    """
    first = [slot for slot in slots if slot.row == 0]
    if not any(slot.rows == 2 for slot in first):
        return list(slots)
    taken = {column for slot in first for column in range(slot.column, slot.column + slot.columns)}
    below = {slot.column for slot in slots if slot.row == 1}
    found = []
    for slot in slots:
        end = slot.column + slot.columns
        while slot.row == 0 and slot.rows == 1 and slot.column in below and end in below - taken:
            end += 1
        found.append(replace(slot, columns=end - slot.column))
    return found
