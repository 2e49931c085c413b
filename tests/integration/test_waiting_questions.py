"""Whoever waits for another answer reads what was found for them meanwhile."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from app.answering.events import Done, Scope, Sources
from app.answering.question import Question
from app.bootstrap import Services
from ingest.store import bases
from tests.support.queue import until
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import client_in, upload

TEXT = "# 收入\n\n星海公司二〇二五年的营业收入为三百元，比上年增长百分之十。\n"
ASKED = Question("营业收入是多少？", Scope((bases.DEFAULT,)))


def test_sources_are_there_before_the_answer_before_is_written(tmp_path: Path) -> None:
    gate = Event()
    llm = ScriptedLLM({"": "营业收入为三百元。"}, pause=gate)
    with client_in(tmp_path, llm=lambda: llm) as client:
        upload(client, "a.md", TEXT.encode())
        services: Services = client.app.state.services  # type: ignore[attr-defined]
        before = services.runs.submit(ASKED, None)
        until(before, Sources)
        waiting = services.runs.submit(ASKED, None)
        found = [event for event in until(waiting, Sources) if isinstance(event, Sources)]
        assert "三百元" in found[-1].sources[0].hit.chunk.text
        assert not before.finished
        gate.set()
        until(waiting, Done)
        answer = client.get(f"/api/v1/conversations/{waiting.conversation}").json()["turns"][0]
        assert (answer["state"], len(answer["sources"])) == ("done", len(found[-1].sources))
