"""How fast a pull is, and how long it will take."""

from app.pull import Pull


class Hand:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_speed_is_that_of_the_last_seconds() -> None:
    clock = Hand()
    pull = Pull(1000, clock)
    assert pull.speed is None
    assert pull.seconds_left is None
    for clock.now, done in ((0.0, 300), (5.0, 320), (10.0, 340), (20.0, 440)):
        pull.heard(done, 1000)
    assert pull.speed == 10.0
    assert pull.seconds_left == 56.0


def test_what_was_here_before_does_not_count_and_a_pull_that_stands_still_slows_down() -> None:
    clock = Hand()
    pull = Pull(1000, clock)
    pull.heard(900, 0)
    clock.now = 1.0
    pull.heard(910, 0)
    assert (pull.speed, pull.total) == (10.0, 1000)
    clock.now = 2.0
    assert pull.speed == 5.0


def test_another_source_begins_anew() -> None:
    clock = Hand()
    pull = Pull(1000, clock)
    for clock.now, done in ((0.0, 0), (1.0, 500), (2.0, 0)):
        pull.heard(done, 1000)
    assert pull.speed is None
