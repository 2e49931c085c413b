"""From characters of a cleaned text back to the lines they came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from ingest.document import Anchor


def locate(anchors: Sequence[Anchor], start: int, end: int) -> tuple[Anchor, ...]:
    """The anchors that share characters with [start, end). `anchors` are sorted and apart.

    A line of which only a part is quoted counts whole.
    """
    at = bisect_right(anchors, start, key=lambda anchor: anchor.end)
    found = []
    while at < len(anchors) and anchors[at].start < end:
        found.append(anchors[at])
        at += 1
    return tuple(found)


def first_page(anchors: Sequence[Anchor], start: int, end: int) -> int | None:
    """The page on which [start, end) begins, or None for formats without pages."""
    return next((anchor.page for anchor in locate(anchors, start, end) if anchor.page is not None), None)
