"""How much of a page was read, in whatever order: for truths whose own order is not the reading order.

Text laid out as on paper sets the columns of a page, or two pages of a spread, side by side on one
line, so that whoever reads them one after the other would be wrong everywhere.
"""

from __future__ import annotations

import re

from bench.parsing.distance import distances
from bench.parsing.normal import plain

_GAP = re.compile(r"\s{3,}|\n")
_TAKEN = "\0"


def loose_edits(truth: str, text: str) -> int:
    """The edits between the truth's pieces, each at its best place in `text`, and what is left of both.

    Pieces are parted by line ends and wide gaps, and take their places from the longest to the
    shortest. A missing and a surplus character make one replaced one.
    """
    missing, left = 0, plain(text)
    for piece in sorted(filter(None, map(plain, _GAP.split(truth))), key=len, reverse=True):
        distance, start, end = _best(piece, left)
        missing += min(distance, len(piece))
        if distance * 2 < len(piece):
            left = left[:start] + _TAKEN + left[end:]
    return max(missing, len(left.replace(_TAKEN, "")))


def _best(piece: str, text: str) -> tuple[int, int, int]:
    """The fewest edits from `piece` to a part of `text`, and where that part is."""
    found = list(distances(piece, text, anywhere=True))
    end = min(range(len(found)), key=found.__getitem__)
    backwards = list(distances(piece[::-1], text[:end][::-1], anywhere=False))
    return found[end], end - min(range(len(backwards)), key=backwards.__getitem__), end
