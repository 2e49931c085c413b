"""Automatic numbers of Word paragraphs: 第一条, 1.1, (a) stand in no text and are counted here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.parsers.numerals import numbered

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile(r"%([1-9])")


@dataclass(frozen=True)
class Level:
    """One level of a numbering: how it counts, and what it writes (`第%1条`)."""

    number_format: str = "decimal"
    text: str = ""
    start: int = 1
    restart: int | None = None
    legal: bool = False
    joined: bool = False

    @property
    def bullet(self) -> bool:
        return self.number_format == "bullet"


@dataclass
class _Numbering:
    """A list of a document: its levels, and those whose count starts anew in it."""

    abstract: str
    levels: dict[int, Level] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)


class Counter:
    """Counts the numbered paragraphs of one document, in their order."""

    def __init__(self, numbering: Any | None, styles: Any) -> None:
        self._lists = {} if numbering is None else _read(numbering)
        self._styles = _style_numbers(styles)
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()

    def label(self, paragraph: Any, style: str) -> tuple[int, str] | None:
        """Depth, and the label with what parts it from the text; None without a number."""
        number, depth = self._of(paragraph, style)
        numbering = self._lists.get(number)
        if numbering is None or depth not in numbering.levels:
            return None
        level = numbering.levels[depth]
        counts = self._count(number, numbering, depth)
        if level.bullet:
            return depth, "- "
        text = _PLACE.sub(lambda place: _written(numbering, counts, int(place.group(1)) - 1, level), level.text)
        parted = not level.joined or text != text.rstrip()
        return depth, text.strip() + (" " if parted and text.strip() else "")

    def _of(self, paragraph: Any, style: str) -> tuple[str, int]:
        """The list and level that a paragraph names, or its style for it."""
        number, depth = self._styles.get(style, ("", 0))
        own = paragraph.find(f"{_W}pPr/{_W}numPr")
        if own is not None:
            number = _value(own, "numId") or number
            depth = _whole(_value(own, "ilvl"), depth)
        return number, depth

    def _count(self, number: str, numbering: _Numbering, depth: int) -> dict[int, int]:
        counts = self._counts.setdefault(numbering.abstract, {})
        if depth in numbering.starts and (number, depth) not in self._begun:
            self._begun.add((number, depth))
            counts.pop(depth, None)
        for above in range(depth):
            counts.setdefault(above, _start(numbering, above))
        counts[depth] = counts[depth] + 1 if depth in counts else _start(numbering, depth)
        for below in [level for level in counts if level > depth]:
            restart = numbering.levels.get(below, Level()).restart
            if restart is None or (restart and depth < restart):
                del counts[below]
        return counts


def _written(numbering: _Numbering, counts: dict[int, int], depth: int, by: Level) -> str:
    level = numbering.levels.get(depth, Level())
    return numbered(counts.get(depth, level.start), "decimal" if by.legal else level.number_format)


def _start(numbering: _Numbering, depth: int) -> int:
    return numbering.starts.get(depth, numbering.levels.get(depth, Level()).start)


def _read(numbering: Any) -> dict[str, _Numbering]:
    """Lists by their numbers; those that point to a style's list get that one's levels."""
    abstract = {each.get(f"{_W}abstractNumId"): each for each in numbering.iter(f"{_W}abstractNum")}
    styled = {_value(each, "styleLink"): key for key, each in abstract.items() if _value(each, "styleLink")}
    lists = {}
    for each in numbering.iter(f"{_W}num"):
        key = _value(each, "abstractNumId")
        if key in abstract and _value(abstract[key], "numStyleLink"):
            key = styled.get(_value(abstract[key], "numStyleLink"), key)
        found = _Numbering(key, _levels(abstract[key]) if key in abstract else {})
        for override in each.iter(f"{_W}lvlOverride"):
            _override(found, override)
        lists[each.get(f"{_W}numId") or ""] = found
    return lists


def _override(numbering: _Numbering, override: Any) -> None:
    depth = _whole(override.get(f"{_W}ilvl"), 0)
    numbering.levels.update(_levels(override))
    if start := _value(override, "startOverride"):
        numbering.starts[depth] = _whole(start, 1)
        numbering.levels[depth] = replace(numbering.levels.get(depth, Level()), start=_whole(start, 1))


def _levels(parent: Any) -> dict[int, Level]:
    return {_whole(level.get(f"{_W}ilvl"), 0): _level(level) for level in parent.findall(f"{_W}lvl")}


def _level(element: Any) -> Level:
    restart = _value(element, "lvlRestart")
    return Level(
        number_format=_value(element, "numFmt") or "decimal",
        text=_value(element, "lvlText"),
        start=_whole(_value(element, "start"), 1),
        restart=_whole(restart, 0) if restart else None,
        legal=element.find(f"{_W}isLgl") is not None,
        joined=_value(element, "suff") == "nothing",
    )


def _style_numbers(styles: Any) -> dict[str, tuple[str, int]]:
    """The list and level of each style: its own, or those of the style it is based on."""
    own = {}
    based = {}
    for style in styles.iter(f"{_W}style"):
        key = style.get(f"{_W}styleId") or ""
        based[key] = _value(style, "basedOn")
        numbering = style.find(f"{_W}pPr/{_W}numPr")
        if numbering is not None:
            own[key] = (_value(numbering, "numId"), _value(numbering, "ilvl"))
    return {key: found for key in based if (found := _inherited(key, own, based))}


def _inherited(key: str, own: dict[str, tuple[str, str]], based: dict[str, str]) -> tuple[str, int] | None:
    number = depth = ""
    seen: set[str] = set()
    while key and key not in seen and not number:
        seen.add(key)
        here = own.get(key, ("", ""))
        number, depth = here[0], depth or here[1]
        key = based.get(key, "")
    return (number, _whole(depth, 0)) if number else None


def _value(parent: Any, tag: str) -> str:
    """The value of a child element, or an empty text."""
    child = parent.find(f"{_W}{tag}")
    return "" if child is None else child.get(f"{_W}val") or ""


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.lstrip("-").isdigit() else otherwise
