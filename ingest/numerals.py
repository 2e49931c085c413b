"""Reads Chinese numerals as the numbers that they are, where they can be nothing else.

一千二百三十四 is 1234, 二〇二四 is 2024, 一百五 is 150. 二三百 (two or three hundred), 千万 and 万一
are words: they have no value here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九")}
_DIGIT |= {char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")}
_DIGIT |= {"〇": 0, "○": 0, "两": 2, "兩": 2, "貳": 2, "參": 3, "陸": 6}
_UNIT = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_MYRIAD = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_ALL = "".join(_DIGIT) + "".join(_UNIT) + "".join(_MYRIAD)

NUMERAL = re.compile(f"[{''.join(_DIGIT)}十拾][{_ALL}]+")
# A row of digits is a year or a code from so many on; 七八 is seven or eight.
_SHORTEST_ROW = 3
# A longer run of numerals is no number that anybody writes.
_LONGEST = 40


_SCALED = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)([千百]?[万亿])")


def spelled_out(folded: str) -> Iterator[str]:
    """In digits, the numbers of a folded text that stand there otherwise: 一千二百三十四 as 1234, 1.5万 as 15000."""
    for match in NUMERAL.finditer(folded):
        number = value(match.group())
        if number is not None and not folded[: match.start()][-1:].isdigit():
            yield str(number)
    if "万" not in folded and "亿" not in folded:
        return
    for match in _SCALED.finditer(folded):
        scale = 1
        for char in match[2]:
            scale *= _UNIT.get(char) or _MYRIAD[char]
        yield f"{(Decimal(match[1]) * scale).normalize():f}"


def value(numeral: str) -> int | None:
    """The number that a run of numerals writes, or None if it is not surely one."""
    if not 2 <= len(numeral) <= _LONGEST:
        return None
    if all(char in _DIGIT for char in numeral):
        return int("".join(str(_DIGIT[char]) for char in numeral)) if len(numeral) >= _SHORTEST_ROW else None
    return _Reading().of(numeral)


class _Reading:
    """Adds up units from left to right: each smaller than the one before, within each 万 and 亿."""

    def __init__(self) -> None:
        self._total = 0
        self._section = 0
        self._digit: int | None = None
        self._unit = 10**4
        self._myriad = 10**12

    def of(self, numeral: str) -> int | None:
        for char in numeral:
            if not self._take(char):
                return None
        return self._total + self._section + self._rest(numeral)

    def _take(self, char: str) -> bool:
        if char in _DIGIT:
            whole = not self._digit
            self._digit = _DIGIT[char]
            return whole
        return self._take_unit(_UNIT[char]) if char in _UNIT else self._take_myriad(_MYRIAD[char])

    def _take_unit(self, unit: int) -> bool:
        # 十五 is short for 一十五; nothing else goes without its digit.
        ten = unit == 10 and self._digit in (None, 0)
        if unit >= self._unit or not (self._digit or ten):
            return False
        self._section += (self._digit or 1) * unit
        self._digit, self._unit = None, unit
        return True

    def _take_myriad(self, myriad: int) -> bool:
        section = self._section + (self._digit or 0)
        if not section and not (self._total and myriad > self._myriad):
            return False
        if myriad > self._myriad:
            self._total = (self._total + section) * myriad
        else:
            self._total += section * myriad
        self._section, self._digit, self._unit, self._myriad = 0, None, 10**4, myriad
        return True

    def _rest(self, numeral: str) -> int:
        """The last digit: of ones, or of the unit below the one that it follows at once (一百五, 三万二)."""
        before = numeral[-2]
        step = _UNIT.get(before, 0) or _MYRIAD.get(before, 0)
        return (self._digit or 0) * (step // 10 if step > 10 else 1)
