"""What everybody does with Zhiwen, in a place without a route out: from an upload to an answer, and gone again.

`python -m tests.support.main_path FOLDER WAY` prints, as JSON, what was counted of attempts to leave the machine. The
ways: `confined` and `free` are the real application with models that need no weights, once as it is and once as on a
system that cannot confine the processes that read files; `weights` is `zhiwen serve` with the default models.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.settings import ROOT
from ingest import confine
from ingest.confined_calls import Rule
from models.offline import stay_offline
from tests.support.live import live
from tests.support.outgoing import counted, raise_loopback, watch
from tests.support.processes import environment, served
from tests.support.scripted_llm import ScriptedLLM

DOCUMENTS = ROOT / "tests" / "data" / "documents"
# Text, a table that the layout model looks at, a scan for OCR, and an Office file.
FILES = ("tides-zh.md", "table-unruled-en.pdf", "scan-zh.pdf", "bridge-zh.docx")
PAGES = ("/", "/library", "/models", "/docs", "/healthz", "/metrics", "/api/v1/models", "/api/v1/conversations")
PATIENCE = 240


def walk(client: httpx.Client, question: str) -> None:
    """Upload, wait, search, ask, look at pages, delete."""
    for page in PAGES:
        client.get(page).raise_for_status()
    parts = [("files", (name, (DOCUMENTS / name).read_bytes())) for name in FILES]
    accepted = client.post("/api/v1/bases/default/documents", files=parts).raise_for_status().json()
    documents = {one["name"]: one["id"] for one in accepted}
    deadline = time.monotonic() + PATIENCE
    while (states := _states(client)) != dict.fromkeys(FILES, "ready"):
        assert time.monotonic() < deadline, states
        assert "failed" not in states.values(), states
        time.sleep(0.2)
    hits = client.post("/api/v1/search", json={"question": question}).raise_for_status().json()["hits"]
    assert "tides-zh.md" in [hit["name"] for hit in hits]
    answer = client.post("/api/v1/ask", json={"question": question}, timeout=PATIENCE).raise_for_status().json()
    assert answer["sentences"], answer
    picture = client.get(f"/api/v1/documents/{documents['scan-zh.pdf']}/pages/1.png").raise_for_status()
    assert picture.content.startswith(b"\x89PNG")
    for document in documents.values():
        client.get(f"/documents/{document}").raise_for_status()
        client.delete(f"/api/v1/documents/{document}").raise_for_status()
    assert _states(client) == {}


def _states(client: httpx.Client) -> dict[str, str]:
    listed = client.get("/api/v1/bases/default/documents").raise_for_status().json()["items"]
    return {one["name"]: one["status"] for one in listed}


@contextmanager
def application(folder: Path, way: str, attempts: list[str]) -> Iterator[str]:
    """The address of the application; when it has ended, `attempts` holds what Python heard in its process."""
    if way == "weights":
        notes = folder / "attempts"
        variables = environment(folder, ZHIWEN_WEIGHTS_DIR=os.environ["ZHIWEN_WEIGHTS_DIR"])
        with served(variables, (sys.executable, "-m", "tests.support.outgoing", str(notes), "serve")) as address:
            yield address
        attempts += map(json.loads, notes.read_text(encoding="utf-8").splitlines())
        return
    stay_offline()
    watch(attempts.append)
    if way == "free":
        confine._install([Rule(confine._SECCOMP)])
    with live(folder, ScriptedLLM({"": "观测点设在旧码头的第三级台阶。"})) as address:
        yield address


def main() -> None:
    folder, way = Path(sys.argv[1]), sys.argv[2]
    raise_loopback()
    attempts: list[str] = []
    with (
        application(folder, way, attempts) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):
        walk(client, "潮汐观测点设在哪里？")
    print(json.dumps({"counted": counted(), "attempts": attempts}))


if __name__ == "__main__":
    main()
