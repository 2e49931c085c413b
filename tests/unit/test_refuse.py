"""Deciding before generation."""

from app.answering.refuse import Thresholds, enough, weigh
from tests.support.found import a_source

HITS = [a_source("2025年第一季度营业收入为 1,703 亿元，比上年同期增长。", name="比亚迪.pdf").hit]
LIMITS = Thresholds(coverage=0.5, similarity=0.8)


def decide(question: str, words: list[str]) -> bool:
    evidence = weigh(HITS, words, [1.0] * len(words), question)
    return enough(evidence, question, HITS, LIMITS)


def test_what_the_question_names_is_there() -> None:
    assert decide("比亚迪2025年的营业收入是多少？", ["比亚迪", "2025", "营业收入"])


def test_another_year_is_refused() -> None:
    assert not decide("比亚迪2026年的营业收入是多少？", ["比亚迪", "2026", "营业收入"])


def test_missing_names_are_refused_and_listed() -> None:
    evidence = weigh(HITS, ["碳排放", "配额"], [1.0, 1.0], "碳排放配额是多少？")
    assert not enough(evidence, "碳排放配额是多少？", HITS, LIMITS)
    assert evidence.missing == ("碳排放", "配额")


def test_across_languages_likeness_decides() -> None:
    evidence = weigh(HITS, ["revenue", "growth"], [1.0, 1.0], "What was the revenue growth?")
    assert not evidence.same_language
    assert enough(evidence, "What was the revenue growth?", HITS, LIMITS)


def test_nothing_found_or_nothing_alike_is_refused() -> None:
    assert not enough(weigh([], ["x"], [1.0], "x"), "x", [], LIMITS)
    far = [a_source("营业收入", similarity=0.5).hit]
    assert not enough(weigh(far, ["营业收入"], [1.0], "营业收入"), "营业收入", far, LIMITS)
