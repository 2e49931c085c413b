"""Reading order: columns, titles across them, sidebars, tables and lists that are none."""

from __future__ import annotations

import re

from tests.support.made_pdf import column, lay, read_pages, texts


def order(document, *words: str) -> list[str]:
    """The numbered words of a document in the order in which they are read."""
    return re.findall(rf"(?:{'|'.join(words)})\d\d", "\n".join(texts(document)))


def numbered(word: str, count: int = 12) -> list[str]:
    return [f"{word}{i:02}" for i in range(count)]


def test_three_columns_below_a_title(tmp_path):
    def draw(page):
        page.insert_text((40, 60), "A title that runs over all of the three columns of this page", fontsize=18)
        for x, word in ((40, "left"), (225, "mid"), (410, "right")):
            lay(page, x, 120, column(word), fontsize=9)

    document = read_pages(tmp_path, draw)
    assert texts(document)[0].startswith("A title")
    assert order(document, "left", "mid", "right") == numbered("left") + numbered("mid") + numbered("right")
    assert document.pages[0].columns == 3


def test_a_caption_over_two_of_three_columns_parts_only_these(tmp_path):
    def draw(page):
        for x, word in ((40, "left"), (225, "mid")):
            lay(page, x, 100, column(word, 6), fontsize=9)
        page.insert_text((40, 240), "Figure 1: What is shown here goes over two of the three columns", fontsize=9)
        for x, word in ((40, "low"), (225, "next")):
            lay(page, x, 280, column(word, 6), fontsize=9)
        lay(page, 410, 100, column("right", 19), fontsize=9)

    document = read_pages(tmp_path, draw)
    found = order(document, "left", "mid", "low", "next", "right")
    expected = numbered("left", 6) + numbered("mid", 6) + numbered("low", 6) + numbered("next", 6)
    assert found == expected + numbered("right", 19)


def test_columns_of_uneven_height_that_are_drawn_in_another_order(tmp_path):
    def draw(page):
        lay(page, 320, 100, column("right", 20))
        lay(page, 60, 107, column("left", 8))

    document = read_pages(tmp_path, draw)
    assert order(document, "left", "right") == numbered("left", 8) + numbered("right", 20)


def test_a_dense_sidebar_of_short_lines_is_read_after_the_text(tmp_path):
    def draw(page):
        lay(page, 40, 100, [f"{line} and still more of it" for line in column("main", 20)])
        lay(page, 420, 103, [f"side{i:02} 12.5" for i in range(30)], leading=9, fontsize=7)

    document = read_pages(tmp_path, draw)
    assert order(document, "main", "side") == numbered("main", 20) + numbered("side", 30)


def test_numbers_of_a_list_stay_with_their_items(tmp_path):
    def draw(page):
        for i in range(8):
            page.insert_text((60, 100 + 30 * i), f"{i + 1}.", fontsize=10)
            lay(page, 90, 100 + 30 * i, [f"item{i:02} begins with some words of running text", "and goes on here"])

    document = read_pages(tmp_path, draw)
    assert order(document, "item") == numbered("item", 8)
    assert all(f"{i + 1}. item{i:02}" in " ".join(texts(document)) for i in range(8))
    assert document.pages[0].columns == 1


def test_an_initial_that_is_three_lines_high_begins_the_first_of_them(tmp_path):
    def draw(page):
        page.insert_text((60, 128), "O", fontsize=40)
        lay(page, 95, 104, ["ver the past decades pressure has increased", "to an extent that nobody had thought of"])
        lay(page, 60, 144, ["and so it went on for a long time, as is well", "known to all who have read about it."])

    text = " ".join(" ".join(texts(read_pages(tmp_path, draw))).split())
    assert text.startswith("Over the past decades pressure has increased to an extent")


def test_superscripts_stay_in_their_line(tmp_path):
    def draw(page):
        page.insert_text((60, 100), "The area is 25 m", fontsize=10)
        page.insert_text((132, 96), "2", fontsize=6)
        page.insert_text((137, 100), "and more than enough.", fontsize=10)
        page.insert_text((60, 114), "Another line follows below it on this page.", fontsize=10)

    assert "m² and more" in texts(read_pages(tmp_path, draw))[0]


def test_a_number_stands_apart_from_its_chinese_title_and_stretched_chinese_does_not(tmp_path):
    def draw(page):
        page.insert_text((60, 100), "第一章", fontname="china-s", fontsize=10)
        page.insert_text((98, 100), "总则与定义", fontname="china-s", fontsize=10)
        for i, char in enumerate("这一行文字被拉开以填满整行宽度"):
            page.insert_text((60 + 14 * i, 160), char, fontname="china-s", fontsize=10)

    assert "\n".join(texts(read_pages(tmp_path, draw))) == "第一章 总则与定义\n这一行文字被拉开以填满整行宽度"


def test_a_table_of_contents_in_two_columns_is_read_column_by_column(tmp_path):
    def draw(page):
        page.insert_text((200, 80), "Contents", fontsize=14)
        for left, first in ((60, 1), (246, 31)):
            for i in range(10):
                y = 120 + 14 * i
                if i % 5 == 0:
                    page.insert_text((left, y), f"Chapter {first + i} on much", fontsize=10)
                    continue
                page.insert_text((left + 14, y), f"Part {first + i} ", fontsize=10)
                page.insert_text((left + 70, y), ". . . . . . . . . . . . .", fontsize=10)
                page.insert_text((left + 165, y), str(first + 2 * i), fontsize=10)

    document = read_pages(tmp_path, draw)
    text = "\n".join(texts(document))
    assert [text.index(part) for part in ("Part 2 ", "Part 10 ", "Chapter 31", "Part 32 ", "Part 40 ")] == sorted(
        text.index(part) for part in ("Part 2 ", "Part 10 ", "Chapter 31", "Part 32 ", "Part 40 ")
    )
    assert document.pages[0].columns == 2


def test_a_title_a_name_below_it_and_a_quotation_at_the_end_stand_in_none_of_three_columns(tmp_path):
    def draw(page):
        page.insert_text((230, 80), "TOWN NEWS", fontsize=16)
        page.insert_text((254, 100), "by A. Writer", fontsize=10)
        for i, word in enumerate(("one", "two", "three")):
            lay(
                page,
                60 + 165 * i,
                124 + 14 * (i == 0),
                [f"{word}{n:02} words of running" for n in range(14 - (i == 0))],
            )
        page.insert_text((62, 338), "A quotation that is set across two of three of the columns", fontsize=11)

    text = " ".join(" ".join(texts(read_pages(tmp_path, draw))).split())
    parts = ("TOWN", "by A. Writer", "one00", "one12", "two00", "two13", "three00", "three13", "A quotation")
    assert sorted(parts, key=text.index) == list(parts)
