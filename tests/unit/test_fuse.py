"""Reciprocal-rank fusion."""

from app.answering.fuse import RANK_CONSTANT, fuse


def test_a_key_in_both_lists_beats_the_first_of_one() -> None:
    assert [key for key, _ in fuse([[1, 2], [3, 2]])] == [2, 1, 3]


def test_scores_follow_the_formula() -> None:
    scores = dict(fuse([[7, 8], [8]]))
    assert scores[7] == 1 / (RANK_CONSTANT + 1)
    assert scores[8] == 1 / (RANK_CONSTANT + 2) + 1 / (RANK_CONSTANT + 1)


def test_weights_favour_a_list() -> None:
    assert fuse([[1], [2]], [1.0, 2.0])[0][0] == 2


def test_nothing_in_nothing_out() -> None:
    assert fuse([[], []]) == []
