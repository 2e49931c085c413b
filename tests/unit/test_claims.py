"""Numbers, dates and names that no passage holds."""

import pytest

from app.answering.claims import Ground

PASSAGE = "范廷颂于1963年3月5日在河内被任为主教，教区有一千二百人，刊物为《越南公教》（Vietnam）。"
ENGLISH = "The Denver Broncos defeated the Carolina Panthers 24-10 on February 7, 2016, at Levi's Stadium."


def lacking(sentence: str, *passages: str, question: str = "") -> list[tuple[str, str]]:
    return [(claim.text, claim.kind) for claim in Ground(question, passages or (PASSAGE,)).lacks(sentence)]


@pytest.mark.parametrize(
    "sentence",
    [
        "范廷颂1963年3月5日被任为主教。",
        "1963-03-05，他在河内任主教。",
        "教区有1,200人。",
        "1963年3月他任主教。",
        "刊物是《越南公教》。",
    ],
)
def test_what_the_passage_says_is_not_flagged(sentence: str) -> None:
    assert lacking(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("他在1964年3月5日被任为主教。", [("1964年3月5日", "date")]),
        ("教区有1300人。", [("1300", "number")]),
        ("他在西贡被任为主教。", [("西贡", "name")]),
        ("刊物是《河内日报》。", [("河内日报", "name")]),
        ("他来自Anam。", [("Anam", "name")]),
        ("他属于Notre Dame。", [("Notre", "name"), ("Dame", "name")]),
    ],
)
def test_what_no_passage_says_is_flagged_one_by_one(sentence: str, found: list[tuple[str, str]]) -> None:
    assert lacking(sentence) == found


def test_what_the_question_names_is_not_the_answers_claim() -> None:
    assert lacking("2020年西贡没有主教。", question="2020年西贡有主教吗？") == []


def test_english_names_are_those_with_a_capital_inside_a_sentence() -> None:
    assert lacking("The Broncos beat the Panthers 24 to 10.", ENGLISH) == []
    assert lacking("However, the Seahawks won by 31.", ENGLISH) == [("Seahawks", "name"), ("31", "number")]


def test_a_chinese_answer_from_an_english_passage_is_not_flagged_for_translated_names() -> None:
    assert lacking("丹佛野马队以24比10战胜卡罗来纳黑豹队。", ENGLISH) == []
    assert lacking("丹佛野马队以31比10获胜。", ENGLISH) == [("31", "number")]


def test_a_year_of_one_passage_and_a_day_of_another_make_no_date() -> None:
    passages = ("会议于3月5日召开。", "本报告完成于2019年。")
    assert lacking("会议于2019年3月5日召开。", *passages) == [("2019年3月5日", "date")]
    assert lacking("会议于2019年3月5日召开。", "2019年度报告。会议于3月5日召开。") == []
