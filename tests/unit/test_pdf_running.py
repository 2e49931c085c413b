"""Running heads, feet and page numbers: what repeats in margins is removed and listed, and nothing else."""

from __future__ import annotations

import pytest

from ingest.pdf.page_numbers import value
from tests.support.made_pdf import lay, read_pages, texts

NUMERALS = ("九", "十", "十一", "十二", "十三")
WORDS = ("apple", "bread", "chair", "dance", "eagle", "field", "glass", "house")


def body(page, i: int) -> None:
    lay(page, 60, 200, [f"What is said of the {WORDS[i]} is said here,", "and here it goes on to the end of the text."])


def pages_with(count: int, *margins):
    """Pages with a body of their own and what some functions of the page's index give: (x, y, text)."""

    def page_at(i):
        def draw(page):
            body(page, i)
            for margin in margins:
                x, y, text = margin(i)
                page.insert_text((x, y), text, fontsize=9)

        return draw

    return [page_at(i) for i in range(count)]


def removed(document) -> list[tuple[str, ...]]:
    return [page.removed for page in document.pages]


@pytest.mark.parametrize(
    "number",
    [
        lambda i: str(i + 17),
        lambda i: f"- {i + 1} -",
        lambda i: f"{i + 1} / 5",
        lambda i: f"Page {i + 1} of 5",
        lambda i: ("i", "ii", "iii", "iv", "v")[i],
        lambda i: ("I", "II", "III", "IV", "V")[i],
    ],
)
def test_page_numbers_go(tmp_path, number):
    document = read_pages(tmp_path, *pages_with(5, lambda i: (290, 770, number(i))))
    assert removed(document) == [(number(i),) for i in range(5)]
    assert len(texts(document)) == 5


def test_chinese_page_numbers_go_from_two_pages_too(tmp_path):
    def draw(i):
        def page_at(page):
            body(page, i)
            page.insert_text((280, 770), f"第{i + 1}页 共2页", fontname="china-s", fontsize=9)

        return page_at

    assert removed(read_pages(tmp_path, draw(0), draw(1))) == [("第1页 共2页",), ("第2页 共2页",)]


def test_chinese_numerals_count_pages_too(tmp_path):
    def draw(i):
        def page_at(page):
            body(page, i)
            page.insert_text((290, 770), NUMERALS[i], fontname="china-s", fontsize=9)

        return page_at

    assert removed(read_pages(tmp_path, *map(draw, range(5)))) == [(number,) for number in NUMERALS]


@pytest.mark.parametrize(
    ("number", "worth"), [("十", 10), ("二十三", 23), ("一百〇三", 103), ("一〇三", 103), ("XIV", 14), ("九", 9)]
)
def test_what_numbers_are_worth(number, worth):
    assert value(number) == worth


def test_numbers_on_the_first_pages_of_chapters_go(tmp_path):
    foot = pages_with(8, lambda i: (290, 700, str(i + 1)) if i in (0, 3, 7) else (60, 240, "More of it below."))
    assert [page for page, gone in enumerate(removed(read_pages(tmp_path, *foot))) if gone] == [0, 3, 7]


def test_heads_of_left_and_right_pages_go(tmp_path):
    def head(i):
        return (60, 40, "A history of apples") if i % 2 else (400, 40, "The author of the book")

    document = read_pages(
        tmp_path, *pages_with(6, head), lambda page: lay(page, 60, 200, ["A history of apples", "ends"])
    )
    text = "\n".join(texts(document))
    assert text.count("A history of apples") == 1
    # Its words are nowhere else: it is kept where it stands first.
    assert text.count("The author of the book") == 1
    assert texts(document)[0] == "The author of the book"
    assert removed(document)[1:4] == [("A history of apples",), ("The author of the book",), ("A history of apples",)]


def test_a_line_of_the_text_that_ends_alike_on_some_pages_stays(tmp_path):
    def last(i):
        return (60, 775, f"and the {WORDS[i]} was counted by all of them      again")

    assert not any(removed(read_pages(tmp_path, *pages_with(5, last))))


def test_the_head_of_a_single_page_goes_with_its_number(tmp_path):
    def draw(page):
        page.insert_text((60, 50), "Token Optimisation for Tables", fontsize=8)
        page.insert_text((530, 50), "9", fontsize=8)
        page.insert_text((60, 780), "doi: 10.1000/182 www.example.org", fontsize=8)
        for i in range(4):
            body_lines = [f"Line {i} of the {word} that is on this page." for word in WORDS]
            lay(page, 60, 100 + 130 * i, body_lines)

    document = read_pages(tmp_path, draw)
    assert set(document.pages[0].removed) == {"Token Optimisation for Tables", "9", "doi: 10.1000/182 www.example.org"}


def test_the_first_line_of_a_single_page_stays(tmp_path):
    def draw(page):
        page.insert_text((60, 80), "To whom it may concern", fontsize=10)
        body(page, 0)
        page.insert_text((60, 730), "Yours, the undersigned", fontsize=10)

    assert removed(read_pages(tmp_path, draw)) == [()]


def test_side_margins_of_vertical_text_have_heads(tmp_path):
    def draw(i):
        def page_at(page):
            for j, text in enumerate(("天地玄黄宇宙洪荒日月盈昃", WORDS[i] + "寒来暑往秋收冬藏闰余成岁")):
                page.insert_text((300 - 30 * j, 100), text, fontname="china-s", fontsize=16, rotate=270)
            page.insert_text((15, 300), "千字文卷上", fontname="china-s", fontsize=10, rotate=270)

        return page_at

    document = read_pages(tmp_path, *map(draw, range(4)))
    assert "\n".join(texts(document)).count("千字文卷上") == 1
    assert removed(document)[1:] == [("千字文卷上",)] * 3


def test_a_first_line_that_ends_in_a_figure_stays_on_several_pages(tmp_path):
    def first(i):
        return lambda page: (
            lay(page, 60, 110, [f"Sum of all {WORDS[i]}s"], fontsize=9),
            lay(page, 500, 110, [str(1205 - 7 * i * i)], fontsize=9),
            body(page, i),
        )

    assert not any(removed(read_pages(tmp_path, *map(first, range(3)))))


def test_an_address_in_the_first_line_of_a_paragraph_stays(tmp_path):
    def first(i):
        return lambda page: lay(
            page,
            60,
            50,
            [
                f"The {WORDS[i]} is at https://example.org/{i},",
                "which is where you find it, and more",
                f"of a {WORDS[i]}.",
            ],
        )

    assert not any(removed(read_pages(tmp_path, *map(first, range(3)))))


def test_a_head_above_a_line_of_the_journal_goes_with_it(tmp_path):
    def draw(page):
        lay(page, 60, 30, ["Token Optimisation for Tables", "www.example.org"], fontsize=8, leading=10)
        for i in range(4):
            lay(page, 60, 100 + 130 * i, [f"Line {i} of the {word} that is on this page." for word in WORDS])

    assert read_pages(tmp_path, draw).pages[0].removed == ("Token Optimisation for Tables", "www.example.org")


def test_short_lines_in_large_print_say_what_small_print_is(tmp_path):
    def draw(page):
        page.insert_text((60, 40), "Annual meeting", fontsize=9)
        lay(page, 60, 160, [f"Point {i}: the {word}" for i, word in enumerate(WORDS)], fontsize=20, leading=40)
        notes = [
            f"Source {i}: the office of statistics, what it says of the {word} and of more"
            for i, word in enumerate(WORDS)
        ]
        lay(page, 60, 520, [f"{note}, with all of its tables" for note in notes[:6]], fontsize=8, leading=10)

    assert read_pages(tmp_path, draw).pages[0].removed == ("Annual meeting",)


def test_numbers_of_pages_taken_out_of_a_book_go_with_their_heads(tmp_path):
    def foot(i):
        return lambda page: (
            body(page, i),
            page.insert_text((60, 760), f"Chapter {i}. The {WORDS[i]}", fontsize=9),
            page.insert_text((530, 760), str((10, 15, 19, 77, 124)[i]), fontsize=9),
        )

    document = read_pages(tmp_path, *map(foot, range(5)))
    assert [page[-1] for page in removed(document)] == ["10", "15", "19", "77", "124"]


def test_a_document_of_nothing_but_page_numbers_keeps_them(tmp_path):
    def number(i):
        return lambda page: page.insert_text((60, 60), f"Page {i + 1}", fontsize=11)

    document = read_pages(tmp_path, *map(number, range(2)))
    assert (texts(document), removed(document)) == (["Page 1", "Page 2"], [(), ()])


@pytest.mark.parametrize(
    ("title", "size", "y"),
    [
        (lambda i: f"附件{i + 1}", 16, 80),
        (lambda i: f"案例{i + 1}：某公司诉某某合同纠纷案", 14, 75),
        (lambda i: f"表{i + 1} 各地区统计数据", 11, 70),
        (lambda i: f"Step {i + 1}", 20, 50),
        (lambda i: f"Body number {i + 1} is a sentence to be read by people", 10, 120),
    ],
)
def test_titles_that_are_numbered_from_page_to_page_stay(tmp_path, title, size, y):
    def draw(i):
        return lambda page: (page.insert_text((60, y), title(i), fontsize=size, fontname="china-s"), body(page, i))

    assert not any(removed(read_pages(tmp_path, *map(draw, range(6)))))
