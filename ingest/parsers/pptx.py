"""PPTX: slide by slide, titles as headings, what stands on a slide from top to bottom, notes after it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from ingest.document import Block, Cell, Line, ParsedDocument, ParseLimits, Row, Table
from ingest.errors import CorruptFile, NoText, TooManyPages
from ingest.notices import Notice, page_ranges
from ingest.parsers.charts import chart_blocks, diagram_keys, diagram_lines
from ingest.parsers.formats import extensions_of
from ingest.parsers.numerals import listed
from ingest.raised import DOWN, END, UP, settle
from models.reasons import because

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_BROKEN = (KeyError, ValueError, AttributeError, IndexError, TypeError, OSError, EOFError, BadZipFile, zlib.error)
# Placeholders that say the same on every slide: date, footer, header, slide number.
_FURNITURE = (13, 15, 14, 16)
_LONGEST_TITLE = 120


class PptxParser:
    """Reads PowerPoint presentations (Office Open XML)."""

    extensions = extensions_of("pptx")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002 (all parsers are called alike)
        limits: ParseLimits,
    ) -> ParsedDocument:
        """See `Parser.parse`."""
        pictures: list[int] = []
        with _damage_told(name):
            deck = _open(path)
            title = str(deck.core_properties.title or "")
            slides = list(deck.slides)
            if len(slides) > limits.pages:
                raise TooManyPages(name=name, pages=len(slides), limit=limits.pages)
            blocks = [block for i, slide in enumerate(slides, 1) for block in _Slide(slide, i, pictures).blocks()]
            warnings = list(_warnings(slides, pictures))
        if not blocks:
            raise NoText(name=name, pages=0, images=len(pictures))
        return ParsedDocument(tuple(blocks), title=title, warnings=tuple(warnings))


def _open(path: Path) -> Any:
    from pptx.package import Package

    # Unlike pptx.Presentation, this opens slide shows and templates too.
    return Package.open(str(path)).presentation_part.presentation


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    """What python-pptx raises on damaged packages, in our own words."""
    from lxml import etree
    from pptx.exc import PythonPptxError

    try:
        yield
    except (PythonPptxError, etree.LxmlError, *_BROKEN) as error:
        raise CorruptFile(name=name, kind="PPTX", reason=because("part-damaged")) from error


def _warnings(slides: list[Any], pictures: list[int]) -> Iterator[Notice]:
    hidden = [number for number, slide in enumerate(slides, 1) if slide.element.get("show") == "0"]
    if hidden:
        yield Notice("hidden-read", {"places": f"slide {page_ranges(hidden)}"})
    if pictures:
        yield Notice("pictures-unread", {"count": len(pictures)})


class _Slide:
    """One slide; the numbers of slides with pictures are added to `pictures`, once a picture."""

    def __init__(self, slide: Any, number: int, pictures: list[int]) -> None:
        self._slide = slide
        self._number = number
        self._pictures = pictures
        self._location = f"slide {number}"

    def blocks(self) -> Iterator[Block]:
        title = self._slide.shapes.title
        text = " ".join(_lines(title.text_frame)) if title is not None and title.has_text_frame else ""
        if len(text) > _LONGEST_TITLE:
            title, text = None, ""
        if text:
            yield Block("heading", (Line(text),), location=self._location, level=1)
        skipped = None if title is None else title.shape_id
        for shape in _ordered(self._slide.shapes):
            if shape.shape_id != skipped:
                yield from self._shape(shape)
        if self._slide.has_notes_slide and self._slide.notes_slide.notes_text_frame is not None:
            yield from self._text(
                "footnote", [line.strip() for line in _lines(self._slide.notes_slide.notes_text_frame)]
            )

    def _shape(self, shape: Any) -> Iterator[Block]:
        from pptx.enum.shapes import MSO_SHAPE_TYPE

        if shape.is_placeholder and shape.placeholder_format.type in _FURNITURE:
            return
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            for inner in _ordered(shape.shapes):
                yield from self._shape(inner)
        elif getattr(shape, "has_table", False) and shape.has_table:
            table = _table(shape.table)
            if table.rows:
                yield Block("table", (), location=self._location, table=table)
        elif getattr(shape, "has_chart", False) and shape.has_chart:
            yield from chart_blocks(shape.chart.element, self._location)
        elif shape.has_text_frame:
            yield from self._text("text", list(_lines(shape.text_frame)))
        elif shape.shape_type in (MSO_SHAPE_TYPE.PICTURE, MSO_SHAPE_TYPE.LINKED_PICTURE):
            self._pictures.append(self._number)
        else:
            yield from self._text("text", _diagram(shape))

    def _text(self, kind: Any, lines: list[str]) -> Iterator[Block]:
        """A block for every paragraph with the points below it."""
        several: list[list[str]] = []
        for line in lines:
            if not line.strip():
                continue
            if several and line.lstrip().startswith("- "):
                several[-1].append(line)
            else:
                several.append([line])
        for kept in several:
            yield Block(kind, tuple(map(Line, kept)), location=self._location)


def _ordered(shapes: Any) -> list[Any]:
    """From top to bottom, and from left to right what begins beside the upper half of another."""
    bands: list[list[Any]] = []
    for shape in sorted(shapes, key=lambda shape: shape.top or 0):
        highest = bands[-1][0] if bands else None
        if highest is None or (shape.top or 0) > (highest.top or 0) + (highest.height or 0) // 2:
            bands.append([])
        bands[-1].append(shape)
    return [shape for band in bands for shape in sorted(band, key=lambda shape: shape.left or 0)]


def _lines(frame: Any) -> Iterator[str]:
    """The paragraphs of a text frame, one a line or more; deeper points are indented, with a dash or number."""
    counts: dict[int, int] = {}
    for paragraph in frame.paragraphs:
        text = settle("".join(_runs(paragraph._p)))
        if text.strip():
            level = paragraph.level
            number = _number(paragraph._p.find(f"{_A}pPr/{_A}buAutoNum"), level, counts)
            mark = f"{number} " if number else "- " if level else ""
            first, *rest = (" ".join(line.split()) for line in text.split("\v") if line.strip())
            yield "  " * (level - 1) + mark + first
            yield from rest


def _number(scheme: Any | None, level: int, counts: dict[int, int]) -> str:
    """The number of a paragraph that counts itself; one that does not ends the count of its level."""
    for deeper in [other for other in counts if other > level or (other == level and scheme is None)]:
        del counts[deeper]
    if scheme is None:
        return ""
    counts[level] = counts.get(level, int(scheme.get("startAt") or 1) - 1) + 1
    return listed(counts[level], scheme.get("type") or "arabicPeriod")


def _runs(paragraph: Any) -> Iterator[str]:
    """The texts of a paragraph's runs, fields and formulas, raised and lowered ones marked; a line break is `\\v`."""
    for node in paragraph.iter():
        if node.tag in (f"{_A}t", _MATH_TEXT):
            shift = _baseline(node.getparent())
            yield f"{UP if shift > 0 else DOWN}{node.text or ''}{END}" if shift else node.text or ""
        elif node.tag == f"{_A}br":
            yield "\v"


def _baseline(run: Any) -> int:
    """By how much of its size a run is raised, in thousandths of a percent; below 0 where it is lowered."""
    found = run.find(f"{_A}rPr")
    value = "0" if found is None else found.get("baseline") or "0"
    return int(value) if value.lstrip("-").isdigit() else 0


def _table(table: Any) -> Table:
    rows = []
    for row in table.rows:
        cells = [
            Cell(" ".join(_lines(cell.text_frame)), column, cell.span_height, cell.span_width)
            if cell.is_merge_origin
            else Cell(" ".join(_lines(cell.text_frame)), column)
            for column, cell in enumerate(row.cells)
            if not cell.is_spanned
        ]
        if any(cell.text for cell in cells):
            rows.append(Row(tuple(cells)))
    return Table(tuple(rows), 1 if table.first_row and len(rows) > 1 else 0)


def _diagram(shape: Any) -> list[str]:
    """The points of a SmartArt diagram, which lie in a part of their own."""
    from pptx.oxml import parse_xml

    keys = [key for key in diagram_keys(shape.element) if key in shape.part.rels]
    return [line for key in keys for line in diagram_lines(parse_xml(shape.part.related_part(key).blob))]
