"""A table whose cells rules do not enclose: its words put between the cuts of the layout model."""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.pdf.frame import Rect, union
from ingest.pdf.glyphs import Glyph
from ingest.pdf.layout_model import Region
from ingest.pdf.table_between import between_rows, gathered
from ingest.pdf.table_rules import Edge
from ingest.pdf.table_rules import across as across_rules
from ingest.pdf.table_slots import Slot
from ingest.pdf.table_stack import stacked
from ingest.pdf.table_words import Word, by_line, clear, cut_between, pieces, within

_EDGE = 0.6
_OFF = 1.5
_Place = tuple[int, int, int, int]


def region_slots(region: Region, words: Sequence[Word], rules: Sequence[Edge]) -> list[Slot]:
    """The slots of a region; their rectangles reach from cut to cut."""
    inside = within(region.rect, words)
    if not inside:
        return []
    lines = by_line(inside)
    down = with_missed_columns(clear(region.down, [(w.rect[0], w.rect[2]) for w in inside]), lines)
    texts = [pieces(line, down) for line in lines]
    between = between_rows(texts, down)
    rows = [line for i, line in enumerate(texts) if i not in between]
    told = [cut_between(texts[i - 1], texts[i + 1]) for i in between]
    across = with_missed_rows(clear([*region.across, *told], [w.ink for line in rows for w in line]), rows, down)
    placed = [(piece, piece.ink) for line in rows for piece in line]
    placed += [(piece, (texts[i - 1][0].middle[1], texts[i + 1][0].middle[1])) for i in between for piece in texts[i]]
    slots = gathered(_slots(placed, across, down, region.rect))
    flat = [rule for rule in across_rules(rules) if rule["x1"] > region.rect[0] and rule["x0"] < region.rect[2]]
    return stacked(_spanned(slots, flat), flat)


def with_missed_columns(down: list[float], lines: Sequence[Sequence[Word]]) -> list[float]:
    """Cuts, and those where figures stand side by side in line after line."""
    gaps: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for line in lines:
        for left, right in pairwise(line):
            if left.numeric and right.numeric and bisect(down, left.middle[0]) == bisect(down, right.middle[0]):
                gaps[bisect(down, left.middle[0])].append((left.rect[2], right.rect[0]))
    more = [cut for several in gaps.values() for cut in _stripes(several) if _parts(cut, lines)]
    return sorted(down + more)


def _stripes(gaps: list[tuple[float, float]]) -> Iterator[float]:
    """The middles of what groups of overlapping gaps have in common."""
    group: list[tuple[float, float]] = []
    for gap in sorted(gaps, key=lambda g: g[1]):
        if group and gap[0] >= min(right for _, right in group):
            yield (max(left for left, _ in group) + min(right for _, right in group)) / 2
            group = []
        group.append(gap)
    if group:
        yield (max(left for left, _ in group) + min(right for _, right in group)) / 2


def _parts(cut: float, lines: Sequence[Sequence[Word]]) -> bool:
    """Whether figures stand on both sides in most lines, and hardly a word across."""
    beside = sum(
        any(a.numeric and b.numeric and a.rect[2] <= cut <= b.rect[0] for a, b in pairwise(line)) for line in lines
    )
    across = sum(any(word.rect[0] < cut < word.rect[2] for word in line) for line in lines)
    return beside >= max(4, 0.6 * len(lines)) and across <= 0.1 * len(lines)


def with_missed_rows(across: list[float], lines: Sequence[Sequence[Word]], down: Sequence[float]) -> list[float]:
    """Cuts, and those between lines of one row that are rows of their own by what they hold."""
    rows: dict[int, list[Sequence[Word]]] = defaultdict(list)
    for line in lines:
        rows[bisect(across, line[0].middle[1])].append(line)
    more = []
    for row in rows.values():
        for upper, lower in pairwise(row):
            if (
                (_is_row(upper, down) and _is_row(lower, down))
                or _heads(upper, lower, down)
                or _alike(upper, lower, down)
            ):
                more.append(cut_between(upper, lower))
    return sorted(across + more)


def _is_row(line: Sequence[Word], down: Sequence[float]) -> bool:
    """Whether figures stand in most columns."""
    return len(line) >= 3 and sum(w.numeric for w in line) >= 0.6 * len(down)


def _alike(upper: Sequence[Word], lower: Sequence[Word], down: Sequence[float]) -> bool:
    """Whether two lines fill the same columns, three or more, and two of them with figures, which are not wrapped."""
    sides = [{bisect(down, word.middle[0]): word.numeric for word in line} for line in (upper, lower)]
    figures = sum(numeric and sides[1].get(column, False) for column, numeric in sides[0].items())
    return sides[0].keys() == sides[1].keys() and len(sides[0]) >= 3 and figures >= 2


def _heads(upper: Sequence[Word], lower: Sequence[Word], down: Sequence[float]) -> bool:
    """Whether a text of the upper line stands above two or more of the lower."""
    below = [bisect(down, word.middle[0]) for word in lower]
    for word in upper:
        first, last = bisect(down, word.rect[0] + 1), bisect(down, word.rect[2] - 1)
        if last > first and len({column for column in below if first <= column <= last}) > 1:
            return True
    return False


def _slots(
    placed: Sequence[tuple[Word, tuple[float, float]]], across: Sequence[float], down: Sequence[float], rect: Rect
) -> list[Slot]:
    """The slots of texts, each with the heights from which to which it reaches."""
    ys = [rect[1], *across, rect[3]]
    xs = [rect[0], *down, rect[2]]
    held: dict[_Place, list[Word]] = defaultdict(list)
    for text, reach in placed:
        top, bottom = (bisect(across, y) for y in reach)
        edge = min(_EDGE * text.size, (text.rect[2] - text.rect[0]) / 2)
        first, last = bisect(down, text.rect[0] + edge), bisect(down, text.rect[2] - edge)
        held[top, first, bottom - top + 1, last - first + 1].append(text)
    return [
        Slot(*place, (xs[place[1]], ys[place[0]], xs[place[1] + place[3]], ys[place[0] + place[2]]), _glyphs(words))
        for place, words in _apart(held).items()
    ]


def _apart(held: dict[_Place, list[Word]]) -> dict[_Place, list[Word]]:
    """Texts by place, where those that overlap share the place that one of them has to itself."""
    places: dict[_Place, list[Word]] = {}
    taken: dict[tuple[int, int], _Place] = {}
    for place in sorted(held, key=lambda p: (p[2] * p[3], p)):
        row, column, rows, columns = place
        spots = [(r, c) for r in range(row, row + rows) for c in range(column, column + columns)]
        other = next((taken[spot] for spot in spots if spot in taken), None)
        if other is None:
            places[place] = held[place]
            taken.update(dict.fromkeys(spots, place))
        else:
            places[other] = places[other] + held[place]
    return places


def _glyphs(words: Sequence[Word]) -> tuple[Glyph, ...]:
    return tuple(glyph for word in words for glyph in word.glyphs)


def _spanned(slots: list[Slot], flat: Sequence[Edge]) -> list[Slot]:
    """Slots widened over the columns that a rule right beneath them gathers, or above which they are centred."""
    extents = _extents(slots)
    taken = {
        (row, column)
        for slot in slots
        for row in range(slot.row, slot.row + slot.rows)
        for column in range(slot.column, slot.column + slot.columns)
    }
    counts = Counter(slot.row for slot in slots)
    return [
        _centred(slot, extents) if counts[slot.row] == 1 and slot.column else _widened(slot, flat, extents, taken)
        for slot in slots
    ]


def _centred(slot: Slot, extents: dict[int, tuple[float, float]]) -> Slot:
    """A text alone in its row, over all columns or all but the first if it stands in their middle."""
    x0, _, x1, _ = union([glyph.rect for glyph in slot.glyphs])
    last = max(extents)
    for first in (1, 0):
        sides = [extents[column] for column in range(first, last + 1) if column in extents]
        middle = (sides[0][0] + sides[-1][1]) / 2 if sides else x0
        if abs(middle - (x0 + x1) / 2) < _OFF * slot.glyphs[0].size and last > first:
            return replace(slot, column=first, columns=last - first + 1)
    return slot


def _extents(slots: Sequence[Slot]) -> dict[int, tuple[float, float]]:
    """From where to where something stands in each column."""
    held: dict[int, list[Rect]] = defaultdict(list)
    for slot in slots:
        if slot.columns == 1:
            held[slot.column] += [glyph.rect for glyph in slot.glyphs]
    return {column: (min(r[0] for r in rects), max(r[2] for r in rects)) for column, rects in held.items()}


def _widened(
    slot: Slot, flat: Sequence[Edge], extents: dict[int, tuple[float, float]], taken: set[tuple[int, int]]
) -> Slot:
    x0, _, x1, bottom = union([glyph.rect for glyph in slot.glyphs])
    size = slot.glyphs[0].size
    rule = next((e for e in flat if e["x0"] < (x0 + x1) / 2 < e["x1"] and -0.4 * size < e["top"] - bottom < size), None)
    if rule is None:
        return slot
    own = range(slot.column, slot.column + slot.columns)
    under = [column for column, (a, b) in extents.items() if rule["x0"] < (a + b) / 2 < rule["x1"]]
    alone = all(column in own or (slot.row, column) not in taken for column in under)
    if not under or not alone or len(under) == len(extents):
        return slot
    first, last = min(*under, own[0]), max(*under, own[-1])
    return replace(slot, column=first, columns=last - first + 1)
