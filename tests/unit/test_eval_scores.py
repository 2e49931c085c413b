"""Measures of search, answers, citations and refusals; each against figures worked out by hand."""

import pytest

from app.evaluation.answers import contains, exact_match, overlap_f1
from app.evaluation.intervals import difference, interval
from app.evaluation.outcome import Cited, Outcome, Said
from app.evaluation.ranking import ranking_scores
from app.evaluation.scores import operating_points, risk_coverage, score
from app.evaluation.sets import Asked, EvalSet


def test_rankings() -> None:
    rankings = {"first": ["a", "b"], "third": ["x", "y", "a"], "nowhere": ["x"], "unranked": []}
    gold = {"first": {"a"}, "third": {"a"}, "nowhere": {"a"}, "unranked": {"a"}, "no gold": set()}
    found = ranking_scores(rankings, gold)
    assert set(found) == {"first", "third", "nowhere", "unranked"}
    assert [found[q]["hit@1"] for q in ("first", "third", "nowhere", "unranked")] == [1, 0, 0, 0]
    assert [found[q]["hit@3"] for q in ("first", "third", "nowhere", "unranked")] == [1, 1, 0, 0]
    assert found["third"]["mrr@10"] == pytest.approx(1 / 3)
    assert found["third"]["ndcg@10"] == pytest.approx(0.5)
    assert found["nowhere"]["ndcg@10"] == 0


def test_several_right_passages_share_the_gain() -> None:
    found = ranking_scores({"q": ["a", "x", "b"]}, {"q": {"a", "b"}})["q"]
    assert found["ndcg@10"] == pytest.approx((1 + 0.5) / (1 + 0.6309), abs=1e-3)


@pytest.mark.parametrize(
    ("answer", "gold", "exact", "within", "f1"),
    [
        ("光荣", ["光荣"], 1, 1, 1.0),
        ("《光荣》。", ["光荣"], 1, 1, 1.0),
        ("由光荣开发", ["光荣"], 0, 1, 2 * 2 / 7),
        ("光荣公司", ["任天堂", "光荣"], 0, 1, 2 * 2 / 6),
        ("十三架", ["13架"], 0, 0, 2 * 1 / 5),
        ("營業收入為 170,360,448,000.00 元", ["170360448000"], 0, 1, 2 * 1 / 9),
        ("The Denver Broncos won", ["Denver Broncos"], 0, 1, 2 * 2 / 6),
        ("", ["a"], 0, 0, 0.0),
        ("anything", [], 0, 0, 0.0),
    ],
)
def test_answers(answer: str, gold: list[str], exact: float, within: float, f1: float) -> None:
    assert exact_match(answer, gold) == exact
    assert contains(answer, gold) == within
    assert overlap_f1(answer, gold) == pytest.approx(f1)


def test_intervals_hold_the_mean_and_shrink_with_more() -> None:
    few, many = interval([0.0, 1.0] * 10), interval([0.0, 1.0] * 1000)
    assert few and many
    assert few.mean == many.mean == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    assert interval([]) is None
    assert interval([1.0, 1.0]) == interval([1.0, 1.0])


def test_a_paired_difference_is_surer_than_two_means() -> None:
    theirs = [float(i % 2) for i in range(200)]
    gain = difference([value + 0.1 for value in theirs], theirs)
    assert gain
    assert (gain.mean, gain.low, gain.high) == pytest.approx((0.1, 0.1, 0.1))


EVIDENCE = "新增模式由村雨城改编。"
SET = EvalSet(
    "a",
    (
        Asked("right", "谁改编的？", ("村雨城",), frozenset({"k"}), evidence=(EVIDENCE,)),
        Asked("wrong", "几个？", ("三个",), frozenset({"k"}), evidence=("共有三个模式。",)),
        Asked("refused", "何时？", ("去年",), frozenset({"k"})),
        Asked("none", "月球？", impossible=True),
    ),
)


def outcome(key: str, answer: str = "", citations: tuple[Cited, ...] = (), **values: object) -> Outcome:
    said = (Said(answer, "supported", citations),) if answer else ()
    return Outcome("a", key, ("k", "x"), answer=answer, said=said, **values)  # type: ignore[arg-type]


OUTCOMES = [
    outcome("right", "由村雨城改编。", (Cited("k", None, f"另外，{EVIDENCE}"), Cited("x", None, EVIDENCE))),
    outcome("wrong", "有五个模式。", (Cited("k", None, "任天堂的游戏很多。"),)),
    outcome("refused", refused=True),
    outcome("none", refused=True),
    Outcome("other set", "right", ()),
]


def test_a_set_is_scored() -> None:
    found = score(SET, OUTCOMES)
    assert found["answer contains gold"] == {"right": 1, "wrong": 0, "refused": 0}
    assert found["refused"] == {"none": 1}
    assert found["refused wrongly"] == {"right": 0, "wrong": 0, "refused": 1}
    # A right quote in a wrong document is no evidence.
    assert found["citation precision"] == {"right": 0.5, "wrong": 0}
    assert found["citation recall"] == {"right": 1, "wrong": 0}
    assert found["right and cited"] == {"right": 1, "wrong": 0, "refused": 0}
    assert set(found["answer characters"]) == {"right", "wrong"}
    assert found["hit@1"] == {"right": 1, "wrong": 1, "refused": 1}


def test_pages_of_documents() -> None:
    each = EvalSet("a", (Asked("p", "?", ("9.33%",), frozenset({"d.pdf"}), page=4),))
    near = Outcome(
        "a", "p", ("d.pdf",), (("d.pdf", 3), ("d.pdf", 4)), answer="9.33%",
        said=(Said("9.33%", "supported", (Cited("d.pdf", 3, "9.33%"),)),),
    )  # fmt: skip
    found = score(each, [near])
    assert found["page found"] == {"p": 1}
    assert found["right and cited"] == {"p": 0}


def test_search_alone_has_no_answers() -> None:
    found = score(SET, [Outcome("a", "right", ("x", "k"))])
    ranking = {"hit@1", "hit@3", "hit@5", "hit@10", "mrr@10", "ndcg@10"}
    assert set(found) == ranking | {"refused wrongly"}
    assert found["mrr@10"] == {"right": 0.5}


def test_no_extract_is_none_that_holds_the_answer() -> None:
    quoted = Outcome("a", "right", ("k",), extract=Cited("k", None, EVIDENCE))
    found = score(SET, [quoted, Outcome("a", "wrong", ("k",))])
    assert found["extract contains gold"] == {"right": 1, "wrong": 0}
    assert found["extract is evidence"] == {"right": 1, "wrong": 0}
    assert set(found["extract characters"]) == {"right"}


def test_risk_falls_as_less_is_answered() -> None:
    points = risk_coverage([(0.9, True), (0.1, False), (0.5, True), (0.3, False)])
    assert points == [(0.25, 0.0), (0.5, 0.0), (0.75, 1 / 3), (1.0, 0.5)]


def test_operating_points_keep_what_is_allowed() -> None:
    answerable = {str(i): float(i) for i in range(100)}
    impossible = {str(i): i / 10 for i in range(100)}
    (threshold, wrongly, rightly), (none, no, _) = operating_points(answerable, impossible, (0.05, 0.0))
    assert (threshold, wrongly) == (5.0, 0.05)
    assert rightly == 0.5
    assert (none, no) == (0.0, 0.0)
    # One of ten is the least that can be refused: 1, 3 and 5 % of them are none.
    few = {str(i): float(i) for i in range(10)}
    assert operating_points(few, impossible, (0.01, 0.03, 0.05)) == [(0.0, 0.0, 0.0)]
