"""Conversations in the catalog: of which bases they may tell, and how often that is asked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.answering.conversations import Conversations
from app.answering.events import Done, Scope, SearchHit, Source, Sources, Timings
from app.answering.question import Question
from app.errors import UnknownRun
from ingest.store.catalog import Catalog
from tests.support.ingesting import Bench, bench


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Bench]:
    made = bench(tmp_path)
    yield made
    made.close()


@contextmanager
def counted(catalog: Catalog) -> Iterator[list[str]]:
    """The statements that a catalog runs."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(catalog.engine, "before_cursor_execute", note)
    yield seen
    event.remove(catalog.engine, "before_cursor_execute", note)


def asked(house: Bench, conversations: Conversations, conversation: str | None, turns: int) -> str:
    """A conversation with so many more turns, each with a source of a document of its own."""
    for _ in range(turns):
        run = uuid.uuid4().hex
        document = house.taken_in(f"Text {run}.", f"{run}.txt")
        (chunk,) = house.library.catalog.chunks(document.id)
        conversation = conversations.begin(run, conversation, Question("问", Scope((document.base_id,))))
        source = Source(1, SearchHit(chunk, 1.0, ("dense",), 0.9), ())
        conversations.finish(run, [Sources((source,)), Done("答", False, "fake", "stop", Timings())])
    assert conversation is not None
    return conversation


def test_conversations_come_in_parts_and_those_that_are_searched_too(house: Bench) -> None:
    conversations = Conversations(house.library.catalog)
    (home,) = house.library.catalog.bases()
    for n in range(7):
        question = Question(f"问题{n}{'甲乙'[n % 2]}", Scope((home.id,)))
        conversations.begin(f"r{n}", None, question)
    everything = conversations.of_user(None)
    assert [each.title for each in everything] == [f"问题{n}{'甲乙'[n % 2]}" for n in reversed(range(7))]
    parts = [conversations.of_user(None, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [len(part) for part in parts] == [3, 3, 1, 0]
    assert [each for part in parts for each in part] == everything
    assert conversations.of_user(None, offset=5) == everything[5:]
    found = conversations.of_user(None, "甲")
    assert conversations.of_user(None, "甲", limit=2, offset=2) == found[2:] != []


def test_turns_come_from_the_latest_back(house: Bench) -> None:
    conversations = Conversations(house.library.catalog)
    (home,) = house.library.catalog.bases()
    talk = None
    for n in range(7):
        talk = conversations.begin(f"r{n}", talk, Question(f"问题{n}", Scope((home.id,))))
    other = conversations.begin("another", None, Question("问", Scope((home.id,))))
    assert talk is not None

    def ids(**which: Any) -> list[str]:
        return [turn.id for turn in conversations.turns(talk, **which)]

    assert ids() == [f"r{n}" for n in range(7)]
    assert ids(limit=3) == ["r4", "r5", "r6"]
    assert ids(limit=3, before="r4") == ["r1", "r2", "r3"]
    assert ids(limit=3, before="r1") == ["r0"]
    assert ids(before="r2") == ["r0", "r1"]
    assert ids(before="r0") == []
    assert [conversations.earlier(talk, run) for run in ("r0", "r4")] == [0, 4]
    assert conversations.earlier(other, "another") == 0
    for foreign in ("another", "none"):
        with pytest.raises(UnknownRun):
            conversations.turns(talk, before=foreign)
        with pytest.raises(UnknownRun):
            conversations.earlier(talk, foreign)


def test_the_bases_of_many_turns_are_asked_for_at_once(house: Bench) -> None:
    catalog = house.library.catalog
    conversations = Conversations(catalog)
    talk = asked(house, conversations, None, 2)
    other = asked(house, conversations, None, 1)
    counts = []
    for more in (0, 4):
        asked(house, conversations, talk, more)
        with counted(catalog) as seen:
            conversations.history(talk, lambda _: False)
            conversations.asked_of([talk, other])
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_conversation_is_of_the_bases_that_its_documents_are_in_now_too(house: Bench) -> None:
    catalog = house.library.catalog
    conversations = Conversations(catalog)
    talk, other = asked(house, conversations, None, 2), asked(house, conversations, None, 1)
    (home,) = catalog.bases()
    moved = catalog.create_base("合同")
    house.library.move(conversations.turns(talk)[1].sources[0].hit.chunk.document_id, moved.id)
    assert conversations.asked_of([talk, other]) == {talk: {home.id, moved.id}, other: {home.id}}
    assert [turn.bases for turn in conversations.turns(talk)] == [(home.id,), (home.id, moved.id)]
