"""Settings that are changed while the server runs: they hold from the next question on, and after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.answering.prompt import WORDINGS
from app.settings import Settings, read_choices
from ingest.errors import DiskFull
from ingest.store.files import write_durably
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, client_in, problem, upload

FACT, ACCOUNT = "二〇二五年营业收入是多少？", "请概括二〇二五年的营业收入。"
SAID = "二〇二五年营业收入为三百元。"


def asked(client: TestClient, llm: ScriptedLLM, question: str) -> tuple[str, int]:
    """The instructions that the model got, and the most tokens that it might write."""
    assert not client.post("/api/v1/ask", json={"question": question}).json()["refused"]
    return llm.calls[-1][0].content, llm.options[-1].max_tokens


def test_the_length_of_answers_changes_with_the_next_question(tmp_path: Path) -> None:
    wording, llm = WORDINGS["zh-Hans"], ScriptedLLM({"": SAID})
    with client_in(tmp_path, llm=lambda: llm) as client:
        upload(client, "年报.md", REPORT.encode())
        for length, fact, tokens in (
            ("normal", wording.brief, 320),
            ("short", wording.brief, 320),
            ("detailed", wording.in_sentences("detailed"), 640),
        ):
            changed = client.patch("/api/v1/settings", json={"answer_length": length})
            assert changed.json()["answer_length"] == {"value": length, "fixed_by": None}
            assert asked(client, llm, FACT) == (fact, tokens)
            assert asked(client, llm, ACCOUNT) == (wording.in_sentences(length), tokens)  # type: ignore[arg-type]
        assert len({wording.in_sentences(length) for length in ("short", "normal", "detailed")}) == 3
    assert read_choices(tmp_path / "data") == {"answer_length": "detailed"}


@pytest.mark.parametrize(
    ("settings", "most"),
    [({"llm_context": 1024}, 320), ({"llm_context": 2048}, 474), ({"answer_tokens": 1000, "llm_context": 4096}, 1498)],
)
def test_a_detailed_answer_leaves_room_for_its_prompt(tmp_path: Path, settings: dict[str, Any], most: int) -> None:
    llm = ScriptedLLM({"": SAID})
    with client_in(tmp_path, llm=lambda: llm, answer_length="detailed", **settings) as client:
        upload(client, "年报.md", REPORT.encode())
        assert asked(client, llm, FACT)[1] == most


def test_what_the_environment_fixes_is_said_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIWEN_ANSWER_LENGTH", "short")
    with client_in(tmp_path) as client:
        fixed = {"value": "short", "fixed_by": "ZHIWEN_ANSWER_LENGTH"}
        assert client.get("/api/v1/settings").json()["answer_length"] == fixed
        refused = problem(client.patch("/api/v1/settings", json={"answer_length": "normal"}), 409, "setting-pinned")
        assert "ZHIWEN_ANSWER_LENGTH" in refused["detail"]
        assert client.get("/api/v1/settings").json()["answer_length"] == fixed
        page = client.get("/settings").text
        assert "ZHIWEN_ANSWER_LENGTH" in page and 'id="answer-length" disabled' in page
    assert read_choices(tmp_path / "data") == {}


def test_no_other_length_is_taken(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        problem(client.patch("/api/v1/settings", json={"answer_length": "endless"}), 422, "request-invalid")
        assert client.patch("/api/v1/settings", json={}).json()["answer_length"]["value"] == "normal"


def test_days_are_kept_and_what_is_older_is_counted_first(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        assert client.get("/api/v1/settings/older", params={"days": 30}).json() == {"days": 30, "conversations": 0}
        for days in (0, 36_501, "many"):
            problem(client.get("/api/v1/settings/older", params={"days": days}), 422, "request-invalid")
        assert client.patch("/api/v1/settings", json={"conversation_days": 90}).status_code == 200
        problem(client.patch("/api/v1/settings", json={"conversation_days": -1}), 422, "request-invalid")
    assert read_choices(tmp_path / "data") == {"conversation_days": "90"}
    assert Settings(**read_choices(tmp_path / "data")).conversation_days == 90  # type: ignore[arg-type]


def test_what_is_chosen_together_is_kept_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_in(tmp_path) as client:
        writes: list[Path] = []

        def only_once(path: Path, content: bytes) -> None:
            writes.append(path)
            if len(writes) > 1:
                raise DiskFull(name=path.name, path=path.parent)
            write_durably(path, content)

        monkeypatch.setattr("app.settings.write_durably", only_once)
        both = {"answer_length": "short", "conversation_days": 7}
        assert client.patch("/api/v1/settings", json=both).status_code == 200
        assert read_choices(tmp_path / "data") == {"answer_length": "short", "conversation_days": "7"}
        others = {"answer_length": "detailed", "conversation_days": 9}
        problem(client.patch("/api/v1/settings", json=others), 507, "disk-full")
        found = client.get("/api/v1/settings").json()
        assert (found["answer_length"]["value"], found["conversation_days"]["value"]) == ("short", 7)
    assert read_choices(tmp_path / "data") == {"answer_length": "short", "conversation_days": "7"}
