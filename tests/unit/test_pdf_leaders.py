"""Dots that lead from a title to its page number."""

import numpy as np

from ingest.pdf.glyphs import Glyph
from ingest.pdf.leaders import is_contents, with_leaders
from tests.support.scripted_ocr import ocr_line


def sheet(dots: range, size: int = 4) -> np.ndarray:
    image = np.full((200, 800), 255, np.uint8)
    for x in dots:
        image[60 : 60 + size, x : x + size] = 0
    return image


TITLE, NUMBER = ocr_line("第一章", 20, 30, 140, 70), ocr_line("12", 640, 30, 690, 70)


def read(image: np.ndarray, *lines) -> list[str]:
    return [line.text for line in with_leaders(lines or (TITLE, NUMBER), image)]


def test_dots_are_found_up_to_the_number():
    assert read(sheet(range(160, 620, 20))) == ["第一章" + "." * 23, "12"]


def test_dots_have_places_after_the_title():
    line, _ = with_leaders((TITLE, NUMBER), sheet(range(160, 620, 20)))
    assert line.corners[0] == (20, 30)
    assert 600 < line.corners[1][0] < 640
    length = line.corners[1][0] - 20
    assert [round(20 + end * length) for _, end in line.places[:3]] == [60, 100, 140]
    assert round(20 + sum(line.places[3]) / 2 * length) == 162


def test_white_and_specks_are_no_leader():
    assert read(sheet(range(0))) == ["第一章", "12"]
    assert read(sheet(range(160, 220, 20))) == ["第一章", "12"]


def test_print_that_ocr_did_not_read_is_no_leader():
    assert read(sheet(range(160, 620, 40), size=20)) == ["第一章", "12"]


def test_uneven_blots_are_no_leader():
    image = sheet(range(160, 240, 20)) & sheet(range(240, 620, 43))
    assert read(image) == ["第一章", "12"]


def glyphs(text: str, x: float, y: float) -> list[Glyph]:
    return [Glyph(char, (x + 6 * i, y, x + 6 * i + 6, y + 10), 10, False) for i, char in enumerate(text)]


def contents(numbers: list[int]) -> list[list[Glyph]]:
    return [glyphs(f"第{i}节 标题" + "." * 20 + f"{number:>4}", 50, 20 * i) for i, number in enumerate(numbers)]


def test_a_table_of_contents_is_told_by_its_rising_numbers():
    assert is_contents(contents([1, 1, 3, 8, 12, 12, 20, 31]))
    assert not is_contents(contents([120, 31, 88, 4, 500, 7, 45, 9]))
    assert not is_contents(contents([1, 2, 3]))


def test_numbers_may_stand_in_lines_of_their_own():
    lines = []
    for i, number in enumerate([1, 1, 3, 8, 12, 12, 20, 31]):
        lines += [glyphs(f"第{i}节标题" + "." * 20, 50, 20 * i), glyphs(str(number), 215, 20 * i)]
    assert is_contents(lines)


def test_running_text_is_none():
    assert not is_contents([glyphs("这里没有任何引导点只有文字", 50, 20 * i) for i in range(30)])
