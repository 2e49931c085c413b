"""Text of a web page that nobody sees: hidden parts, and words as small as nothing or of the colour behind them.

Only what elements say of themselves counts, attributes and `style`: style sheets are not read. Where a page has some,
colours that nothing states, or that a rule may change, are taken for seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ingest.notices import Notice

Colour = tuple[int, int, int]

# A page may show such a part later, by a script that is not run here; one with so much of the text is its text.
_MOST = 0.4
_NAMED: dict[str, Colour] = {
    "white": (255, 255, 255),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255),
    "whitesmoke": (245, 245, 245),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "lime": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "green": (0, 128, 0),
    "navy": (0, 0, 128),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
}
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})\b")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*([\d.]+%?)\s*)?\)")
_LENGTH = re.compile(r"(-?(?:\d+(?:\.\d+)?|\.\d+))\s*(px|pt|r?em|%|v[wh])?")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "rem": 16.0, "em": 16.0}
_NO_CLIP = re.compile(r"rect\(\s*([01])(?:px)?[\s,]+\1(?:px)?[\s,]+\1(?:px)?[\s,]+\1(?:px)?\s*\)")
_PICTURE = re.compile(r"url\(|gradient\(")
_INSET = re.compile(r"inset\(\s*(?:50|100)%|circle\(\s*0")
_SHRUNK = re.compile(r"scale[xy]?\(\s*0(?:\.0+)?\s*[,)]")
# Colours that differ by less in every part are one to the eye, and so is a letter of so few pixels to a dot.
_ALIKE = 12
_TINY = 1.0
_FAR = -500.0
# A hundredth of what something stands in: of a window of 800 pixels.
_SHARE = 8.0


@dataclass(frozen=True)
class _Look:
    """How text is set: colours None where they are not known, size in pixels."""

    colour: Colour | None
    behind: Colour | None
    size: float = 16.0
    clear: bool = False

    @property
    def unseen(self) -> bool:
        if self.clear or self.size <= _TINY:
            return True
        if self.colour is None or self.behind is None:
            return False
        return all(abs(one - other) < _ALIKE for one, other in zip(self.colour, self.behind, strict=True))


@dataclass(frozen=True)
class Unseen:
    """How many characters that nobody sees were left out, and how many were left in for being most of the text."""

    out: int = 0
    kept: int = 0

    def __add__(self, other: Unseen) -> Unseen:
        return Unseen(self.out + other.out, self.kept + other.kept)

    def notices(self) -> Iterator[Notice]:
        """What a person should know of it."""
        if self.out:
            yield Notice("unseen-left-out", {"count": self.out})
        if self.kept:
            yield Notice("unseen-read", {"count": self.kept})


def take_out_unseen(body: Any, *, sheets: bool) -> Unseen:
    """Take the text that nobody sees out of a tree. `sheets` says whether its page has style sheets."""
    whole = max(1, length(body))
    looks: dict[Any, _Look] = {}
    unseen: list[Any] = []
    out = kept = 0
    parts: list[Any] = []
    for element in body.iter():
        if not isinstance(element.tag, str):
            continue
        above = looks.get(element.getparent(), _Look(None, None) if sheets else _Look((0, 0, 0), _NAMED["white"]))
        style = _style(element)
        if sheets and (element.get("class") or element.get("id")):
            # A rule for it may say anything.
            above = replace(above, colour=None, behind=None)
        looks[element] = _look(element, style, above)
        if _is_away(style) or _is_hidden(element, style):
            parts.append((element, _is_away(style)))
        if looks[element].unseen:
            unseen.append(element)
    for element in unseen:
        out += _blank(element)
    for element, away in parts:
        if element is body or not _inside(element, body):
            continue
        count = length(element)
        if away or count < _MOST * whole:
            out += count
            take_out(element)
        else:
            kept += count
    return Unseen(out, kept)


def length(element: Any) -> int:
    """How many characters of text an element holds, without white space around them."""
    return sum(len(text.strip()) for text in element.itertext())


def take_out(element: Any) -> None:
    """Remove an element but not the text that follows it."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def _blank(element: Any) -> int:
    """Take out an element's own words, not those of the elements in it."""
    count = len((element.text or "").strip())
    element.text = _blanks(element.text)
    for child in element:
        count += len((child.tail or "").strip())
        child.tail = _blanks(child.tail)
    return count


def _blanks(text: str | None) -> str | None:
    return " " if text else text


def _inside(element: Any, body: Any) -> bool:
    return any(above is body for above in element.iterancestors())


def _style(element: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in (element.get("style") or "").lower().split(";"):
        name, _, value = part.partition(":")
        found[name.strip()] = value.replace("!important", "").strip()
    return found


def _look(element: Any, style: dict[str, str], above: _Look) -> _Look:
    """How an element's own words are set, from how those around it are."""
    look = above
    tag = element.tag
    if stated := style.get("background-color") or style.get("background") or element.get("bgcolor"):
        # A picture, or a colour that is not understood, may be anything.
        see_through = stated in ("transparent", "none", "inherit") or _alpha(stated) == 0
        look = look if see_through else replace(look, behind=None if _PICTURE.search(stated) else _colour(stated))
    said = style.get("color") or (element.get("color") if tag == "font" else None)
    if said is None and tag == "body":
        said = element.get("text")
    if said == "transparent" or (said and _alpha(said) == 0):
        # Letters cut out of a picture or a gradient are seen by what shines through them.
        look = replace(look, clear=not any("background-clip" in name for name in style))
    elif said and said not in ("inherit", "currentcolor"):
        look = replace(look, colour=_colour(said), clear=False)
    elif tag == "a" and element.get("href") is not None:
        # Browsers have a colour of their own for links.
        look = replace(look, colour=None)
    return replace(look, size=_size(style, above.size))


def _size(style: dict[str, str], above: float) -> float:
    said = style.get("font-size")
    if said is None and (font := style.get("font")):
        # The first length is the size; a weight is a number of three digits without a unit.
        sizes = [match for match in _LENGTH.finditer(font) if match[2] or match[1] in ("0", "1")]
        said = sizes[0][0] if sizes else None
    found = _LENGTH.fullmatch(said) if said else None
    if found is None:
        return above if said in (None, "inherit", "smaller", "larger") else 16.0
    number, unit = float(found[1]), found[2] or ""
    return (
        number * above / 100 if unit == "%" else number * above if unit == "em" else number * _PIXELS.get(unit, _SHARE)
    )


def _is_hidden(element: Any, style: dict[str, str]) -> bool:
    """Whether a page does not show an element as long as nothing is done."""
    if element.get("hidden") is not None or style.get("display") == "none":
        return True
    return style.get("visibility") in ("hidden", "collapse") or _number(style.get("opacity")) == 0


def _is_away(style: dict[str, str]) -> bool:
    """Whether an element stands where nobody looks, or has no room."""
    sides = ("left", "top", "right", "bottom") if style.get("position") in ("absolute", "fixed", "relative") else ()
    if any(_pixels(style.get(side)) <= _FAR for side in (*sides, "text-indent", "margin-left", "margin-top")):
        return True
    if style.get("overflow") in ("hidden", "clip"):
        room = (style.get(name) for name in ("width", "height", "max-width", "max-height"))
        if any(said is not None and _number(said) is not None and _pixels(said) <= _TINY for said in room):
            return True
    if _NO_CLIP.search(style.get("clip", "")) or _INSET.search(style.get("clip-path", "")):
        return True
    return bool(_SHRUNK.search(style.get("transform", "")))


def _number(said: str | None) -> float | None:
    found = _LENGTH.match(said) if said else None
    return None if found is None else float(found[1])


def _pixels(said: str | None) -> float:
    """A length in pixels; infinite for what is none."""
    found = _LENGTH.fullmatch(said) if said else None
    return float("inf") if found is None else float(found[1]) * _PIXELS.get(found[2] or "", _SHARE)


def _colour(said: str) -> Colour | None:
    """The colour of a declaration; None for one that is not understood."""
    said = said.lower()
    if found := _HEX.search(said):
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := _RGB.search(said):
        return None if (_alpha(said) or 1) < 0.9 else (int(found[1]), int(found[2]), int(found[3]))
    return next((_NAMED[word] for word in said.split() if word in _NAMED), None)


def _alpha(said: str) -> float | None:
    """How far a colour covers what is behind it, from 0 to 1; None where nothing is said."""
    found = _RGB.search(said.lower())
    if found is None or found[4] is None:
        return None
    return float(found[4].rstrip("%")) / (100 if found[4].endswith("%") else 1)
