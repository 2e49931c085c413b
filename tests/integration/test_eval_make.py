"""`zhiwen eval make`: questions from one's own documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.commands.evaluate import Bar
from app.evaluation.make import as_jsonl, make
from app.evaluation.measure import Plan, measure
from app.evaluation.pool import fill
from app.evaluation.sets import EvalSet, load_set
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import services_in

PASSAGES = {
    "锣鼓经": "锣鼓经是大陆传统器乐及戏曲里常用的打击乐记谱方法，以中文字的声音模拟敲击乐的声音。" * 3,
    "广茂铁路": "广茂铁路东起三水站，西至茂名站，全长三百五十八公里，一九九一年三月全线通车运营。" * 3,
}


def asking(messages: object) -> str:
    """Writes a good question about one passage, and one that leans on it about the other."""
    passage = str(messages[-1].content)  # type: ignore[index]
    if "锣鼓经" in passage:
        return "问题：锣鼓经以什么模拟敲击乐的声音？\n答案：中文字的声音"
    return "问题：本段说的铁路多长？\n答案：三百五十八公里"


def test_questions_are_made_from_documents_and_can_be_asked(tmp_path: Path) -> None:
    paths = {}
    for name, text in PASSAGES.items():
        paths[name] = tmp_path / "docs" / f"{name}.txt"
        paths[name].parent.mkdir(exist_ok=True)
        paths[name].write_text(text, encoding="utf-8")
    documents = EvalSet("made", (), (), {str(path): path for path in paths.values()})
    out = tmp_path / "made.jsonl"
    with services_in(tmp_path, llm=lambda: ScriptedLLM(asking)) as services:
        pool = fill(services, [documents], lambda done, total: None)
        made = make(services, pool, 5, lambda done, total: None)
        out.write_text(as_jsonl(made, documents, pool, out), encoding="utf-8")
    (asked,) = load_set(out).questions
    assert asked.question == "锣鼓经以什么模拟敲击乐的声音？"
    assert asked.gold == {"docs/锣鼓经.txt"}
    assert asked.answers[0] in asked.evidence[0]
    plan = Plan((load_set(out),), (load_set(out),), tmp_path / "out", generate=False)
    with services_in(tmp_path) as services:
        found, _ = measure(services, plan, Bar)
    assert set(found.scores["made"]["hit@1"].values()) == {1.0}


@pytest.mark.parametrize(
    "said",
    [
        "我不知道。",
        "问题：锣鼓经是哪里的？\n答案：欧洲",
        "问题：锣鼓经以中文字的声音模拟什么？\n答案：中文字的声音",
        "问题：为什么？\n答案：中文字的声音",
    ],
    ids=["no question", "an answer from nowhere", "an answer given away", "a question about nothing"],
)
def test_bad_questions_are_dropped(tmp_path: Path, said: str) -> None:
    path = tmp_path / "锣鼓经.txt"
    path.write_text(PASSAGES["锣鼓经"], encoding="utf-8")
    documents = EvalSet("made", (), (), {str(path): path})
    with services_in(tmp_path, llm=lambda: ScriptedLLM({"": said})) as services:
        pool = fill(services, [documents], lambda done, total: None)
        assert make(services, pool, 5, lambda done, total: None) == []
