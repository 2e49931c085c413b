"""The measures of text: what the benchmark calls alike, in order and wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.parsing.checks import holds
from bench.parsing.distance import common, edits, ends, similarity
from bench.parsing.loose import loose_edits
from bench.parsing.made_text import Prose, hyphenated
from bench.parsing.normal import plain, plain_lines, spoken, word
from bench.parsing.ocr import error_rate, unreadable
from bench.parsing.order import longest_run, reading_order
from bench.parsing.readers import Reading

WORDS = st.text("abc一", max_size=9)


def table(a: str, b: str, *, anywhere: bool) -> list[int]:
    """The last row of the classic table of edits, one character at a time."""
    row = [0] * (len(b) + 1) if anywhere else list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        above, row = row, [i]
        for j, right in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (left != right)))
    return row


@given(WORDS, WORDS)
def test_edits_are_those_of_the_classic_table(a: str, b: str) -> None:
    assert edits(a, b) == table(a, b, anywhere=False)[-1]


@given(WORDS, WORDS, st.integers(0, 3))
def test_a_pattern_ends_where_the_classic_table_says(pattern: str, text: str, most: int) -> None:
    expected = [i for i, distance in enumerate(table(pattern, text, anywhere=True)) if i and distance <= most]
    if pattern:
        assert ends(pattern, text, most) == expected


@given(WORDS, WORDS)
def test_common_and_edits_without_replacing_agree(a: str, b: str) -> None:
    longest = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, left in enumerate(a):
        for j, right in enumerate(b):
            longest[i + 1][j + 1] = longest[i][j] + 1 if left == right else max(longest[i][j + 1], longest[i + 1][j])
    assert common(a, b) == longest[-1][-1]


def test_similarity_counts_both_lengths() -> None:
    assert similarity("知文", "知文") == 1
    assert similarity("", "") == 1
    assert similarity("abcd", "ab") == pytest.approx(4 / 6)
    assert similarity("abc", "xyz") == 0


def test_books_are_compared_in_seconds_not_hours() -> None:
    book = "".join(chr(0x4E00 + i * i % 3001) for i in range(60_000))
    assert common(book, book[1000:30_000] + book[31_000:]) == 58_000


@pytest.mark.parametrize(
    ("marked", "bare"),
    [
        ("# 第一章　概况\n\n* 甲\n", "第一章概况甲"),
        ("| a | b |\n|---|:-:|\n| 1 | **2** |", "ab12"),
        ("+-----+----+\n|甲   |乙  |\n|-----+----|", "甲乙"),
        ("• 甲\n- 乙\n> 丙", "甲乙丙"),
        ("甲-乙 – 丙", "甲-乙–丙"),
        ("x<sup>2</sup><br>y", "x2y"),
        ("<!-- image -->![图](a.png)\n**==> picture [10 x 20] intentionally omitted <==**甲", "甲"),
        (r"a\_b \| c", "abc"),
        ("ＡＢ①", "AB1"),
        ("in\u00adfor\u200bma", "informa"),
    ],
)
def test_marks_do_not_count(marked: str, bare: str) -> None:
    assert plain(marked) == bare


def test_lines_are_kept_for_the_order() -> None:
    assert plain_lines("## 甲 乙\n\n丙\n---\n") == ["甲乙", "丙"]


def test_sentences_have_plain_quotes_and_single_spaces() -> None:
    assert spoken("the “term”\n**is** in vogue — snake_case") == 'the "term" is in vogue - snake_case'


def test_cells_are_letters_and_digits() -> None:
    assert word("**Total** <br>1,234 . . . .") == word("total 1234") == "total1234"
    assert word("*****") == ""


def test_order_is_the_longest_run_of_the_lines_found() -> None:
    lines = [f"这是第{i}行文字它只出现一次{chr(0x4E10 + i)}" for i in range(10)]
    assert reading_order("\n".join(lines), "".join(lines)).score == 1
    swapped = [*lines[5:], *lines[:5]]
    order = reading_order("\n".join(lines), "\n".join(swapped))
    assert (order.run, order.matched) == (5, 10)
    partly = reading_order("\n".join(lines), "\n".join(lines[3:]))
    assert (partly.run, partly.matched, partly.pieces) == (7, 7, 10)
    assert reading_order("\n".join(lines), "别的内容").score is None


def test_lines_that_come_twice_say_nothing_about_order() -> None:
    assert reading_order("重复的一行文字在这里啊\n" * 2, "重复的一行文字在这里啊").pieces == 0


def test_longest_run() -> None:
    assert longest_run([3, 1, 2, 5, 4, 6]) == 4
    assert longest_run([]) == 0


def test_an_error_rate_is_counted_page_by_page() -> None:
    assert error_rate(["一二三四", "五六七八"], Reading(pages=["一二三四", "五六七九"])) == 1 / 8
    assert error_rate(["一二三四", "五六七八"], Reading(pages=["一二三四"])) == 0.5
    assert error_rate(["一二"], Reading(error="no-text")) == 1


def test_what_was_removed_from_a_page_is_put_back_where_it_fits() -> None:
    reading = Reading(pages=["正文在此"], notes=[{"removed": ["第 3 页", "书名"]}])
    assert error_rate(["书名\n正文在此\n第 3 页"], reading) == 0


def test_columns_side_by_side_may_be_read_one_after_the_other() -> None:
    truth = "第一栏的第一行    第二栏的第一行\n第一栏的末一行    第二栏的末一行"
    text = "第一栏的第一行第一栏的末一行\n第二栏的第一行第二栏的末一行"
    assert edits(plain(truth), plain(text)) == 4
    assert loose_edits(truth, text) == 0
    assert loose_edits(truth, text.replace("末", "来")) == 2
    assert loose_edits(truth, text + "多余") == 2
    assert loose_edits(truth, "") == 28


def test_no_piece_is_found_twice() -> None:
    assert loose_edits("同样的一行文字\n同样的一行文字", "同样的一行文字") == 7


def test_truth_of_far_scripts_is_called_unreadable() -> None:
    assert unreadable("题共˞Պ") == 0.25
    assert unreadable("Ångström αβ 一二 ，。") == 0


PAGE = "Title\nThe first sentence of it.\nThe second one.\n199"


@pytest.mark.parametrize(
    ("check", "held"),
    [
        ({"type": "present", "text": "first sentence"}, True),
        ({"type": "present", "text": "frst sentense"}, False),
        ({"type": "present", "text": "frst sentense", "max_diffs": 2}, True),
        ({"type": "absent", "text": "199"}, False),
        ({"type": "absent", "text": "Title", "last_n": 20}, True),
        ({"type": "order", "before": "first", "after": "second"}, True),
        ({"type": "order", "before": "second", "after": "first"}, False),
        ({"type": "order", "before": "first", "after": "missing"}, False),
        ({"type": "baseline", "max_length": 10}, False),
        ({"type": "baseline"}, True),
    ],
)
def test_checks_of_sentences(check: dict[str, object], held: bool) -> None:
    assert holds(check, PAGE, []) is held


def test_made_prose_comes_out_alike_and_never_twice() -> None:
    first, again, other = Prose("zh", 1), Prose("zh", 1), Prose("zh", 2)
    sentences = [first.sentence() for _ in range(200)]
    assert sentences == [again.sentence() for _ in range(200)]
    assert len(set(sentences)) > 195
    assert other.sentence() not in sentences


def test_soft_hyphens_stand_inside_words() -> None:
    assert hyphenated("transportation now") == "transporta\u00adtion now"
