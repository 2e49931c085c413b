"""Tables between a rule above and a rule below them, 三线表: their columns told by the blanks between words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.pdf.frame import Rect
from ingest.pdf.layout_model import Region
from ingest.pdf.table_rules import Edge, across
from ingest.pdf.table_words import Word, by_line, cut_between, holds

_SAME = 8.0
_LONG = 0.3
_BLANK = 0.9
_FEWEST_LINES = 2
_BESIDE = 0.7


def framed_regions(words: Sequence[Word], rules: Sequence[Edge], taken: Sequence[Rect] = ()) -> list[Region]:
    """What two or more rules of one length frame, if its words stand in columns; nothing that is `taken`."""
    found = []
    for rect in _frames(rules):
        inside = [word for word in words if holds(rect, word.middle)]
        if not inside or _is_gridded(rect, rules) or any(holds(o, word.middle) for o in taken for word in inside):
            continue
        lines = by_line(inside)
        down = _blanks(inside)
        several = sum(_columns(line, down) > 1 for line in lines)
        if down and len(lines) >= _FEWEST_LINES and several >= _BESIDE * len(lines):
            cuts = tuple(cut_between(upper, lower) for upper, lower in pairwise(lines))
            found.append(Region(rect, cuts, down))
    return found


def _frames(rules: Sequence[Edge]) -> Iterator[Rect]:
    """From the first to the last of rules that begin and end at the same places."""
    groups: list[list[Edge]] = []
    width = max((rule["x1"] for rule in rules), default=0.0)
    for rule in sorted(across(rules), key=lambda rule: rule["top"]):
        if rule["x1"] - rule["x0"] < _LONG * width:
            continue
        group = next((g for g in groups if _alike(g[-1], rule)), None)
        if group is None:
            groups.append([rule])
        else:
            group.append(rule)
    for group in groups:
        top, bottom = group[0]["top"], group[-1]["top"]
        if len(group) > 2 or (len(group) == 2 and bottom - top > 2 * _SAME):
            yield group[0]["x0"] - _SAME, top, group[0]["x1"] + _SAME, bottom


def _is_gridded(rect: Rect, rules: Sequence[Edge]) -> bool:
    """Whether rules run down inside a frame: what these part is no matter of blanks."""
    return any(
        rule["orientation"] == "v"
        and rect[0] < rule["x0"] < rect[2]
        and min(rule["bottom"], rect[3]) - max(rule["top"], rect[1]) > _SAME
        for rule in rules
    )


def _alike(a: Edge, b: Edge) -> bool:
    return bool(abs(a["x0"] - b["x0"]) < _SAME and abs(a["x1"] - b["x1"]) < _SAME)


def _blanks(words: Sequence[Word]) -> tuple[float, ...]:
    """The middles of the stripes in which no word stands, wider than a space."""
    size = max(word.size for word in words)
    cuts, end = [], float("inf")
    for left, right in sorted((word.rect[0], word.rect[2]) for word in words):
        if left - end > _BLANK * size:
            cuts.append((left + end) / 2)
        end = right if end == float("inf") else max(end, right)
    return tuple(cuts)


def _columns(line: Sequence[Word], down: Sequence[float]) -> int:
    return len({sum(word.middle[0] > cut for cut in down) for word in line})
