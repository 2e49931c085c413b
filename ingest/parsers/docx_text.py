"""The text of a Word paragraph: insertions and formulas count, deletions and hidden text do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unicodedata import category

from ingest.characters import tidy
from ingest.parsers.omml import linear
from ingest.raised import DOWN, END, UP, settle
from ingest.symbols import drawn, is_symbol_font

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FORMULAS = (f"{_M}oMath", f"{_M}oMathPara")
_PICTURES = (
    "{http://schemas.openxmlformats.org/drawingml/2006/main}blip",
    "{urn:schemas-microsoft-com:vml}imagedata",
)
_LEFT_OUT = frozenset(
    (FALLBACK, *(f"{W}{name}" for name in ("txbxContent", "pPr", "del", "moveFrom", "rt", "instrText")))
)
_SHIFTS = {"superscript": UP, "subscript": DOWN}
_SIGNS = {f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}


def text_of(element: Any) -> str:
    """The text inside an element, line breaks kept, text boxes left to their own."""
    return settle("".join(_pieces(element)))


def _pieces(element: Any) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag == f"{W}t":
            yield child.text or ""
        elif tag == f"{W}r":
            if not _hidden(child):
                yield from _run(child)
        elif tag == f"{W}tab":
            yield "\t"
        elif tag == f"{W}sym":
            yield _symbol(child)
        elif tag in _SIGNS:
            yield _SIGNS[tag]
        elif tag in _FORMULAS:
            yield linear(child) + ("\n" if tag == _FORMULAS[1] else "")
        elif tag not in _LEFT_OUT and isinstance(tag, str):
            yield from _pieces(child)


def _run(run: Any) -> Iterator[str]:
    """The text of a run; letters of a symbol font are what it draws for them, raised and lowered ones are marked."""
    shift = _shift(run)
    if shift:
        yield shift
    fonts = run.find(f"{W}rPr/{W}rFonts")
    font = "" if fonts is None else fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or ""
    for piece in _pieces(run):
        yield "".join(drawn(font, char) for char in piece) if is_symbol_font(font) else piece
    if shift:
        yield END


def _shift(run: Any) -> str:
    """UP or DOWN for a run that is raised or lowered; a raised link into the document is the mark of a note."""
    found = run.find(f"{W}rPr/{W}vertAlign")
    parent = run.getparent()
    if found is None or (parent.tag == f"{W}hyperlink" and parent.get(f"{W}anchor")):
        return ""
    return _SHIFTS.get(found.get(f"{W}val") or "", "")


def _symbol(element: Any) -> str:
    code = element.get(f"{W}char") or ""
    try:
        char = drawn(element.get(f"{W}font") or "", chr(int(code, 16)))
    except (ValueError, OverflowError):
        return ""
    return "" if category(char := tidy(char) or " ") == "Co" else char


def _hidden(run: Any) -> bool:
    return on(run.find(f"{W}rPr/{W}vanish"))


def on(switch: Any | None) -> bool:
    """Whether an element such as `<w:b/>` is there and not switched off."""
    return switch is not None and switch.get(f"{W}val") not in ("0", "false", "off", "none")


def outermost(element: Any, tag: str) -> Iterator[Any]:
    """Descendants with a tag, none inside another; deletions and copies for old programs left out."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag not in (FALLBACK, f"{W}del", f"{W}moveFrom"):
            yield from outermost(child, tag)


def note_marks(element: Any) -> Iterator[tuple[str, str]]:
    """The notes that a paragraph or table refers to: `footnote` or `endnote`, and the number."""
    for kind in ("footnote", "endnote"):
        for mark in element.iter(f"{W}{kind}Reference"):
            yield kind, mark.get(f"{W}id") or ""


def pictures(element: Any) -> int:
    """How many pictures an element shows."""
    found = sum(1 for tag in _PICTURES for _ in element.iter(tag))
    copies = sum(1 for copy in element.iter(FALLBACK) for tag in _PICTURES for _ in copy.iter(tag))
    return found - copies
