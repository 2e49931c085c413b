"""The language of a question."""

import pytest

from app.answering.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("营业收入是多少？", "zh-Hans"),
        ("台灣的能源進口依存度是多少？", "zh-Hant"),
        ("What is the vocabulary size?", "en"),
        ("QWEN tokenizer 的词表多大？", "zh-Hans"),
        ("Who is 高德纳 in the history of typesetting systems and books?", "en"),
        ("", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language
