"""An answer that is stopped over REST lets the next question have the model: real llama.cpp, real sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from app.server import create_app
from models.llama import LlamaModel
from tests.support.live import listening
from tests.support.served import ENDED, services_in
from tests.support.tiny_gguf import write_gguf

CONTEXT = 32_768
# So long that reading it takes even a tiny model seconds.
REPORT = "# 年报\n\n" + "\n\n".join(
    f"第{n}段：二〇二五年营业收入为三百元，比上年增长百分之十。" + "公司有员工四十人，从事渔业与航运。" * 12
    for n in range(40)
)
# Only catches what hangs.
_LIMIT = 120.0
Events = Iterator[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("stopped")
    path = write_gguf(folder / "tiny.gguf", "qwen2", context=CONTEXT)

    def tiny() -> LlamaModel:
        return LlamaModel(path, name="tiny", context_tokens=CONTEXT, threads=1)

    with (
        services_in(folder, llm=tiny, passage_tokens=4000, answer_tokens=4000) as services,
        listening(create_app(services)) as address,
        httpx.Client(base_url=address, timeout=_LIMIT) as client,
    ):
        files = {"files": ("年报.md", REPORT.encode())}
        document = client.post("/api/v1/bases/default/documents", files=files).json()[0]["id"]
        end = time.monotonic() + _LIMIT
        while client.get(f"/api/v1/documents/{document}").json()["status"] not in ENDED:
            assert time.monotonic() < end
            time.sleep(0.05)
        yield client
        services.closing.set()


@contextmanager
def asked(client: httpx.Client, question: str) -> Iterator[tuple[str, Events]]:
    """The run of a question and its further events, as they come."""
    with client.stream("POST", "/api/v1/ask", json={"question": question, "stream": True}) as response:
        events = _events(response.iter_lines())
        name, data = next(events)
        assert name == "run"
        yield data["run"], events


def _events(lines: Iterator[str]) -> Events:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def until(events: Events, wanted: str, **values: object) -> list[str]:
    """Read on until an event; gives the names of those before it."""
    before = []
    for name, data in events:
        if name == wanted and values.items() <= data.items():
            return before
        before.append(name)
    raise AssertionError(f"{wanted} never came, but {before}")


def waiting(client: httpx.Client) -> str:
    return next(
        line for line in client.get("/metrics").text.splitlines() if line.startswith("zhiwen_questions_waiting")
    )


@pytest.mark.parametrize("stage", ["read", "write"])
def test_the_next_question_begins_when_one_is_stopped(client: httpx.Client, stage: str) -> None:
    """While the model reads the prompt, and while it writes."""
    with ExitStack() as open_streams:
        run, events = open_streams.enter_context(asked(client, "营业收入是多少？"))
        later, later_events = open_streams.enter_context(asked(client, "公司有多少员工？"))
        until(events, "stage", stage=stage)
        assert waiting(client).endswith(" 1")
        assert client.post(f"/api/v1/runs/{run}/stop").status_code == 204
        written = until(events, "done", finish="cancelled")
        assert ("token" in written) is (stage == "write")
        # It has the model, and is not in its way for those who come after it.
        assert "done" not in until(later_events, "stage", stage="read")
        assert waiting(client).endswith(" 0")
        client.post(f"/api/v1/runs/{later}/stop")
        until(later_events, "done", finish="cancelled")
    answer = client.post("/api/v1/ask", json={"question": "营业收入是多少？"}).json()
    assert answer["finish"] == "stop"
