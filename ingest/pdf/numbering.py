"""Numbers that headings begin with: 第一章, 一、, 1.2, Chapter 3, II."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CN = r"[一二三四五六七八九十百零〇\d]{1,6}"
_NUMBERINGS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^第\s*{_CN}\s*[编編篇部卷]",
        rf"^(?:第\s*{_CN}\s*章|(?:Chapter|CHAPTER|Appendix|APPENDIX)\s+[\dA-ZIVX]+\b)",
        rf"^第\s*{_CN}\s*[节節]",
        r"^[一二三四五六七八九十]{1,3}、",
        r"^[(（][一二三四五六七八九十]{1,3}[)）]",
        r"^[IVX]{1,5}\.\s+[A-Z][A-Z\s:,&/-]+$",
        r"^\d{1,2}[.．]?\s+\D",
        r"^\d{1,2}\.\d{1,2}[.．]?\s*[^\d\s.%％,，]",
        r"^\d{1,2}(?:\.\d{1,2}){2,4}[.．]?\s*[^\d\s.%％]",
    )
)
NONE, CLAUSE = -1, 4
# Numbering alone makes a heading only where running text rarely starts so.
_SURE = (0, 1, 2, 3, 5)
_DECIMAL = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})[.．]?\s+[\"“(（《]?[A-Z\u4e00-\u9fff\\]")


def numbering(text: str) -> int:
    """Which kind of numbering a text begins with, from the highest to the lowest; NONE for no number."""
    return next((i for i, pattern in enumerate(_NUMBERINGS) if pattern.match(text)), NONE)


def is_sure(kind: int) -> bool:
    """Whether a short line with this numbering is a heading whatever it looks like."""
    return kind in _SURE


def counted(texts: Sequence[str]) -> set[int]:
    """Which of some short lines, by index, are headings because their decimal numbers count on from 1 and 1.1."""
    found: set[int] = set()
    last: tuple[int, ...] = ()
    deep = False
    for i, text in enumerate(texts):
        match = _DECIMAL.match(text)
        number = tuple(int(part) for part in match[1].split(".")) if match else ()
        if number and number in _next(last):
            found.add(i)
            last, deep = number, deep or len(number) > 1
    return found if deep and len(found) >= 3 else set()


def _next(last: tuple[int, ...]) -> set[tuple[int, ...]]:
    """The numbers that may follow one: its first part, or the next on any level."""
    following = {(*last[:i], last[i] + 1) for i in range(len(last))}
    return following | {(*last, 1)} if last else {(1,), (1, 1)}
