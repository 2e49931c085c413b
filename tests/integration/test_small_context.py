"""Questions to a language model whose context is small: fewer passages are read, down to a least."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.settings import LEAST_PASSAGES
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import client_in, problem, upload

QUESTION = "营业收入是多少？"
ANSWER_TOKENS = 100


@pytest.fixture
def llm() -> ScriptedLLM:
    return ScriptedLLM({"": "三百元"})


@pytest.fixture
def client(tmp_path: Path, llm: ScriptedLLM) -> Iterator[TestClient]:
    with client_in(tmp_path, llm=lambda: llm, answer_tokens=ANSWER_TOKENS) as opened:
        for year in range(8):
            line = f"星海公司第{year}年的营业收入为三百元，比上年增长百分之十。"
            upload(opened, f"{year}.md", f"# 收入\n\n{line}\n\n## 说明\n\n{line * 8}\n".encode())
        yield opened


def test_no_more_passages_are_read_than_there_is_room_for(client: TestClient, llm: ScriptedLLM) -> None:
    read = []
    for llm.context_tokens in range(800, 1600, 25):
        answer = client.post("/api/v1/ask", json={"question": QUESTION})
        assert answer.status_code == 200, answer.text
        read.append(sum(len(message.content) for message in llm.calls[-1]))
        # The model's own between messages has its room, too.
        assert read[-1] + ANSWER_TOKENS + 100 <= llm.context_tokens
    assert read[0] < read[-1]


def test_where_not_even_the_least_fits_it_is_said_what_to_set(client: TestClient, llm: ScriptedLLM) -> None:
    llm.context_tokens = ANSWER_TOKENS + LEAST_PASSAGES + 100
    refused = problem(client.post("/api/v1/ask", json={"question": QUESTION}), 422, "context-overflow")
    assert "set ZHIWEN_LLM_CONTEXT higher" in refused["detail"]
    assert llm.calls == []
