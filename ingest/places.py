"""Where a whole passage stands in a format without pages: cells from the first to the last, slides, headings."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from ingest.document import Anchor, BlockSpan
from ingest.locate import locate
from ingest.notices import page_ranges

_BELOW = " > "
_TO = " – "
_CELLS = re.compile(r"(?:(.*)!)?([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")
# How one place is counted, and several.
_COUNTED = ((re.compile(r"slide ([0-9]+)"), "slides "), (re.compile(r"p\. ([0-9]+)"), "pp. "))
_PARAGRAPH = re.compile(r"¶([0-9]+)")


class Places:
    """The locations of a document's passages, each covering all of its passage."""

    def __init__(self, anchors: Sequence[Anchor], blocks: Iterable[BlockSpan]) -> None:
        self._anchors = anchors
        self._headings = [(block.start, block.end) for block in blocks if block.kind == "heading"]
        self._starts = [start for start, _ in self._headings]

    def of(self, start: int, end: int) -> str:
        """Where [start, end) stands; a heading stands where the text below it does."""
        anchors = [anchor for anchor in locate(self._anchors, start, end) if anchor.location]
        texts = list(dict.fromkeys(anchor.location for anchor in anchors))
        titles = {anchor.location for anchor in anchors if self._is_heading(anchor)}
        titles -= {anchor.location for anchor in anchors if not self._is_heading(anchor)}
        inner = [
            each for at, each in enumerate(texts) if each not in titles or not _opens(each, texts[at + 1 : at + 2])
        ]
        return joined(inner)

    def _is_heading(self, anchor: Anchor) -> bool:
        at = bisect_right(self._starts, anchor.start) - 1
        return at >= 0 and anchor.start < self._headings[at][1]


def joined(locations: Sequence[str]) -> str:
    """One location for several, in the order of the document: `Sheet1!A16:F30`, `slides 1-3`, `一 > 1 – 2`."""
    if len(locations) < 2:
        return "".join(locations)
    paths = [location.split(_BELOW) for location in locations]
    above = paths[0]
    for path in paths:
        above = above[: next((i for i, (a, b) in enumerate(zip(above, path, strict=False)) if a != b), len(path))]
    if above in paths:
        return _BELOW.join(above)
    rests = [_BELOW.join(path[len(above) :]) for path in paths]
    return _BELOW.join([*above, _cells(rests) or _numbers(rests) or rests[0] + _TO + rests[-1]])


def _opens(title: str, following: Sequence[str]) -> bool:
    """Whether what comes next stands under a heading, or in the sheet that it names."""
    return any(each.startswith((title + _BELOW, title + "!")) for each in following)


def _numbers(locations: Sequence[str]) -> str:
    for pattern, several in _COUNTED:
        found = [match for location in locations if (match := pattern.fullmatch(location))]
        if len(found) == len(locations):
            return several + page_ranges(sorted({int(match[1]) for match in found}))
    ends = _PARAGRAPH.fullmatch(locations[0]), _PARAGRAPH.fullmatch(locations[-1])
    return f"¶{ends[0][1]}-{ends[1][1]}" if ends[0] and ends[1] else ""


def _cells(locations: Sequence[str]) -> str:
    """The cells from the first to the last, sheet by sheet; empty if these are no cells."""
    sheets: dict[str, list[tuple[str, int]]] = {}
    for location in locations:
        match = _CELLS.fullmatch(location)
        if match is None:
            return ""
        sheet, left, top, right, bottom = match.groups()
        corners = sheets.setdefault(sheet or "", [])
        corners += [(left, int(top)), (right or left, int(bottom or top))]
    several = [_range(sheet, corners) for sheet, corners in sheets.items()]
    return several[0] if len(several) == 1 else several[0] + _TO + several[-1]


def _range(sheet: str, corners: Sequence[tuple[str, int]]) -> str:
    columns = sorted((column for column, _ in corners), key=lambda column: (len(column), column))
    rows = sorted(row for _, row in corners)
    first, last = f"{columns[0]}{rows[0]}", f"{columns[-1]}{rows[-1]}"
    cells = first if first == last else f"{first}:{last}"
    return f"{sheet}!{cells}" if sheet else cells
