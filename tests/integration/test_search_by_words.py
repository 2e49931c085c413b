"""While meaning cannot be searched, words are, and whoever asks is told so."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.answering.events import Scope
from app.answering.retrieve import Found, Retriever
from ingest.store.vectors import VectorStore
from models.base import Embedder
from models.errors import WeightsMissing
from tests.support.fakes import HashEmbedder
from tests.support.index_files import index_file, index_states
from tests.support.ingesting import Bench, bench
from tests.support.served import REPORT, client_in, events, upload

QUESTION = "二〇二五年营业收入是多少？"
LIMIT = 40


def missing() -> Embedder:
    raise WeightsMissing(name="e5", path="/nowhere")


@contextmanager
def without(folder: Path, embedder: Callable[[], Embedder], seconds: int = 0) -> Iterator[TestClient]:
    """A client of a folder that holds a report, whose embedder is another now."""
    with client_in(folder) as client:
        upload(client, "年报.md", REPORT.encode())
    with client_in(folder, embedder=embedder, embedder_seconds=seconds) as client:
        yield client


def search(client: TestClient, question: str = QUESTION) -> dict[str, Any]:
    response = client.post("/api/v1/search", json={"question": question})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def ways(found: dict[str, Any]) -> set[str]:
    return {way for hit in found["hits"] for way in hit["found_by"]}


def test_without_an_embedder_words_find_and_the_answer_says_so(tmp_path: Path) -> None:
    with without(tmp_path, missing) as client:
        found = search(client)
        assert (found["hits"][0]["name"], ways(found)) == ("年报.md", {"lexical"})
        assert found["partial"]["title"] == "weights-missing"
        assert "zhiwen models pull e5" in found["partial"]["detail"]
        asked = client.post("/api/v1/ask", json={"question": QUESTION}).json()
        assert (asked["answer"], asked["partial"]) == ("营业收入为三百元。", found["partial"])
        (turn,) = client.get(f"/api/v1/conversations/{asked['conversation']}").json()["turns"]
        assert turn["partial"] == found["partial"]
        refused = client.post("/api/v1/ask", json={"question": "火星上有几座火山？"}).json()
        assert (refused["refused"], refused["partial"]) == (True, found["partial"])
        # In the reader's language.
        headers = {"Accept-Language": "zh-CN"}
        told = client.post("/api/v1/search", json={"question": QUESTION}, headers=headers).json()["partial"]
        assert (told["title"], "权重" in told["detail"]) == ("weights-missing", True)


def test_the_events_of_an_answer_say_so_also_when_they_are_read_again(tmp_path: Path) -> None:
    with without(tmp_path, missing) as client:
        told = events(client.post("/api/v1/ask", json={"question": QUESTION, "stream": True}).text)
        run = told[0][2]["run"]
        (partial,) = [data["partial"] for _, name, data in told if name == "sources"]
        assert partial["title"] == "weights-missing"
    with client_in(tmp_path) as client:
        again = events(client.get(f"/api/v1/runs/{run}/events").text)
        assert [data["partial"] for _, name, data in again if name == "sources"] == [partial]
        found = search(client)
        assert (found["partial"], ways(found)) == (None, {"dense", "lexical"})


def test_who_asks_while_the_embedder_loads_gets_what_words_find_and_later_the_rest(tmp_path: Path) -> None:
    gate = Event()

    def slow() -> Embedder:
        gate.wait()
        return HashEmbedder()

    with without(tmp_path, slow) as client:
        try:
            found = search(client)
            assert (found["hits"][0]["name"], ways(found)) == ("年报.md", {"lexical"})
            assert found["partial"]["title"] == "still-loading"
        finally:
            gate.set()
        client.app.state.services.embedder.get()  # type: ignore[attr-defined]
        found = search(client)
        assert (found["partial"], ways(found)) == (None, {"dense", "lexical"})


def test_a_question_waits_for_an_embedder_that_loads_soon(tmp_path: Path) -> None:
    def soon() -> Embedder:
        time.sleep(0.5)
        return HashEmbedder()

    with without(tmp_path, soon, seconds=60) as client:
        found = search(client)
        assert (found["partial"], ways(found)) == (None, {"dense", "lexical"})
        assert found["timings"]["load"] > 0


def test_only_words_must_be_as_sure_as_for_a_strict_base(tmp_path: Path) -> None:
    # Half of what it names stands there: enough in a balanced base, and too little in a strict one.
    half = "二〇二五年营业收入与净利润和现金流量？"
    with without(tmp_path, HashEmbedder) as client:
        whole = client.post("/api/v1/ask", json={"question": half}).json()
    with client_in(tmp_path, embedder=missing) as client:
        words = client.post("/api/v1/ask", json={"question": half}).json()
        by_words = client.post("/api/v1/ask", json={"question": QUESTION}).json()
    assert (whole["refused"], whole["partial"]) == (False, None)
    assert (words["refused"], words["partial"]["title"]) == (True, "weights-missing")
    assert not by_words["refused"]


class Held(Executor):
    """Does what it was given when it is told to."""

    def __init__(self) -> None:
        self.given: list[Callable[[], object]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.given.append(lambda: fn(*args, **kwargs))
        return Future()

    def work(self) -> None:
        while self.given:
            self.given.pop(0)()


def texts(number: int) -> list[str]:
    return [f"{chr(0x4E00 + 37 * n) * 5}{chr(0x6000 + 91 * n) * 5}" for n in range(number)]


@pytest.fixture
def large(tmp_path: Path) -> Iterator[tuple[Bench, Held]]:
    """A base whose index is of lists, opened again after its file was damaged; what is built waits for the test."""
    made = bench(tmp_path, flat_limit=LIMIT)
    for n, text in enumerate(texts(60)):
        made.add(text, f"{n}.txt")
    made.work()
    made.close()
    (path,) = (tmp_path / "index").glob("*.faiss")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    again = bench(tmp_path, flat_limit=LIMIT)
    held = Held()
    again.library.vectors = VectorStore(again.library.catalog, tmp_path / "index", LIMIT, held)
    yield again, held
    again.close()


def ask(made: Bench, question: str) -> Found:
    scope = Scope((made.library.catalog.base("default").id,))
    return Retriever(made.library, HashEmbedder, 40).search((question,), scope, 5)


def test_a_large_index_that_is_damaged_is_built_in_the_background_while_words_find(large: tuple[Bench, Held]) -> None:
    made, held = large
    for text in texts(60):
        found = ask(made, text)
        assert found.hits[0].chunk.text == text
        assert {way for hit in found.hits for way in hit.found_by} == {"lexical"}
        assert found.partial is not None
        assert (found.partial.code, "default" in str(found.partial)) == ("index-building", True)
        assert (found.margin, found.agree) == (None, None)
    assert len(held.given) == 1
    # Among chosen documents every vector is compared, without any index.
    document = ask(made, texts(60)[7]).hits[0].chunk.document_id
    scope = Scope((made.library.catalog.base("default").id,), (document,))
    chosen = Retriever(made.library, HashEmbedder, 40).search((texts(60)[7],), scope, 5)
    assert (chosen.partial, chosen.hits[0].found_by) == (None, ("dense", "lexical"))
    held.work()
    for text in texts(60):
        found = ask(made, text)
        assert (found.hits[0].chunk.text, found.hits[0].found_by, found.partial) == (text, ("dense", "lexical"), None)


def test_what_changes_while_an_index_is_built_is_in_it(large: tuple[Bench, Held], tmp_path: Path) -> None:
    made, held = large
    assert ask(made, texts(60)[0]).partial is not None
    gone = ask(made, texts(60)[3]).hits[0].chunk.document_id
    # Neither waits for the index.
    new = made.taken_in("新来的文件写着别的话。", "new.txt")
    made.library.delete(gone)
    held.work()
    found = ask(made, "新来的文件写着别的话。")
    assert (found.partial, found.hits[0].chunk.document_id) == (None, new.id)
    assert found.hits[0].found_by == ("dense", "lexical")
    assert len(made.library.vectors.search(HashEmbedder().embed_query("新"), base_ids=["default"], k=99)) == 60
    made.library.vectors.save()
    assert index_states(made.library.catalog, tmp_path / "index") == {"current"}


def many(number: int, title: str) -> str:
    """A text that is cut into at least so many chunks."""
    return "\n\n".join(f"{text}，{title}第{n}段。" * 20 for n, text in enumerate(texts(number)))


def test_what_lists_lack_much_of_is_added_in_the_background_while_the_rest_is_found(tmp_path: Path) -> None:
    made = bench(tmp_path, flat_limit=300)
    made.taken_in(many(320, "先"), "first.txt")
    gone = made.taken_in("马上要删除的文件。", "gone.txt")
    made.library.vectors.save()
    (path,) = (tmp_path / "index").glob("*.faiss")
    old, before = path.read_bytes(), made.library.catalog.base("default").chunks - 1
    made.taken_in(many(270, "后"), "second.txt")
    (key,) = [chunk.key for chunk in made.library.catalog.chunks(gone.id)]
    made.library.delete(gone.id)
    after = made.library.catalog.base("default").chunks
    assert before > 300 and 256 < after - before <= 300
    made.close()
    # As if the last state had never been written.
    path.write_bytes(old)
    again = bench(tmp_path, flat_limit=300)
    held = Held()
    again.library.vectors = VectorStore(again.library.catalog, tmp_path / "index", 300, held)
    found = ask(again, texts(320)[7])
    assert found.partial is not None and found.partial.code == "index-building"
    nearest = again.library.vectors.search(HashEmbedder().embed_query("文件"), base_ids=["default"], k=999)
    assert (len(nearest), key in dict(nearest)) == (before, False)
    # It is given to be done once, and then all is there.
    assert len(held.given) == 1
    held.work()
    assert ask(again, texts(320)[7]).partial is None
    assert len(again.library.vectors.search(HashEmbedder().embed_query("文件"), base_ids=["default"], k=999)) == after
    assert held.given == []
    again.close()


def test_who_closes_does_not_wait_for_an_index(large: tuple[Bench, Held]) -> None:
    made, held = large
    assert ask(made, texts(60)[0]).partial is not None
    made.library.vectors.close()
    held.work()
    assert ask(made, texts(60)[0]).hits[0].found_by == ("lexical",)


def test_a_large_index_that_is_missing_comes_back_by_itself(tmp_path: Path) -> None:
    made = bench(tmp_path, flat_limit=LIMIT)
    for n, text in enumerate(texts(60)):
        made.library.add("default", f"{n}.txt", io.BytesIO(text.encode()))
    made.work()
    made.close()
    for path in (tmp_path / "index").glob("*.faiss"):
        path.unlink()
    again = bench(tmp_path, flat_limit=LIMIT)
    end = time.monotonic() + 60
    while (found := ask(again, texts(60)[9])).partial is not None and time.monotonic() < end:
        assert found.hits[0].chunk.text == texts(60)[9]
    assert (found.partial, found.hits[0].found_by) == (None, ("dense", "lexical"))
    again.close()
    reopened = bench(tmp_path, flat_limit=LIMIT)
    assert index_file(reopened.library.catalog, tmp_path / "index") == "current"
    reopened.close()
