"""The prompt."""

import pytest

from app.answering.context import Passage
from app.answering.prompt import WORDINGS, Turn, build_prompt, says_no_answer
from tests.support.found import a_source

PASSAGES = [Passage(a_source("营业收入为 3 元。", heading_path=("第一节",), page=7), "营业收入为 3 元。")]


def test_instructions_first_question_last() -> None:
    system, user = build_prompt("收入多少？", PASSAGES, [], "zh-Hans")
    assert (system.role, user.role) == ("system", "user")
    assert user.content.endswith("问题：收入多少？")
    assert "[1] 年报.pdf · 第7页 · 第一节\n营业收入为 3 元。" in user.content


def test_the_prefix_does_not_change_with_the_question() -> None:
    first = build_prompt("甲？", PASSAGES, [], "zh-Hans")[1].content
    second = build_prompt("乙？", PASSAGES, [Turn("甲？", "三元")], "zh-Hans")[1].content
    shared = first[: first.index("问题：")].rstrip()
    assert second.startswith(shared)
    assert "- 甲？ → 三元" in second


def test_every_language_has_its_words() -> None:
    for language, wording in WORDINGS.items():
        system, user = build_prompt("?", PASSAGES, [], language)
        assert system.content == wording.brief
        assert wording.no_answer in wording.brief
        assert wording.no_answer in wording.in_sentences("normal")
        assert wording.question in user.content


@pytest.mark.parametrize(
    ("question", "account"),
    [
        ("比较甲乙两种方案。", True),
        ("請總結第三章", True),
        ("Summarise the report.", True),
        ("What is the difference between the two?", True),
        ("营业收入是多少？", False),
        ("Why was the bridge closed?", False),
    ],
)
def test_a_fact_is_copied_and_an_account_is_written(question: str, account: bool) -> None:
    wording = WORDINGS["zh-Hans"]
    system, _ = build_prompt(question, PASSAGES, [], "zh-Hans")
    assert system.content == (wording.in_sentences("normal") if account else wording.brief)


def test_words_of_another_language_are_not_copied() -> None:
    system, _ = build_prompt("What was the revenue?", PASSAGES, [], "en", copied=False)
    assert system.content == WORDINGS["en"].in_sentences("normal")


def test_a_reply_of_no_answer_is_known() -> None:
    assert says_no_answer("资料中没有提到。")
    assert says_no_answer("Not in the passages.")
    assert not says_no_answer("营业收入为 3 元。")


def test_the_nearest_sentence_stands_right_before_the_question() -> None:
    user = build_prompt("收入多少？", PASSAGES, [Turn("甲？", "三元")], "zh-Hans", "| 项目 | 元 |\n| 收入 | 3 |")[
        1
    ].content
    assert user.endswith("最接近问题的原文：\n| 项目 | 元 |\n| 收入 | 3 |\n\n问题：收入多少？")
