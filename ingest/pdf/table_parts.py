"""Ruled cells that hold several rows or columns: cut by the lines of their texts, and as the layout model says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ingest.pdf.frame import Rect
from ingest.pdf.layout_model import Region
from ingest.pdf.table_cells import fill
from ingest.pdf.table_stack import first_figures
from ingest.pdf.table_words import Word, by_line, clear, holds, pieces, within

_LEAST = 5.0
_FAR = 1.2
_LOOSE = 1.6


def self_parted(cells: Sequence[Rect], words: Sequence[Word]) -> list[Rect]:
    """Cells cut where a rule is missing by what they hold.

    Across, where the texts of most cells of a row stand line by line beside each other; down, at the
    sides of other cells where texts stand far apart.
    """
    found = []
    first = min(cell[1] for cell in cells)
    sides = sorted({round(x, 1) for cell in cells for x in (cell[0], cell[2])})
    for (top, bottom), row in _bands(cells):
        held = [word for word in words if top <= word.middle[1] <= bottom]
        cuts = _between_lines(row, held, top == first)
        parts = [part for cell in row for part in (_cut_across(cell, cuts, held) if cuts else [cell])]
        found += [part for cell in parts for part in _cut_down(cell, sides, held, _FAR)]
    return found


def _bands(cells: Sequence[Rect]) -> list[tuple[tuple[float, float], list[Rect]]]:
    """The cells that have top and bottom in common, from top to bottom."""
    bands: dict[tuple[float, float], list[Rect]] = {}
    for cell in cells:
        bands.setdefault((cell[1], cell[3]), []).append(cell)
    return sorted(bands.items())


def _between_lines(row: Sequence[Rect], words: Sequence[Word], names: bool) -> list[float]:
    """Heights between the lines of a row, if those are rows of a table themselves."""
    cells = [by_line([word for word in words if holds(cell, word.middle)]) for cell in row]
    several = [lines for lines in cells if len(lines) > 1]
    if len(several) < 3 or len(several) < 0.6 * sum(map(bool, cells)):
        return []
    numbers = [[line[0].line for line in lines] for lines in several]
    if any(each != numbers[0] for each in numbers):
        return []
    figures = sum(all(word.numeric for line in lines for word in line) for lines in several)
    pitch = min(b[0].middle[1] - a[0].middle[1] for a, b in pairwise(several[0])) / several[0][0][0].size
    if figures < 0.5 * len(several) and (names or pitch < _LOOSE):
        return []
    return [(a[0].ink[1] + b[0].ink[0]) / 2 for a, b in pairwise(several[0])]


def parted(cells: Sequence[Rect], region: Region, words: Sequence[Word]) -> list[Rect]:
    """Cells cut where the model sees rows and columns that no rules part."""
    inside = within(region.rect, words)
    across = clear(region.across, [word.ink for word in inside])
    down = clear(region.down, [(word.rect[0], word.rect[2]) for word in inside])
    found: list[Rect] = []
    slots = fill(cells, inside)
    body = max(1, first_figures(slots))
    for band, row in _bands(cells):
        cuts = [y for y in across if band[0] + _LEAST < y < band[1] - _LEAST]
        held = [word for word in inside if band[0] < word.middle[1] < band[1]]
        names = band[0] < min(slot.rect[1] for slot in slots if slot.row >= body)
        several = bool(cuts) and _several_rows(row, cuts, held, down, names)
        parts = [part for cell in row for part in (_cut_across(cell, cuts, held) if several else [cell])]
        found += [half for part in parts for half in _under_one(part, held, down)]
    return [part for cell in found for part in _cut_down(cell, down, inside)]


def _several_rows(
    row: Sequence[Rect], cuts: Sequence[float], words: Sequence[Word], down: Sequence[float], names: bool
) -> bool:
    """Whether texts stand side by side in at least two parts; where columns are named, also one above several."""
    parts = [_cut_across(cell, cuts, []) for cell in row]
    bands = [[[w for w in words if holds(part, w.middle)] for part in band] for band in zip(*parts, strict=True)]
    full = [band for band in bands if sum(map(bool, band)) > 1]
    figures = sum(any(word.numeric for held in band for word in held) for band in full)
    gathered = any(_gathers(upper, lower, down) for cell in zip(*bands, strict=True) for upper, lower in pairwise(cell))
    return len(full) > 1 and (not names or figures > 1 or gathered)


def _under_one(cell: Rect, words: Sequence[Word], down: Sequence[float]) -> list[Rect]:
    """A cell's halves, if it is a name with several names beneath it."""
    lines = by_line([word for word in words if holds(cell, word.middle)])
    if len(lines) != 2 or not _gathers(lines[0], lines[1], down):
        return [cell]
    return _cut_across(cell, [(lines[0][0].ink[1] + lines[1][0].ink[0]) / 2], lines[0] + lines[1])


def _gathers(upper: Sequence[Word], lower: Sequence[Word], down: Sequence[float]) -> bool:
    return len(pieces(upper, down)) == 1 < len(pieces(lower, down)) and len(by_line(lower)) == 1


def _cut_across(cell: Rect, cuts: Sequence[float], words: Sequence[Word]) -> list[Rect]:
    """A cell's parts. What stands in its middle belongs to all of them."""
    inks = [word.ink for word in words if holds(cell, word.middle)]
    free = [y for y in cuts if not any(top < y < bottom for top, bottom in inks)]
    middle = (min(top for top, _ in inks) + max(bottom for _, bottom in inks)) / 2 if inks else cell[1]
    one = not any(bottom < y for y in free for _, bottom in inks) or not any(top > y for y in free for top, _ in inks)
    if one and len(cuts) % 2 and abs(middle - (cell[1] + cell[3]) / 2) < 0.2 * (cell[3] - cell[1]):
        return [cell]
    return [(cell[0], top, cell[2], bottom) for top, bottom in pairwise([cell[1], *free, cell[3]])]


def _cut_down(cell: Rect, down: Sequence[float], words: Sequence[Word], gap: float = 0.0) -> list[Rect]:
    """A cell's parts: cut only where texts stand beside each other in a line and none across."""
    near = [x for x in down if cell[0] + _LEAST < x < cell[2] - _LEAST]
    if not near:
        return [cell]
    texts = [pieces(line, near) for line in by_line([word for word in words if holds(cell, word.middle)])]
    cuts = [
        x
        for x in near
        if any(
            a.rect[2] <= x <= b.rect[0] and b.rect[0] - a.rect[2] >= gap * a.size
            for line in texts
            for a, b in pairwise(line)
        )
        and not any(text.rect[0] < x < text.rect[2] for line in texts for text in line)
    ]
    return [(left, cell[1], right, cell[3]) for left, right in pairwise([cell[0], *cuts, cell[2]])]
