"""Figures and dates, whatever way they are written."""

import pytest

from app.answering.figures import dates, figures, held, readings


def test_figures_have_places_and_readings() -> None:
    text = "营业收入１,２３４.50元，共1.5万人，三千二百户"
    assert [(text[f.start : f.end], set(f.readings)) for f in figures(text)] == [
        ("１,２３４.50", {"1234.5"}),
        ("1.5万", {"1.5", "15000"}),
        ("三千二百", {"3200"}),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,234", "一千二百三十四"),
        ("1.5万", "15000"),
        ("3亿元", "300,000,000元"),
        ("3.2 million", "3,200,000"),
        ("3万亿", "3 trillion"),
        ("1.5萬億元", "1,500,000,000,000"),
        ("0.10", "0.1"),
        ("05", "5"),
        ("２０２４年", "二〇二四年"),
    ],
)
def test_two_writings_of_a_number_share_a_reading(one: str, other: str) -> None:
    assert readings(one) & readings(other)


def test_digits_and_the_numeral_behind_them_are_one_figure() -> None:
    text = "共3千万元"
    assert [(text[f.start : f.end], set(f.readings)) for f in figures(text)] == [("3千万", {"3", "30000000"})]


def test_a_text_can_be_quoted_for_small_numbers_in_words() -> None:
    assert {"3", "12"} <= held("三个部门 twelve people")
    assert not figures("三个部门 twelve people")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("于2019年3月5日施行", (2019, 3, 5)),
        ("2019-03-05", (2019, 3, 5)),
        ("on March 5, 2019", (2019, 3, 5)),
        ("5th of May 2020", (2020, 5, 5)),
        ("Sept. 2011", (2011, 9, None)),
        ("10月1日", (None, 10, 1)),
        ("2020年5月", (2020, 5, None)),
    ],
)
def test_dates(text: str, date: tuple[int | None, int, int | None]) -> None:
    (found,) = dates(text)
    assert (found.year, found.month, found.day) == date


@pytest.mark.parametrize("text", ["Market 5", "v1.2.3", "2019.13.40", "第3章第5条", "May I ask"])
def test_what_is_no_date(text: str) -> None:
    assert dates(text) == ()


def test_dates_agree_unless_both_say_something_else() -> None:
    (whole,), (month,), (other,) = dates("2019年3月5日"), dates("2019年3月"), dates("2019年3月6日")
    assert whole.agrees(month)
    assert not whole.agrees(other)
