"""Chinese numerals as numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.numerals import NUMERAL, value


@pytest.mark.parametrize(
    ("numeral", "number"),
    [
        ("一千二百三十四", 1234),
        ("十二", 12),
        ("二十", 20),
        ("一百零五", 105),
        ("一百五", 150),
        ("三万二", 32_000),
        ("三百五十六万七千八百九十", 3_567_890),
        ("一亿零五十", 100_000_050),
        ("一万亿", 10**12),
        ("两千", 2000),
        ("二〇二四", 2024),
        ("壹仟贰佰", 1200),
        ("兩萬", 20_000),
    ],
)
def test_numerals_have_their_value(numeral: str, number: int) -> None:
    assert NUMERAL.fullmatch(numeral)
    assert value(numeral) == number


@pytest.mark.parametrize("word", ["二三百", "七八", "一百千", "十", "百万", "一", ""])
def test_what_is_no_number_for_sure_has_none(word: str) -> None:
    assert value(word) is None


@pytest.mark.parametrize("word", ["千万", "万一", "百分"])
def test_words_of_units_alone_are_no_numerals(word: str) -> None:
    assert NUMERAL.search(word) is None


def _written(number: int) -> str:
    """A number below 10,000 as it is written in full."""
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]
    out, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            out += ("零" if gap and out else "") + digits[digit] + units[place]
            gap = False
        else:
            gap = True
    return out


@given(st.integers(min_value=10, max_value=9999))
def test_every_number_is_read_as_it_is_written(number: int) -> None:
    assert value(_written(number)) == number


def test_an_endless_run_of_numerals_is_no_number() -> None:
    assert value("一" * 6000) is None
    assert value("一" + "千" * 6000) is None
