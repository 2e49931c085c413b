"""The worker loses nothing: not by bad files, full disks, missing models, or being stopped anywhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event, get_native_id
from typing import Any

import pytest

from ingest.document import ParsedDocument
from ingest.errors import DiskFull
from ingest.retry import LONGEST_SECONDS
from ingest.store import jobs
from ingest.store.records import Document
from models.base import Embedded, Step
from models.errors import WeightsMissing
from models.threads import ANSWERING, INGESTING
from tests.support.disks import small_disk
from tests.support.fakes import HashEmbedder
from tests.support.index_files import index_file
from tests.support.ingesting import Bench, Hindered, bench, parse_text
from tests.support.levels import level, linux


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    opened = bench(tmp_path)
    yield opened
    opened.close()


def states(made: Bench) -> list[str]:
    return [d.status for d in made.library.catalog.documents("default", sort="name", descending=False).items]


def wait_ready(made: Bench, *documents: Document) -> None:
    """Until the thread is through with them."""
    version, deadline = 0, time.monotonic() + 60
    while {made.document(each).status for each in documents} != {"ready"}:
        assert time.monotonic() < deadline
        version, _ = made.board.wait(version, 5)


def test_a_file_that_fails_costs_only_itself(made: Bench) -> None:
    made.add("好的文件。", "a.txt")
    bad = made.add("CORRUPT", "b.txt")
    made.add("另一个好的文件。", "c.txt")
    made.work()
    assert states(made) == ["ready", "failed", "ready"]
    failed = made.document(bad)
    assert failed.error_code == "corrupt-file"
    assert failed.error_params == {"name": "b.txt", "kind": "text", "reason": "it says so"}


def test_a_failed_document_is_read_again_on_request(made: Bench) -> None:
    bad = made.add("CORRUPT")
    made.work()
    made.library.retry(bad.id)
    assert made.document(bad).status == "queued"
    assert made.document(bad).error_code is None
    made.library.retry(bad.id)
    made.work()
    assert made.document(bad).status == "failed"


def test_a_password_is_asked_for_checked_and_kept_in_memory_only(tmp_path: Path) -> None:
    made = bench(tmp_path)
    document = made.taken_in("SECRET xyzzy42 这是秘密。")
    assert (document.status, document.error_code) == ("needs_password", "password-needed")
    assert made.worker.step() is False
    made.library.give_password(document.id, "plugh77")
    made.work()
    wrong = made.document(document)
    assert (wrong.status, wrong.error_code) == ("needs_password", "password-wrong")
    assert made.library.password(document.id) is None
    made.library.give_password(document.id, "xyzzy42")
    made.work()
    assert made.document(document).status == "ready"
    assert made.library.password(document.id) == "xyzzy42"
    made.library.give_password(document.id, "plugh77")
    made.close()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"plugh77" not in everything


def test_a_missing_model_keeps_documents_waiting(tmp_path: Path) -> None:
    there: list[HashEmbedder] = []

    def embedder() -> HashEmbedder:
        if not there:
            raise WeightsMissing(name="e5", path="/nowhere")
        return there[0]

    made = bench(tmp_path, embedder=embedder)
    document = made.add("文件。")
    made.work()
    waiting = made.document(document)
    assert (waiting.status, waiting.error_code) == ("queued", "weights-missing")
    there.append(HashEmbedder())
    assert made.worker.step() is False, "not before its time"
    made.work_after(2)
    assert made.document(document).status == "ready"
    made.close()


def test_waking_tries_again_at_once(tmp_path: Path) -> None:
    parse = Hindered(DiskFull(name="文件", path="/tmp"))

    made = bench(tmp_path, parse=parse)
    documents = [made.add(f"文件{n}。", f"{n}.txt") for n in range(2)]
    for _ in range(12):
        made.work_after(LONGEST_SECONDS)
    assert {made.document(d).error_code for d in documents} == {"disk-full"}
    parse.error = None
    made.worker.wake()
    made.work()
    assert states(made) == ["ready", "ready"]
    assert made.document(documents[0]).error_code is None
    made.close()


def test_deleting_or_replacing_during_the_work_discards_its_result(tmp_path: Path) -> None:
    def parse(path: Path, name: str, **options):
        parsed = parse_text(path, name, **options)
        if name == "gone.txt":
            made.library.delete(gone.id)
        if name == "new.txt" and "旧" in parsed.blocks[0].lines[0].text:
            made.add("新的内容。", "new.txt", replace=True)
        return parsed

    made = bench(tmp_path, parse=parse)
    gone = made.add("马上就删。", "gone.txt")
    new = made.add("旧的内容。", "new.txt")
    made.work()
    assert [d.id for d in made.library.catalog.documents("default").items] == [new.id]
    assert made.found("内容 就删") == ["新的内容。"]
    assert len(list(made.library.blobs.every())) == 1
    made.close()


def test_progress_goes_through_the_stages(made: Bench) -> None:
    seen: list[tuple[str, str]] = []
    publish = made.board.publish

    def remember(document) -> None:
        seen.append((document.status, document.stage))
        publish(document)

    made.board.publish = remember  # type: ignore[method-assign]
    document = made.add("。".join(f"第{n}句" for n in range(400)))
    made.work()
    assert list(dict.fromkeys(seen)) == [
        ("processing", "parse"),
        ("processing", "split"),
        ("processing", "embed"),
        ("processing", "index"),
        ("ready", "done"),
    ]
    assert made.board.changes(0)[1] == [made.document(document)]


class StopsInTheMiddle(HashEmbedder):
    """Waits in the middle of a document until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.there, self.go_on = Event(), Event()

    def embed_passages(self, texts, step=lambda _: None) -> Embedded:
        self.there.set()
        assert self.go_on.wait(30)
        return super().embed_passages(texts, step)


def test_a_stop_puts_the_document_back_and_a_start_takes_it_up(tmp_path: Path) -> None:
    embedder = StopsInTheMiddle()
    made = bench(tmp_path, embedder=lambda: embedder)
    document = made.add("\n\n".join(f"第{n}段。" + "字" * 300 for n in range(40)))
    made.worker.start()
    assert embedder.there.wait(30)
    made.worker._stop.set()
    embedder.go_on.set()
    made.worker.stop()
    assert made.document(document).status == "queued"
    with made.library.catalog.read() as connection:
        job = jobs.of_document(connection, document.id)
    assert job is not None
    assert (job.state, job.attempts) == ("queued", 0)
    made.close()
    again = bench(tmp_path)
    again.work()
    assert again.document(document).status == "ready"
    again.close()


def test_a_thread_works_saves_and_ends(tmp_path: Path) -> None:
    made = bench(tmp_path)
    made.worker.start()
    made.worker.start()
    documents = [made.add(f"第{n}份文件。", f"{n}.txt") for n in range(5)]
    wait_ready(made, *documents)
    made.worker.stop()
    made.worker.stop()
    assert index_file(made.library.catalog, tmp_path / "index") == "current"
    made.close()


class Noting(HashEmbedder):
    """Notes how far the threads stand behind that embed with it."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []

    def embed_passages(self, texts: Sequence[str], step: Step = lambda _: None) -> Embedded:
        self.levels.append(level(get_native_id()))
        return super().embed_passages(texts, step)


@linux
def test_documents_stand_behind_answers_and_those_behind_pages(tmp_path: Path) -> None:
    embedder = Noting()
    made = bench(tmp_path, embedder=lambda: embedder)
    made.worker.start()
    document = made.add("文件。")
    wait_ready(made, document)
    assert embedder.levels == [level(get_native_id()) + INGESTING]
    assert INGESTING > ANSWERING > 0
    made.close()


def test_a_change_of_embedder_gives_every_chunk_a_new_vector(tmp_path: Path) -> None:
    made = bench(tmp_path)
    document = made.taken_in("年假十五天。")
    made.close()
    wider = HashEmbedder(dimensions=128)
    again = bench(tmp_path, embedder=lambda: wider)
    again.work()
    assert (again.document(document).status, again.document(document).revision) == ("ready", 1)
    hits = again.library.vectors.search(wider.embed_query("年假"), base_ids=["default"], k=3)
    assert len(hits) == 1
    old = HashEmbedder()
    search = again.library.vectors.search
    assert search(old.embed_query("年假"), base_ids=["default"], k=3, fingerprint=old.fingerprint) == []
    again.library.vectors.save()
    assert len(list((tmp_path / "index").glob("*.faiss"))) == 1
    again.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=2) as place:
        yield place


def test_a_full_disk_loses_nothing(disk: Path) -> None:
    made = bench(disk / "data")
    ready = made.taken_in("空间还够的时候。", "a.txt")
    waiting = made.add("空间不够的时候。", "b.txt")
    made.worker.step()
    made.library.retry(waiting.id)
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="space"):
        while True:
            file.write(b"x" * 512)
    with pytest.raises(DiskFull):
        made.add("x" * 200_000, "c.txt")
    with pytest.raises(DiskFull):
        for _ in range(200):
            made.worker.step()
            made.library.retry(waiting.id)
    ballast.unlink()
    made.worker.wake()
    made.work()
    assert made.document(ready).status == made.document(waiting).status == "ready"
    assert len(made.found("空间 时候")) == 2
    made.close()
    again = bench(disk / "data")
    assert states(again) == ["ready", "ready"]
    again.close()


def test_a_thread_outlives_an_error_that_nobody_foresaw(tmp_path: Path) -> None:
    made = bench(tmp_path)
    broken = [True]
    step = made.worker.step

    def once(self: object = None) -> bool:
        if broken:
            broken.clear()
            raise ZeroDivisionError("a mistake of ours, outside of any document")
        return step()

    made.worker.step = once  # type: ignore[method-assign]
    made.worker.start()
    document = made.add("文件。")
    wait_ready(made, document)
    assert not broken
    made.close()


class Watched:
    """`parse_text` that notes names, and whether the first document waited for the second to be read."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.second = Event()

    def parse(self, path: Path, name: str, **options: Any) -> ParsedDocument:
        self.read.append(name)
        if name == "b.txt":
            self.second.set()
        return parse_text(path, name, **options)


class Waits(HashEmbedder):
    """Embeds nothing until the second document is being read."""

    def __init__(self, second: Event) -> None:
        super().__init__()
        self._second = second

    def embed_passages(self, texts: Sequence[str], step: Step = lambda _: None) -> Embedded:
        assert self._second.wait(30)
        return super().embed_passages(texts, step)


def test_the_next_document_is_read_while_one_is_embedded(tmp_path: Path) -> None:
    watched = Watched()
    made = bench(tmp_path, embedder=lambda: Waits(watched.second), parse=watched.parse)
    made.add("第一份文件。", "a.txt")
    made.add("第二份文件。", "b.txt")
    made.worker.start()
    while states(made) != ["ready", "ready"]:
        watched.second.wait(0.01)
    made.close()
    assert watched.read == ["a.txt", "b.txt"]
