"""Small text beside other text in HTML: raised and lowered text, parts of formulas, and readings above characters."""

from __future__ import annotations

import re
from typing import Any

from ingest.raised import DOWN, END, UP

# How the characters of a ruby are read aloud stands there for the eye; in a line it would cut words in two.
READINGS = frozenset(("rt", "rp", "rtc"))
_SHIFTS = {"sup": UP, "sub": DOWN}
# Of the parts of a formula, those after the first.
_PARTS = {"msup": UP, "msub": DOWN, "msubsup": DOWN + UP, "mover": "", "munder": DOWN, "munderover": DOWN + UP}
_NOTE = re.compile(r"(?:^|[\s_:-])(?:reference|cite|footnote|endnote|note|noteref|fn\w*)(?:$|[\s_-])", re.IGNORECASE)


def opening(element: Any) -> str:
    """What stands before the text of an element: a mark for raised or lowered text, or a sign of a formula."""
    if shift := _shift(element):
        return shift
    if element.tag == "msqrt":
        return "√("
    if _is_part(element, "mfrac"):
        return ("/" if element.getprevious() is not None else "") + ("(" if len(element) > 1 else "")
    return ""


def closing(element: Any) -> str:
    """What stands after the text of an element with such an opening."""
    if _shift(element):
        return END
    return ")" if element.tag == "msqrt" or (_is_part(element, "mfrac") and len(element) > 1) else ""


def _shift(element: Any) -> str:
    """UP or DOWN for an element that raises or lowers its text, else nothing; marks of notes are as any text."""
    if element.tag in _SHIFTS:
        return "" if element.tag == "sup" and _is_note_mark(element) else _SHIFTS[element.tag]
    parent = element.getparent()
    shifts = "" if parent is None else _PARTS.get(parent.tag, "")
    place = len(list(element.itersiblings(preceding=True))) if shifts else 0
    return shifts[place - 1] if 0 < place <= len(shifts) else ""


def _is_part(element: Any, tag: str) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == tag


def _is_note_mark(sup: Any) -> bool:
    """Whether raised text leads to a note: it holds a link, is all of one, or is called so."""
    if sup.find(".//a") is not None:
        return True
    link = next((above for above in sup.iterancestors("a")), None)
    if link is not None and "".join(link.itertext()).strip() == "".join(sup.itertext()).strip():
        return True
    names = " ".join(value for key, value in sup.attrib.items() if key in ("class", "role", "id") or "type" in key)
    return _NOTE.search(names) is not None
