"""A question in the other language."""

from threading import Event

import pytest

from app.answering.translate import translated
from tests.support.scripted_llm import ScriptedLLM


@pytest.mark.parametrize(
    ("question", "said", "expected"),
    [
        ("收入是多少？", "What is the revenue?", "What is the revenue?"),
        ("What is the revenue?", "收入是多少？\n\n（直译）", "收入是多少？"),
        ("收入是多少？", "收入是多少？", None),
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
