"""What is wrong with a model names folders of this machine and servers: its owner is told, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.model_slot import LoadFailed
from app.pull import Pull
from ingest.errors import DiskFull
from ingest.store.documents import set_state
from models.base import LLM
from models.errors import ModelError, PullFailed, WeightsMissing, WeightsUnusable
from tests.support.awaited import awaited
from tests.support.house import House, house_in
from tests.support.served import client_in

SECRET = "zhang.wei"
FOLDER = Path(f"/home/{SECRET}/weights")
NAME = "qwen2.5-coder-1.5b-instruct"
TROUBLES = {
    "missing": WeightsMissing(name=NAME, path=FOLDER),
    "unusable": WeightsUnusable(path=FOLDER, reason="it is cut off"),
    "failed": LoadFailed(name=NAME, reason=f"OSError: {FOLDER}"),
}


def failing(error: ModelError) -> LLM:
    raise error


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("troubled")) as house:
        yield house


@pytest.fixture(params=list(TROUBLES))
def trouble(house: House, request: pytest.FixtureRequest) -> str:
    """A language model that cannot be had, and whose last pull failed."""
    slot, error = house.services.llm, TROUBLES[request.param]
    # It is called by a path, as a setting may name it.
    slot.replace(f"{FOLDER}/{NAME}", lambda: failing(error))
    with pytest.raises(ModelError):
        slot.get()
    pull = Pull(1)
    pull.running, pull.error = False, PullFailed(name=NAME, reason=f"{FOLDER} is full.")
    house.services.shelf._pulls[NAME] = pull
    return error.code


def test_who_is_not_the_owner_is_told_the_name_and_the_state_alone(house: House, trouble: str) -> None:
    for who in ("nobody", "stranger", "reader", "base owner"):
        health = house.ask(who, "GET", "/healthz")
        assert SECRET not in health.text
        assert (health.json()["llm"]["name"], health.json()["llm"]["error"]["title"]) == (NAME, trouble)
    assert SECRET not in house.ask("nobody", "GET", "/healthz", key=house.key("owner", "read", bases=["theirs"])).text
    assert SECRET not in house.ask("nobody", "GET", "/healthz", key="zw_nothing").text
    for method, path in (("GET", "/login"), ("GET", "/offline"), ("GET", "/nowhere"), ("POST", "/share")):
        assert SECRET not in house.ask("nobody", method, path).text
    for path in ("/api/v1/models", "/models", "/", "/library", "/settings"):
        found = house.ask("reader", "GET", path)
        assert found.status_code == 200
        assert SECRET not in found.text


def test_the_owner_is_told_all_of_it(house: House, trouble: str) -> None:
    for path in ("/healthz", "/api/v1/models"):
        assert SECRET in house.ask("owner", "GET", path).text
    if trouble != "weights-missing":
        assert SECRET in house.ask("owner", "GET", "/models").text


def _holds(house: House, who: str, path: str, text: str) -> bool:
    return text in house.ask(who, "GET", path).text


def test_who_asks_is_told_what_is_wrong_but_not_where(house: House, trouble: str) -> None:
    body = {"question": "营业收入是多少？", "bases": ["theirs"]}
    for who, told in (("reader", False), ("owner", True)):
        streamed = house.ask(who, "POST", "/api/v1/ask", json={**body, "stream": True}).text
        whole = house.ask(who, "POST", "/api/v1/ask", json=body)
        assert (whole.json()["title"], f"/problems/{trouble}" in streamed) == (trouble, True)
        conversation = house.ask(who, "GET", "/api/v1/conversations").json()[0]["id"]
        pages = [f"/api/v1/conversations/{conversation}", f"/?conversation={conversation}"]
        # Whoever asked is told first, and then it is stored.
        awaited(partial(_holds, house, who, pages[0], trouble))
        shown = [streamed, whole.text, *(house.ask(who, "GET", path).text for path in pages)]
        assert [SECRET in text for text in shown] == [told] * 4


def test_what_stands_in_the_way_of_a_document_is_told_without_the_folder(house: House) -> None:
    catalog, document = house.services.library.catalog, house.objects["theirs"]["document"]
    with catalog.write() as connection:
        set_state(connection, document, "failed", "done", error=DiskFull(name="年报.md", path=str(FOLDER)))
    paths = (f"/api/v1/documents/{document}", "/library?base=theirs", f"/documents/{document}/text")
    for who in ("reader", "editor", "base owner"):
        assert not [path for path in paths if SECRET in house.ask(who, "GET", path).text]
        assert "年报.md" in house.ask(who, "GET", paths[0]).json()["error"]["detail"]
    assert not [path for path in paths if SECRET not in house.ask("owner", "GET", path).text]


def test_why_a_download_stopped_is_told_to_the_owner(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    slot, error = house.services.llm, TROUBLES["missing"]
    slot.replace(NAME, lambda: failing(error))
    with pytest.raises(WeightsMissing):
        slot.get()
    pull = Pull(1)
    pull.running, pull.error = False, PullFailed(name=NAME, reason=f"{FOLDER} is full.")
    monkeypatch.setitem(house.services.shelf._pulls, NAME, pull)
    told = {who: house.ask(who, "GET", "/healthz").json()["download"]["error"] for who in ("nobody", "reader", "owner")}
    assert [error["title"] for error in told.values()] == ["pull-failed"] * 3
    assert [SECRET in error["detail"] for error in told.values()] == [False, False, True]


def test_without_accounts_everybody_at_the_machine_is_its_owner(tmp_path: Path) -> None:
    with client_in(tmp_path, llm=lambda: failing(TROUBLES["unusable"])) as client:
        with pytest.raises(WeightsUnusable):
            client.app.state.services.llm.get()  # type: ignore[attr-defined]
        assert SECRET in client.get("/healthz").text
        assert SECRET in client.get("/").text


def test_a_page_that_is_left_open_keeps_no_session_alive_while_all_is_well(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.services.llm.replace(NAME, lambda: house.services.llm)  # type: ignore[arg-type, return-value]
    house.services.llm.get()
    house.services.embedder.get()
    asked: list[str] = []
    monkeypatch.setattr(house.services.accounts.sessions, "resume", asked.append)
    house.client.cookies.set("zhiwen_session", house.sessions["owner"])
    assert house.client.get("/healthz").json()["llm"]["error"] is None
    assert asked == []


def test_where_questions_go_is_told_to_those_who_ask(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.routes.pages.remote_llm_host", lambda _: "llm.internal.example")
    assert "llm.internal.example" in house.ask("reader", "GET", "/").text
    for path in ("/login", "/offline"):
        page = house.ask("nobody", "GET", path).text
        assert "llm.internal.example" not in page
        # Nor that they stay here, as the foot of a page says otherwise.
        assert '<span class="wide">' not in page
    monkeypatch.undo()
    assert '<span class="wide">' in house.ask("nobody", "GET", "/login").text
