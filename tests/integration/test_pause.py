"""A pause leaves waiting documents alone, over a restart too, and loses nothing that OCR has read of one at work."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ingest.document import ParsedDocument
from ingest.parse import ParseStopped
from ingest.pause import Pause
from ingest.pipeline import Steps
from ingest.store import jobs
from ingest.worker import IngestWorker
from tests.support.fakes import HashEmbedder
from tests.support.ingesting import Bench, bench, parse_text
from tests.support.served import client_in, settled


def pausable(made: Bench, parse: Any = parse_text) -> IngestWorker:
    """A worker of the bench's library that heeds its pause."""
    return IngestWorker(made.library, HashEmbedder, made.board, steps=Steps(parse=parse), pause=made.library.pause)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    made = bench(tmp_path)
    yield made
    made.close()


def test_nothing_is_taken_while_it_lasts_and_all_of_it_afterwards(made: Bench) -> None:
    worker = pausable(made)
    made.library.pause.begin()
    documents = [made.add(f"第{number}份文件。", f"{number}.txt") for number in range(2)]
    assert not worker.step()
    assert [made.document(each).status for each in documents] == ["queued", "queued"]
    made.library.pause.end()
    while worker.step():
        pass
    assert [made.document(each).status for each in documents] == ["ready", "ready"]


def test_it_outlives_a_restart(tmp_path: Path) -> None:
    made = bench(tmp_path)
    made.library.pause.begin()
    made.close()
    again = bench(tmp_path)
    assert again.library.pause.is_set()
    again.library.pause.end()
    again.close()
    assert not Pause(bench(tmp_path).library.catalog).is_set()


def test_what_is_being_read_goes_back_with_its_checkpoints_and_counts_no_try(made: Bench) -> None:
    kept: list[int] = []

    def parse(path: Path, name: str, **options: Any) -> ParsedDocument:
        kept.append(len(list(options["checkpoints"].iterdir())))
        if len(kept) == 1:
            (options["checkpoints"] / "page.json").write_text("read by OCR", encoding="utf-8")
            made.library.pause.begin()
            assert options["stop"].is_set()
            raise ParseStopped(name=name)
        return parse_text(path, name, **options)

    worker = pausable(made, parse)
    document = made.add("一份很长的扫描件。")
    assert worker.step() and not worker.step()
    shown = made.document(document)
    assert (shown.status, shown.stage, shown.attempts, shown.error_code) == ("queued", "queued", 0, None)
    made.library.pause.end()
    while worker.step():
        pass
    assert (made.document(document).status, kept) == ("ready", [0, 1])


def test_a_thread_that_has_nothing_to_take_waits_instead_of_asking_again_and_again(
    made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.library.pause.begin()
    made.add("一份文件。")
    waits: list[float | None] = []
    worker = pausable(made)

    def wait(timeout: float | None = None) -> bool:
        waits.append(timeout)
        worker._stop.set()
        return True

    monkeypatch.setattr(made.library.work, "wait", wait)
    # In a thread of its own: it gives way to others for as long as it lives.
    with ThreadPoolExecutor(1) as one:
        one.submit(worker._run).result()
    assert waits == [None]


def test_a_worker_that_was_asked_to_work_does_not_heed_it(made: Bench) -> None:
    """`zhiwen eval` fills a base of its own."""
    made.library.pause.begin()
    assert made.taken_in("一份文件。").status == "ready"


def test_over_rest(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        assert client.get("/api/v1/reading").json() == {"paused": False}
        assert client.put("/api/v1/reading", json={"paused": True}).json() == {"paused": True}
        for page in ("/", "/library", "/models"):
            assert '<div id="paused" class="banner" role="status">' in client.get(page).text
        sent = client.post("/api/v1/bases/default/documents", files={"files": ("a.md", "# 年报\n\n一句话。".encode())})
        document = sent.json()[0]["id"]
        catalog = client.app.state.services.library.catalog  # type: ignore[attr-defined]
        with catalog.read() as connection:
            job = jobs.of_document(connection, document)
        assert job is not None and job.attempts == 0
        assert client.put("/api/v1/reading", json={"paused": False}).json() == {"paused": False}
        assert settled(client, document)["status"] == "ready"
        assert '<div id="paused" class="banner" role="status" hidden>' in client.get("/library").text


def test_a_question_is_told_that_nothing_it_asks_was_read_yet(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        refused = client.post("/api/v1/ask", json={"question": "营业收入是多少？"}).json()
        assert refused["refused"] is True
        client.put("/api/v1/reading", json={"paused": True})
        client.post("/api/v1/bases/default/documents", files={"files": ("年报.md", "营业收入是三百元。".encode())})
        told = client.post("/api/v1/ask", json={"question": "营业收入是多少？"})
        assert (told.status_code, told.json()["title"]) == (503, "nothing-read-yet")
