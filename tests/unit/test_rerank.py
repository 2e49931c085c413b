"""Reordering hits by what they hold of the question."""

from app.answering.rerank import COVERAGE, rerank
from tests.support.found import a_source

FIRST = a_source("本法自公布之日起三十日内备案。", 1).hit
SECOND = a_source("本法自2021年9月1日起施行。", 2).hit


def test_a_hit_that_holds_the_rare_word_comes_first() -> None:
    close = [FIRST, SECOND.__class__(SECOND.chunk, 0.95 * FIRST.score, SECOND.found_by)]
    best, other = rerank(close, ["施行"], [5.0])
    assert best.chunk.id == SECOND.chunk.id
    assert best.score == 0.95 + COVERAGE
    assert other.score == 1.0


def test_without_words_the_fused_order_stays() -> None:
    assert [hit.chunk.id for hit in rerank([FIRST, SECOND], [], [])] == [FIRST.chunk.id, SECOND.chunk.id]
    assert rerank([], ["x"], [1.0]) == []
