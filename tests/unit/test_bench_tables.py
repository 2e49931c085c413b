"""The measures of tables, garbled pages and robustness, on cases small enough to count by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.parsing.cells import Placed, compare, f1, from_boxes, from_markdown, from_rows, relations
from bench.parsing.checks import holds
from bench.parsing.data import Sample, true_pages
from bench.parsing.garbled import Verdict, rates
from bench.parsing.readers import Reading
from bench.parsing.robustness import Trial, expected, judge, trials_of
from bench.parsing.sheets import Sheet, at_least, at_most, goal_sheet, mean
from bench.parsing.tables import averaged, pooled

HEAD = [Placed(0, 0, 0, 1, "2005"), Placed(1, 0, 1, 0, "Number"), Placed(1, 1, 1, 1, "Percent")]


def test_neighbours_are_counted_to_the_right_and_below() -> None:
    assert relations(from_rows([["a", "b"], ["c", "d"]])) == [
        ("below", "a", "c"),
        ("below", "b", "d"),
        ("right", "a", "b"),
        ("right", "c", "d"),
    ]


def test_blanks_are_skipped_and_marks_are_blanks() -> None:
    assert relations(from_rows([["a", "–", "", "b"]])) == [("right", "a", "b")]


def test_a_merged_cell_has_every_neighbour_once() -> None:
    assert relations(HEAD) == [
        ("below", "2005", "number"),
        ("below", "2005", "percent"),
        ("right", "number", "percent"),
    ]
    tall = [Placed(0, 0, 1, 0, "x"), Placed(0, 1, 1, 1, "y")]
    assert relations(tall) == [("right", "x", "y")]


def test_precision_and_recall_of_relations() -> None:
    truth = [from_rows([["a", "b"], ["c", "d"]])]
    score = compare(truth, [from_rows([["a", "b"], ["c", "e"]])])
    assert (score.right, score.given, score.true) == (2, 4, 4)
    assert compare(truth, []).precision == compare(truth, []).recall == 0
    assert compare(truth, [from_rows([["a", "b"]]), from_rows([["c", "d"]])]).recall == 0.5


def test_equal_cells_count_as_often_as_they_stand() -> None:
    twice = [from_rows([["1", "2"], ["1", "2"]])]
    assert compare(twice, [from_rows([["1", "2"]])]).right == 1


def test_documents_are_averaged_and_pooled() -> None:
    large = compare([from_rows([["a"] * 5])], [from_rows([["a"] * 5])])
    small = compare([from_rows([["a", "b"]])], [])
    assert averaged([large, small])[:2] == (0.5, 0.5)
    assert pooled([large, small])[:2] == (1.0, 0.8)
    assert f1(0.5, 0.5) == 0.5
    assert f1(0, 0) == 0


def test_boxes_give_spans() -> None:
    cells = [((0, 0, 100, 10), "2005"), ((0, 10, 50, 20), "Number"), ((50.5, 10, 100, 20), "Percent")]
    assert from_boxes(cells) == HEAD


def test_markdown_tables_are_read() -> None:
    text = "前文\n\n|甲|乙\\|丙|\n|---|:-:|\n|1||\n\n后文 | 无表\n\nx | y\n--|--\n"
    first, second = from_markdown(text)
    assert first == [Placed(0, 0, 0, 0, "甲"), Placed(0, 1, 0, 1, "乙|丙"), Placed(1, 0, 1, 0, "1")]
    assert [cell.text for cell in second] == ["x", "y"]


def test_two_markdown_tables_in_a_row_stay_two() -> None:
    assert len(from_markdown("| a |\n| --- |\n| b |\n| --- |\n")) == 2


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        ({"right": "Percent"}, True),
        ({"left": "Percent"}, False),
        ({"up": "2005"}, True),
        ({"top_heading": "2005"}, True),
        ({"top_heading": "Percent"}, False),
        ({"left_heading": "2005"}, False),
    ],
)
def test_checks_of_cells(wanted: dict[str, str], held: bool) -> None:
    check: dict[str, Any] = {"type": "table", "cell": "Number", **wanted}
    assert holds(check, "", [HEAD]) is held


def test_detection_counts_pages() -> None:
    pages = [(True, "x"), (True, ""), (False, "x"), (False, "")]
    assert rates([Verdict("a", 1, truth, reason, "made") for truth, reason in pages]) == (0.5, 0.5, 0.5)
    assert rates([]) == (0, 0, 0)


def sample(name: str = "a.pdf", category: str = "corrupt", **more: Any) -> Sample:
    values = {"note": "", "expect": "", "pages": 1, "protected": False, "truth": None, **more}
    return Sample(path=Path(name), category=category, **values)


def test_true_pages_have_no_leaders(tmp_path: Path) -> None:
    (tmp_path / "truth.txt").write_text("=== page 1 ===\n概述 . . . . . 3\n=== page 2 ===\n等等… 4.5\n", "utf-8")
    pages = true_pages(sample(truth=tmp_path / "truth.txt"))
    assert [page.split() for page in pages] == [["概述", "3"], ["等等…", "4.5"]]


def test_a_protected_file_is_read_three_ways() -> None:
    trials = trials_of(sample(category="encrypted", protected=True, note="AES; user password: mima2024"))
    assert [(t.password is None, set(t.expected)) for t in trials] == [
        (True, {"password-needed"}),
        (False, {"password-wrong"}),
        (False, {"text"}),
    ]
    assert len(trials_of(sample(category="encrypted", protected=True, note="unknown"))) == 2


@pytest.mark.parametrize(
    ("more", "outcomes"),
    [
        ({"note": "0 bytes"}, {"empty-file"}),
        ({"expect": "text should be recovered"}, {"text"}),
        ({"expect": "index nothing, say so"}, {"no-text"}),
        ({"category": "huge"}, {"text"}),
    ],
)
def test_what_is_expected_of_a_file(more: dict[str, str], outcomes: set[str]) -> None:
    assert expected(sample(**more)) == outcomes


def note(number: int, chars: int) -> dict[str, Any]:
    return {"number": number, "text_chars": chars, "removed": []}


@pytest.mark.parametrize(
    ("reading", "verdict"),
    [
        (Reading(text="内容"), "right"),
        (Reading(text=" \n"), "empty success"),
        (Reading(error="corrupt-file"), "wrong error"),
        (Reading(error="parse-crash"), "crash"),
        (Reading(error="crash (-11)"), "crash"),
        (Reading(error="parse-timeout"), "hang"),
        (Reading(error="hang"), "hang"),
        (Reading(text="内容", pages=["内容", ""], notes=[note(1, 50), note(2, 50)]), "lost text"),
        (Reading(text="内容", pages=["内容", ""], notes=[note(1, 50), note(2, 50)], warnings=["page 2"]), "right"),
    ],
)
def test_how_a_reading_is_judged(reading: Reading, verdict: str) -> None:
    assert judge(Trial(sample(category="huge"), frozenset({"text"})), reading)[1] == verdict


def test_chinese_in_the_wrong_encoding_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "big5-a.txt"
    path.write_bytes("繁體中文的內容在這裡".encode("big5"))
    trial = Trial(sample(str(path), "txt_legacy_encodings"), frozenset({"text"}))
    assert judge(trial, Reading(text="繁體中文的內容"))[1] == "right"
    assert judge(trial, Reading(text=path.read_bytes().decode("gb18030", "replace")))[1] == "wrong text"


def test_sheets_are_markdown_and_goals_say_what_was_not_measured() -> None:
    sheet = Sheet("T", ["a", "b"], [["x|y", 0.5], ["z", None]])
    assert sheet.markdown().splitlines() == [
        "### T",
        "",
        "| a | b |",
        "| --- | ---: |",
        "| x\\|y | 0.5000 |",
        "| z | – |",
    ]
    goals = [at_least("p", 1, 2.0), at_most("q", 1, 2.0), at_least("r", 1, None)]
    assert [row[-1] for row in goal_sheet(goals).rows] == ["yes", "no", "not measured"]
    assert mean([1.0, None]) is None
    assert mean([1.0, 2.0]) == 1.5
