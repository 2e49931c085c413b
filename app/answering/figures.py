"""The figures and dates in a text, whatever way they are written: what an answer must not make up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from ingest.numerals import NUMERAL, value

# One character for one, so that places stay: full-width digits, points, commas and signs.
_PLAIN = tuple(zip("０１２３４５６７８９．，％", "0123456789.,%", strict=True))
_FIGURE = re.compile(r"\d(?:\d{0,2}(?:,\d{3})+|\d*)(?:\.\d+)?")
_SCALES = {"百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8, "万亿": 12, "萬億": 12}
_SCALES |= {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_PERCENT = re.compile(r"\s?(?:%|percent\b|per cent\b|个百分点|個百分點)", re.IGNORECASE)
_SCALE = re.compile(r"\s?(?:(千|百)?(万亿|萬億|[万萬亿億])|(thousand|million|billion|trillion)\b)", re.IGNORECASE)
_SMALL = {char: str(i) for i, char in enumerate("零一二三四五六七八九十")} | {"两": "2", "兩": "2"}
_ENGLISH = {
    word: str(i)
    for i, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"first": "1", "second": "2", "third": "3", "once": "1", "twice": "2", "half": "0.5"}
_LATIN = re.compile(r"[A-Za-z]+")
_MONTHS = {
    name[:3]: i
    for i, name in enumerate(
        "january february march april may june july august september october november december".split(), start=1
    )
}
_MONTH = (
    r"(?P<m>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DATES = [
    re.compile(r"(?<!\d)(?P<y>[12]\d{3})\s?年\s?(?P<m>\d{1,2})\s?月(?:\s?(?P<d>\d{1,2})\s?[日号號])?"),
    re.compile(r"(?<![\d年])(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号號]"),
    re.compile(r"(?<![\d./-])(?P<y>[12]\d{3})(?P<s>[-/.])(?P<m>\d{1,2})(?:(?P=s)(?P<d>\d{1,2}))(?![\d./-])"),
    re.compile(rf"\b{_MONTH}\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s(?P<y>[12]\d{{3}}))?"),
    re.compile(rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH},?(?:\s(?P<y>[12]\d{{3}}))?"),
    re.compile(rf"\b{_MONTH}\s(?P<y>[12]\d{{3}})(?!\d)"),
]


@dataclass(frozen=True)
class Figure:
    """A figure at characters [start, end) of a text, and the numbers that it may mean: 1.5万 is 1.5 or 15000.

    `scaled` is the latter, where a word says how many thousands, millions or 万 it counts, or it is a percentage: "5%".
    """

    start: int
    end: int
    readings: frozenset[str]
    scaled: str | None = None


@dataclass(frozen=True)
class Date:
    """A date at characters [start, end) of a text; what it does not say of itself is None."""

    start: int
    end: int
    year: int | None
    month: int
    day: int | None

    def agrees(self, other: Date) -> bool:
        """Whether the two may be the same day: nothing that both say differs."""
        pairs = ((self.year, other.year), (self.day, other.day))
        return self.month == other.month and all(a is None or b is None or a == b for a, b in pairs)


def figures(text: str) -> tuple[Figure, ...]:
    """Every figure of a text in order: digits, and Chinese numerals that can be nothing else."""
    plain = _plain(text)
    found = [_of_digits(plain, match) for match in _FIGURE.finditer(plain)]
    found += [
        Figure(match.start(), match.end(), frozenset({str(number)}))
        for match in NUMERAL.finditer(plain)
        if (number := value(match.group())) is not None and not _follows_digit(plain, match.start())
    ]
    return tuple(sorted(found, key=lambda figure: figure.start))


def readings(text: str) -> frozenset[str]:
    """All numbers that the figures of a text may mean."""
    return frozenset().union(*(figure.readings for figure in figures(text)))


def of_other_scale(figure: Figure, others: Iterable[Figure]) -> bool:
    """Whether those of the others that have its digits count in another unit: 3亿 where only 3万 stands.

    A table says its unit elsewhere: there the digits alone are the same figure.
    """
    alike = [other for other in others if figure.readings & other.readings]
    if figure.scaled is None or not alike:
        return False
    return all(other.scaled is not None and other.scaled != figure.scaled for other in alike)


def years(text: str) -> frozenset[str]:
    """The years between 1900 and 2099 that a text names."""
    return frozenset(n for n in readings(text) if len(n) == 4 and n.isdigit() and n[:2] in ("19", "20"))


def held(text: str) -> frozenset[str]:
    """All numbers that a text can be quoted for: its figures, small numerals, and English words for numbers."""
    small = {_SMALL[char] for char in text if char in _SMALL}
    small |= {_ENGLISH[word] for word in map(str.lower, _LATIN.findall(text)) if word in _ENGLISH}
    return readings(text) | small


def dates(text: str) -> tuple[Date, ...]:
    """Every date of a text that says a month, in order."""
    plain = _plain(text)
    found: list[Date] = []
    for pattern in _DATES:
        for match in pattern.finditer(plain):
            if not any(date.start < match.end() and match.start() < date.end for date in found):
                found += _date(match)
    return tuple(sorted(found, key=lambda date: date.start))


def _plain(text: str) -> str:
    # Much faster than `translate`: most of these are nowhere in a text.
    for wide, narrow in _PLAIN:
        text = text.replace(wide, narrow)
    return text


def _date(match: re.Match[str]) -> Iterator[Date]:
    parts = match.groupdict()
    month = _MONTHS.get(parts["m"][:3].lower()) or int(parts["m"])
    year, day = (int(parts[key]) if parts.get(key) else None for key in ("y", "d"))
    if 1 <= month <= 12 and (day is None or 1 <= day <= 31):
        yield Date(match.start(), match.end(), year, month, day)


def _of_digits(plain: str, match: re.Match[str]) -> Figure:
    number = Decimal(match.group().replace(",", ""))
    scale = _SCALE.match(plain, match.end())
    if scale is None:
        percent = _PERCENT.match(plain, match.end())
        end, scaled = (percent.end(), f"{_written(number)}%") if percent else (match.end(), None)
        return Figure(match.start(), end, frozenset({_written(number)}), scaled)
    power = sum(_SCALES[part.lower()] for part in scale.groups() if part)
    scaled = _written(number.scaleb(power))
    return Figure(match.start(), scale.end(), frozenset({_written(number), scaled}), scaled)


def _written(number: Decimal) -> str:
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _follows_digit(plain: str, start: int) -> bool:
    """3千万: the numeral belongs to the digits before it."""
    return start > 0 and plain[start - 1].isdigit()
