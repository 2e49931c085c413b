"""A question in the other language, a follow-up written out."""

from threading import Event

import pytest

from app.answering.events import Scope
from app.answering.prompt import Turn
from app.answering.question import Question
from app.answering.reword import translated, written_out
from tests.support.scripted_llm import ScriptedLLM


@pytest.mark.parametrize(
    ("question", "said", "expected"),
    [
        ("收入是多少？", "What is the revenue?", "What is the revenue?"),
        ("What is the revenue?", "收入是多少？\n\n（直译）", "收入是多少？"),
        ("收入是多少？", "收入是多少？", None),
        (
            "通义千问是怎么训练的？",
            "How was the model Qwen (通义千问) trained, according to the report?",
            "How was the model Qwen (通义千问) trained, according to the report?",
        ),
        ("What is the revenue?", "The revenue is what?", None),
        ("收入是多少？", "", None),
        ("收入是多少？", "\n", None),
    ],
)
def test_only_a_line_in_the_other_language_is_a_translation(question: str, said: str, expected: str | None) -> None:
    llm = ScriptedLLM({"": said})
    assert translated(llm, question, Event()) == expected
    assert llm.calls[0][-1].content == question


def test_the_other_language_is_named() -> None:
    llm = ScriptedLLM({"": ""})
    translated(llm, "收入是多少？", Event())
    translated(llm, "What is the revenue?", Event())
    first, second = (call[0].content for call in llm.calls)
    assert "English" in first
    assert "简体中文" in second


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("海澜公司第二年的利润是多少？", "海澜公司第二年的利润是多少？"),
        ("海澜公司第二年的利润是多少？\n\n（改写）", "海澜公司第二年的利润是多少？"),
        ("", None),
        # The follow-up as it was, the turn before it, and what has lost what the follow-up names.
        ("那第二年的利润呢？", None),
        ("海澜公司第一年的收入是多少？", None),
        ("海澜公司的创始人是谁？", None),
        ("第一年的收入是三百元。", None),
    ],
)
def test_what_leans_on_the_conversation_is_a_writing_out(said: str, expected: str | None) -> None:
    before = Turn("海澜公司第一年的收入是多少？", "三百元")
    llm = ScriptedLLM({"": said})
    assert written_out(llm, Question("那第二年的利润呢？", Scope(("default",)), (before,)), Event()) == expected
    asked = llm.calls[0][-1].content
    assert before.question in asked
    assert before.answer in asked
    assert asked.endswith("那第二年的利润呢？")
