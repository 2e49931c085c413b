"""Questions over REST: answers with citations, their events, refusals, conversations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.answering.prompt import WORDINGS
from app.bootstrap import bootstrap
from app.server import create_app
from app.settings import Settings
from models.base import Message
from tests.support.fakes import HashEmbedder
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, client_in, events, problem, upload


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path) as client:
        yield client


def test_an_answer_with_citations(client: TestClient) -> None:
    upload(client, "年报.md", REPORT.encode())
    answer = client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？"}).json()
    assert (answer["answer"], answer["refused"]) == ("营业收入为三百元。", False)
    (sentence,) = answer["sentences"]
    citation = sentence["citations"][0]
    assert sentence["support"] == "supported"
    assert citation["quote"] == "二〇二五年营业收入为三百元，比上年增长百分之十。"
    assert citation["page"] is None
    assert "收入" in citation["location"]


def test_a_streamed_answer_can_be_read_again_from_any_event(client: TestClient) -> None:
    upload(client, "年报.md", REPORT.encode())
    body = {"question": "二〇二五年营业收入是多少？", "stream": True}
    stream = client.post("/api/v1/ask", json=body)
    assert stream.headers["content-type"].startswith("text/event-stream")
    told = events(stream.text)
    names = [name for _, name, _ in told]
    assert [number for number, _, _ in told] == list(range(len(told)))
    assert names[0] == "run"
    assert names.index("sources") < names.index("token") < names.index("citations") < names.index("done")
    assert "".join(data["text"] for _, name, data in told if name == "token") == told[-1][2]["answer"]
    run = told[0][2]["run"]
    rest = client.get(f"/api/v1/runs/{run}/events", headers={"Last-Event-ID": "2"})
    assert events(rest.text) == told[3:]
    problem(client.get("/api/v1/runs/none/events"), 404, "unknown-run")


def test_a_question_without_evidence_is_refused_without_asking_the_model(tmp_path: Path) -> None:
    llm = ScriptedLLM({"": "胡说。"})
    with client_in(tmp_path, llm=lambda: llm) as client:
        upload(client, "年报.md", REPORT.encode())
        answer = client.post("/api/v1/ask", json={"question": "火星探测器的燃料配方是什么？"}).json()
    assert answer["refused"]
    assert answer["answer"] == "这些文档里没有找到这个问题的答案。"
    assert llm.calls == []


def test_a_refusal_says_which_words_stand_nowhere(client: TestClient) -> None:
    upload(client, "年报.md", REPORT.encode())
    body = {"question": "火星探測器的員工有幾人？", "stream": True}
    told = events(client.post("/api/v1/ask", json=body).text)
    (refused,) = (data for _, name, data in told if name == "refused")
    # As they were written, and only those that search finds in no document.
    assert refused["absent"] == ["火星", "探測器"]
    (turn,) = client.get(f"/api/v1/conversations/{told[0][2]['conversation']}").json()["turns"]
    assert (turn["state"], turn["absent"]) == ("refused", ["火星", "探測器"])
    # A base of its own decides, not what stands elsewhere.
    other = client.post("/api/v1/bases", json={"name": "other"}).json()["id"]
    upload(client, "火星.md", "# 火星\n\n火星探测器用甲烷。".encode(), other)
    assert client.post("/api/v1/ask", json=body | {"stream": False}).json()["absent"] == ["火星", "探測器"]


def test_words_of_another_language_are_not_told_as_absent(tmp_path: Path) -> None:
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": "Not in the passages."})) as client:
        upload(client, "年报.md", REPORT.encode())
        answer = client.post("/api/v1/ask", json={"question": "Who flew to the moon?"}).json()
    assert (answer["refused"], answer["absent"]) == (True, [])


def test_questions_are_suggested_of_headings(client: TestClient) -> None:
    assert client.get("/api/v1/suggestions").json() == []
    document = upload(client, "年报.md", REPORT.encode())["id"]
    first = client.get("/api/v1/suggestions", params={"bases": "default", "documents": document}).json()
    assert [each["question"] for each in first] == ["文中关于收入讲了什么？", "文档中怎样介绍人员？"]
    assert {(each["document"], each["name"]) for each in first} == {(document, "年报.md")}
    assert client.get("/api/v1/suggestions", params={"count": 1}).json() == first[:1]
    run = client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？"}).json()["run"]
    assert client.get(f"/api/v1/runs/{run}/suggestions").json() == first[1:]
    refused = client.post("/api/v1/ask", json={"question": "火星探测器的燃料配方是什么？"}).json()["run"]
    assert client.get(f"/api/v1/runs/{refused}/suggestions").json() == []
    problem(client.get("/api/v1/suggestions", params={"documents": "nothing"}), 404, "unknown-document")


def test_stopping_keeps_what_was_written(tmp_path: Path) -> None:
    pause = Event()
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": "营业收入为三百元。"}, pause=pause)) as client:
        upload(client, "年报.md", REPORT.encode())
        services: Any = client.app.state.services  # type: ignore[attr-defined]
        from app.answering.events import Scope, Token
        from app.answering.question import Question

        scope = Scope((services.library.catalog.base("default").id,))
        run = services.runs.submit(Question("二〇二五年营业收入是多少？", scope), None)
        number = 0
        while not any(isinstance(event, Token) for event in run.events()):
            run.wait(number, 10)
            number = len(run.events())
        assert client.post(f"/api/v1/runs/{run.id}/stop").status_code == 204
        told = events(client.get(f"/api/v1/runs/{run.id}/events").text)
        assert told[-1][1] == "done"
        assert told[-1][2]["finish"] == "cancelled"
        (turn,) = client.get(f"/api/v1/conversations/{run.conversation}").json()["turns"]
        assert (turn["state"], turn["answer"]) == ("stopped", "营业收")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"question": "  "}, 422, "question-empty"),
        ({"question": "问" * 2001}, 422, "question-too-long"),
        ({"question": "问", "bases": ["没有"]}, 404, "unknown-base"),
        ({"question": "问", "documents": ["没有"]}, 404, "unknown-document"),
        ({"question": "问", "conversation": "没有"}, 404, "unknown-conversation"),
        ({}, 422, "request-invalid"),
    ],
)
def test_bad_questions_have_their_own_errors(client: TestClient, body: dict[str, Any], status: int, code: str) -> None:
    problem(client.post("/api/v1/ask", json=body), status, code)


def test_only_the_named_documents_are_searched(client: TestClient) -> None:
    first = upload(client, "甲.md", REPORT.encode())
    upload(client, "乙.md", REPORT.replace("三百", "六百").encode())
    body = {"question": "营业收入", "documents": [first["id"]]}
    hits = client.post("/api/v1/search", json=body).json()["hits"]
    assert {hit["document"] for hit in hits} == {first["id"]}


def test_a_base_of_one_chunk_answers_although_a_word_of_the_question_is_missing(client: TestClient) -> None:
    """Rarity within one chunk would make a single missing word weigh more than all the others."""
    upload(client, "年报.md", REPORT.encode())
    question = "公司大概有员工多少人，营业收入是多少？"
    assert not client.post("/api/v1/ask", json={"question": question}).json()["refused"]


def test_a_deleted_document_leaves_no_text_in_finished_answers(client: TestClient) -> None:
    document = upload(client, "年报.md", REPORT.encode())
    run = client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？"}).json()["run"]
    client.delete(f"/api/v1/documents/{document['id']}")
    assert "比上年增长百分之十" not in client.get(f"/api/v1/runs/{run}/events").text


def test_the_extract_comes_before_the_answer_and_sentences_while_it_is_written(tmp_path: Path) -> None:
    said = "营业收入为三百元。比上年增长百分之十。"
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": said})) as client:
        upload(client, "年报.md", REPORT.encode())
        body = {"question": "二〇二五年营业收入是多少？", "stream": True}
        told = events(client.post("/api/v1/ask", json=body).text)
        names = [name for _, name, _ in told]
        assert names.index("sources") < names.index("extract") < names.index("token") < names.index("sentence")
        assert names.index("sentence") < len(names) - 1 - names[::-1].index("token")
        (extract,) = (data["extract"] for _, name, data in told if name == "extract")
        assert "三百元" in extract["quote"]
        (marked,) = (data["sentence"] for _, name, data in told if name == "sentence")
        (final,) = (data["sentences"] for _, name, data in told if name == "citations")
        assert final[0] == marked
        run = client.get(f"/api/v1/conversations/{told[0][2]['conversation']}").json()["turns"][0]
        assert run["extract"] == extract
        assert run["sentences"] == final


def test_what_no_passage_holds_is_flagged_and_kept(tmp_path: Path) -> None:
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": "营业收入为三百元。净利润为987元。"})) as client:
        upload(client, "年报.md", REPORT.encode())
        answer = client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？"}).json()
        flagged = [claim for sentence in answer["sentences"] for claim in sentence["unfounded"]]
        assert [(claim["text"], claim["kind"]) for claim in flagged] == [("987", "number")]
        assert answer["answer"][flagged[0]["start"] : flagged[0]["end"]] == "987"
        (turn,) = client.get(f"/api/v1/conversations/{answer['conversation']}").json()["turns"]
        assert turn["sentences"] == answer["sentences"]


def test_without_a_language_model_the_best_sentence_is_the_answer(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", weights_dir=tmp_path / "weights", llm="none")
    services = bootstrap(settings, embedder=HashEmbedder)
    try:
        with TestClient(create_app(services), base_url="http://127.0.0.1:8000") as client:
            document = upload(client, "年报.md", REPORT.encode())
            assert client.get("/healthz").json()["llm"]["state"] == "off"
            answer = client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？"}).json()
            assert "三百元" in answer["answer"]
            assert answer["model"] == ""
            assert answer["answer"] == answer["extract"]["quote"] == answer["sentences"][0]["citations"][0]["quote"]
            path = f"/api/v1/conversations/{answer['conversation']}"
            assert client.get(path).json()["turns"][0]["answer"] == answer["answer"]
            refused = client.post("/api/v1/ask", json={"question": "火星探测器的燃料配方是什么？"}).json()
            assert (refused["refused"], refused["extract"]) == (True, None)
            client.delete(f"/api/v1/documents/{document['id']}")
            gone = client.get(path).json()["turns"][0]
            assert (gone["answer"], gone["extract"]) == ("", None)
    finally:
        services.close()


def test_an_answer_without_support_takes_its_extract_back(tmp_path: Path) -> None:
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": "资料中没有提到。"})) as client:
        upload(client, "年报.md", REPORT.encode())
        answer = client.post("/api/v1/ask", json={"question": "公司营业收入是谁审计的？"}).json()
        assert (answer["refused"], answer["extract"]) == (True, None)
        (turn,) = client.get(f"/api/v1/conversations/{answer['conversation']}").json()["turns"]
        assert (turn["state"], turn["extract"]) == ("refused", None)


def test_weak_support_alone_is_not_enough_where_a_base_is_strict(tmp_path: Path) -> None:
    said = "营业收入为三百元，利润下滑不少。"
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": said})) as client:
        upload(client, "年报.md", REPORT.encode())

        def ask(question: str) -> tuple[bool, str, list[str]]:
            answer = client.post("/api/v1/ask", json={"question": question}).json()
            return answer["refused"], answer["answer"], [sentence["support"] for sentence in answer["sentences"]]

        sure, unsure = "二〇二五年营业收入是多少？", "公司营业收入是谁审计的？"
        assert ask(sure) == ask(unsure) == (False, said, ["weak"])
        client.patch("/api/v1/bases/default", json={"settings": {"refusal": "strict"}})
        # What the documents say without a doubt is quoted instead.
        assert ask(sure) == (False, "二〇二五年营业收入为三百元，比上年增长百分之十。", ["supported"])
        assert ask(unsure)[0]


def test_a_question_is_put_into_the_language_of_the_documents(tmp_path: Path) -> None:
    def say(messages: Sequence[Message]) -> str:
        if "Translate" in messages[0].content:
            return "What was the revenue of Acme in 2025?"
        return "2025年Acme的收入是300美元。"

    llm = ScriptedLLM(say)
    with client_in(tmp_path, llm=lambda: llm) as client:
        upload(client, "report.md", b"# Report\n\nRevenue of Acme in 2025 was 300 dollars.\n")
        upload(client, "年报.md", REPORT.encode())
        answer = client.post("/api/v1/ask", json={"question": "Acme公司2025年收入多少美元？"}).json()
        assert not answer["refused"]
        assert answer["sources"][0]["name"] == "report.md"
        assert answer["extract"]["quote"] == "Revenue of Acme in 2025 was 300 dollars."
        assert len(llm.calls) == 2
        # One in the language of its document needs no translation.
        client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？"})
        assert len(llm.calls) == 3
        # Words of another language are no answer: it is written, in that of the question.
        wording = WORDINGS["zh-Hans"]
        assert [call[0].content for call in llm.calls[1:]] == [wording.in_sentences("normal"), wording.brief]


def test_nearest_passages_of_a_refusal_are_those_that_were_found(tmp_path: Path) -> None:
    text = "\n\n".join(
        f"第{i}条 本条规定仓库的开放时间与登记办法，由保管员负责执行，违者按章处理。" * 2 for i in range(1, 30)
    )
    with client_in(tmp_path, chunk_tokens=50, passage_tokens=3000) as client:
        upload(client, "规定.md", text.encode())
        refused = client.post("/api/v1/ask", json={"question": "碳排放配额的交易价格是多少？"}).json()
        answered = client.post("/api/v1/ask", json={"question": "第7条规定仓库的什么？"}).json()
    ways = [{way for source in answer["sources"] for way in source["found_by"]} for answer in (refused, answered)]
    assert refused["refused"]
    assert ("beside" in ways[0], "beside" in ways[1]) == (False, True)


def test_a_clipped_figure_is_given_with_its_unit(tmp_path: Path) -> None:
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": "三百"})) as client:
        upload(client, "年报.md", REPORT.encode())
        told = events(client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？", "stream": True}).text)
        assert "".join(data["text"] for _, name, data in told if name == "token") == "三百"
        assert [data["text"] for _, name, data in told if name == "instead"] == ["三百元"]
        (sentence,) = next(data["sentences"] for _, name, data in told if name == "citations")
        assert (sentence["text"], sentence["support"]) == ("三百元", "supported")
        assert (told[-1][2]["answer"], told[-1][2]["model"]) == ("三百元", "scripted")


@pytest.mark.parametrize("written", ["资料中没有提到。", "消防钥匙"], ids=["no answer", "a heading"])
def test_a_sure_sentence_stands_in_where_the_model_sees_no_answer(tmp_path: Path, written: str) -> None:
    # Enough chunks that something can stand out, and a sentence that holds all that the question names.
    rows = "\n\n".join(f"## 第{n}仓库\n\n第{n}仓库的保管员编号是{n * 37}，位于{n}号楼。" for n in range(1, 40))
    below = "## 消防钥匙\n\n消防总闸由王小明在地下二层开启，钥匙存放在值班室。"
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": written}), chunk_tokens=50) as client:
        upload(client, "仓库.md", f"{rows}\n\n{below}\n".encode())
        question = "消防总闸由谁在地下二层开启，钥匙存放在哪里？"
        told = events(client.post("/api/v1/ask", json={"question": question, "stream": True}).text)
        names = [name for _, name, _ in told]
        assert "refused" not in names
        (instead,) = (data["text"] for _, name, data in told if name == "instead")
        assert instead == told[-1][2]["answer"] == "消防总闸由王小明在地下二层开启，钥匙存放在值班室。"
        assert told[-1][2]["model"] == ""
        (turn,) = client.get(f"/api/v1/conversations/{told[0][2]['conversation']}").json()["turns"]
        assert (turn["state"], turn["answer"]) == ("done", instead)
