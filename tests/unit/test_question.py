"""What a follow-up leans on."""

import pytest

from app.answering.events import Scope
from app.answering.prompt import Turn
from app.answering.question import Question

BEFORE = Turn("员工满一年后每年享有几天年假？", "十五天")


def after(text: str) -> Question:
    return Question(text, Scope(("default",)), (BEFORE,))


@pytest.mark.parametrize(
    "text",
    [
        "土耳其的首都是哪座城市？",
        "吉他手约翰列侬出生于哪一年？",
        "应该向哪个部门申请报销差旅费？",
        "How many people live there in Paris?",
    ],
)
def test_a_character_inside_a_word_points_to_nothing(text: str) -> None:
    assert after(text).stands_alone


@pytest.mark.parametrize(
    "text",
    [
        "那合同工和实习生的年假呢？",
        "他们的董事长和经理是谁？",
        "And the annual leave of interns?",
        "How large is its final vocabulary size?",
    ],
)
def test_what_points_to_the_turn_before_does_not_stand_alone(text: str) -> None:
    assert not after(text).stands_alone


def test_too_few_names_do_not_stand_alone() -> None:
    assert not after("保管期多长？").stands_alone


@pytest.mark.parametrize("text", ["病假呢？", "他们的病假多长？", "And sick leave?", "为什么？"])
def test_what_points_to_the_turn_before_or_names_nothing_leans(text: str) -> None:
    assert after(text).leans


def test_a_whole_question_leans_on_nothing_however_short() -> None:
    assert not after("保管期多长？").leans


def test_a_name_that_any_turn_has_is_followed() -> None:
    bank = Turn("招商银行的总资产是多少？", "十二万亿元")
    assert Question("保管期多长？", Scope(("default",)), (bank, BEFORE)).follows_a_name
    assert not after("保管期多长？").follows_a_name


@pytest.mark.parametrize(
    "turn",
    [
        Turn("法定代表人是谁？", "王小明"),
        Turn("特斯拉 Tesla 去年卖了多少辆车？", "一百万"),
        Turn("How many cars did Tesla sell?", "a million"),
        Turn("这是IBM的吗？", "是"),
    ],
)
def test_a_name_that_was_answered_or_is_in_latin_letters_is_followed_too(turn: Turn) -> None:
    assert Question("学历？", Scope(("default",)), (turn,)).follows_a_name


def test_the_first_word_of_a_question_is_no_name() -> None:
    turn = Turn("How long is the notice period? And why?", "thirty days")
    assert not Question("sick leave", Scope(("default",)), (turn,)).follows_a_name


def test_a_short_answer_is_searched_with_the_follow_up_and_a_long_one_is_not() -> None:
    assert after("病假呢？").wordings == ("病假呢？", f"{BEFORE.question} 十五天 病假呢？")
    long = Question("病假呢？", Scope(("default",)), (Turn(BEFORE.question, "长" * 61),))
    assert long.wordings[1] == f"{BEFORE.question} 病假呢？"


def test_the_news_of_a_follow_up_are_what_no_turn_said() -> None:
    assert set(after("他们的年假和病假呢？").news) == {"病假"}
