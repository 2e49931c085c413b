"""Passages of the turn before stay first in the prompt of a follow-up. A character counts as a token here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.answering.context import Passage, cost, pack
from app.answering.events import Source
from app.answering.pinned import Pinned, pin
from app.answering.prompt import Turn, build_prompt
from tests.support.found import a_source

INCOME, STAFF, HEAD = (
    a_source(text, n) for n, text in enumerate(("收入为三百元。", "员工有四十人。", "总裁是李四。"), 1)
)
BUDGET = 200


def numbered(*sources: Source) -> list[Source]:
    """The sources as search gives them, best first."""
    return [replace(source, n=n) for n, source in enumerate(sources, start=1)]


def packed(sources: list[Source], *words: str, budget: int = BUDGET) -> tuple[Passage, ...]:
    return pack(sources, [(word, 1.0) for word in words], budget, len)


def pinned(
    earlier: tuple[Passage, ...], sources: list[Source], *words: str, budget: int = BUDGET
) -> tuple[Passage, ...]:
    fresh = packed(sources, *words, budget=budget)
    return pin(earlier, fresh, sources, [(word, 1.0) for word in words], budget, len)


def texts(passages: tuple[Passage, ...]) -> list[str]:
    return [passage.text for passage in passages]


def user(passages: tuple[Passage, ...], question: str, *history: Turn) -> str:
    return build_prompt(question, passages, history, "zh-Hans")[1].content


def test_the_same_sources_in_another_order_are_read_as_they_were() -> None:
    before = packed(numbered(INCOME, STAFF), "收入")
    now = pinned(before, numbered(STAFF, INCOME), "员工")
    assert texts(now) == texts(before)
    assert [passage.n for passage in now] == [2, 1]
    first, second = user(before, "收入？"), user(now, "员工？", Turn("收入？", "三百元"))
    assert second.startswith(first[: first.index("问题：")])


def test_of_fewer_sources_what_nothing_wants_is_left_out_at_the_end_alone() -> None:
    before = packed(numbered(INCOME, STAFF, HEAD), "收入")
    sources = numbered(STAFF, HEAD, INCOME)
    wanted = packed(sources[:1], "员工")
    assert texts(pin(before, wanted, sources, [("员工", 1.0)], BUDGET, len)) == [
        INCOME.hit.chunk.text,
        "员工有四十人。",
    ]


def test_a_new_source_stands_behind_them_and_in_the_prompt_in_any_case() -> None:
    before = packed(numbered(INCOME, STAFF), "收入")
    now = pinned(before, numbered(HEAD, INCOME, STAFF), "总裁")
    assert texts(now) == [*texts(before), "总裁是李四。"]


@pytest.mark.parametrize("room", [1, 2, 3])
def test_together_they_fit_the_budget(room: int) -> None:
    before = packed(numbered(INCOME, STAFF), "收入")
    new = [a_source("总裁是李四，任职已久。" * 8, 3), a_source("章程改于春天。" * 8, 4)]
    budget = 110 * room
    sources = numbered(new[0], INCOME, new[1], STAFF)
    fresh = packed(sources, "总裁", budget=budget)
    now = pinned(before, sources, "总裁", budget=budget) or fresh
    assert {passage.n for passage in now} >= {passage.n for passage in fresh}
    assert sum(cost(passage, len) for passage in now) <= budget


def test_what_search_does_not_find_again_is_not_read_again() -> None:
    before = packed(numbered(INCOME, STAFF), "收入")
    assert pinned(before, numbered(STAFF), "员工") == ()
    assert texts(pinned(before, numbered(HEAD, INCOME), "总裁")) == ["收入为三百元。", "总裁是李四。"]


def test_a_chunk_that_is_not_what_it_was_is_another() -> None:
    before = packed(numbered(INCOME, STAFF), "收入")
    chunk = INCOME.hit.chunk
    for changed in (replace(chunk, document_name="新名.pdf"), replace(chunk, text="收入为五百元。", key=9)):
        sources = numbered(STAFF, replace(INCOME, hit=replace(INCOME.hit, chunk=changed)))
        assert pinned(before, sources, "员工") == ()


def test_what_a_window_lacks_stands_behind_it() -> None:
    text = "开头说了收入为三百元。" + "其余的话也很多。" * 20 + "结尾说了员工有四十人。"
    long = a_source(text, 1)
    before = packed(numbered(long), "收入")
    assert "四十人" not in before[0].text
    assert pinned(before, numbered(long), "收入") == before
    kept, added = pinned(before, numbered(long), "员工", budget=3 * BUDGET)
    assert kept == before[0]
    assert "四十人" in added.text
    # Without room for both it is to be cut anew.
    assert pinned(before, numbered(long), "员工", budget=90) == ()


def test_a_window_that_lacks_a_word_of_the_question_gets_the_sentence_that_has_it() -> None:
    """Although the sentence that has most of them stands in it; what it has already is not said twice."""
    long = a_source("利润与去年的一样，也就是说没有什么变化。收入为三百元。其余的话也很多，但是没有什么人去读它。", 1)
    words = [("收入", 2.0), ("利润", 1.0)]
    before = packed(numbered(long), "收入", budget=62)
    fresh = pack(numbered(long), words, 62, len)
    assert "收入" in before[0].text and "利润" not in before[0].text
    assert "收入" in fresh[0].text and "利润" in fresh[0].text
    assert texts(pin(before, fresh, numbered(long), words, 200, len)) == [
        before[0].text,
        "利润与去年的一样，也就是说没有什么变化。",
    ]


def test_the_rows_of_a_table_keep_their_header() -> None:
    rows = "".join(f"| 项目{n} | {n}0 |\n" for n in range(30))
    table = a_source(f"| 名称 | 金额 |\n|---|---|\n{rows}", 1)
    before = packed(numbered(table), "项目3")
    kept, added = pinned(before, numbered(table), "项目29", budget=3 * BUDGET)
    assert kept == before[0]
    assert added.text.startswith("| 名称 | 金额 |")
    assert "项目29" in added.text


def test_rows_that_were_read_are_not_read_again() -> None:
    rows = [f"| 项目{n} | {n}00 |" for n in range(10, 22)]
    table = a_source("\n".join(["各项的金额：", "| 名称 | 金额 |", "|---|---|", *rows]), 1)
    before = packed(numbered(table), "项目13")
    fresh = packed(numbered(table), "项目18")
    both = set(rows) & set(before[0].text.splitlines()) & set(fresh[0].text.splitlines())
    assert both
    kept, added = pinned(before, numbered(table), "项目18", budget=2 * BUDGET)
    assert kept == before[0]
    lines = added.text.splitlines()
    assert "| 项目18 | 1800 |" in lines[lines.index("| 名称 | 金额 |") :]
    assert not both & set(lines)


def test_passages_are_known_by_the_last_answer_that_has_any() -> None:
    kept = Pinned()
    first, second = packed(numbered(INCOME), "收入"), packed(numbered(STAFF), "员工")
    kept.keep("one", first)
    kept.keep("two", second)
    kept.keep("", first)
    turns = [Turn("甲？", "一", "one"), Turn("乙？", "二", "two"), Turn("丙？", "三")]
    assert kept.of(turns) == second
    assert kept.of([*turns[:1], Turn("丁？", "四", "none")]) == first
    assert kept.of([Turn("丙？", "三")]) == ()
    kept.clear()
    assert kept.of(turns) == ()


def test_the_oldest_passages_go() -> None:
    kept = Pinned(2)
    for name in ("one", "two", "three"):
        kept.keep(name, packed(numbered(INCOME), "收入"))
    assert kept.of([Turn("?", "!", "one")]) == ()
    assert kept.of([Turn("?", "!", "two")])
