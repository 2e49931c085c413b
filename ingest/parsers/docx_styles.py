"""What the styles of a Word document say of its paragraphs."""

from __future__ import annotations

import re
from typing import Any

from ingest.parsers.docx_text import W

_HEADING = re.compile(r"^(?:heading|标题|標題)\s*([1-9])$", re.IGNORECASE)


class Styles:
    """Names and heading levels by style id; a style without a level of its own has that of its base."""

    def __init__(self, styles: Any) -> None:
        self.names: dict[str, str] = {}
        self.levels: dict[str, int] = {}
        based: dict[str, str] = {}
        for style in styles.iter(f"{W}style"):
            key = style.get(f"{W}styleId") or ""
            name, parent = style.find(f"{W}name"), style.find(f"{W}basedOn")
            self.names[key] = "" if name is None else name.get(f"{W}val") or ""
            based[key] = "" if parent is None else parent.get(f"{W}val") or ""
            if level := _named_level(self.names[key]) or outline_level(style):
                self.levels[key] = level
        for key in based:
            self._inherit(key, based)

    def _inherit(self, key: str, based: dict[str, str]) -> None:
        seen = []
        while key and key not in self.levels and key not in seen:
            seen.append(key)
            key = based.get(key, "")
        for style in seen:
            self.levels[style] = self.levels.get(key, 0)


def _named_level(name: str) -> int:
    if name.lower() == "title":
        return 1
    match = _HEADING.match(name)
    return min(6, int(match.group(1))) if match else 0


def outline_level(element: Any) -> int:
    """The heading level that a paragraph or style sets for itself, else 0; body text says 9."""
    found = element.find(f"{W}pPr/{W}outlineLvl")
    value = "9" if found is None else found.get(f"{W}val") or "9"
    return min(6, int(value) + 1) if value.isdigit() and int(value) < 9 else 0
