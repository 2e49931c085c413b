"""Where in a document without pages something stands: its headings, article or paragraph number."""

from __future__ import annotations

import re

ARTICLE = re.compile(r"^第\s*[一二三四五六七八九十百千零〇\d]{1,8}\s*条(?:之[一二三四五六七八九十]+)?")
_CHAPTERS = (
    re.compile(r"^第\s*[一二三四五六七八九十百零〇\d]{1,6}\s*[编編篇部卷](?:\s|　|$|[^，。；,.;]{0,25}$)"),
    re.compile(r"^第\s*[一二三四五六七八九十百零〇\d]{1,6}\s*[章回](?:\s|　|$|[^，。；,.;]{0,30}$)"),
    re.compile(r"^第\s*[一二三四五六七八九十百零〇\d]{1,6}\s*[节節](?:\s|　|$|[^，。；,.;]{0,30}$)"),
)


def chapter_level(text: str) -> int:
    """The level of a line such as 第二章 总则, or 0 for a line that is no heading."""
    if len(text) > 40 or text.endswith(("。", "；", "，", "：")):
        return 0
    return next((level for level, pattern in enumerate(_CHAPTERS, 1) if pattern.match(text)), 0)


class Outline:
    """Follows the headings of a document as it is read, and names the place of each block."""

    def __init__(self) -> None:
        self._headings: list[tuple[int, str]] = []
        self._article = ""
        self._number = 0

    def heading(self, level: int, text: str) -> str:
        """Enter a section; returns its location."""
        self._headings = [entry for entry in self._headings if entry[0] < level]
        self._headings.append((level, " ".join(text.split())))
        self._article = ""
        self._number += 1
        return self._path()

    def block(self, text: str) -> str:
        """The location of the next block: headings and article, else the number of the paragraph."""
        self._number += 1
        if match := ARTICLE.match(text.lstrip(" \u3000*")):
            self._article = "".join(match.group().split())
        return self._path() or f"¶{self._number}"

    def _path(self) -> str:
        parts = [text for _, text in self._headings] + ([self._article] if self._article else [])
        return " > ".join(parts)
