"""Ordering what two searches found."""

from collections.abc import Mapping, Sequence

import pytest

from app.answering.coverage import FoldedChunk
from app.answering.rank import CLOSENESS, COVERAGE, CROWD, NEARNESS, WORDS, Wording
from app.answering.rank import rank as rank_chunks

NEAR = [(1, 0.90), (2, 0.88), (3, 0.86)]


def wording(
    dense: Sequence[tuple[int, float]],
    lexical: Sequence[tuple[int, float]],
    words: Sequence[str],
    weights: Sequence[float],
) -> Wording:
    """A wording whose chunks have one part each: itself."""
    return Wording(dense, lexical, dict(dense), words, weights)


def rank(wordings: Sequence[Wording], texts: Mapping[int, str]) -> list[tuple[int, float]]:
    """Rank chunks of one sentence each, or of several between spaces."""
    return rank_chunks(wordings, {key: FoldedChunk(text, tuple(text.split())) for key, text in texts.items()})


def test_the_weights_share_one() -> None:
    assert pytest.approx(1.0) == NEARNESS + WORDS + COVERAGE + CLOSENESS


def test_what_is_best_by_every_sign_has_one() -> None:
    best = wording([(1, 0.9)], [(1, 7.5)], ["施行"], [5.0])
    assert rank([best], {1: "本法自2021年9月1日起施行"}) == [(1, pytest.approx(1.0))]


def test_a_chunk_that_holds_the_rare_word_comes_before_a_nearer_one() -> None:
    texts = {1: "本法自公布之日起备案", 2: "本法自2021年9月1日起施行"}
    assert [key for key, _ in rank([wording(NEAR, [], ["施行"], [5.0])], texts)] == [2, 1]
    assert [key for key, _ in rank([wording(NEAR, [], [], [])], texts)] == [1, 2]


def test_nearness_is_counted_in_margins_of_the_nearest() -> None:
    """Cosines that spread three times as wide give the same scores."""
    narrow = [(key, 0.9 - 0.001 * key) for key in range(CROWD)]
    wide = [(key, 0.9 - 0.003 * key) for key in range(CROWD)]
    texts = dict.fromkeys(range(CROWD), "")
    ours, theirs = (dict(rank([wording(dense, [], [], [])], texts)) for dense in (narrow, wide))
    assert ours[5] == pytest.approx(theirs[5], abs=0.02)
    assert ours[0] > ours[5] > ours[19]


def test_what_a_full_list_does_not_name_is_as_far_as_its_last() -> None:
    dense = [(key, 0.9 - 0.002 * key) for key in range(CROWD)]
    scores = dict(rank([wording(dense, [(99, 4.0)], [], [])], {19: "", 99: ""}))
    assert scores[99] == pytest.approx(scores[19] + WORDS)


def test_a_wording_counts_by_what_it_names() -> None:
    """「那第二年呢？」 alone names next to nothing: the question before it says where to look."""
    vague = wording([(1, 0.9), (2, 0.8)], [], ["第二年"], [1.0])
    whole = wording([(2, 0.9), (1, 0.8)], [], ["营业", "收入", "第二年"], [4.0, 4.0, 1.0])
    assert [key for key, _ in rank([vague, whole], {1: "", 2: ""})] == [2, 1]


def test_nothing_in_nothing_out() -> None:
    assert rank([wording([], [], [], [])], {}) == []


def test_a_chunk_counts_by_its_nearest_part() -> None:
    parts = Wording(NEAR, [], {1: 0.90, 2: 0.95, 3: 0.86}, [], [])
    assert [key for key, _ in rank([parts], {1: "", 2: "", 3: ""})] == [2, 1, 3]


def test_what_is_named_together_comes_before_what_is_named_here_and_there() -> None:
    texts = {1: "营业收入见附注 本年无重大变化 人员稳定 审计费用另列", 2: "本年无重大变化 营业收入的审计 人员稳定"}
    both = wording([(1, 0.9), (2, 0.9)], [], ["营业收入", "审计"], [1.0, 1.0])
    assert [key for key, _ in rank([both], texts)] == [2, 1]


def test_two_sentences_in_a_row_are_one_place() -> None:
    texts = {1: "营业收入见附注 人员稳定 审计费用另列", 2: "人员稳定 营业收入增长 由王小明审计"}
    both = wording([(1, 0.9), (2, 0.9)], [], ["营业收入", "审计"], [1.0, 1.0])
    assert [key for key, _ in rank([both], texts)] == [2, 1]


def test_what_the_better_chunks_leave_out_comes_before_more_of_the_same() -> None:
    """A comparison of two companies takes a chunk on each."""
    texts = {1: "甲公司收入增长", 2: "甲公司收入下降", 3: "乙公司收入持平"}
    dense = [(1, 0.90), (2, 0.899), (3, 0.898)]
    compare = wording(dense, [], ["甲公司", "乙公司", "收入"], [2.0, 2.0, 1.0])
    ranked = rank([compare], texts)
    assert [key for key, _ in ranked] == [1, 3, 2]
    # A score says how good a chunk is by itself.
    assert dict(ranked)[2] > dict(ranked)[3]
