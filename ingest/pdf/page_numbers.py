"""Numbers of pages, in margins: 12, - 3 -, iv, 十二, 第 3 页 共 9 页, Page 3 of 9."""

from __future__ import annotations

import re

_HAN_NUMBER = "[一二三四五六七八九十百〇○零]{1,5}"
NUMBER = re.compile(r"\d+|\b[ivxl]+\b|" + _HAN_NUMBER, re.IGNORECASE)
PAGE_NUMBER = re.compile(
    r"[-–—·•|~\s]*(?:\d{1,4}|[ivxl]{1,6}|" + _HAN_NUMBER + r")(?:\s*[/／]\s*\d{1,4})?[-–—·•|~\s]*"
    r"|(?:Page|p\.)\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?|第\s*\d{1,4}\s*[页頁](?:[,，/\s]*共\s*\d{1,4}\s*[页頁])?",
    re.IGNORECASE,
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}
_HAN = {char: i for i, char in enumerate("〇一二三四五六七八九")} | {"○": 0, "零": 0}


def value(number: str) -> int:
    """The value of what NUMBER finds: an Arabic, a small Roman or a Chinese number."""
    if number.isdigit():
        return int(number)
    if number[0].casefold() not in _ROMAN:
        return _han_value(number)
    values = [_ROMAN[char] for char in number.casefold()]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _han_value(number: str) -> int:
    """十二, 一百〇三, or digit by digit as in 一〇三."""
    if not set(number) & {"十", "百"}:
        return int("".join(str(_HAN[char]) for char in number))
    hundreds, _, below = number.rpartition("百")
    tens, ten, ones = below.rpartition("十")
    parts = (hundreds or "〇", 100), (tens or ("一" if ten else "〇"), 10), (ones or "〇", 1)
    return sum(_HAN.get(part[-1], 0) * unit for part, unit in parts)
