"""How long the model reads is told before it does, at the pace of the answers before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.gauge import Gauge, Rate
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import client_in, events, upload

TEXT = "# 收入\n\n星海公司二〇二五年的营业收入为三百元，比上年增长百分之十。\n"
QUESTION = "营业收入是多少？"


class PacedLLM(ScriptedLLM):
    """Has read at a pace, tokens a second, if it has read."""

    pace: float | None = None

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


def reading(client: TestClient, conversation: str | None = None) -> tuple[dict[str, Any], str]:
    """The stage `read` as it is told, and the conversation."""
    asked = {"question": QUESTION, "bases": ["default"], "conversation": conversation, "stream": True}
    told = events(client.post("/api/v1/ask", json=asked).text)
    (stage,) = [data for _, name, data in told if name == "stage" and data["stage"] == "read"]
    return stage, next(data["conversation"] for _, name, data in told if name == "run")


def test_nothing_is_told_before_anything_was_measured(client: TestClient) -> None:
    assert reading(client)[0] == {"stage": "read"}


def test_it_is_the_prompt_at_the_pace_of_the_last_answers(client: TestClient, llm: PacedLLM) -> None:
    llm.pace = 50.0
    stage, _ = reading(client)
    prompt = sum(llm.count_tokens(message.content) for message in llm.calls[-1])
    assert stage["seconds"] == pytest.approx(prompt / 50, abs=0.1)


def test_nothing_is_told_of_what_was_read_before(client: TestClient, llm: PacedLLM) -> None:
    llm.pace = 50.0
    _, conversation = reading(client)
    assert reading(client, conversation)[0] == {"stage": "read"}
