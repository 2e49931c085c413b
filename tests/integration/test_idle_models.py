"""The language model gives its memory back while nobody asks, and is loaded again with the next question."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from fastapi.testclient import TestClient

from app.bootstrap import Services, bootstrap
from app.settings import Settings
from models.base import LLM
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, client_in, services_in, upload

ASKED = {"question": "二〇二五年营业收入是多少？"}


def test_a_model_that_sleeps_says_so_and_answers_the_next_question(tmp_path: Path) -> None:
    loaded: list[LLM] = []

    def load() -> LLM:
        loaded.append(ScriptedLLM({"": "营业收入为三百元。"}))
        return loaded[-1]

    with client_in(tmp_path, llm=load) as client:
        upload(client, "年报.md", REPORT.encode())
        before = client.post("/api/v1/ask", json=ASKED).json()
        services = cast(Services, client.app.state.services)  # type: ignore[attr-defined]
        # As if nobody had asked for long; the answer that was told may be about to put it down.
        while services.llm.loaded is not None:
            services.llm.unload_idle(0.0)
        assert [state(client) for state in (healthz, running)] == ["asleep", "asleep"]
        assert client.get("/readyz").status_code == 200
        assert "zhiwen_llm_ready 1\n" in client.get("/metrics").text
        # Finding needs no language model, and wakes none.
        assert client.post("/api/v1/search", json=ASKED).json()["hits"]
        assert (healthz(client), len(loaded)) == ("asleep", 1)
        after = client.post("/api/v1/ask", json=ASKED).json()
        assert (after["answer"], after["sentences"][0]["support"]) == (before["answer"], "supported")
        assert (healthz(client), len(loaded)) == ("ready", 2)


def healthz(client: TestClient) -> str:
    return str(client.get("/healthz").json()["llm"]["state"])


def running(client: TestClient) -> str:
    return str(client.get("/api/v1/models").json()["runtime"]["llm"]["state"])


def test_the_setting_says_after_how_long(tmp_path: Path) -> None:
    with services_in(tmp_path / "seven", llm_idle_minutes=7) as services:
        services.llm.get()
        wait = services.purger.step()
        assert wait is not None
        assert 6 * 60 < wait < 7 * 60
    with services_in(tmp_path / "never", llm_idle_minutes=0) as services:
        services.llm.get()
        assert services.purger.step() is None


def test_a_model_at_a_server_never_sleeps(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, llm="openai", llm_url="http://127.0.0.1:9/v1", llm_idle_minutes=1)
    services = bootstrap(settings, llm=lambda: ScriptedLLM({}))
    try:
        services.llm.get()
        # A whole minute: no model's time runs.
        assert services.purger.step() == 60.0
    finally:
        services.close()
