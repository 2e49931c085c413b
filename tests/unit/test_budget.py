"""How many tokens of passages are read: what quality needs, and more on a fast machine."""

import math

import pytest

from app.answering.budget import passage_budget
from models.gauge import Rate


@pytest.mark.parametrize(
    ("pace", "seconds", "spare", "tokens"),
    [
        # Nothing measured yet; no time given; too slow for what quality needs, which is read all the same.
        (None, 8, 4000, 400),
        (100, 0, 4000, 400),
        (20, 8, 4000, 400),
        # 8 s at 87.5 tokens/s are 700, of which 200 are none of passages.
        (87, 8, 4000, 400),
        (88, 8, 4000, 500),
        # Never more than a quarter more, nor than there is room for.
        (5000, 8, 4000, 500),
        (5000, 8, 450, 450),
        (5000, math.inf, 4000, 500),
        (1e300, 1e300, 4000, 500),
        # Where there is no room for what quality needs, as much as there is.
        (5000, 8, 399, 399),
        (20, 8, 100, 100),
        (None, 8, 100, 100),
    ],
)
def test_the_pace_and_the_room_decide(pace: float | None, seconds: float, spare: int, tokens: int) -> None:
    rate = None if pace is None else Rate(pace, 3)
    assert passage_budget(400, 1.25, rate, seconds, 200, spare) == tokens
