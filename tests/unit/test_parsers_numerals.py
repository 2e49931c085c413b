"""Numbers in the writings of Office files."""

import pytest

from ingest.parsers.numerals import chinese, letters, listed, numbered, roman


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "〇"), (1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (21, "二十一"), (100, "一百"), (105, "一百零五"),
        (110, "一百一十"), (1001, "一千零一"), (1010, "一千零一十"), (10300, "一万零三百"), (123456, "123456"),
    ],
)  # fmt: skip
def test_chinese(number, text):
    assert chinese(number) == text


@pytest.mark.parametrize(
    ("number_format", "text"),
    [
        ("decimal", "14"),
        ("decimalZero", "14"),
        ("upperRoman", "XIV"),
        ("lowerLetter", "n"),
        ("ordinal", "14th"),
        ("ideographDigital", "一四"),
        ("chineseLegalSimplified", "壹拾肆"),
        ("ideographLegalTraditional", "壹拾肆"),
        ("ideographTraditional", "丁"),
        ("ideographZodiac", "丑"),
        ("decimalEnclosedCircle", "⑭"),
        ("decimalEnclosedParen", "(14)"),
        ("decimalFullWidth", "１４"),
        ("hebrew1", "14"),
    ],
)
def test_formats(number_format, text):
    assert numbered(14, number_format) == text


def test_letters_go_on_doubled():
    assert [letters(n) for n in (1, 26, 27, 53)] == ["a", "z", "aa", "aaa"]
    assert [roman(n) for n in (4, 1999)] == ["iv", "mcmxcix"]


@pytest.mark.parametrize(
    ("scheme", "text"),
    [("arabicPeriod", "3."), ("alphaLcParenR", "c)"), ("romanUcParenBoth", "(III)"), ("ea1ChsPlain", "三"), ("?", "3")],
)
def test_schemes_of_slides(scheme, text):
    assert listed(3, scheme) == text
