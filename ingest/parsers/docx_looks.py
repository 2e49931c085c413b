"""Headings of Word documents that no style names: told by their numbers, and by size, weight, font and place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ingest.parsers.docx_text import W, on, text_of
from ingest.pdf.numbering import NONE, numbering
from ingest.script import columns

_Value = TypeVar("_Value", float, bool, str)

_LONGEST, _LONGEST_BARE = 80, 60
_LOOSE_END = tuple("。；;，,、：:.!！?？…")
_BULLETS = tuple("•●○■□◆◇▪➢✓·–—-*")
_LEADERS = re.compile(r"[.．…·\s]{4,}\d*$|\s\d{1,4}$")
# 一、 and （一）: what official documents set in another font than the text, neither bold nor larger.
_SET_APART = (3, 4)
_MOST = 0.4


@dataclass(frozen=True)
class Seen:
    """A paragraph by its lines and its heading level; without a text a caption, a line of contents or a table."""

    element: Any
    text: str = ""
    level: int = 0


@dataclass(frozen=True)
class _Look:
    size: float = 0.0
    bold: bool = False
    font: str = ""
    centred: bool = False


def unnamed_headings(seen: Sequence[Seen], styles: Any) -> dict[Any, int]:
    """Heading levels by paragraph, of those that are headings for any reader though their style says nothing.

    Beside headings that are known otherwise only numbered ones are found, and stand below them.
    """
    looks = _Looks(styles)
    looked = [(each, looks.of(each.element)) for each in seen if each.text and not each.level]
    body = _body([(each.text, look) for each, look in looked])
    found = {each.element: (numbering(each.text), look) for each, look in looked if _stands_out(each.text, look, body)}
    _drop_last(found, seen)
    length = sum(len(each.text) for each in seen if each.element in found)
    if length > _MOST * sum(len(each.text) for each in seen):
        return {}
    known = [each for each in seen if each.level]
    titles = _titles(found, seen) if known else {}
    kept = {key: look for key, look in found.items() if len(known) <= 1 or look[0] != NONE}
    below = max((each.level for each in known), default=0)
    return {key: min(6, below + rank) for key, rank in _ranks(kept).items()} | titles


def _stands_out(text: str, look: _Look, body: _Look) -> bool:
    """Whether a paragraph is set as headings are, and nothing speaks against it."""
    width, numbered = columns(text), numbering(text)
    if (
        "\n" in text
        or width > (_LONGEST_BARE if numbered == NONE else _LONGEST)
        or columns("".join(filter(str.isalpha, text))) < 3
        or text.endswith(_LOOSE_END)
        or text.startswith(_BULLETS)
        or _LEADERS.search(text)
    ):
        return False
    bold, centred = look.bold and not body.bold, look.centred and not body.centred
    if numbered == NONE:
        return look.size >= 1.1 * body.size and (bold or (centred and look.size >= 1.3 * body.size))
    if look.size < 0.95 * body.size:
        return False
    apart = numbered in _SET_APART and look.font not in ("", body.font)
    return bold or centred or apart or look.size >= 1.1 * body.size


def _body(looked: Sequence[tuple[str, _Look]]) -> _Look:
    """How most characters are set."""
    if not looked:
        return _Look()
    return _Look(
        _most([(look.size, len(text)) for text, look in looked]),
        _most([(look.bold, len(text)) for text, look in looked]),
        _most([(look.font, len(text)) for text, look in looked]),
        _most([(look.centred, len(text)) for text, look in looked]),
    )


def _most(counted: Iterable[tuple[_Value, int]]) -> _Value:
    """The value that counts most."""
    counter: Counter[_Value] = Counter()
    for value, count in counted:
        counter[value] += count
    return counter.most_common(1)[0][0]


def _drop_last(found: dict[Any, tuple[int, _Look]], seen: Sequence[Seen]) -> None:
    """A heading has something below it: what ends a document, such as who signed it, is none."""
    for each in reversed(seen):
        if each.element not in found:
            return
        del found[each.element]


def _titles(found: Mapping[Any, tuple[int, _Look]], seen: Sequence[Seen]) -> dict[Any, int]:
    """What stands out above the first known heading and has no number is a title."""
    first = next(i for i, each in enumerate(seen) if each.level)
    return {each.element: 1 for each in seen[:first] if found.get(each.element, (0,))[0] == NONE}


def _ranks(found: Mapping[Any, tuple[int, _Look]]) -> dict[Any, int]:
    """Bigger is higher; within a size the numbering decides, and what has no number goes with the highest.

    All headings with the same kind of number are of one level, set as most of them are.
    """
    kinds = {kind for kind, _ in found.values()}
    usual = {kind: _most((look.size, 1) for other, look in found.values() if other == kind) for kind in kinds}
    styles = {key: (look.size if kind == NONE else usual[kind], kind) for key, (kind, look) in found.items()}
    ranks: dict[tuple[float, int], int] = {}
    level = 0
    for size in sorted({size for size, _ in styles.values()}, reverse=True):
        numbered = sorted({kind for other, kind in styles.values() if other == size} - {NONE}) or [NONE]
        ranks |= {(size, kind): level + step for step, kind in enumerate(numbered, 1)}
        ranks.setdefault((size, NONE), level + 1)
        level += len(numbered)
    return {key: ranks[style] for key, style in styles.items()}


class _Looks:
    """How paragraphs are set: by their runs, else by their style and what it is based on, else by default."""

    def __init__(self, styles: Any) -> None:
        self._styles = {style.get(f"{W}styleId"): style for style in styles.iter(f"{W}style")}
        self._default = next(
            (
                key
                for key, style in self._styles.items()
                if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true")
            ),
            "",
        )
        self._base = styles.find(f"{W}docDefaults/{W}rPrDefault")

    def of(self, paragraph: Any) -> _Look:
        """The look of most of a paragraph; it is bold where all of it is, and in a font likewise."""
        chain = list(self._chain(_value(paragraph, f"{W}pPr/{W}pStyle") or self._default))
        sizes: list[tuple[float, int]] = []
        bold, fonts = True, set[str]()
        for run in paragraph.iter(f"{W}r"):
            if not (text := text_of(run).strip()):
                continue
            above = [run, *self._chain(_value(run, f"{W}rPr/{W}rStyle")), *chain]
            above += [] if self._base is None else [self._base]
            size = next((size for each in above if (size := _value(each, f"{W}rPr/{W}sz"))), "20")
            sizes.append((int(size) / 2 if size.isdigit() else 10.0, len(text)))
            bold = bold and next((on(b) for each in above if (b := each.find(f"{W}rPr/{W}b")) is not None), False)
            fonts.add(next((font for each in above if (font := _font(each))), ""))
        place = next((place for each in (paragraph, *chain) if (place := _value(each, f"{W}pPr/{W}jc"))), "")
        if not sizes:
            return _Look(centred=place == "center")
        return _Look(_most(sizes), bold, fonts.pop() if len(fonts) == 1 else "", place == "center")

    def _chain(self, key: str) -> Iterator[Any]:
        """A style and those it is based on."""
        met: set[str] = set()
        while key in self._styles and key not in met:
            met.add(key)
            yield self._styles[key]
            key = _value(self._styles[key], f"{W}basedOn")


def _font(element: Any) -> str:
    """The font of an element's Chinese characters."""
    found = element.find(f"{W}rPr/{W}rFonts")
    return "" if found is None else found.get(f"{W}eastAsia") or found.get(f"{W}eastAsiaTheme") or ""


def _value(element: Any, path: str) -> str:
    found = element.find(path)
    return "" if found is None else found.get(f"{W}val") or ""
