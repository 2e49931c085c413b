"""Conversations over REST: kept, found, followed up, exported, rated, and told anew after a restart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.base import Message
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, client_in, events, problem, upload


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path) as client:
        yield client


def test_conversations_keep_turns_and_are_followed_up(tmp_path: Path) -> None:
    llm = ScriptedLLM(["营业收入为三百元。", "比上年增长百分之十。"])
    with client_in(tmp_path, llm=lambda: llm) as client:
        upload(client, "年报.md", REPORT.encode())
        first = client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？"}).json()
        follow = {"question": "比上年增长多少？", "conversation": first["conversation"]}
        second = client.post("/api/v1/ask", json=follow).json()
        assert second["conversation"] == first["conversation"]
        assert "二〇二五年营业收入是多少？ → 营业收入为三百元。" in llm.calls[1][-1].content
        path = f"/api/v1/conversations/{first['conversation']}"
        detail = client.get(path).json()
        assert [turn["state"] for turn in detail["turns"]] == ["done", "done"]
        assert detail["turns"][0]["sentences"] == first["sentences"]
        assert detail["turns"][0]["sources"] == first["sources"]
        assert client.patch(path, json={"title": "收入"}).json()["title"] == "收入"
        assert client.delete(path).status_code == 204
        problem(client.get(path), 404, "unknown-conversation")


def test_conversations_are_found_by_title_and_by_question(client: TestClient) -> None:
    upload(client, "年报.md", REPORT.encode())
    asked = [client.post("/api/v1/ask", json={"question": text}).json() for text in ("EBIT 100%?", "营业收入是多少？")]
    first, second = (each["conversation"] for each in asked)
    client.post("/api/v1/ask", json={"question": "员工有几人？", "conversation": second})
    client.patch(f"/api/v1/conversations/{second}", json={"title": "年度报告"})

    def found(text: str) -> list[str]:
        return [each["id"] for each in client.get("/api/v1/conversations", params={"text": text}).json()]

    assert found("  ") == [second, first]
    assert found("年度") == found("营业收入") == found("员工") == [second]
    assert found("ebit") == found("100%") == found("ＥＢＩＴ　１００％") == [first]
    assert found("營業收入") == found("年度報告") == [second]
    assert found("1%0") == found("_") == found("三百元") == []
    problem(client.get("/api/v1/conversations", params={"text": "问" * 201}), 422, "request-invalid")


def test_an_answer_is_told_anew_after_a_restart(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        upload(client, "年报.md", REPORT.encode())
        answer = client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？"}).json()
    with client_in(tmp_path) as client:
        path = f"/api/v1/runs/{answer['run']}/events"
        whole = events(client.get(path).text)
        assert [name for _, name, _ in whole] == ["sources", "extract", "token", "citations", "done"]
        # Whoever had read some of it, under other numbers, is not left without its end.
        rest = events(client.get(path, headers={"Last-Event-ID": "40"}).text)
        assert [name for _, name, _ in rest] == ["sources", "extract", "instead", "citations", "done"]
        assert [number for number, _, _ in rest] == [41, 42, 43, 44, 45]
        assert rest[2][2]["text"] == rest[-1][2]["answer"] == answer["answer"]


def test_a_conversation_is_exported_as_a_file(client: TestClient) -> None:
    upload(client, "年报.md", REPORT.encode())
    asked = client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？"}).json()
    path = f"/api/v1/conversations/{asked['conversation']}"
    client.patch(path, json={"title": 'a"/../b'})
    found = client.get(f"{path}/export", headers={"Accept-Language": "zh-Hans"})
    assert found.headers["content-type"] == "text/markdown; charset=utf-8"
    assert found.headers["content-disposition"] == (
        "attachment; filename=\"conversation.md\"; filename*=UTF-8''a%20..%20b.md"
    )
    assert "## 二〇二五年营业收入是多少？" in found.text
    assert "营业收入为三百元。 [1]" in found.text
    assert "- [1] 年报.md · " in found.text
    as_json = client.get(f"{path}/export", params={"format": "json"})
    assert as_json.headers["content-type"] == "application/json"
    assert as_json.headers["content-disposition"].endswith(".json")
    assert as_json.json() == client.get(path).json()
    problem(client.get(f"{path}/export", params={"format": "pdf"}), 422, "request-invalid")
    problem(client.get("/api/v1/conversations/none/export"), 404, "unknown-conversation")


def test_a_rating_is_kept_with_its_answer_and_goes_with_it(client: TestClient) -> None:
    document = upload(client, "年报.md", REPORT.encode())
    asked = client.post("/api/v1/ask", json={"question": "二〇二五年营业收入是多少？"}).json()
    path = f"/api/v1/runs/{asked['run']}/rating"

    def kept() -> Any:
        exported = client.get(f"/api/v1/conversations/{asked['conversation']}/export", params={"format": "json"})
        return exported.json()["turns"][0]["rating"]

    assert kept() is None
    for rating in ("up", "down", None, "up"):
        assert client.put(path, json={"rating": rating}).status_code == 204
        assert kept() == rating
    for bad in ({}, {"rating": "best"}):
        problem(client.put(path, json=bad), 422, "request-invalid")
    problem(client.put("/api/v1/runs/none/rating", json={"rating": "up"}), 404, "unknown-run")
    client.delete(f"/api/v1/documents/{document['id']}", params={"purge": "now"})
    assert kept() is None
    problem(client.put(path, json={"rating": "down"}), 409, "nothing-to-rate")


def test_titles_of_conversations_can_be_seen(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        for question, title in (("\u202e年假\u200b多少天？\n急", "年假多少天？ 急"), ("\u200b", "…")):
            asked = client.post("/api/v1/ask", json={"question": question}).json()
            path = f"/api/v1/conversations/{asked['conversation']}"
            assert client.get(path).json()["title"] == title
        for bad in ("年假\u202e", "\u200b", "年\n假", "年假\x00", "\u3164"):
            problem(client.patch(path, json={"title": bad}), 422, "title-invalid")
        assert client.patch(path, json={"title": " 年假 "}).json()["title"] == "年假"


def test_a_conversation_may_turn_to_another_matter(tmp_path: Path) -> None:
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": "营业收入为三百元。"})) as client:
        upload(client, "年报.md", REPORT.encode())
        upload(client, "手册.md", "# 假期\n\n新员工入职培训由王小明主持，为期两周。\n".encode())

        def after(first: str, question: str) -> dict[str, Any]:
            conversation = client.post("/api/v1/ask", json={"question": first}).json()["conversation"]
            asked = {"conversation": conversation, "question": question}
            return dict(client.post("/api/v1/ask", json=asked).json())

        revenue, carbon = "二〇二五年营业收入是多少？", "碳排放配额的交易价格和履约期限是多少？"
        # 其 in 土耳其 points to no turn, and what only the turn before names is no evidence for what comes next.
        for elsewhere in ("土耳其的首都是哪座城市？", "他们的董事长是谁？"):
            assert after(revenue, elsewhere)["refused"]
        other = after(revenue, "新员工入职培训由谁主持？")
        assert other["extract"]["quote"] == "新员工入职培训由王小明主持，为期两周。"
        # What is nowhere is refused as before.
        assert after(revenue, carbon)["refused"]


def test_a_follow_up_that_nothing_finds_is_written_out_by_the_model(tmp_path: Path) -> None:
    """Who he is stands in the answer before, and most of what is asked nowhere."""

    def say(messages: Sequence[Message]) -> str:
        if "Rewrite" in messages[0].content:
            return "王小明的爱好是什么？" if messages[1].content.endswith("脾气呢？") else "不知道"
        return "钓鱼和下棋" if "脾气" in messages[1].content else "王小明"

    llm = ScriptedLLM(say)
    with client_in(tmp_path, llm=lambda: llm) as client:
        upload(client, "手册.md", "# 培训\n\n新员工培训由王小明主持。\n".encode())
        upload(client, "简历.md", "# 讲师\n\n王小明爱好钓鱼和下棋。\n".encode())
        turn = client.post("/api/v1/ask", json={"question": "培训由谁主持？"}).json()
        assert (turn["answer"], len(llm.calls)) == ("王小明", 1)
        asked = {"conversation": turn["conversation"], "question": "他的爱好、特长、星座和脾气呢？"}
        follow_up = client.post("/api/v1/ask", json=asked).json()
        assert "Rewrite" in llm.calls[1][0].content
        assert (follow_up["answer"], follow_up["sources"][0]["name"]) == ("钓鱼和下棋", "简历.md")
        # What the model cannot write out either is refused.
        lost = client.post("/api/v1/ask", json={**asked, "question": "碳排放配额的交易价格和履约期限呢？"}).json()
        assert lost["refused"]


def test_conversations_and_turns_come_in_parts(client: TestClient) -> None:
    upload(client, "年报.md", REPORT.encode())
    talks = [client.post("/api/v1/ask", json={"question": f"第{n}年营业收入是多少？"}).json() for n in range(3)]
    ids = [each["conversation"] for each in talks][::-1]
    for _ in range(2):
        client.post("/api/v1/ask", json={"question": "员工有几人？", "conversation": ids[0]})

    def listed(**query: Any) -> list[str]:
        return [each["id"] for each in client.get("/api/v1/conversations", params=query).json()]

    assert listed() == listed(limit=3) == ids
    assert listed(limit=2) == ids[:2]
    assert listed(limit=2, offset=2) == ids[2:]
    assert listed(text="营业收入", limit=1, offset=1) == ids[1:2]
    path = f"/api/v1/conversations/{ids[0]}"
    everything = client.get(path).json()
    assert (len(everything["turns"]), everything["earlier"]) == (3, 0)
    latest = client.get(path, params={"limit": 2}).json()
    assert (latest["turns"], latest["earlier"]) == (everything["turns"][1:], 1)
    first = client.get(path, params={"limit": 2, "before": latest["turns"][0]["id"]}).json()
    assert (first["turns"], first["earlier"]) == (everything["turns"][:1], 0)
    nothing = client.get(path, params={"before": first["turns"][0]["id"]}).json()
    assert (nothing["turns"], nothing["earlier"]) == ([], 0)
    problem(client.get(path, params={"before": talks[0]["run"]}), 404, "unknown-run")
    for wrong in ({"limit": 0}, {"limit": 1001}):
        problem(client.get(path, params=wrong), 422, "request-invalid")
        problem(client.get("/api/v1/conversations", params=wrong), 422, "request-invalid")
    problem(client.get("/api/v1/conversations", params={"offset": -1}), 422, "request-invalid")
