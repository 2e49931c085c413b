"""How much of a question a chunk covers."""

import pytest

from app.answering.coverage import FoldedChunk, folded
from tests.support.found import a_source

WORDS, WEIGHTS = ("营业收入", "审计", "王小明"), (2.0, 1.0, 1.0)


def test_shares_of_the_whole_of_a_sentence_and_of_two_in_a_row() -> None:
    sentences = ("本年营业收入增长", "由德勤审计", "没有其他事项", "王小明任经理")
    coverage = FoldedChunk(" ".join(sentences), sentences).coverage(WORDS, WEIGHTS)
    assert coverage.held == (0.5, 0.25, 0.25)
    assert (coverage.whole, coverage.sentence, coverage.pair) == (1.0, 0.5, 0.75)


def test_what_is_in_a_heading_is_in_no_sentence() -> None:
    coverage = FoldedChunk("营业收入 见附注", ("见附注",)).coverage(WORDS, WEIGHTS)
    assert (coverage.whole, coverage.sentence, coverage.pair) == (0.5, 0.0, 0.0)


@pytest.mark.parametrize("words", [(), ("无关",)])
def test_nothing_is_covered_of_nothing(words: tuple[str, ...]) -> None:
    coverage = FoldedChunk("营业收入", ("营业收入",)).coverage(words, (1.0,) * len(words))
    assert (coverage.whole, coverage.sentence, coverage.pair) == (0.0, 0.0, 0.0)


def test_a_chunk_is_folded_with_what_stands_above_it() -> None:
    chunk = a_source("營業收入為１,２３４元。由德勤審計！\n見第十二條，共一千二百三十四戶").hit.chunk
    found = folded(chunk)
    assert [sentence.split()[0] for sentence in found.sentences] == [
        "营业收入为1234元。",
        "由德勤审计!",
        "见第十二条,共一千二百三十四户",
    ]
    assert found.sentences[2].endswith(" 1234")
    assert all(sentence.split()[0] in found.whole for sentence in found.sentences)
    assert chunk.document_name.rsplit(".", 1)[0] in found.whole
