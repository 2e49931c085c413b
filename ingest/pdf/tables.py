"""The tables of a page: grids of ruling lines, and what the layout model sees where rules are few."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ingest.document import Table
from ingest.pdf.frame import Frame, Rect, union
from ingest.pdf.glyphs import Glyph
from ingest.pdf.layout_model import Region, table_regions
from ingest.pdf.table_cells import cuts_words, fill
from ingest.pdf.table_framed import framed_regions
from ingest.pdf.table_heads import header_rows
from ingest.pdf.table_hints import beside_each_other, may_hold_table
from ingest.pdf.table_parts import parted, self_parted
from ingest.pdf.table_region import region_slots
from ingest.pdf.table_rules import Edge, Stroke, read_rules, ruled_grids
from ingest.pdf.table_slots import Slot, compact, is_table, table_from, without_notes
from ingest.pdf.table_words import Word, holds, within, words_of
from ingest.script import wide

_SAME = 3.0
_CLOSE = 6.0
Model = Callable[[Any, Frame], list[Region] | None]


@dataclass(frozen=True)
class Placed:
    """A table, and its rectangle in the frame it was found in."""

    rect: Rect
    table: Table


@dataclass(frozen=True)
class Found:
    """The tables of a page and the lines of glyphs outside them.

    `skipped_edges` is above 0 when the page has too many ruling lines to look for tables.
    `layout` is how they were found.
    """

    tables: tuple[Placed, ...]
    rest: list[list[Glyph]]
    skipped_edges: int = 0
    layout: Literal["rules", "model"] = "rules"


def find_tables(
    page: Any, frame: Frame, lines: list[list[Glyph]], model: Model = table_regions, seen: Sequence[Stroke] = ()
) -> Found:
    """Take the tables out of a page's lines of glyphs. `seen` are ruling lines in the picture of a scan."""
    rules = read_rules(page, frame, seen)
    grids, skipped = ruled_grids(rules)
    if not grids and not beside_each_other(lines):
        return Found((), lines, skipped)
    words = words_of(lines)
    grids = [grid for grid in grids if not cuts_words(grid, words) and is_table(compact(fill(grid, words)))]
    asked = not _vertical(frame, page.rotation, words) and may_hold_table(words, rules, grids)
    regions = model(page, frame) if asked else None
    seen_by_model = regions or []
    taken = [*(union(grid) for grid in grids), *(region.rect for region in seen_by_model)]
    framed = framed_regions(words, rules, taken) if asked else []
    tables = _tables(grids, [*seen_by_model, *framed], words, rules)
    placed = tuple(
        Placed(union([slot.rect for slot in slots]), table_from(slots, frame, header_rows(slots))) for slots in tables
    )
    return Found(placed, _rest(lines, tables), skipped, "rules" if regions is None else "model")


def _vertical(frame: Frame, rotation: int, words: Sequence[Word]) -> bool:
    """Whether it is Chinese that runs from top to bottom as the page is shown."""
    text = "".join(word.text for word in words)
    down = {0: frame.dy == 1, 90: frame.dx == 1, 180: frame.dy == -1, 270: frame.dx == -1}[rotation]
    return down and sum(map(wide, text)) > 0.6 * len(text)


def _tables(
    grids: Sequence[list[Rect]], regions: Sequence[Region], words: Sequence[Word], rules: Sequence[Edge]
) -> list[list[Slot]]:
    """What the rules give, parted where the model says so, and what the model sees beyond."""
    tables, left = [], list(grids)
    for region in regions:
        same = [grid for grid in left if any(holds(region.rect, word.middle) for word in _inside(grid, words))]
        left = [grid for grid in left if grid not in same]
        tables += _of_region(region, same, words, rules)
    tables += [compact(fill(self_parted(grid, words), words)) for grid in _stacked(left, _CLOSE)]
    return [slots for slots in map(without_notes, filter(None, tables)) if is_table(slots)]


def _of_region(
    region: Region, grids: Sequence[list[Rect]], words: Sequence[Word], rules: Sequence[Edge]
) -> list[list[Slot]]:
    """The tables of the grids in a region; the model's, where it sees much more than they enclose."""
    whole = compact(region_slots(region, words, rules))
    ruled = sum(len(_inside(grid, words)) for grid in grids)
    seen = within(region.rect, words)
    both = sum(any(holds(union(grid), word.middle) for grid in grids) for word in seen)
    if not grids or (both > 0.98 * ruled and len(seen) > 1.15 * ruled and is_table(whole)):
        return [whole]
    return [compact(fill(self_parted(parted(grid, region, words), words), words)) for grid in _stacked(grids)]


def _stacked(grids: Sequence[list[Rect]], gap: float = math.inf) -> list[list[Rect]]:
    """Grids, those joined that have the same sides and hardly a gap between them."""
    found: list[list[Rect]] = []
    for grid in sorted(grids, key=lambda g: union(g)[1]):
        outer = union(grid)
        same = next((g for g in found if _aligned(union(g), outer) and outer[1] - union(g)[3] < gap), None)
        if same is None:
            found.append(list(grid))
        else:
            same += grid
    return found


def _aligned(a: Rect, b: Rect) -> bool:
    return abs(a[0] - b[0]) <= _SAME and abs(a[2] - b[2]) <= _SAME


def _inside(grid: list[Rect], words: Sequence[Word]) -> list[Word]:
    outer = union(grid)
    return [word for word in words if holds(outer, word.middle)]


def _rest(lines: list[list[Glyph]], tables: Sequence[Sequence[Slot]]) -> list[list[Glyph]]:
    """The lines without what stands in tables."""
    taken = {id(glyph) for slots in tables for slot in slots for glyph in slot.glyphs}
    if not taken:
        return lines
    rest = [[glyph for glyph in line if id(glyph) not in taken] for line in lines]
    return [line for line in rest if any(not glyph.text.isspace() for glyph in line)]
