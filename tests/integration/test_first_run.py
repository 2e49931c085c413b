"""A first start without any weights: what is given meanwhile waits, and goes on when they have arrived."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import Services
from app.model_slot import SlotState
from app.server import create_app
from models import installed
from models.catalog import Weights
from models.errors import PullCancelled, WeightsMissing
from models.fetch import pull
from models.fetch_http import Progress
from tests.support.file_server import FileServer
from tests.support.served import REPORT, problem, settled
from tests.support.tiny_hub import LLM, files_of, offering, without_weights


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    return files_of(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def hub(files: dict[str, dict[str, bytes]]) -> Iterator[FileServer]:
    with offering(files) as server:
        yield server


@pytest.fixture
def client(tmp_path: Path, hub: FileServer) -> Iterator[TestClient]:
    with (
        without_weights(tmp_path) as services,
        TestClient(create_app(services), base_url="http://127.0.0.1:8000") as client,
    ):
        yield client


def services_of(client: TestClient) -> Services:
    found: Services = client.app.state.services  # type: ignore[attr-defined]
    return found


def sent(client: TestClient) -> str:
    """A document that was uploaded while no model is here, and waits."""
    answer = client.post("/api/v1/bases/default/documents", files={"files": ("年报.md", REPORT.encode())})
    assert answer.status_code == 202
    document: str = answer.json()[0]["id"]
    progress, version = services_of(client).progress, 0
    while (found := client.get(f"/api/v1/documents/{document}").json())["error"] is None:
        version, _ = progress.wait(version, 5.0)
    assert (found["status"], found["error"]["title"]) == ("queued", "weights-missing")
    return document


def test_a_question_is_told_that_the_documents_wait_for_the_models(client: TestClient) -> None:
    document = sent(client)
    asked = {"question": "营业收入是多少？", "stream": False}
    told = client.post("/api/v1/ask", json=asked, headers={"Accept-Language": "en"})
    assert (told.status_code, told.json()["title"]) == (503, "waiting-for-models")
    assert told.json()["detail"].startswith("The documents asked (1) wait for the models")
    assert client.get("/api/v1/bases/default").json()["unread"] == 1
    for page in ("/library", f"/documents/{document}", f"/documents/{document}/text"):
        shown = client.get(page, headers={"Accept-Language": "en"}).text
        assert "Waits for the models" in shown
        assert "zhiwen models pull" not in shown


def test_everything_goes_on_by_itself_when_the_models_have_arrived(client: TestClient) -> None:
    services = services_of(client)
    document = sent(client)
    found = client.post("/api/v1/search", json={"question": "营业收入是多少？"}).json()
    assert (found["hits"], found["partial"]["title"]) == ([], "weights-missing")
    download = client.get("/healthz").json()["download"]
    assert download["total"] == sum(weights.download for weights in services.shelf.missing())
    assert (download["done"], download["running"], download["error"]) == (0, False, None)
    assert client.post("/api/v1/models/pull").status_code == 202
    assert settled(client, document)["status"] == "ready"
    for thread in list(services.shelf._threads):
        thread.join()
    assert services.llm.get().name == LLM
    assert client.get("/healthz").json()["download"] is None
    hits = client.post("/api/v1/search", json={"question": "营业收入是多少？"}).json()
    assert hits["partial"] is None
    assert "三百元" in "".join(hit["text"] for hit in hits["hits"])
    measured = client.get("/api/v1/models").json()["runtime"]["measured"]
    assert measured["embedder"]["read"]["works"] >= 1
    assert measured["embedder"]["memory"] > 0
    assert measured["llm"]["memory"] > 0


def test_models_that_come_by_other_means_are_taken_up(client: TestClient) -> None:
    services = services_of(client)
    document = sent(client)
    for weights in services.shelf.missing():
        pull(weights, services.settings.weights_dir)
    assert client.get("/healthz").json()["download"] is None
    assert settled(client, document)["status"] == "ready"


def test_a_pull_that_failed_tells_why_and_another_one_helps(client: TestClient, hub: FileServer) -> None:
    shelf = services_of(client).shelf
    listing = f"/api/models/zh/{LLM}/tree/main?recursive=true"
    listed = hub.files.pop(listing)
    client.post(f"/api/v1/models/{LLM}/pull")
    for thread in list(shelf._threads):
        thread.join()
    assert client.get("/healthz").json()["download"]["error"]["title"] == "pull-failed"
    hub.files[listing] = listed
    client.post(f"/api/v1/models/{LLM}/pull")
    for thread in list(shelf._threads):
        thread.join()
    assert (of(client)["installed"], of(client)["error"]) == (True, None)


def test_what_a_stopped_pull_left_is_kept_until_it_is_deleted(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = services_of(client)
    directory = services.settings.weights_dir
    reached = threading.Event()

    def half(weights: Weights, weights_dir: Path, *, progress: object, cancel: threading.Event) -> Path:
        """A pull that has come to its beginning and goes no further before somebody stops it."""
        reached.set()
        cancel.wait()
        return pull(weights, weights_dir, cancel=cancel)

    staged = directory / installed.PARTIAL / LLM / "huggingface" / "files"
    staged.mkdir(parents=True)
    (staged / "tiny.gguf.part").write_bytes(b"GGUF")
    monkeypatch.setattr("app.shelf.pull", half)
    client.post(f"/api/v1/models/{LLM}/pull")
    reached.wait()
    assert of(client)["pulling"] is not None
    assert client.delete(f"/api/v1/models/{LLM}/pull").status_code == 204
    for thread in list(services.shelf._threads):
        thread.join()
    stopped = of(client)
    assert (stopped["pulling"], stopped["error"], stopped["kept"]) == (None, None, 4)
    assert client.get("/healthz").json()["download"]["done"] == 4
    assert client.delete(f"/api/v1/models/{LLM}").status_code == 204
    assert of(client)["kept"] == 0
    problem(client.delete(f"/api/v1/models/{LLM}"), 409, "model-in-use")


def test_a_pull_right_after_a_stop_goes_on_when_the_stopped_one_has_ended(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = services_of(client)
    reached, let_go = threading.Event(), threading.Event()

    def slow_to_stop(weights: Weights, weights_dir: Path, *, progress: Progress, cancel: threading.Event) -> Path:
        """The first pull holds on to the weights for a while after it was stopped."""
        if reached.is_set():
            return pull(weights, weights_dir, progress=progress, cancel=cancel)
        with installed.claimed(weights.name, weights_dir, cancel):
            reached.set()
            let_go.wait()
            raise PullCancelled(name=weights.name)

    monkeypatch.setattr("app.shelf.pull", slow_to_stop)
    client.post(f"/api/v1/models/{LLM}/pull")
    reached.wait()
    assert client.delete(f"/api/v1/models/{LLM}/pull").status_code == 204
    assert client.post(f"/api/v1/models/{LLM}/pull").status_code == 202
    assert client.post(f"/api/v1/models/{LLM}/pull").status_code == 202
    threads = list(services.shelf._threads)
    let_go.set()
    for thread in threads:
        thread.join()
    assert len(threads) == 2
    assert of(client)["installed"]
    assert services.llm.get().name == LLM


def test_weights_that_arrive_are_loaded_once_however_many_look(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = services_of(client)
    # Nothing but the language model is looked for.
    with pytest.raises(WeightsMissing):
        services.llm.get()
    pull(installed.find(LLM, services.settings.weights_dir), services.settings.weights_dir)
    loads, door = [], Door()

    def looked_at(weights: Weights, weights_dir: Path) -> bool:
        if weights.name == LLM:
            door.arrive()
        return weights.name == LLM

    monkeypatch.setattr(services.shelf, "_noticing", door)
    monkeypatch.setattr("app.shelf.installed.is_installed", looked_at)
    monkeypatch.setattr(services.llm, "replace", lambda name, build: loads.append(name))
    monkeypatch.setattr(
        type(services.llm), "state", property(lambda slot: SlotState(LLM, "loading" if loads else "missing"))
    )
    threads = [threading.Thread(target=services.shelf.notice_arrivals) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == [LLM]


class Door:
    """A lock. Whoever arrives behind it goes on when a second one is there too, or stands before it."""

    def __init__(self) -> None:
        self._lock, self._second, self._arrived = threading.Lock(), threading.Event(), 0

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._second.set()
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def arrive(self) -> None:
        self._arrived += 1
        if self._arrived == 2:
            self._second.set()
        assert self._second.wait(60), "nobody else looked"


def of(client: TestClient) -> dict[str, object]:
    """The language model as it is listed."""
    models: list[dict[str, object]] = client.get("/api/v1/models").json()["models"]
    return next(model for model in models if model["name"] == LLM)
