"""DOCX: headings, paragraphs, lists, tables, text boxes and notes in the order of the document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from ingest.document import Block, BlockKind, Line, ParsedDocument, ParseLimits
from ingest.errors import CorruptFile
from ingest.notices import Notice
from ingest.parsers.captions import name_captions
from ingest.parsers.cells import table
from ingest.parsers.charts import chart_blocks, chart_keys, diagram_keys, diagram_lines
from ingest.parsers.docx_cells import merged_rows
from ingest.parsers.docx_looks import Seen, unnamed_headings
from ingest.parsers.docx_numbering import Counter
from ingest.parsers.docx_styles import Styles, outline_level
from ingest.parsers.docx_text import FALLBACK, W, note_marks, on, outermost, pictures, text_of
from ingest.parsers.formats import extensions_of
from ingest.parsers.outline import Outline, chapter_level
from ingest.parsers.result import document_of
from models.reasons import because

_CAPTION = re.compile(r"caption|[题題]注|[图表圖][标標][题題]", re.IGNORECASE)
_CONTENTS = re.compile(r"^(?:toc|目录|目錄)\s*\d$|^table of figures$", re.IGNORECASE)
_CODE = re.compile(
    r"^(?:source\s*code|code(?:\s*block)?|html\s*preformatted|macro(?:\s*text)?|(?:源|程序)?代[码碼])$", re.IGNORECASE
)
_MAX_HEADING = 120
_VARIANTS = (
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
)
# SyntaxError is damaged XML, AttributeError a part of another kind than its place says.
_DAMAGED = (SyntaxError, AttributeError, BadZipFile, KeyError, ValueError, OSError, EOFError)


class DocxParser:
    """Reads Word documents (Office Open XML)."""

    extensions = extensions_of("docx")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002 (all parsers are called alike)
        limits: ParseLimits,  # noqa: ARG002
    ) -> ParsedDocument:
        """See `Parser.parse`."""
        with _damage_told(name):
            document = _open(path)
            title = str(document.core_properties.title or "")
            body = document.element.body
            walk = _Walk(document)
            found = list(walk.blocks(body))
            if levels := unnamed_headings(walk.seen, document.styles.element):
                # Now that the look of the whole is known, the same once more, with other places.
                found = list(_Walk(document, levels).blocks(body))
            blocks = name_captions(list(_joined(found)))
        count = pictures(body)
        warnings = [Notice("pictures-unread", {"count": count})] if count else []
        return document_of(blocks, name, title=title, warnings=warnings, images=count)


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    """What python-docx raises on damaged packages, in our own words."""
    from docx.opc.exceptions import OpcError

    try:
        yield
    except (OpcError, *_DAMAGED) as error:
        raise CorruptFile(name=name, kind="DOCX", reason=because("part-damaged")) from error


def _open(path: Path) -> Any:
    from docx.opc.part import PartFactory
    from docx.package import Package
    from docx.parts.document import DocumentPart

    # Templates and documents with macros differ in nothing else.
    for variant in _VARIANTS:
        PartFactory.part_type_for[variant] = DocumentPart
    document = Package.open(str(path)).main_document_part.document
    if document.element.body is None:
        raise KeyError("body")
    return document


def _joined(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks with the lines of code that stand below one another, each a paragraph in Word, as one."""
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        if kind == "code":
            several = list(group)
            yield replace(several[0], lines=tuple(line for block in several for line in block.lines))
        else:
            yield from group


def _tree(part: Any | None) -> Any | None:
    """The XML of a part of the package."""
    from docx.oxml import parse_xml

    return None if part is None else parse_xml(part.blob)


class _Walk:
    """Goes through a document once, counting and placing as it goes; `levels` are those of headings without a style."""

    def __init__(self, document: Any, levels: Mapping[Any, int] | None = None) -> None:
        from docx.opc.constants import RELATIONSHIP_TYPE

        self.seen: list[Seen] = []
        self._levels = levels or {}
        self._relations = document.part.rels
        parts = {rel.reltype: rel.target_part for rel in document.part.rels.values() if not rel.is_external}
        self._styles = Styles(document.styles.element)
        self._counter = Counter(_tree(parts.get(RELATIONSHIP_TYPE.NUMBERING)), document.styles.element)
        self._outline = Outline()
        self._notes = {
            (kind, note.get(f"{W}id")): note
            for kind, tree in (
                ("footnote", _tree(parts.get(RELATIONSHIP_TYPE.FOOTNOTES))),
                ("endnote", _tree(parts.get(RELATIONSHIP_TYPE.ENDNOTES))),
            )
            if tree is not None
            for note in tree.iter(f"{W}{kind}")
        }

    def blocks(self, parent: Any) -> Iterator[Block]:
        """Blocks of a body, a cell or a box, content controls included."""
        for element in parent:
            if element.tag == f"{W}p":
                yield from self._paragraph(element)
            elif element.tag == f"{W}tbl":
                yield from self._table(element)
            elif element.tag not in (FALLBACK, f"{W}del", f"{W}moveFrom") and isinstance(element.tag, str):
                yield from self.blocks(element)

    def _paragraph(self, element: Any) -> Iterator[Block]:
        style = element.find(f"{W}pPr/{W}pStyle")
        key = "" if style is None else style.get(f"{W}val") or ""
        text = text_of(element)
        lines = [line for line in (" ".join(line.split()) for line in text.split("\n")) if line]
        if lines and _CODE.match(self._styles.names.get(key, "")):
            yield self._block("code", [line.rstrip() for line in text.split("\n") if line.strip()], 0)
        elif lines:
            indent = self._number(element, key, lines)
            kind, level = self._kind(element, key, lines)
            if next(element.iterancestors(f"{W}txbxContent", f"{W}tbl"), None) is None:
                plain = kind != "caption" and not _CONTENTS.match(self._styles.names.get(key, ""))
                self.seen.append(Seen(element, "\n".join(lines) if plain else "", level))
            yield self._block(kind, lines, level, "" if level else indent)
        yield from self._graphics(element)
        yield from self._notes_of(element)
        for box in outermost(element, f"{W}txbxContent"):
            yield from self.blocks(box)

    def _block(self, kind: BlockKind, lines: list[str], level: int, indent: str = "") -> Block:
        location = self._outline.heading(level, " ".join(lines)) if level else self._outline.block(lines[0])
        return Block(kind, tuple(Line(indent + line) for line in lines), location=location, level=level)

    def _kind(self, element: Any, key: str, lines: list[str]) -> tuple[BlockKind, int]:
        name = self._styles.names.get(key, "")
        if _CAPTION.search(name):
            return "caption", 0
        if sum(map(len, lines)) > _MAX_HEADING or _CONTENTS.match(name):
            return "text", 0
        level = outline_level(element) or self._styles.levels.get(key, 0) or self._levels.get(element, 0)
        level = level or (chapter_level(lines[0]) if len(lines) == 1 else 0)
        return ("heading" if level else "text"), level

    def _number(self, element: Any, key: str, lines: list[str]) -> str:
        """Put the automatic number before the text; returns the indent of deeper list items."""
        found = self._counter.label(element, key)
        if found is None:
            return ""
        depth, label = found
        lines[0] = label + lines[0]
        return "  " * depth if label else ""

    def _graphics(self, element: Any) -> Iterator[Block]:
        """The charts and diagrams in a paragraph."""
        for key in chart_keys(element):
            if (chart := self._related(key)) is not None:
                yield from chart_blocks(chart, self._outline.block(""))
        for key in diagram_keys(element):
            diagram = self._related(key)
            if diagram is not None and (lines := diagram_lines(diagram)):
                yield self._block("text", lines, 0)

    def _related(self, key: str) -> Any | None:
        relation = self._relations.get(key)
        return None if relation is None or relation.is_external else _tree(relation.target_part)

    def _notes_of(self, element: Any) -> Iterator[Block]:
        for mark in note_marks(element):
            note = self._notes.pop(mark, None)
            lines = [] if note is None else [line for p in note.iter(f"{W}p") if (line := " ".join(text_of(p).split()))]
            if lines:
                yield Block("footnote", tuple(map(Line, lines)), location=self._outline.block(""))

    def _table(self, element: Any) -> Iterator[Block]:
        self.seen.append(Seen(element))
        rows = [row for row in outermost(element, f"{W}tr") if row.find(f"{W}trPr/{W}del") is None]
        cells = [list(outermost(row, f"{W}tc")) for row in rows]
        if all(len(row) <= 1 for row in cells):
            # A frame around text, not a table.
            for cell in (cell for row in cells for cell in row):
                yield from self.blocks(cell)
            return
        header = 0
        while header < len(rows) and on(rows[header].find(f"{W}trPr/{W}tblHeader")):
            header += 1
        found = table(merged_rows(rows, cells), header if 0 < header < len(rows) else None)
        if found:
            yield Block("table", (), location=self._outline.block(""), table=found)
        yield from self._notes_of(element)
        for nested in (inner for row in cells for cell in row for inner in outermost(cell, f"{W}tbl")):
            yield from self._table(nested)
