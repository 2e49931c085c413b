"""Whether a page may hold a table that its rules do not give: asked before the layout model, which is slow."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from ingest.pdf.frame import Rect, union
from ingest.pdf.glyphs import Glyph
from ingest.pdf.table_cells import fill
from ingest.pdf.table_rules import Edge, across
from ingest.pdf.table_slots import CAPTION, Slot
from ingest.pdf.table_words import Word, by_line, holds, joined

# The number of a formula; its equality sign, or its brackets in parts.
_NUMBERED = re.compile(r"[(（][0-9]+([.-][0-9]+)*[a-z]?[)）]")
_FORMULA = re.compile(r"(^|[^<>≤≥])[=≡≈∈→]|[\uf8e5-\uf8fe]")
_GAP = 1.2
_SHORT = 12
_RULE = 80.0
_SAME = 3.0
_LEVEL = 0.4


def may_hold_table(words: Sequence[Word], rules: Sequence[Edge], grids: Sequence[Sequence[Rect]]) -> bool:
    """Whether there are lines of short texts far apart outside the grids, or a grid that is not the whole table."""
    if any(_coarse(grid, words) or _labelled(grid, words) for grid in grids):
        return True
    outers = [union(list(grid)) for grid in grids]
    lines = by_line([word for word in words if not any(holds(outer, word.middle) for outer in outers)])
    texts = [_texts(line) for line in lines]
    if _longest_run([_tabular(line) for line in texts]) >= 3:
        return True
    framed = _framed(rules) or any(CAPTION.match(line[0].text) for line in texts)
    return framed and _longest_run([_beside(line) for line in texts]) >= 2


def beside_each_other(lines: Sequence[Sequence[Glyph]]) -> bool:
    """Whether at two heights or more texts stand apart: most pages of prose are told here, at little cost."""
    starts: list[tuple[float, float]] = []
    for line in lines:
        end = -math.inf
        for glyph in line:
            if not glyph[0].isspace():
                if abs(glyph[1][0] - end) > _GAP * glyph[2]:
                    starts.append((glyph.middle[1], glyph.size))
                end = glyph[1][2]
    starts.sort()
    return sum(b[0] - a[0] < _LEVEL * a[1] for a, b in pairwise(starts)) > 1


def _texts(line: Sequence[Word]) -> list[Word]:
    """A line's words, joined where no wide gap parts them."""
    found: list[list[Word]] = []
    for word in line:
        if found and word.rect[0] - found[-1][-1].rect[2] < _GAP * word.size:
            found[-1].append(word)
        else:
            found.append([word])
    return [joined(several) for several in found]


def _tabular(line: Sequence[Word]) -> bool:
    """Whether texts stand beside each other that are not lines of columns of prose."""
    short = [text for text in line if _short(text)]
    return _beside(line) and (len(short) == len(line) or len(short) > 1 or any(text.numeric for text in short))


def _beside(line: Sequence[Word]) -> bool:
    """Whether a short text stands beside another, and they are neither parts of a formula nor code and its number."""
    texts = [text for text in line if any(map(str.isalnum, text.text)) and not _NUMBERED.fullmatch(text.text)]
    if len(texts) < 2 or any(_FORMULA.search(text.text) for text in line) or _is_code(texts):
        return False
    return any(map(_short, texts)) and any(len(text.text) > 1 for text in texts)


def _is_code(texts: Sequence[Word]) -> bool:
    """Whether it is a line of a listing, its number set otherwise before it."""
    return len(texts) == 2 and texts[0].text.isdecimal() and texts[1].mono and not texts[0].mono


def _short(text: Word) -> bool:
    return text.rect[2] - text.rect[0] < _SHORT * text.size


def _longest_run(flags: Sequence[bool]) -> int:
    """The most tabular lines that follow each other, single other lines between them allowed."""
    best = run = missed = 0
    for flag in flags:
        run, missed = (run + 1, 0) if flag else (run, missed + 1)
        if missed > 1:
            run = 0
        best = max(best, run)
    return best


def _framed(rules: Sequence[Edge]) -> bool:
    """Whether two rules of one length stand above each other, as above and below a table without other rules."""
    flat = [rule for rule in across(rules) if rule["width"] > _RULE]
    return any(
        abs(a["x0"] - b["x0"]) < _SAME and abs(a["x1"] - b["x1"]) < _SAME and b["top"] - a["top"] > 2 * _SAME
        for a, b in combinations(flat[:40], 2)
    )


def _labelled(grid: Sequence[Rect], words: Sequence[Word]) -> bool:
    """Whether short texts stand beside nearly all lines of a grid."""
    outer = union(list(grid))
    lines = by_line([word for word in words if outer[1] < word.middle[1] < outer[3]])
    within = [line for line in lines if any(holds(outer, word.middle) for word in line)]
    beside = [joined(out) for line in within if (out := [w for w in line if not holds(outer, w.middle)])]
    return len(beside) > 2 and len(beside) >= 0.8 * len(within) and all(map(_short, beside))


def _coarse(grid: Sequence[Rect], words: Sequence[Word]) -> bool:
    """Whether a row of a grid holds several lines, of which most are figures or shorter than their cells."""
    outer = union(list(grid))
    inside = [word for word in words if holds(outer, word.middle)]
    rows: dict[int, list[Slot]] = {}
    for slot in fill(grid, inside):
        if slot.rows == 1 and slot.glyphs:
            rows.setdefault(slot.row, []).append(slot)
    return any(_rows_in(row, inside) for row in rows.values())


def _rows_in(row: Sequence[Slot], words: Sequence[Word]) -> bool:
    cells = [(slot, by_line([word for word in words if holds(slot.rect, word.middle)])) for slot in row]
    figures = [len(lines) for _, lines in cells if all(word.numeric for line in lines for word in line)]
    return max(figures, default=0) > 2 or sum(_several(slot, lines) for slot, lines in cells) > 1


def _several(slot: Slot, lines: Sequence[Sequence[Word]]) -> bool:
    width = slot.rect[2] - slot.rect[0]
    figures = len(lines) > 1 and all(word.numeric for line in lines for word in line)
    short = [w for w in lines if w[-1].rect[2] - w[0].rect[0] < 0.6 * width]
    apart = any(b[0].ink[0] - a[0].ink[1] > 1.2 * a[0].size for a, b in pairwise(lines))
    return figures or apart or (len(lines) > 2 and len(short) >= 0.7 * len(lines))
