"""DOCX: headings, paragraphs, lists, tables, text boxes and notes in the order of the document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from ingest.document import Block, Line, ParsedDocument, ParseLimits, table_of
from ingest.errors import CorruptFile, NoText
from ingest.parsers.outline import Outline, chapter_level

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING = re.compile(r"^(?:heading|标题|標題)\s*([1-9])$", re.IGNORECASE)
_NOTES = ("/footnotes", "/endnotes")


class DocxParser:
    """Reads Word documents (Office Open XML)."""

    extensions = (".docx",)

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002 (all parsers are called alike)
        limits: ParseLimits,  # noqa: ARG002
    ) -> ParsedDocument:
        """See `Parser.parse`."""
        document = _open(path, name)
        levels = _style_levels(document)
        outline = Outline()
        bodies = [document.element.body, *_notes(document)]
        blocks = tuple(block for body in bodies for block in _blocks(body, levels, outline))
        if not blocks:
            raise NoText(name=name, pages=0, images=0)
        return ParsedDocument(blocks, title=str(document.core_properties.title or ""))


def _open(path: Path, name: str) -> Any:
    import docx
    from docx.opc.exceptions import OpcError

    try:
        return docx.Document(str(path))
    except (OpcError, SyntaxError, BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        # SyntaxError is what damaged XML raises.
        raise CorruptFile(name=name, kind="DOCX", reason="a part of it is missing or damaged") from error


def _style_levels(document: Any) -> dict[str, int]:
    """Heading levels by style id: by the style's name, or the outline level it sets or inherits."""
    levels: dict[str, int] = {}
    for style in document.styles.element.iter(f"{_W}style"):
        name = style.find(f"{_W}name")
        match = _HEADING.match(name.get(f"{_W}val") or "") if name is not None else None
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        based = style.find(f"{_W}basedOn")
        key = style.get(f"{_W}styleId") or ""
        if match:
            levels[key] = min(6, int(match.group(1)))
        elif outline is not None and int(outline.get(f"{_W}val") or 9) < 9:
            levels[key] = min(6, int(outline.get(f"{_W}val")) + 1)
        elif based is not None and based.get(f"{_W}val") in levels:
            levels[key] = levels[based.get(f"{_W}val")]
    return levels


def _notes(document: Any) -> Iterator[Any]:
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if relation.reltype.endswith(_NOTES) and not relation.is_external:
            yield parse_xml(relation.target_part.blob)


def _blocks(parent: Any, levels: dict[str, int], outline: Outline) -> Iterator[Block]:
    """Blocks of a body, content controls and notes included."""
    for element in parent:
        if element.tag == f"{_W}p":
            yield from _paragraph(element, levels, outline)
        elif element.tag == f"{_W}tbl":
            yield from _table(element, outline)
        elif element.tag != _FALLBACK and isinstance(element.tag, str):
            yield from _blocks(element, levels, outline)


def _paragraph(element: Any, levels: dict[str, int], outline: Outline) -> Iterator[Block]:
    lines = [" ".join(line.split()) for line in _text(element).split("\n")]
    lines = [line for line in lines if line]
    if lines:
        level = _level(element, levels, lines)
        if not level and element.find(f"{_W}pPr/{_W}numPr") is not None:
            lines[0] = "- " + lines[0]
        location = outline.heading(level, " ".join(lines)) if level else outline.block(lines[0])
        rows = tuple(Line(line) for line in lines)
        yield Block("heading" if level else "text", rows, location=location, level=level)
    for box in _outermost(element, f"{_W}txbxContent"):
        yield from _blocks(box, levels, outline)


def _level(element: Any, levels: dict[str, int], lines: list[str]) -> int:
    if sum(map(len, lines)) > 120:
        return 0
    outline = element.find(f"{_W}pPr/{_W}outlineLvl")
    if outline is not None and int(outline.get(f"{_W}val") or 9) < 9:
        return min(6, int(outline.get(f"{_W}val")) + 1)
    style = element.find(f"{_W}pPr/{_W}pStyle")
    level = levels.get(style.get(f"{_W}val"), 0) if style is not None else 0
    return level or (chapter_level(lines[0]) if len(lines) == 1 else 0)


def _outermost(element: Any, tag: str) -> Iterator[Any]:
    """Descendants with a tag, none inside another; the fallback copies for old programs left out."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag != _FALLBACK:
            yield from _outermost(child, tag)


def _text(element: Any) -> str:
    """The text of a paragraph with insertions and formulas, without deletions and text boxes."""
    text = ""
    for child in element:
        if child.tag in (f"{_W}t", _MATH_TEXT):
            text += child.text or ""
        elif child.tag == f"{_W}tab":
            text += "\t" if element.tag == f"{_W}r" else ""
        elif child.tag in (f"{_W}br", f"{_W}cr"):
            text += "\n"
        elif child.tag == f"{_W}noBreakHyphen":
            text += "-"
        elif child.tag not in (_FALLBACK, f"{_W}txbxContent", f"{_W}pPr"):
            text += _text(child)
    return text


def _table(element: Any, outline: Outline) -> Iterator[Block]:
    rows = [_row(row) for row in _outermost(element, f"{_W}tr")]
    rows = [row for row in rows if any(row)]
    if rows:
        yield Block("table", (), location=outline.block(""), table=table_of(rows))


def _row(row: Any) -> list[str]:
    cells: list[str] = []
    for cell in _outermost(row, f"{_W}tc"):
        merged = cell.find(f"{_W}tcPr/{_W}vMerge")
        below = merged is not None and merged.get(f"{_W}val") != "restart"
        text = "" if below else " ".join(" ".join(_text(p).split()) for p in cell.iter(f"{_W}p")).strip()
        span = cell.find(f"{_W}tcPr/{_W}gridSpan")
        width = int(span.get(f"{_W}val") or 1) if span is not None else 1
        cells += [text, *[""] * (width - 1)]
    return cells
