"""The queue in front of the model."""

from __future__ import annotations

from collections.abc import Iterator
from threading import get_native_id

import pytest

from app.answering.events import Done, Failed, Queued, Started, Token
from app.answering.run import Run
from app.answering.runs import SECONDS_PER_ANSWER
from app.errors import Interrupted, QueueFull, Unexpected, UnknownRun
from ingest.errors import DiskFull
from models.errors import ModelUnreachable
from tests.support.levels import level, linux
from tests.support.queue import GONE, PATIENCE, QUESTION, SOURCES, FakeAnswerer, FakeConversations, Make, making, until


@pytest.fixture
def answerer() -> FakeAnswerer:
    return FakeAnswerer()


@pytest.fixture
def kept() -> FakeConversations:
    return FakeConversations()


@pytest.fixture
def make(answerer: FakeAnswerer, kept: FakeConversations) -> Iterator[Make]:
    with making(answerer, kept) as made:
        yield made


def test_events_are_kept_for_any_reader_at_any_time(make: Make, answerer: FakeAnswerer) -> None:
    run = make().submit(QUESTION, None)
    answerer.let_go.set()
    events = until(run, Done)
    assert [type(event) for event in events] == [Started, Token, Done]
    assert run.wait(1, 0)[0] == Token("字")
    assert run.finished


def test_an_answer_is_stored_before_anybody_reads_that_it_is_done(
    make: Make, answerer: FakeAnswerer, kept: FakeConversations
) -> None:
    run = make().submit(QUESTION, None)
    answerer.let_go.set()
    until(run, Done)
    assert isinstance(kept.finished[run.id][-1], Done)


@linux
def test_answers_stand_behind_pages_and_searches(make: Make, answerer: FakeAnswerer) -> None:
    run = make().submit(QUESTION, None)
    until(run, Token)
    assert level(answerer.threads[0]) > level(get_native_id())
    answerer.let_go.set()
    until(run, Done)


def test_positions_move_up(make: Make, answerer: FakeAnswerer) -> None:
    runs = make()
    until(runs.submit(QUESTION, None), Token)
    waiting = [runs.submit(QUESTION, None) for _ in range(3)]
    assert [run.events()[0].position for run in waiting] == [1, 2, 3]  # type: ignore[union-attr]
    answerer.let_go.set()
    events = until(waiting[2], Done)
    assert [event.position for event in events if isinstance(event, Queued)] == [2, 1, 0]


def test_the_queue_is_bounded(make: Make) -> None:
    runs = make(queue_length=1)
    until(runs.submit(QUESTION, None), Token)
    runs.submit(QUESTION, None)
    with pytest.raises(QueueFull):
        runs.submit(QUESTION, None)


def test_stopping_ends_a_run_and_the_next_one_goes_on(make: Make) -> None:
    runs = make()
    first, second = runs.submit(QUESTION, None), runs.submit(QUESTION, None)
    until(first, Token)
    runs.stop(first.id)
    assert until(first, Done)[-1].finish == "cancelled"  # type: ignore[union-attr]
    until(second, Token)


def test_one_that_is_stopped_while_it_waits_leaves_the_queue(
    make: Make, answerer: FakeAnswerer, kept: FakeConversations
) -> None:
    runs = make(queue_length=3)
    until(runs.submit(QUESTION, None), Token)
    before, stopped, behind = (runs.submit(QUESTION, None) for _ in range(3))
    runs.stop(stopped.id)
    assert [type(event) for event in stopped.events()] == [Started, Done]
    assert isinstance(kept.finished[stopped.id][-1], Done)
    assert [event.position for event in behind.events() if isinstance(event, Queued)] == [2]
    assert [type(event) for event in before.events()] == [Started]
    assert runs.waiting == 2
    runs.submit(QUESTION, None)  # there is room again
    answerer.let_go.set()
    until(behind, Done)


@pytest.mark.parametrize("error", [DiskFull(name="catalog.db", path="/data"), ZeroDivisionError()])
def test_a_stop_that_cannot_be_stored_ends_the_run_all_the_same(
    make: Make, kept: FakeConversations, error: Exception
) -> None:
    runs = make()
    until(runs.submit(QUESTION, None), Token)
    waiting = runs.submit(QUESTION, None)
    kept.error = error
    runs.stop(waiting.id)
    assert isinstance(waiting.events()[-1], Failed)


def test_what_a_person_is_told_to_wait_is_learnt_from_the_answers(make: Make, answerer: FakeAnswerer) -> None:
    runs = make(queue_length=1)

    def told() -> int:
        until(runs.submit(QUESTION, None), Token)
        waiting = runs.submit(QUESTION, None)
        with pytest.raises(QueueFull) as refused:
            runs.submit(QUESTION, None)
        answerer.let_go.set()
        until(waiting, Done)
        answerer.let_go.clear()
        return int(refused.value.params["seconds"])

    assert (told(), told()) == (SECONDS_PER_ANSWER, 1)


def test_what_is_forgotten_while_it_is_answered_is_gone_when_it_ends(make: Make, answerer: FakeAnswerer) -> None:
    runs = make()
    run = runs.submit(QUESTION, "a talk")
    until(run, Token)
    runs.forget(conversation="a talk")
    assert runs.get(run.id) is run
    answerer.let_go.set()
    until(run, Done)
    following = runs.submit(QUESTION, None)
    until(following, Done)
    with pytest.raises(UnknownRun):
        runs.get(run.id)
    assert runs.get(following.id) is following


def test_of_an_answer_whose_document_goes_nothing_more_is_told(make: Make, answerer: FakeAnswerer) -> None:
    """Whether it was shown already or is yet to be; one that waits finds what is there when its turn comes."""
    runs = make()
    answerer.sources = SOURCES
    shown, waiting = runs.submit(QUESTION, None), runs.submit(QUESTION, None)
    until(shown, Token)
    assert len(shown.told() or []) == 3
    runs.forget(documents=["another"])
    assert shown.told(3) == []
    runs.forget(documents=[GONE])
    answerer.let_go.set()
    until(shown, Done)
    assert shown.told() is None
    until(waiting, Done)
    assert isinstance((waiting.told() or [None])[-1], Done)
    late = Run(QUESTION, None)
    late.let_go([GONE])
    assert late.told() == []
    late.publish(SOURCES)
    assert late.told() is None


def test_an_answer_that_nobody_reads_gives_way_to_somebody_else(make: Make, answerer: FakeAnswerer) -> None:
    runs = make(reader_seconds=0.05)
    run = runs.submit(QUESTION, None, user="one")
    waiting = runs.submit(QUESTION, None, user="two")
    with waiting.reading():
        assert until_unread_done(run).finish == "cancelled"
        answerer.let_go.set()
        assert until(waiting, Done)[-1].finish == "stop"  # type: ignore[union-attr]


def test_one_that_waits_behind_all_others_delays_nobody(make: Make, answerer: FakeAnswerer) -> None:
    runs = make(reader_seconds=0.05)
    first = runs.submit(QUESTION, None, user="one")
    with first.reading(), runs.submit(QUESTION, None, user="two").reading():
        last = runs.submit(QUESTION, None, user="three")
        until(first, Token)
        last.wait(2, 2.5)
        assert not last.finished
        answerer.let_go.set()
        assert until_unread_done(last).finish == "stop"


def test_whoever_goes_away_finds_their_answers_when_they_come_back(make: Make, answerer: FakeAnswerer) -> None:
    runs = make(reader_seconds=0.05)
    run = runs.submit(QUESTION, None, user="one")
    until(run, Token)
    next_one = runs.submit(QUESTION, None, user="one")
    # Longer than whoever looks for answers that nobody reads takes to come by.
    run.wait(2, 2.5)
    assert not run.finished
    answerer.let_go.set()
    assert until_unread_done(run).finish == until_unread_done(next_one).finish == "stop"


def until_unread_done(run: Run) -> Done:
    """Look without counting as a reader."""
    number = 0
    while not run.finished:
        assert run.wait(number, PATIENCE)
        number = len(run.events())
    last = run.events()[-1]
    assert isinstance(last, Done)
    return last


def test_a_reader_keeps_a_run_alive(make: Make, answerer: FakeAnswerer) -> None:
    runs = make(reader_seconds=0.05)
    run = runs.submit(QUESTION, None, user="one")
    with run.reading(), runs.submit(QUESTION, None, user="two").reading():
        until(run, Token)
        assert run.unread_seconds() == 0
        run.wait(2, 1.5)
        assert not run.finished
        answerer.let_go.set()
        assert until(run, Done)[-1].finish == "stop"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("error", "code"),
    [(ModelUnreachable(url="u", reason="r"), "model-unreachable"), (ZeroDivisionError(), Unexpected.code)],
)
def test_a_failure_costs_one_run(make: Make, answerer: FakeAnswerer, error: Exception, code: str) -> None:
    runs = make()
    answerer.error = error
    failed = until(runs.submit(QUESTION, None), Failed)[-1]
    assert isinstance(failed, Failed)
    assert failed.error.code == code
    answerer.error = None
    until(runs.submit(QUESTION, None), Token)


def test_unknown_runs_have_an_error(make: Make) -> None:
    with pytest.raises(UnknownRun):
        make().get("nope")


def test_closing_ends_what_waits(make: Make) -> None:
    runs = make()
    first, second = runs.submit(QUESTION, None), runs.submit(QUESTION, None)
    until(first, Token)
    runs.close()
    # What was broken off is told apart from what somebody stopped.
    for run in (first, second):
        assert isinstance(last := run.events()[-1], Failed)
        assert isinstance(last.error, Interrupted)


def test_a_disk_that_takes_nothing_costs_one_answer(
    make: Make, answerer: FakeAnswerer, kept: FakeConversations
) -> None:
    runs = make()
    kept.error = DiskFull(name="catalog.db", path="/data")
    answerer.let_go.set()
    assert isinstance(until(runs.submit(QUESTION, None), Failed)[-1], Failed)
    kept.error = None
    assert isinstance(until(runs.submit(QUESTION, None), Done)[-1], Done)


def test_what_is_read_once_is_read_before_the_first_question(make: Make, answerer: FakeAnswerer) -> None:
    """Whoever stops the first answer would wait for it."""
    answerer.error = OSError("no dictionary")
    run = make().submit(QUESTION, None)
    until(run, Failed)
    assert answerer.prepared
