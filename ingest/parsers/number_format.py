"""Numbers and dates as spreadsheets show them: 15.3%, ¥1,200.00, 2024年3月5日."""

from __future__ import annotations

import datetime
import math
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache

# A quoted or escaped literal, a bracket, a fill or a space as wide as a letter, or one sign.
_MARK = re.compile(
    r'"[^"]*"|\\.|\[[^\]]*\]|[*_].|General|AM/PM|A/P|上午/下午|E[+-]|[yY]+|[mM]+|[dD]+|[hH]+|[sS]+|a{3,}|.', re.DOTALL
)
_CURRENCY = re.compile(r"\[\$([^-\]]*)(?:-[^\]]*)?\]")
_DATE = re.compile(r"[ymdhs]|a{3}", re.IGNORECASE)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_CONDITION = re.compile(r"\[([<>=]+)(-?[\d.]+)\]")
_WEEKDAYS = "一二三四五六日"
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
# Shown as the system is set; here as everybody reads them.
_OF_SYSTEM = {"mm-dd-yy": "yyyy-mm-dd", "m/d/yy h:mm": "yyyy-mm-dd hh:mm", "m/d/yyyy": "yyyy-mm-dd"}
_LARGEST = 1e15


def general(value: float) -> str:
    """A number without a format."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < _LARGEST):
        return str(int(value))
    return f"{value:.12g}"


def number_shown(value: float, code: str) -> str:
    """A number under a number format such as `#,##0.00_);[Red](#,##0.00)`."""
    if not math.isfinite(value):
        return str(value)
    section, negative = _section(value, code)
    marks = _marks(section)
    if not any(mark in "0#?" for mark in marks):
        if "General" in marks or "@" in marks:
            number = general(abs(value) if negative else value)
            return "".join(number if mark in ("General", "@") else mark.removeprefix("'") for mark in marks).strip()
        return _literal(marks) or general(value)
    return _filled(abs(value) if negative else value, marks)


def _section(value: float, code: str) -> tuple[str, bool]:
    """The part of a format that is for this number, and whether it shows the sign itself."""
    sections = [part for part in _split(code) if part]
    for part in sections:
        if (condition := _CONDITION.search(part)) and _holds(value, condition):
            return part, value < 0
    if not sections or _CONDITION.search(code):
        return (sections[-1] if sections else ""), False
    if value < 0 and len(sections) > 1:
        return sections[1], True
    return (sections[2] if value == 0 and len(sections) > 2 else sections[0]), False


def _holds(value: float, condition: re.Match[str]) -> bool:
    sign, bound = condition.group(1), float(condition.group(2))
    return {"<": value < bound, ">": value > bound, "<=": value <= bound, ">=": value >= bound}.get(
        sign, value == bound
    )


@lru_cache(maxsize=256)
def _split(code: str) -> tuple[str, ...]:
    parts, current = [], ""
    for mark in _MARK.findall(code):
        if mark == ";":
            parts.append(current)
            current = ""
        else:
            current += mark
    return (*parts, current)


@lru_cache(maxsize=256)
def _marks(section: str) -> tuple[str, ...]:
    """The signs of a section, literals with a quote before them."""
    marks: list[str] = []
    for mark in _MARK.findall(section):
        if currency := _CURRENCY.fullmatch(mark):
            marks.append("'" + currency.group(1))
        elif mark[0] == '"':
            marks.append("'" + mark[1:-1])
        elif mark[0] == "\\":
            marks.append("'" + mark[1])
        elif mark[0] not in "[*_":
            marks.append(mark)
    return tuple(marks)


def _literal(marks: tuple[str, ...]) -> str:
    return "".join(mark.removeprefix("'") for mark in marks if mark not in "0#?,.@")


def _filled(value: float, marks: tuple[str, ...]) -> str:
    places = [at for at, mark in enumerate(marks) if mark in "0#?"]
    first, last = places[0], places[-1]
    inside = marks[first : last + 1]
    if "/" in inside or any(mark not in "0#?,." and not mark.startswith("E") for mark in inside):
        return general(value)
    exponent = next((at for at, mark in enumerate(inside) if mark.startswith("E")), None)
    after = last + 1
    while after < len(marks) and marks[after] == ",":
        after += 1
    number = Decimal(repr(value)) * 100 ** marks.count("%") / 1000 ** (after - last - 1)
    if exponent is None:
        text = _digits(number, inside)
    else:
        text = f"{number:.{sum(1 for mark in inside[:exponent] if mark in '0#?') - 1}E}"
    before, behind = _literal(marks[:first]), _literal(marks[after:])
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    return f"{sign}{before}{text}{behind}".strip()


def _digits(number: Decimal, inside: tuple[str, ...]) -> str:
    point = inside.index(".") if "." in inside else len(inside)
    whole, fraction = inside[:point], [mark for mark in inside[point + 1 :] if mark in "0#?"]
    with localcontext() as context:
        context.prec = 60
        number = number.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    text = f"{number:{',' if ',' in whole else ''}f}"
    integer, _, decimals = text.partition(".")
    sign, integer = ("-", integer[1:]) if integer.startswith("-") else ("", integer)
    least = fraction.count("0")
    while len(decimals) > least and decimals.endswith("0"):
        decimals = decimals[:-1]
    integer = integer.zfill(whole.count("0")) if whole.count("0") > 1 and "," not in whole else integer
    if integer == "0" and "0" not in whole:
        integer = ""
    shown = integer + (f".{decimals}" if decimals else "")
    return ("" if not any(digit in "123456789" for digit in shown) else sign) + shown


def is_date_format(code: str) -> bool:
    """Whether a number under this format is a date or a time."""
    section = _ELAPSED.sub(r"\1", _split(code)[0]) if code else ""
    return bool(_DATE.search("".join(mark for mark in _marks(section) if not mark.startswith("'"))))


def date_shown(value: datetime.datetime | datetime.date | datetime.time | datetime.timedelta, code: str) -> str:
    """A date or time under its format."""
    if isinstance(value, datetime.timedelta):
        return _elapsed(value)
    code = _split(_OF_SYSTEM.get(code, code))[0]
    marks = [] if code.startswith(("[$-F800]", "[$-F400]")) else list(_marks(code))
    if isinstance(value, datetime.time):
        value = datetime.datetime.combine(datetime.date(1900, 1, 1), value)
        marks = marks if any(mark[0] in "hHsS" for mark in marks) else ["h", ":", "mm"]
    elif not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time())
    if not any(_DATE.match(mark) for mark in marks):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    return "".join(_date_part(marks, at, value) for at in range(len(marks))).strip()


def _elapsed(value: datetime.timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _date_part(marks: list[str], at: int, value: datetime.datetime) -> str:
    mark = marks[at]
    unit, width = mark[0].lower(), len(mark)
    if mark.startswith("'"):
        return mark[1:]
    if unit == "y":
        return f"{value.year:04d}" if width > 2 else f"{value.year % 100:02d}"
    if unit == "m":
        return f"{value.minute:0{width}d}" if _is_minute(marks, at) else _named(value.month, width, _MONTHS)
    if unit == "d":
        return _named(value.day, width, _DAYS, value.weekday())
    if unit == "h":
        half = any(other in ("AM/PM", "A/P", "上午/下午") for other in marks)
        return f"{(value.hour - 1) % 12 + 1 if half else value.hour:0{min(width, 2)}d}"
    if unit == "s":
        return f"{value.second:0{min(width, 2)}d}"
    if mark in ("AM/PM", "A/P", "上午/下午"):
        return mark.split("/")[value.hour >= 12]
    if mark.startswith("aaa"):
        return ("星期" if width > 3 else "") + _WEEKDAYS[value.weekday()]
    return "" if mark in "@#?" else mark


def _named(number: int, width: int, names: list[str], at: int | None = None) -> str:
    if width <= 2:
        return f"{number:0{width}d}"
    name = names[number - 1 if at is None else at]
    return name[:3] if width == 3 else name


def _is_minute(marks: list[str], at: int) -> bool:
    """An `m` stands for minutes after hours or before seconds."""
    units = [(i, mark[0].lower()) for i, mark in enumerate(marks) if mark[0].lower() in "ymdhs" and mark != "'"]
    here = next(i for i, (place, _) in enumerate(units) if place == at)
    return (here > 0 and units[here - 1][1] == "h") or (here + 1 < len(units) and units[here + 1][1] == "s")
