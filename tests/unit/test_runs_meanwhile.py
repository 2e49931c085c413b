"""What the queue has done meanwhile: for a question that is typed, and for those who wait."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.answering.events import Done, Failed, Scope, Sources, Started, Token
from app.answering.question import Question
from models.errors import ModelUnreachable
from models.reasons import quoted
from tests.support.queue import GONE, PATIENCE, QUESTION, SOURCES, FakeAnswerer, FakeConversations, Make, making, until

TYPED = Question("还没问完", Scope(("default",)))


@pytest.fixture
def answerer() -> FakeAnswerer:
    return FakeAnswerer()


@pytest.fixture
def make(answerer: FakeAnswerer) -> Iterator[Make]:
    with making(answerer, FakeConversations()) as made:
        yield made


def test_a_question_that_is_asked_ends_what_is_read_ahead(make: Make, answerer: FakeAnswerer) -> None:
    runs = make()
    runs.read_ahead(TYPED)
    question, cancel = answerer.typed.get(timeout=PATIENCE)
    assert question == TYPED
    answerer.let_go.set()
    until(runs.submit(QUESTION, None), Done)
    assert cancel.is_set()


def test_what_is_typed_waits_until_nobody_else_does(make: Make, answerer: FakeAnswerer) -> None:
    runs = make()
    until(runs.submit(QUESTION, None), Token)
    waiting = runs.submit(QUESTION, None)
    runs.read_ahead(TYPED)
    assert answerer.typed.empty()
    answerer.let_go.set()
    answerer.typed.get(timeout=PATIENCE)
    assert waiting.finished


def test_the_latest_that_is_typed_takes_the_place_of_the_one_before(make: Make, answerer: FakeAnswerer) -> None:
    runs = make()
    runs.read_ahead(QUESTION)
    _, cancel = answerer.typed.get(timeout=PATIENCE)
    runs.read_ahead(TYPED)
    assert cancel.is_set()
    assert answerer.typed.get(timeout=PATIENCE)[0] == TYPED


def test_what_is_deleted_is_not_read_ahead_any_more(make: Make, answerer: FakeAnswerer) -> None:
    runs = make()
    runs.read_ahead(TYPED)
    _, cancel = answerer.typed.get(timeout=PATIENCE)
    runs.forget(documents=[GONE])
    assert cancel.is_set()


@pytest.mark.parametrize("error", [ModelUnreachable(url="http://127.0.0.1:1", reason=quoted("no")), RuntimeError()])
def test_what_goes_wrong_while_typing_is_for_the_answer_to_tell(
    make: Make, answerer: FakeAnswerer, error: Exception
) -> None:
    runs = make()
    answerer.error = error
    runs.read_ahead(TYPED)
    answerer.typed.get(timeout=PATIENCE)
    run = runs.submit(QUESTION, None)
    assert isinstance(until(run, Failed)[-1], Failed)
    answerer.error = None
    answerer.let_go.set()
    until(runs.submit(QUESTION, None), Done)


def test_whoever_waits_is_shown_sources_until_their_turn_finds_them(make: Make, answerer: FakeAnswerer) -> None:
    runs = make()
    answerer.first = answerer.sources = SOURCES
    first = runs.submit(QUESTION, None)
    until(first, Token)
    waiting = runs.submit(QUESTION, None)
    assert until(waiting, Sources)[-1] == SOURCES
    assert [type(event) for event in first.events()] == [Started, Sources, Token]
    answerer.let_go.set()
    shown = [event for event in until(waiting, Done) if isinstance(event, Sources)]
    assert shown == [Sources(()), SOURCES]


def test_what_is_deleted_is_taken_back_from_those_who_wait(make: Make, answerer: FakeAnswerer) -> None:
    runs = make()
    answerer.first = SOURCES
    until(runs.submit(QUESTION, None), Token)
    waiting = runs.submit(QUESTION, None)
    until(waiting, Sources)
    runs.forget(documents=[GONE])
    assert not waiting.shows([GONE])
    answerer.let_go.set()
    assert until(waiting, Done)
    assert waiting.told() is not None


def test_what_is_deleted_while_it_is_searched_for_is_not_shown(make: Make, answerer: FakeAnswerer) -> None:
    runs = make()
    answerer.first = SOURCES
    answerer.look.clear()
    until(runs.submit(QUESTION, None), Token)
    waiting = runs.submit(QUESTION, None)
    assert answerer.looking.wait(PATIENCE)
    runs.forget(documents=[GONE])
    answerer.look.set()
    answerer.let_go.set()
    until(waiting, Done)
    assert not waiting.shows([GONE])
