"""Rights that are lost while something is under way: who may not read any more is told no more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.answering.events import SearchHit, Source
from app.answering.question import Question
from app.answering.question import Scope as Scopes
from app.answering.retrieve import Retriever
from app.answering.run import Run
from app.routes.access import CSRF_HEADER
from app.routes.streams import run_stream
from models.base import Message
from tests.support.apart import apart
from tests.support.house import House, documents_told, house_in, request_of
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import events, problem

Losing = Callable[[House], None]
ANSWER = "营业收入为三百元。"
# Of the document, and in no question or answer.
TEXT = "比上年增长百分之十"
QUESTION = {"question": "营业收入是多少？", "bases": ["theirs"]}


def logged_out(house: House) -> None:
    house.services.accounts.sessions.end(house.sessions["reader"])


def without_role(house: House) -> None:
    house.services.accounts.roles.set(house.users["reader"].id, house.objects["theirs"]["base"], None)


def removed(house: House) -> None:
    """The answer of an account that goes is stopped; its stream must not tell even that."""
    house.services.accounts.users.remove(house.users["reader"].id)


LOSSES = (logged_out, without_role, removed)


@contextmanager
def half_answered(folder: Path) -> Iterator[tuple[House, Run, Event]]:
    """The reader's question, whose answer stops behind its first characters until the event is set."""
    going_on = Event()
    with house_in(folder, lambda: ScriptedLLM({"": ANSWER}, pause=going_on)) as house:
        scope = Scopes((house.objects["theirs"]["base"],))
        run = house.services.runs.submit(Question("营业收入是多少？", scope), None, user=house.users["reader"].id)
        try:
            yield house, run, going_on
        finally:
            going_on.set()


async def told_after(stream: AsyncIterator[bytes], name: str, then: Callable[[], None]) -> list[str]:
    """The names of the events that come after the first `name`, before which `then` is done."""
    async for piece in stream:
        if f"event: {name}\n".encode() in piece:
            break
    then()
    return [name async for piece in stream for _, name, _ in events(piece.decode())]


@pytest.mark.parametrize("lose", [None, *LOSSES])
def test_the_stream_of_an_answer_ends_for_who_may_not_read_it_any_more(tmp_path: Path, lose: Losing | None) -> None:
    with half_answered(tmp_path) as (house, run, going_on):

        def then() -> None:
            if lose is not None:
                lose(house)
            going_on.set()

        response = run_stream(request_of(house, "reader"), house.services, run, "en", None, ask_again=0.0)
        told = apart(told_after(response.body_iterator, "sources", then))  # type: ignore[arg-type]
    assert ("done" in told) == (lose is None)


@pytest.mark.parametrize(("lose", "told"), [(logged_out, []), (without_role, ["foreign"]), (removed, [])])
def test_the_stream_of_documents_tells_no_more_to_who_may_not_see_them(
    tmp_path: Path, lose: Losing, told: list[str]
) -> None:
    with house_in(tmp_path) as house:
        house.services.accounts.roles.set(house.users["reader"].id, house.objects["foreign"]["base"], "reader")

        def then() -> None:
            lose(house)
            house.publish("theirs", "foreign")

        assert documents_told(house, "reader", then, "foreign") == told


@pytest.mark.parametrize(
    ("lose", "status", "code"),
    [(logged_out, 401, "login-needed"), (without_role, 404, "unknown-run"), (removed, 401, "login-needed")],
)
def test_an_answer_in_one_piece_is_not_given_to_who_may_not_read_it_any_more(
    tmp_path: Path, lose: Losing, status: int, code: str
) -> None:
    houses: list[House] = []

    def answer(_: Sequence[Message]) -> str:
        lose(houses[0])
        return ANSWER

    with house_in(tmp_path, lambda: ScriptedLLM(answer)) as house:
        houses.append(house)
        told = house.ask("reader", "POST", "/api/v1/ask", json=QUESTION)
    problem(told, status, code)
    assert ANSWER not in told.text


def moved(house: House) -> None:
    """To a base that the reader knows nothing of."""
    house.services.library.catalog.create_base("elsewhere")
    path = f"/api/v1/documents/{house.objects['theirs']['document']}/move"
    assert apart_asked(house, "POST", path, json={"base": "elsewhere"}) == 200


def moved_before_their_eyes(house: House) -> None:
    moved(house)
    elsewhere = house.services.library.catalog.base("elsewhere").id
    house.services.accounts.roles.set(house.users["reader"].id, elsewhere, "reader")


def purged(house: House) -> None:
    assert apart_asked(house, "DELETE", f"/api/v1/documents/{house.objects['theirs']['document']}?purge=now") == 204


def apart_asked(house: House, method: str, path: str, **arguments: Any) -> int:
    """The owner's request, from a client of its own: the other one waits for an answer."""
    session = house.services.accounts.sessions.resume(house.sessions["owner"])
    assert session is not None
    client = TestClient(
        house.client.app, base_url=house.client.base_url, cookies={"zhiwen_session": house.sessions["owner"]}
    )
    return client.request(method, path, headers={CSRF_HEADER: session.csrf}, **arguments).status_code


@pytest.fixture
def found_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[House, list[Losing]]]:
    """A house, and what happens there between the search of the next answer and the telling of what it found."""
    shown, then = Retriever.sources, list[Losing]()
    with house_in(tmp_path, lambda: ScriptedLLM({"": ANSWER})) as house:

        def sources(self: Retriever, hits: Sequence[SearchHit]) -> tuple[Source, ...]:
            found = shown(self, hits)
            while then:
                then.pop()(house)
            return found

        monkeypatch.setattr(Retriever, "sources", sources)
        yield house, then


@pytest.mark.parametrize("lose", [moved, purged])
def test_what_was_found_before_its_document_went_is_not_told(
    found_first: tuple[House, list[Losing]], lose: Losing
) -> None:
    house, then = found_first
    then.append(lose)
    told = house.ask("reader", "POST", "/api/v1/ask", json=QUESTION | {"stream": True})
    assert then == [] and TEXT not in told.text
    run = events(told.text)[0][2]["run"]
    later = house.ask("reader", "GET", f"/api/v1/runs/{run}/events")
    assert later.status_code == (404 if lose is moved else 200) and TEXT not in later.text
    assert TEXT not in house.ask("reader", "GET", f"/?conversation={events(told.text)[0][2]['conversation']}").text


@pytest.mark.parametrize("lose", [moved, purged])
def test_nor_in_an_answer_in_one_piece(found_first: tuple[House, list[Losing]], lose: Losing) -> None:
    house, then = found_first
    then.append(lose)
    told = house.ask("reader", "POST", "/api/v1/ask", json=QUESTION)
    assert then == [] and told.status_code == (404 if lose is moved else 200)
    assert TEXT not in told.text and ANSWER not in told.text


@pytest.mark.parametrize("stream", [False, True])
def test_who_may_read_it_where_it_went_is_told_all_the_same(
    found_first: tuple[House, list[Losing]], stream: bool
) -> None:
    house, then = found_first
    then.append(moved_before_their_eyes)
    told = house.ask("reader", "POST", "/api/v1/ask", json=QUESTION | {"stream": stream})
    body = events(told.text)[-1][2] if stream else told.json()
    assert then == [] and ANSWER in body["answer"] and TEXT in told.text


@pytest.mark.parametrize("lose", [moved, purged])
def test_an_answer_that_is_being_written_tells_no_more_of_a_document_that_went(tmp_path: Path, lose: Losing) -> None:
    with half_answered(tmp_path) as (house, run, going_on):
        late: list[Response] = []

        def then() -> None:
            lose(house)
            if lose is moved:
                late.append(house.ask("reader", "GET", f"/api/v1/runs/{run.id}/events"))
            going_on.set()

        response = run_stream(request_of(house, "reader"), house.services, run, "en", None)
        told = apart(told_after(response.body_iterator, "token", then))  # type: ignore[arg-type]
    assert [answer.status_code for answer in late] == [404] * len(late)
    assert told == ([] if lose is moved else ["sources", "refused", "done"])
