"""Cutting text into sentences and rows."""

import pytest

from app.answering.sentences import sentence_spans


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("营业收入增长。净利润下降！为什么？", ["营业收入增长。", "净利润下降！", "为什么？"]),
        ("It grew by 3.12 percent. Then it fell.", ["It grew by 3.12 percent.", "Then it fell."]),
        ("他说：“不行。”然后走了。", ["他说：“不行。”", "然后走了。"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["| a | b |", "| 1 | 2 |"]),
        ("no end mark", ["no end mark"]),
        ("  \n \n", []),
        ("版本 v2.0.1 已发布", ["版本 v2.0.1 已发布"]),
    ],
)
def test_cuts_at_ends_and_lines(text: str, expected: list[str]) -> None:
    assert cut(text) == expected
