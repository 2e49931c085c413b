"""The pace of a model."""

import pytest

from models.gauge import LAST, Pace, Rate, Stopwatch


def test_nothing_is_told_before_anything_was_measured() -> None:
    pace = Pace()
    pace.note(0, 1.0)
    assert pace.rate() is None


def test_the_pace_is_that_of_the_last_works() -> None:
    pace = Pace()
    pace.note(1_000_000, 1.0)
    for _ in range(LAST):
        pace.note(30, 2.0)
    assert pace.rate() == Rate(15.0, LAST)


def test_a_break_is_no_work_however_it_ends() -> None:
    now = [100.0]
    watch = Stopwatch(lambda: now[0])
    now[0] += 2.0
    with watch.stopped():
        now[0] += 50.0
    with pytest.raises(GeneratorExit), watch.stopped():
        now[0] += 50.0
        raise GeneratorExit
    now[0] += 1.0
    assert watch.seconds() == 3.0
