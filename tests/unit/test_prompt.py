"""The prompt."""

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
        assert system.content == wording.instructions
        assert wording.no_answer in wording.instructions
        assert wording.question in user.content


def test_a_reply_of_no_answer_is_known() -> None:
    assert says_no_answer("资料中没有提到。")
    assert says_no_answer("Not in the passages.")
    assert not says_no_answer("营业收入为 3 元。")


def test_the_nearest_sentence_stands_right_before_the_question() -> None:
    user = build_prompt("收入多少？", PASSAGES, [Turn("甲？", "三元")], "zh-Hans", "| 项目 | 元 |\n| 收入 | 3 |")[
        1
    ].content
    assert user.endswith("最接近问题的原文：\n| 项目 | 元 |\n| 收入 | 3 |\n\n问题：收入多少？")
