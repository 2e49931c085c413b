"""Reading order: of the pieces of the truth that a text holds, how many stand in one increasing run."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from bench.parsing.normal import plain, plain_lines

_PIECE, _SHORTEST = 30, 10


@dataclass(frozen=True)
class Order:
    """`matched` of `pieces` were found, `run` of them in order."""

    run: int
    matched: int
    pieces: int

    @property
    def score(self) -> float | None:
        """The share of matched pieces that stand in order; None where nothing matched."""
        return self.run / self.matched if self.matched else None


def reading_order(truth: str, text: str) -> Order:
    """Look for the truth's lines, cut to 30 characters, that occur once in both."""
    whole, read = plain(truth), plain(text)
    places, pieces = [], 0
    for piece in _pieces(truth):
        if _only(piece, whole) is None:
            continue
        pieces += 1
        place = _only(piece, read)
        if place is not None:
            places.append(place)
    return Order(longest_run(places), len(places), pieces)


def longest_run(places: list[int]) -> int:
    """The length of the longest increasing subsequence."""
    lasts: list[int] = []
    for place in places:
        i = bisect_left(lasts, place)
        lasts[i : i + 1] = [place]
    return len(lasts)


def _pieces(truth: str) -> list[str]:
    lines = plain_lines(truth)
    cut = (line[i : i + _PIECE] for line in lines for i in range(0, len(line), _PIECE))
    return [piece for piece in cut if len(piece) >= _SHORTEST]


def _only(piece: str, text: str) -> int | None:
    """Where a piece stands, if it stands there once."""
    place = text.find(piece)
    return place if place >= 0 and text.find(piece, place + 1) < 0 else None
