"""How long the model reads is told before it does, at the pace of the answers before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.base import Message
from models.gauge import Gauge, Rate
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import client_in, events, upload

TEXT = "# 收入\n\n星海公司二〇二五年的营业收入为三百元，比上年增长百分之十。\n"
QUESTION = "营业收入是多少？"


class PacedLLM(ScriptedLLM):
    """Has read at a pace, tokens a second, if it has read; and so many tokens of any prompt before."""

    pace: float | None = None
    known = 0

    def unread_tokens(self, messages: Sequence[Message]) -> int:
        return super().unread_tokens(messages) - self.known

    def gauge(self) -> Gauge:
        return Gauge(memory=0, read=None if self.pace is None else Rate(self.pace, 1))


@pytest.fixture
def llm() -> PacedLLM:
    return PacedLLM({"": "三百元"})


@pytest.fixture
def client(tmp_path: Path, llm: PacedLLM) -> Iterator[TestClient]:
    with client_in(tmp_path, llm=lambda: llm) as opened:
        upload(opened, "a.md", TEXT.encode())
        yield opened


def reading(client: TestClient) -> dict[str, Any]:
    """The stage `read` as it is told."""
    asked = {"question": QUESTION, "bases": ["default"], "stream": True}
    told = events(client.post("/api/v1/ask", json=asked).text)
    (stage,) = [data for _, name, data in told if name == "stage" and data["stage"] == "read"]
    found: dict[str, Any] = stage
    return found


def test_nothing_is_told_before_anything_was_measured(client: TestClient) -> None:
    assert reading(client) == {"stage": "read"}


def test_it_is_the_prompt_at_the_pace_of_the_last_answers(client: TestClient, llm: PacedLLM) -> None:
    llm.pace = 50.0
    stage = reading(client)
    prompt = sum(llm.count_tokens(message.content) for message in llm.calls[-1])
    assert stage["seconds"] == pytest.approx(prompt / 50, abs=0.1)


def test_what_was_read_before_takes_no_time(client: TestClient, llm: PacedLLM) -> None:
    llm.pace, llm.known = 50.0, 100
    stage = reading(client)
    prompt = sum(llm.count_tokens(message.content) for message in llm.calls[-1])
    assert stage["seconds"] == pytest.approx((prompt - 100) / 50, abs=0.1)
