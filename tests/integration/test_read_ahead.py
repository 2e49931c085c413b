"""While a question is typed the model reads what it would be answered from, and nothing else comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.answering.events import Scope
from app.answering.question import Question
from app.bootstrap import Services
from ingest.store import bases
from models.base import Message
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import client_in, upload

TEXT = "# 收入\n\n星海公司二〇二五年的营业收入为三百元，比上年增长百分之十。\n"
QUESTION = "营业收入是多少？"
PATIENCE = 20.0


class ReadingLLM(ScriptedLLM):
    """Tells when it has read, and may be held up in the middle of it."""

    def __init__(self) -> None:
        super().__init__({"": "三百元"})
        self.began, self.go_on, self.done = Event(), Event(), Event()
        self.go_on.set()

    def read_ahead(self, messages: Sequence[Message], cancel: Event) -> None:
        super().read_ahead(messages, cancel)
        self.began.set()
        assert self.go_on.wait(PATIENCE)
        self.done.set()


@pytest.fixture
def llm() -> ReadingLLM:
    return ReadingLLM()


@pytest.fixture
def client(tmp_path: Path, llm: ReadingLLM) -> Iterator[TestClient]:
    with client_in(tmp_path, llm=lambda: llm) as opened:
        upload(opened, "a.md", TEXT.encode())
        yield opened


def services(client: TestClient) -> Services:
    found: Services = client.app.state.services  # type: ignore[attr-defined]
    return found


def typed(client: TestClient, question: str = QUESTION, **more: Any) -> int:
    body = {"question": question, "bases": ["default"], **more}
    return client.post("/api/v1/read-ahead", json=body).status_code


def asked(client: TestClient, question: str = QUESTION, **more: Any) -> dict[str, Any]:
    body = {"question": question, "bases": ["default"], **more}
    answer: dict[str, Any] = client.post("/api/v1/ask", json=body).json()
    return answer


def test_it_is_what_the_answer_is_written_from(client: TestClient, llm: ReadingLLM) -> None:
    assert typed(client) == 204
    assert llm.done.wait(PATIENCE)
    assert asked(client)["answer"] == "三百元"
    assert llm.read == llm.calls


def test_a_follow_up_has_the_passages_of_the_turn_before(client: TestClient, llm: ReadingLLM) -> None:
    conversation = asked(client)["conversation"]
    follow = "比上年增长多少？"
    typed(client, follow, conversation=conversation)
    assert llm.done.wait(PATIENCE)
    asked(client, follow, conversation=conversation)
    assert llm.read[-1] == llm.calls[-1]


def test_it_leaves_no_conversation_and_no_run(client: TestClient, llm: ReadingLLM) -> None:
    typed(client)
    assert llm.done.wait(PATIENCE)
    assert client.get("/api/v1/conversations").json() == []
    assert llm.calls == []


def test_what_would_be_refused_is_not_read(client: TestClient, llm: ReadingLLM) -> None:
    unknown = "火星上的引力有多大？"
    services(client).answerer.read_ahead(Question(unknown, Scope((bases.DEFAULT,))), Event())
    assert llm.read == []
    assert asked(client, unknown)["refused"]


def test_what_is_deleted_meanwhile_is_forgotten(client: TestClient, llm: ReadingLLM) -> None:
    llm.go_on.clear()
    typed(client)
    assert llm.began.wait(PATIENCE)
    (document,) = services(client).library.catalog.documents(bases.DEFAULT).items
    services(client).library.delete(document.id)
    before = llm.forgotten
    llm.go_on.set()
    asked(client, "还有什么？")
    assert llm.forgotten > before


def test_it_can_be_switched_off(tmp_path: Path, llm: ReadingLLM) -> None:
    with client_in(tmp_path, llm=lambda: llm, read_ahead=False) as client:
        upload(client, "a.md", TEXT.encode())
        assert typed(client) == 204
        asked(client)
        assert (llm.read, len(llm.calls)) == ([], 1)
        assert "data-read-ahead" not in client.get("/").text


def test_what_is_wrong_is_told(client: TestClient) -> None:
    assert typed(client, "  ") == 422
    assert typed(client, conversation="no-such") == 404
    assert client.post("/api/v1/read-ahead", json={"question": QUESTION, "bases": ["no-such"]}).status_code == 404
