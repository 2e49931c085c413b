"""Counting as documents do: 1, iv, b, 十二, 貳, 甲, ③."""

from __future__ import annotations

from collections.abc import Callable

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_PLAIN, _PLAIN_UNITS = "〇一二三四五六七八九", "十百千万"
_LEGAL, _LEGAL_UNITS = "零壹贰叁肆伍陆柒捌玖", "拾佰仟万"
_LEGAL_HANT, _LEGAL_HANT_UNITS = "零壹貳參肆伍陸柒捌玖", "拾佰仟萬"


def roman(number: int) -> str:
    """`xiv` for 14."""
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text


def letters(number: int) -> str:
    """a to z, then aa, bb, as word processors count."""
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1) if number > 0 else str(number)


def chinese(number: int, digits: str = _PLAIN, units: str = _PLAIN_UNITS) -> str:
    """`十二` for 12, `一百零五` for 105; below 100,000."""
    if not 0 < number < 100_000:
        return digits[0] if number == 0 else str(number)
    text = ""
    for place, digit in zip(range(len(str(number)) - 1, -1, -1), map(int, str(number)), strict=True):
        if digit:
            text += digits[digit] + (units[place - 1] if place else "")
        elif text and not text.endswith("零"):
            text += "零"
    text = text.rstrip("零")
    # 一十二 is said 十二; the legal digits say the whole of it.
    return text[1:] if units is _PLAIN_UNITS and 10 <= number < 20 else text


def digit_by_digit(number: int) -> str:
    """`一〇五` for 105."""
    return "".join(_PLAIN[int(digit)] for digit in str(number))


def circled(number: int) -> str:
    """`③` for 3, as far as Unicode has them."""
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else str(number)


def ordinal(number: int) -> str:
    """`3rd` for 3."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _of_series(series: str) -> Callable[[int], str]:
    return lambda number: series[(number - 1) % len(series)]


_chinese: Callable[[int], str] = chinese
# By the names of number formats in Office files.
_FORMATS: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda number: f"{number:02d}",
    "upperRoman": lambda number: roman(number).upper(),
    "lowerRoman": roman,
    "upperLetter": lambda number: letters(number).upper(),
    "lowerLetter": letters,
    "ordinal": ordinal,
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "taiwaneseCounting": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "japaneseCounting": _chinese,
    "koreanCounting": _chinese,
    "ideographDigital": digit_by_digit,
    "japaneseDigitalTenThousand": digit_by_digit,
    "taiwaneseDigital": digit_by_digit,
    "chineseLegalSimplified": lambda number: chinese(number, _LEGAL, _LEGAL_UNITS),
    "ideographLegalTraditional": lambda number: chinese(number, _LEGAL_HANT, _LEGAL_HANT_UNITS),
    "japaneseLegal": lambda number: chinese(number, _LEGAL_HANT, _LEGAL_HANT_UNITS),
    "ideographTraditional": _of_series(_STEMS),
    "ideographZodiac": _of_series(_BRANCHES),
    "decimalEnclosedCircle": circled,
    "decimalEnclosedCircleChinese": circled,
    "decimalEnclosedParen": lambda number: f"({number})",
    "decimalEnclosedFullstop": lambda number: f"{number}.",
    "decimalFullWidth": lambda number: str(number).translate({ord("0") + i: 0xFF10 + i for i in range(10)}),
    "numberInDash": lambda number: f"- {number} -",
}


def numbered(number: int, number_format: str) -> str:
    """A number as an Office format writes it; formats of other languages in plain digits."""
    return _FORMATS.get(number_format, str)(number)


# By the names of numbering schemes on slides, such as `arabicPeriod` and `alphaLcParenR`.
_SCHEMES = {
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
    "ea1Chs": "chineseCounting",
    "ea1Cht": "chineseCounting",
    "ea1JpnChs": "chineseCounting",
    "circleNum": "decimalEnclosedCircle",
}
_ENDINGS = {"ParenBoth": "({})", "ParenR": "{})", "Period": "{}.", "DbPlain": "{}", "Plain": "{}", "Minus": "{} -"}


def listed(number: int, scheme: str) -> str:
    """The number of a list item on a slide: `(3)`, `c.`, `三.`."""
    ending = next((ending for ending in _ENDINGS if scheme.endswith(ending)), "")
    counted = numbered(number, _SCHEMES.get(scheme.removesuffix(ending), "decimal"))
    return _ENDINGS.get(ending, "{}").format(counted)
