"""Keyword search finds exactly the chunks that share a word with the question, and ranks sensibly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from ingest.store.analyse import analyse
from ingest.store.lexical import EVERY, KeywordIndex, question_words, rarest
from tests.support.ingesting import Bench, bench

TEXTS = [
    "劳动合同法第十二条规定，劳动合同分为固定期限和无固定期限。",
    "本季度营业收入为1,234.5万元，同比增长12%。",
    "王鑫渺任项目经理，负责GPT-4的评测。",
    "The quick brown fox jumps over the lazy dog in C++.",
    "資訊安全管理系統由總經理核定。",
    "第三章 附则。第十三条 本办法自发布之日起施行。",
    "ABC123全角字符",
    "银行利率由中国人民银行公布。",
    "8号楼住10户，门牌108。",
    "工程投资1.5×10⁸元。",
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = bench(tmp_path_factory.mktemp("lexical"))
    made.library.catalog.create_base("other")
    for number, text in enumerate(TEXTS):
        made.add(text, f"{number}.txt", "default" if number % 2 == 0 else made.library.catalog.base("other").id)
    made.work()
    yield made
    made.close()


def statements(shelf: Bench, act: Callable[[], object]) -> list[str]:
    """What the catalog is asked meanwhile, with what is given."""
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(" ".join((given[2], *map(str, given[3]))))

    event.listen(shelf.library.catalog.engine, "before_cursor_execute", note)
    act()
    event.remove(shelf.library.catalog.engine, "before_cursor_execute", note)
    return asked


def everywhere(shelf: Bench) -> list[str]:
    return [base.id for base in shelf.library.catalog.bases()]


def texts(shelf: Bench, question: str, **scope) -> list[str]:
    hits = shelf.library.lexical.search(question, **{"base_ids": everywhere(shelf), "k": 50, **scope})
    chunks = shelf.library.catalog.stored_chunks([key for key, _ in hits])
    return [chunks[key].text for key, _ in hits]


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("第十二条", 0),
        ("第12条讲什么？", 0),
        ("营业收入1234.5", 1),
        ("王鑫渺是谁", 2),
        ("鑫渺", 2),
        ("gpt-4", 2),
        ("c++", 3),
        ("资讯安全", 4),
        ("資訊安全", 4),
        ("abc123", 6),
        ("ＡＢＣ１２３", 6),
        ("中國人民銀行", 7),
        ("10^8", 9),
        ("10⁸", 9),
    ],
)
def test_a_question_finds_its_text_first(shelf: Bench, question: str, number: int) -> None:
    assert texts(shelf, question)[0] == TEXTS[number]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.one_of(st.text(max_size=30), st.sampled_from(TEXTS).map(lambda text: text[3:12])))
def test_found_is_what_shares_a_word(shelf: Bench, question: str) -> None:
    wanted = set(question_words(question))
    assert set(texts(shelf, question)) == {text for text in TEXTS if wanted & set(analyse(text))}


@pytest.mark.parametrize(
    "question",
    [
        '"',
        "'; DROP TABLE chunks; --",
        "tokens:银行",
        "银行 NEAR 利率",
        "a* OR b",
        "(",
        "^银行",
        "-银行",
        "\0银行\ud800",
        "",
    ],
)
def test_no_syntax_gets_through(shelf: Bench, question: str) -> None:
    found = texts(shelf, question)
    assert all(set(analyse(question)) & set(analyse(text)) for text in found)


def test_scope_is_bases_and_documents(shelf: Bench) -> None:
    catalog = shelf.library.catalog
    other = catalog.base("other").id
    assert texts(shelf, "银行", base_ids=["default"]) == []
    assert texts(shelf, "银行", base_ids=[other]) == [TEXTS[7]]
    document = next(d for d in catalog.documents(other).items if d.name == "7.txt")
    assert texts(shelf, "银行 营业收入", document_ids=[document.id]) == [TEXTS[7]]
    assert texts(shelf, "银行", document_ids=[]) == []
    assert texts(shelf, "银行", base_ids=[]) == []


def test_scores_fall_and_k_is_kept(shelf: Bench) -> None:
    hits = shelf.library.lexical.search("劳动合同 银行利率 第十三条", base_ids=everywhere(shelf), k=2)
    assert len(hits) == 2
    assert hits[0][1] >= hits[1][1] > 0


def test_absent_is_what_no_chunk_of_the_scope_has(shelf: Bench) -> None:
    catalog, lexical = shelf.library.catalog, shelf.library.lexical
    other = catalog.base("other").id
    words = ["银行", "劳动合同", "第十二条", "gpt-4", "不存在的词儿", "資訊"]
    assert lexical.absent(words, base_ids=everywhere(shelf)) == ["不存在的词儿"]
    assert lexical.absent(words, base_ids=[other]) == ["劳动合同", "第十二条", "gpt-4", "不存在的词儿", "資訊"]
    document = next(d for d in catalog.documents(other).items if d.name == "3.txt")
    assert lexical.absent(["银行", "fox"], base_ids=[other], document_ids=[document.id]) == ["银行"]
    assert lexical.absent(["银行"], base_ids=[]) == ["银行"]


def test_document_frequency_counts_chunks(shelf: Bench) -> None:
    found = shelf.library.lexical.document_frequency(["银行", "第十二条", "不存在的词儿", "gpt-4", "劳动合同", ""])
    assert found == {"银行": 1, "第十二条": 1, "不存在的词儿": 0, "gpt-4": 1, "劳动合同": 1, "": 0}


def test_the_rarest_words_that_weigh_most_are_told_from_common_ones() -> None:
    counts = {"的话": 900, "公司": 500, "铁路": 90, "广茂": 3, "茂铁": 2, "没有": 0}
    assert rarest(counts, 1000, 5) == ["茂铁", "广茂"]
    assert rarest(counts, 1000, 6) == ["茂铁", "广茂", "铁路"]
    assert rarest({**counts, "银行": 80}, 1000, 0) == ["茂铁", "广茂", "银行"]
    assert rarest({"的话": 1000, "公司": 600}, 1000) == ["公司"]
    assert rarest({}, 1000) == []


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Sixty chunks with the words of 年度报告, and three of them with the name 鑫渺 besides."""
    made = bench(tmp_path_factory.mktemp("crowd"))
    for number in range(60):
        name = f"，鑫渺{'负责' * (number // 20)}" if number % 20 == 0 else ""
        made.add(f"年度报告的第{number}部分{name}。", f"{number}.txt")
    made.work()
    yield made
    made.close()


@pytest.mark.parametrize("k", [1, 2, 3, 5, 60, 100])
@pytest.mark.parametrize("question", ["年度报告 鑫渺", "鑫渺年度报告的部分", "年度报告", "鑫渺", "不存在的词儿"])
def test_among_many_chunks_the_same_are_found_first(crowd: Bench, question: str, k: int) -> None:
    many, few = KeywordIndex(crowd.library.catalog, scored_whole=0, rare_chunks=0), crowd.library.lexical
    pairs = zip(
        many.search(question, base_ids=["default"], k=k),
        few.search(question, base_ids=["default"], k=k),
        strict=True,
    )
    for (key, score), (same, as_high) in pairs:
        assert (key, score) == (same, pytest.approx(as_high, abs=1e-5))


@pytest.mark.parametrize(("scored_whole", "k", "times"), [(60, 3, 0), (59, 3, 1), (59, 5, 1)])
def test_only_chunks_with_a_rarer_word_are_scored_among_many(
    crowd: Bench, scored_whole: int, k: int, times: int
) -> None:
    lexical = KeywordIndex(crowd.library.catalog, scored_whole, rare_chunks=0)
    asked = statements(crowd, lambda: lexical.search("年度报告 鑫渺", base_ids=["default"], k=k))
    assert sum(EVERY in statement for statement in asked) == times
    assert sum("bm25" in statement for statement in asked) == (2 if k > 3 else 1)


def test_words_are_counted_in_one_statement(crowd: Bench) -> None:
    lexical = KeywordIndex(crowd.library.catalog, scored_whole=0)
    for act in (
        lambda: lexical.document_frequency(["年度", "报告", "鑫渺", "负责"]),
        lambda: lexical.search("年度报告 鑫渺 负责", base_ids=["default"], k=3),
    ):
        assert sum("count(*)" in statement for statement in statements(crowd, act)) == 1


def test_bases_are_looked_up_only_where_a_chunk_may_be_elsewhere_or_hidden(tmp_path: Path) -> None:
    made = bench(tmp_path)
    documents = [made.add(f"年度报告的第{number}部分。", f"{number}.txt") for number in range(4)]
    made.work()
    lexical, other = made.library.lexical, made.library.catalog.create_base("other").id

    def looked_up(*base_ids: str) -> tuple[bool, int]:
        def search() -> list[tuple[int, float]]:
            return lexical.search("年度报告", base_ids=base_ids, k=50)

        return any("ix_chunks_base" in statement for statement in statements(made, search)), len(search())

    assert looked_up("default") == (False, 4)
    made.library.move(documents[0].id, other)
    made.work()
    assert (looked_up("default"), looked_up(other), looked_up("default", other)) == ((True, 3), (True, 1), (False, 4))
    made.library.hide(documents[1].id)
    assert looked_up("default", other) == (True, 3)
    made.close()


def test_a_word_is_counted_once_until_a_chunk_changes(tmp_path: Path) -> None:
    made = bench(tmp_path)
    lexical = KeywordIndex(made.library.catalog, scored_whole=0)

    def ingest(name: str) -> str:
        document = made.add(f"annual report {name}", name)
        made.work()
        return document.id

    def frequency() -> int:
        return lexical.document_frequency(["annual"])["annual"]

    def counted(act: Callable[[], object]) -> list[str]:
        return [asked for asked in statements(made, act) if "count(*)" in asked]

    first = ingest("1.txt")
    assert frequency() == 1
    assert counted(frequency) == []
    # A search counts the same words, and only those that were not counted yet.
    (asked,) = counted(lambda: lexical.search("annual report", base_ids=["default"], k=3))
    assert "report" in asked
    assert "annual" not in asked
    ingest("2.txt")
    assert frequency() == 2
    made.library.delete(first)
    assert frequency() == 1
    made.close()


def test_no_word_that_was_counted_is_kept_when_something_is_to_be_forgotten(crowd: Bench) -> None:
    lexical = crowd.library.lexical
    lexical.document_frequency(["年度"])
    assert not [asked for asked in statements(crowd, lambda: lexical.document_frequency(["年度"])) if "count(" in asked]
    for forget in crowd.library.erasing:
        forget()
    assert [asked for asked in statements(crowd, lambda: lexical.document_frequency(["年度"])) if "count(" in asked]
