"""Moments as a reader of each language writes them, in the server's time: as `Intl` in `static/js/text.js` does."""

from __future__ import annotations

from datetime import datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The parts of the day in 繁體中文, each with the hour that it ends at (CLDR).
_PARTS = ((5, "凌晨"), (8, "清晨"), (12, "上午"), (13, "中午"), (19, "下午"), (24, "晚上"))


def short_time(language: str, seconds: float) -> str:
    """The time of day of a moment today, the day of any other. `seconds` since 1970."""
    moment = datetime.fromtimestamp(seconds)
    return _clock(language, moment) if moment.date() == datetime.now().date() else _day(language, moment)


def full_time(language: str, moment: datetime) -> str:
    """Day and time of day, in the server's time."""
    local = moment.astimezone()
    return f"{_day(language, local)}{', ' if language == 'en' else ' '}{_clock(language, local)}"


def _day(language: str, moment: datetime) -> str:
    if language == "en":
        return f"{_MONTHS[moment.month - 1]} {moment.day}, {moment.year}"
    return f"{moment.year}年{moment.month}月{moment.day}日"


def _clock(language: str, moment: datetime) -> str:
    if language == "zh-Hans":
        return f"{moment:%H:%M}"
    time = f"{moment.hour % 12 or 12}:{moment:%M}"
    if language == "en":
        return f"{time} {'PM' if moment.hour >= 12 else 'AM'}"
    return next(part for until, part in _PARTS if moment.hour < until) + time
