"""What a follow-up is read with: the passages of the turn before it, as long as they are there for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.answering.prompt import WORDINGS
from app.bootstrap import Services
from models.gauge import Gauge, Rate
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import client_in, upload

INCOME = "# 收入\n\n星海公司二〇二五年的营业收入为三百元，比上年增长百分之十。\n"
STAFF = "# 人员\n\n星海公司二〇二五年有员工四十人，员工平均年龄三十一岁，员工都住在云港城。\n"
# Says of itself what it is about, as THEN does, or points to the turn before.
LEANS = "它的员工平均年龄多大？"
FIRST, THEN = "营业收入是多少？", "员工平均年龄多大，员工都住在哪座城，有员工多少人？"


BEFORE = WORDINGS["zh-Hans"].before
BOTH = "营业收入是多少，员工有什么安排？"
ACCOUNT = "请概括营业收入和员工的安排。"


class QuickLLM(ScriptedLLM):
    """Reads so fast that time never bounds a prompt."""

    def gauge(self) -> Gauge:
        return Gauge(memory=0, read=Rate(1e6, 5))


class Talk:
    """A conversation over two documents, and the prompts that the model was given."""

    def __init__(self, client: TestClient, llm: ScriptedLLM) -> None:
        self.client, self._llm = client, llm
        self.documents = [str(upload(client, f"{n}.md", text.encode())["id"]) for n, text in enumerate((INCOME, STAFF))]
        self._conversation: str | None = None

    def prompt(self, question: str, **scope: Any) -> str:
        """Ask; gives what the model was told."""
        self.passages(question, **scope)
        return self._llm.calls[-1][1].content

    def passages(self, question: str, **scope: Any) -> tuple[str, dict[str, Any]]:
        """Ask; gives the passages in the prompt, in one piece, and the answer."""
        asked = {"question": question, "bases": ["default"], "conversation": self._conversation, **scope}
        answer = self.client.post("/api/v1/ask", json=asked).json()
        self._conversation = answer["conversation"]
        message = self._llm.calls[-1][1]
        return message.content[: message.cuts[-1]], answer


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    llm = ScriptedLLM({THEN: "四十人", LEANS: "三十一岁", FIRST: "三百元"})
    with client_in(tmp_path, llm=lambda: llm) as client:
        yield Talk(client, llm)


def test_it_begins_with_them_and_is_cited_from_what_it_found(talk: Talk) -> None:
    first, _ = talk.passages(FIRST)
    second, answer = talk.passages(THEN)
    assert first.index("三百元") < first.index("四十人")
    assert second == first
    # The page shows what was found for this question, best first.
    (sentence,) = answer["sentences"]
    (citation,) = sentence["citations"]
    cited = next(source for source in answer["sources"] if source["n"] == citation["n"])
    assert (cited["document"], citation["n"]) == (talk.documents[1], 1)


def test_without_them_it_has_its_own_order(talk: Talk) -> None:
    talk.passages(FIRST)
    services: Services = talk.client.app.state.services  # type: ignore[attr-defined]
    services.answerer.forget()
    second, _ = talk.passages(THEN)
    assert second.index("四十人") < second.index("三百元")


@pytest.mark.parametrize("purge", [{}, {"purge": "now"}], ids=["hidden", "purged"])
def test_it_has_nothing_of_a_document_that_went(talk: Talk, purge: dict[str, str]) -> None:
    talk.passages(FIRST)
    talk.client.delete(f"/api/v1/documents/{talk.documents[0]}", params=purge)
    second, _ = talk.passages(THEN)
    assert "三百元" not in second
    assert "四十人" in second


def test_it_has_nothing_of_a_document_in_a_base_that_is_not_asked(talk: Talk) -> None:
    talk.passages(FIRST)
    other = talk.client.post("/api/v1/bases", json={"name": "别处"}).json()["id"]
    moved = talk.client.post(f"/api/v1/documents/{talk.documents[0]}/move", json={"base": other})
    assert moved.status_code == 200, moved.text
    second, _ = talk.passages(THEN)
    assert "三百元" not in second


def test_what_is_about_something_else_is_read_without_the_turns_before(talk: Talk) -> None:
    talk.passages(FIRST, documents=talk.documents[:1])
    assert BEFORE not in talk.prompt(THEN, documents=talk.documents[1:])


def test_the_turns_before_are_read_where_their_passages_or_the_question_point_to_them(talk: Talk) -> None:
    talk.passages(FIRST)
    assert BEFORE in talk.prompt(THEN)
    assert BEFORE in talk.prompt(LEANS, documents=talk.documents[1:])


@pytest.mark.parametrize("same", [True, False], ids=["same", "other"])
def test_they_are_read_where_another_place_of_the_same_document_answers(talk: Talk, same: bool) -> None:
    _, first = talk.passages(FIRST, documents=talk.documents[:1])
    services: Services = talk.client.app.state.services  # type: ignore[attr-defined]
    history = services.conversations.history(first["conversation"], lambda _: True)
    (passage,) = services.answerer.pinned.of(history)
    # It was read from a place that search does not find again.
    hit = passage.source.hit
    place = replace(hit.chunk, key=-1, document_id=talk.documents[1 if same else 0])
    found = replace(passage.source, hit=replace(hit, chunk=place))
    services.answerer.pinned.keep(history[-1].id, (replace(passage, source=found),))
    assert (BEFORE in talk.prompt(THEN, documents=talk.documents[1:])) is same


def test_they_are_read_where_nobody_knows_any_more_what_they_were_answered_from(talk: Talk) -> None:
    talk.passages(FIRST, documents=talk.documents[:1])
    services: Services = talk.client.app.state.services  # type: ignore[attr-defined]
    services.answerer.forget()
    assert BEFORE in talk.prompt(THEN, documents=talk.documents[1:])


def test_what_stays_is_beside_as_much_as_would_be_read_anew(tmp_path: Path) -> None:
    """550 characters in any case, a quarter more where the model is fast, and half as many more for an account."""
    llm = QuickLLM({BOTH: "三百元", FIRST: "三百元", ACCOUNT: "三百元"})
    rules = "".join(f"第{n}条，员工有第{n}种安排，员工按第{n}种办法领取{n}元。" for n in range(1, 80))
    with client_in(tmp_path, llm=lambda: llm) as client:
        talk = Talk(client, llm)
        upload(client, "rules.md", f"# 员工的安排\n\n{rules}\n".encode())
        services: Services = client.app.state.services  # type: ignore[attr-defined]
        first, _ = talk.passages(FIRST, documents=talk.documents[:1])
        kept, _ = talk.passages(BOTH)
        services.answerer.forget()
        anew, _ = talk.passages(BOTH)
        account, _ = talk.passages(ACCOUNT)
    assert kept.startswith(first)
    headings = 60
    assert 550 < len(anew) - headings <= 687 < len(account) - headings <= 825
    assert len(anew) - headings <= len(kept) <= len(anew) + len(first)
