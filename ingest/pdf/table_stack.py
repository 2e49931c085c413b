"""Names of columns that take several lines: put together again above the first row of figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.pdf.frame import Rect, union
from ingest.pdf.table_rules import Edge
from ingest.pdf.table_slots import Slot

_GAP = 0.7


def stacked(slots: Sequence[Slot], flat: Sequence[Edge]) -> list[Slot]:
    """Slots, those of the header joined that stand close above each other without a rule between them."""
    body = first_figures(slots)
    head = sorted((slot for slot in slots if slot.row + slot.rows <= body), key=lambda s: (s.column, s.row))
    kept = [slot for slot in slots if slot.row + slot.rows > body]
    found: list[Slot] = []
    for slot in head:
        if found and _one_name(found[-1], slot, flat):
            found[-1] = _joined(found[-1], slot)
        else:
            found.append(slot)
    return found + kept


def first_figures(slots: Sequence[Slot]) -> int:
    """The first row of which most columns but the first hold figures; 0 if there is none."""
    rows: dict[int, list[bool]] = {}
    for slot in slots:
        if slot.column > 0 and slot.glyphs:
            rows.setdefault(slot.row, []).append(slot.numeric)
    width = max(slot.column + slot.columns for slot in slots) - 1
    return min((row for row, flags in rows.items() if sum(flags) > 0.5 * width), default=0)


def _one_name(upper: Slot, lower: Slot, flat: Sequence[Edge]) -> bool:
    if (upper.column, upper.columns) != (lower.column, lower.columns) or upper.row + upper.rows != lower.row:
        return False
    above, below = _ink(upper), _ink(lower)
    size = upper.glyphs[0].size
    between = any(
        above[3] - 0.4 * size < rule["top"] < below[1] + 0.4 * size and rule["x0"] < above[2] and rule["x1"] > above[0]
        for rule in flat
    )
    return below[1] - above[3] < _GAP * size and not between


def _ink(slot: Slot) -> Rect:
    return union([glyph.rect for glyph in slot.glyphs if not glyph.text.isspace()])


def _joined(upper: Slot, lower: Slot) -> Slot:
    rect = union([upper.rect, lower.rect])
    return replace(upper, rows=upper.rows + lower.rows, rect=rect, glyphs=upper.glyphs + lower.glyphs)
