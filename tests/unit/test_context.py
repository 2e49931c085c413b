"""Packing passages into a token budget. A character counts as a token here."""

import pytest

from app.answering.context import ACCOUNT_SHARE, FACT_SHARE, pack
from tests.support.found import a_source


def test_short_chunks_go_in_whole_and_in_order() -> None:
    passages = pack([a_source("甲。", 1), a_source("乙。", 2)], [("甲", 1.0)], 200, len)
    assert [(p.n, p.text) for p in passages] == [(1, "甲。"), (2, "乙。")]


@pytest.mark.parametrize("share", [FACT_SHARE, ACCOUNT_SHARE])
def test_the_budget_is_kept_and_no_passage_takes_more_than_its_share(share: float) -> None:
    sources = [a_source("无关的话。" * 100, n) for n in range(1, 6)]
    passages = pack(sources, [("有关", 1.0)], 600, len, share)
    assert sum(len(p.text) + len(p.document_name) for p in passages) <= 600
    assert all(len(p.text) <= 600 * share for p in passages)
    assert len(passages[0].text) > 450 * share
    assert len(passages) >= 2


def test_a_long_chunk_is_cut_around_the_sentence_that_answers() -> None:
    text = "开头的话说了很多。" * 30 + "保护期为五十年。" + "后面的话也说了很多。" * 30
    (passage,) = pack([a_source(text)], [("保护期", 2.0)], 200, len)
    assert "保护期为五十年。" in passage.text
    assert passage.text in text


def test_a_cut_table_keeps_its_header() -> None:
    rows = ["| 项目 | 金额 |", "|---|---|", *(f"| 项目{n} | {n} |" for n in range(60))]
    (passage,) = pack([a_source("\n".join(rows))], [("项目42", 1.0)], 160, len)
    assert passage.text.startswith("| 项目 | 金额 |")
    assert "| 项目42 | 42 |" in passage.text
    assert len(passage.text) <= 160 * FACT_SHARE


def test_a_sentence_longer_than_everything_is_cut() -> None:
    (passage,) = pack([a_source("长" * 1000)], [("长", 1.0)], 100, len)
    assert 0 < len(passage.text) <= 100 * FACT_SHARE


LONG = "水库的闸门每年检查两次。" * 10
FULL = "其余的话也说了很多，一句比一句长，没有一个句号在中间" * 3 + "。"


@pytest.mark.parametrize("heading", ["第二节 闸门", "第三节"])
def test_a_heading_alone_is_not_read_and_its_room_is_that_of_the_next(heading: str) -> None:
    sources = [
        a_source(LONG, 1),
        a_source(f"{heading}\n\n{FULL}", 2, heading_path=(heading,)),
        a_source("闸门由专人看守，夜里也有人。" * 3, 3),
    ]
    passages = pack(sources, [("闸门", 1.0)], 200, len)
    assert [p.n for p in passages] == [1, 3]
    assert passages[1].text == sources[2].hit.chunk.text


def test_a_few_words_without_any_of_the_question_are_not_read() -> None:
    sources = [a_source(LONG, 1), a_source(f"说明如下。{FULL}", 2)]
    assert [p.n for p in pack(sources, [("闸门", 1.0)], 200, len)] == [1]


def test_a_short_sentence_or_row_that_holds_words_of_the_question_is_read() -> None:
    sentence = a_source(f"闸门有七个。{FULL}", 2)
    wide = f"| 其余 | {FULL[:-1]} |"
    row = a_source(f"| 名称 | 数 |\n|---|---|\n{wide}\n| 闸门 | 七 |\n{wide}", 2)
    for source, text in ((sentence, "闸门有七个。"), (row, "| 名称 | 数 |\n| 闸门 | 七 |")):
        passages = pack([a_source(LONG, 1), source], [("闸门", 1.0)], 200, len)
        assert [p.text for p in passages[1:]] == [text]


def test_a_short_chunk_is_read_whole_whatever_it_says() -> None:
    short = a_source("说明如下。", 2)
    assert [p.n for p in pack([a_source(LONG, 1), short], [("闸门", 1.0)], 200, len)] == [1, 2]


def test_the_first_source_is_read_if_it_is_only_a_heading() -> None:
    (passage,) = pack([a_source(f"第二节\n\n{FULL}", 1, heading_path=("第二节",))], [("闸门", 1.0)], 60, len)
    assert passage.text == "第二节"
