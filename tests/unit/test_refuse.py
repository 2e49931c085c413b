"""Deciding before generation."""

from app.answering.refuse import Calibration, weigh
from tests.support.found import a_source

HITS = [a_source("2025年第一季度营业收入为 1,703 亿元，比上年同期增长。", name="比亚迪.pdf").hit]
STANDS_OUT = 0.04


def decide(question: str, words: list[str], margin: float | None = STANDS_OUT) -> bool:
    evidence = weigh(HITS, margin, words, [1.0] * len(words), question)
    assert evidence is not None
    return evidence.enough(Calibration())


def test_what_the_question_names_is_there() -> None:
    assert decide("比亚迪2025年的营业收入是多少？", ["比亚迪", "2025", "营业收入"])


def test_another_year_is_refused() -> None:
    assert not decide("比亚迪2026年的营业收入是多少？", ["比亚迪", "营业收入"])


def test_missing_names_are_refused_and_listed() -> None:
    evidence = weigh(HITS, STANDS_OUT, ["碳排放", "配额"], [1.0, 1.0], "碳排放配额是多少？")
    assert evidence is not None
    assert not evidence.enough(Calibration())
    assert evidence.missing == ("碳排放", "配额")


def test_half_of_the_names_in_one_chunk_and_nothing_that_stands_out_is_refused() -> None:
    words = ["营业收入", "董事长", "身份证", "比亚迪"]
    assert not decide("比亚迪营业收入里董事长的身份证？", words, margin=0.01)


def test_across_languages_the_margin_decides() -> None:
    words = ["revenue", "growth"]
    assert decide("What was the revenue growth?", words, margin=0.03)
    assert not decide("What was the revenue growth?", words, margin=0.001)


def test_a_base_too_small_for_a_margin_is_judged_by_words() -> None:
    assert decide("比亚迪的营业收入是多少？", ["比亚迪", "营业收入", "季度", "全国"], margin=None)
    assert not decide("比亚迪董事长的身份证号码？", ["比亚迪", "董事长", "身份证", "号码"], margin=None)


def test_nothing_found_is_no_evidence() -> None:
    assert weigh([], 0.0, ["x"], [1.0], "x") is None
