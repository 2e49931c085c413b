"""The real application over a temporary data folder, with models that need no weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from app.auth.passwords import Passwords
from app.bootstrap import Services, bootstrap
from app.server import create_app
from app.settings import Settings
from models.base import LLM, Embedder
from tests.support.fakes import HashEmbedder
from tests.support.scripted_llm import ScriptedLLM

REPORT = "# 年报\n\n## 收入\n\n二〇二五年营业收入为三百元，比上年增长百分之十。\n\n## 人员\n\n公司有员工四十人。\n"
ENDED = {"ready", "failed", "needs_password"}


@contextmanager
def services_in(
    folder: Path,
    *,
    llm: Callable[[], LLM] | None = None,
    embedder: Callable[[], Embedder] | None = None,
    passwords: Passwords | None = None,
    **settings: object,
) -> Iterator[Services]:
    """Opened services; threads are not started."""
    values = {"data_dir": folder / "data", "weights_dir": folder / "weights"} | settings
    services = bootstrap(
        # A variable of the person who runs the tests must not lead them to real weights, which some delete.
        Settings(**values).model_copy(update=values),  # type: ignore[arg-type]
        embedder=embedder or HashEmbedder,
        llm=llm or (lambda: ScriptedLLM({"": "营业收入为三百元。"})),
        passwords=passwords,
    )
    try:
        yield services
    finally:
        services.close()


@contextmanager
def client_in(folder: Path, **arguments: object) -> Iterator[TestClient]:
    """A client of the started application."""
    with (
        services_in(folder, **arguments) as services,  # type: ignore[arg-type]
        TestClient(create_app(services), base_url="http://127.0.0.1:8000") as client,
    ):
        yield client


def upload(client: TestClient, name: str, content: bytes, base: str = "default", **data: str) -> dict[str, object]:
    """Upload one file and wait until it is through."""
    response = client.post(f"/api/v1/bases/{base}/documents", files={"files": (name, content)}, data=data)
    assert response.status_code == 202, response.text
    return settled(client, response.json()[0]["id"])


def settled(client: TestClient, document: str) -> dict[str, object]:
    """The document once it is ready, has failed or needs a password."""
    services: Services = client.app.state.services  # type: ignore[attr-defined]
    version = 0
    while (found := client.get(f"/api/v1/documents/{document}").json())["status"] not in ENDED:
        version, _ = services.progress.wait(version, 5.0)
    return found


def events(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    """Server-sent events as (id, name, data)."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["type"] == f"/problems/{code}"
    assert body["status"] == status
    return body
