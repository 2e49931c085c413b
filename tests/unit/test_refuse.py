"""Deciding before generation."""

from dataclasses import replace

from app.answering.events import SearchHit
from app.answering.refuse import HOPELESS, LEVELS, Calibration, Evidence, weigh
from app.answering.retrieve import Found
from tests.support.found import a_source

FIRST = a_source("2025年第一季度营业收入为 1,703 亿元，比上年同期增长。", name="比亚迪.pdf").hit
OTHER = replace(a_source("公司注册地址在深圳市。", 2, name="比亚迪.pdf").hit, score=FIRST.score - 0.3)
ELSEWHERE = a_source("本公司从事批发。", 3, name="丙.pdf").hit
STANDS_OUT = 0.06


def measured(
    question: str,
    words: list[str],
    margin: float | None = STANDS_OUT,
    *,
    agree: bool | None = True,
    lead: float = 0.3,
    other: SearchHit = ELSEWHERE,
) -> Evidence:
    hits = (FIRST, replace(OTHER, score=FIRST.score - 0.01), replace(other, score=FIRST.score - lead))
    evidence = weigh(Found(hits, margin, agree, tuple((word, 1.0) for word in words)), question)
    assert evidence is not None
    return evidence


def decide(question: str, words: list[str], margin: float | None = STANDS_OUT) -> bool:
    return measured(question, words, margin).enough(Calibration())


def test_what_the_question_names_is_there() -> None:
    assert decide("比亚迪2025年的营业收入是多少？", ["比亚迪", "2025", "营业收入"])


def test_another_year_is_refused() -> None:
    assert not decide("比亚迪2026年的营业收入是多少？", ["比亚迪", "营业收入"])


def test_missing_names_are_refused_and_listed() -> None:
    evidence = measured("碳排放配额是多少？", ["碳排放", "配额"])
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


def test_what_stands_out_counts_for_an_answer() -> None:
    words = ["营业收入", "增长", "全国", "季度"]
    scores = [
        measured("多少？", words, agree=agree, lead=lead).score(Calibration())
        for agree, lead in ((True, 0.3), (False, 0.3), (False, 0.0))
    ]
    assert scores[0] > scores[1] > scores[2]


def test_what_one_sentence_names_counts_more_than_what_many_do() -> None:
    words = [["营业收入", "季度"], ["营业收入", "深圳市"]]
    together, apart = (measured("多少？", each) for each in words)
    assert together.together == apart.together == 1.0
    assert together.sentence > apart.sentence
    assert together.score(Calibration()) > apart.score(Calibration())


def test_in_a_small_base_only_what_is_named_counts() -> None:
    words = ["营业收入", "增长"]
    first, second = (measured("多少？", words, None, agree=None, lead=lead).score(Calibration()) for lead in (0.9, 0.0))
    assert first == second


def test_within_a_document_nothing_stands_out() -> None:
    first, second = (
        measured("多少？", ["营业收入", "增长"], None, lead=lead, other=OTHER).score(Calibration())
        for lead in (0.9, 0.0)
    )
    assert first == second


def test_the_thresholds_are_in_order() -> None:
    assert Calibration().lenient < Calibration().balanced < Calibration().strict


def test_a_level_decides_what_is_enough() -> None:
    weak = measured("季度增长和董事长和身份证是多少？", ["季度", "增长", "董事长", "身份证"], agree=False, lead=0.05)
    lows = [level for level in LEVELS if weak.score(Calibration()) >= Calibration().threshold(level)]
    assert [level for level in LEVELS if weak.enough(Calibration(), level)] == lows
    assert replace(weak, best=1.0, together=1.0, sentence=1.0).enough(Calibration(), "strict")


def test_nothing_found_is_no_evidence() -> None:
    assert weigh(Found((), words=(("x", 1.0),)), "x") is None


def test_where_nothing_tells_everything_is_refused() -> None:
    """In a small base a question in another language has neither words nor a margin; 「？？？」 has none anywhere."""
    for evidence in (
        measured("Who is the president of France?", ["president", "france"], None, agree=None),
        measured("？？？", []),
    ):
        assert evidence.score(Calibration()) == HOPELESS
        assert not evidence.enough(replace(Calibration(), lenient=HOPELESS), "lenient")
