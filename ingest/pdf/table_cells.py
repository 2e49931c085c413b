"""The cells that rules draw: which words stand in them, and what slots they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.pdf.frame import Rect, union
from ingest.pdf.table_slots import Slot
from ingest.pdf.table_words import Word, by_line, holds

_SNAP = 3.0
_SAME = 0.01


def fill(cells: Sequence[Rect], words: Sequence[Word]) -> list[Slot]:
    """The slots of a grid. A word belongs where its middle is, even if it juts out."""
    inside: dict[Rect, list[Word]] = {cell: [] for cell in cells}
    for line, row in _lines(cells, words):
        for word in line:
            cell = next((cell for cell in row if holds(cell, word.middle)), None)
            if cell is not None:
                inside[cell].append(word)
    return _slots(inside)


def cuts_words(cells: Sequence[Rect], words: Sequence[Word]) -> bool:
    """Whether lines run through many words: those of a chart do, those of a table do not."""
    inside = cut = 0
    for line, row in _lines(cells, words):
        sides = [cell[0] for cell in row]
        for word in line:
            inside += 1
            cut += any(word.rect[0] + _SNAP < x < word.rect[2] - _SNAP for x in sides)
    return cut > 0.15 * inside


def _lines(cells: Sequence[Rect], words: Sequence[Word]) -> Iterator[tuple[list[Word], list[Rect]]]:
    """The lines of words in a grid, each with the cells beside it."""
    outer = union(list(cells))
    for line in by_line([word for word in words if holds(outer, word.middle)]):
        top, bottom = min(word.middle[1] for word in line), max(word.middle[1] for word in line)
        yield line, [cell for cell in cells if cell[1] <= bottom and cell[3] >= top]


def _slots(inside: dict[Rect, list[Word]]) -> list[Slot]:
    lefts = _steps([cell[0] for cell in inside])
    tops = _steps([cell[1] for cell in inside])
    slots = []
    for cell, words in inside.items():
        row, column = _place(cell[1], tops), _place(cell[0], lefts)
        rows, columns = _place(cell[3] - _SNAP, tops) - row + 1, _place(cell[2] - _SNAP, lefts) - column + 1
        glyphs = tuple(glyph for word in words for glyph in word.glyphs)
        slots.append(Slot(row, column, max(1, rows), max(1, columns), cell, glyphs))
    return slots


def _steps(values: Sequence[float]) -> list[float]:
    ordered = sorted(set(values))
    return ordered[:1] + [b for a, b in pairwise(ordered) if b - a > _SAME]


def _place(value: float, steps: Sequence[float]) -> int:
    return max(0, sum(step <= value + _SAME for step in steps) - 1)
