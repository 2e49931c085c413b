"""Asking without scripts: forms that are sent, and pages that hold the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.answering.events import Token
from app.answering.run import Run
from app.bootstrap import Services
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, client_in, upload

ANSWER = "二〇二五年营业收入为三百元。\n月球上有一座金矿。"
QUESTION = "营业收入是多少？"


class Plain(HTMLParser):
    """What stands in the parts of a page that browsers without scripts show besides the rest: text and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside = False
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "noscript":
            self.inside = True
        elif self.inside:
            self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "noscript"

    def handle_data(self, data: str) -> None:
        self.text += data if self.inside else ""

    def all(self, tag: str, name: str) -> list[str | None]:
        return [attributes[name] for found, attributes in self.tags if found == tag and name in attributes]


@pytest.fixture
def gate() -> Event:
    return Event()


@pytest.fixture
def client(tmp_path: Path, gate: Event) -> Iterator[TestClient]:
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": ANSWER}, pause=gate), queue_length=1) as client:
        client.follow_redirects = False
        upload(client, "年报.md", REPORT.encode())
        yield client
        gate.set()


def ask(client: TestClient, question: str = QUESTION, **more: object) -> Response:
    return client.post("/ask", data={"question": question, "base": ["default"], **more})


def services_of(client: TestClient) -> Services:
    services: Services = client.app.state.services  # type: ignore[attr-defined]
    return services


def running(client: TestClient, address: str) -> Iterator[Run]:
    """The answers of a conversation that are not stored yet."""
    (conversation,) = re.findall(r"conversation=(\w+)", address)
    for turn in services_of(client).conversations.turns(conversation):
        if turn.state == "running":
            yield services_of(client).runs.get(turn.id)


def begun(client: TestClient, address: str) -> None:
    """Wait until something is written of the answer of a conversation."""
    (run,) = running(client, address)
    events = run.events()
    while not any(isinstance(event, Token) for event in events):
        assert not run.finished, events
        events += run.wait(len(events), 5.0)


def ended(client: TestClient, address: str) -> Plain:
    """The page of a conversation once its answers are written."""
    for run in running(client, address):
        while not run.finished:
            run.wait(len(run.events()), 5.0)
    return Plain(client.get(address).text)


def test_a_question_leads_to_a_page_that_looks_again_until_the_answer_is_there(client: TestClient, gate: Event) -> None:
    sent = ask(client)
    assert sent.status_code == 303
    address = sent.headers["location"]
    assert re.fullmatch(r"/\?conversation=\w+#latest", address)
    page = Plain(client.get(address).text)
    (refresh,) = page.all("meta", "content")
    assert refresh == f"2; url={address.replace('#', '&look=2#')}"
    assert QUESTION in page.text
    (stop,) = [action for action in page.all("form", "action") if action]
    again = Plain(client.get(refresh.split("url=")[1]).text)
    assert again.all("meta", "content") == [f"2; url={address}"]
    gate.set()
    page = ended(client, address)
    assert page.all("meta", "content") == []
    assert stop not in page.all("form", "action")
    assert "二〇二五年营业收入为三百元。" in page.text and "月球上有一座金矿。" in page.text
    (mark,) = {href for href in page.all("a", "href") if href and href.startswith("#")}
    assert mark[1:] in page.all("li", "id")


def test_nothing_need_hold_a_connection_open_for_the_answer(client: TestClient) -> None:
    sent = ask(client)
    (turn,) = services_of(client).conversations.turns(re.findall(r"conversation=(\w+)", sent.headers["location"])[0])
    assert not services_of(client).runs.get(turn.id).attended


def test_an_answer_is_stopped(client: TestClient) -> None:
    address = ask(client).headers["location"]
    begun(client, address)
    (stop,) = [each for each in Plain(client.get(address).text).all("form", "action") if each]
    assert client.post(stop).headers["location"] == address
    assert "Stopped." in ended(client, address).text


def test_a_conversation_goes_on(client: TestClient, gate: Event) -> None:
    gate.set()
    address = ask(client).headers["location"]
    page = ended(client, address)
    (conversation,) = [a["value"] for tag, a in page.tags if a.get("name") == "conversation"]
    second = ask(client, "比上年呢？", conversation=conversation).headers["location"]
    assert second == address
    page = ended(client, address)
    assert page.all("article", "id") == ["latest"]
    assert page.text.index(QUESTION) < page.text.index("比上年呢？")


def test_a_refusal_shows_what_came_closest(client: TestClient, gate: Event) -> None:
    gate.set()
    page = ended(client, ask(client, "火星上有多少座城市？").headers["location"])
    assert "Not in these documents" in page.text and "Nearest passages" in page.text
    assert "公司有员工四十人" in page.text


def test_a_document_alone_is_asked(client: TestClient, gate: Event) -> None:
    gate.set()
    other = str(upload(client, "别的.md", "# 别的\n\n二〇二五年营业收入为九百元。\n".encode())["id"])
    page = Plain(client.get("/", params={"document": other}).text)
    assert "别的.md" in page.text
    (field,) = [a["value"] for _, a in page.tags if a.get("name") == "document"]
    page = ended(client, ask(client, document=field).headers["location"])
    assert {href for href in page.all("a", "href") if href and "/documents/" in href and other not in href} == set()


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"question": " \r\n"}, 422, "The question is empty"),
        ({"question": "长" * 5000}, 422, "characters"),
        ({"base": "nothing"}, 404, "nothing"),
        ({"base": []}, 422, "Choose at least one base"),
        ({"document": "nothing"}, 404, "nothing"),
        ({"conversation": "nothing"}, 404, "nothing"),
    ],
)
def test_what_is_wrong_is_said_and_the_question_stays(
    client: TestClient, fields: dict[str, object], status: int, sentence: str
) -> None:
    values = {"question": QUESTION, "base": ["default"]} | fields
    answer = client.post("/ask", data=values)
    assert answer.status_code == status
    assert sentence in Plain(answer.text).text
    if not fields.get("question"):
        assert f">{QUESTION}</textarea>" in answer.text
    assert services_of(client).runs.waiting == 0


def test_a_full_queue_is_said_and_the_question_stays(client: TestClient) -> None:
    for _ in range(2):
        ask(client)
    full = ask(client, "第三个问题？")
    while full.status_code == 303:  # the first may have been taken up at once
        full = ask(client, "第三个问题？")
    assert full.status_code == 429
    assert ">第三个问题？</textarea>" in full.text
    assert "already waiting" in Plain(full.text).text


def test_bases_stay_as_they_were_ticked(client: TestClient) -> None:
    other = client.post("/api/v1/bases", json={"name": "other"}).json()["id"]
    page = client.post("/ask", data={"question": "", "base": [other]}).text
    assert re.search(f'value="{other}"[^>]* checked', page) and not re.search('value="default"[^>]* checked', page)


def test_what_is_not_there_is_said(client: TestClient) -> None:
    for path in ("/?conversation=nothing", "/?document=nothing"):
        page = client.get(path)
        assert page.status_code == 200
        assert "nothing" in Plain(page.text).text


def test_a_model_that_is_missing_is_said_where_the_answer_would_be(tmp_path: Path) -> None:
    from models.errors import WeightsMissing

    def missing() -> ScriptedLLM:
        raise WeightsMissing(name="qwen", path="/nowhere")

    with client_in(tmp_path, llm=missing) as client:
        client.follow_redirects = False
        upload(client, "年报.md", REPORT.encode())
        page = ended(client, ask(client).headers["location"])
        assert "No answer" in page.text and "qwen" in page.text
