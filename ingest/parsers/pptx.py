"""PPTX: slide by slide, titles as headings, what stands on a slide from top to bottom, notes after it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from ingest.document import Block, Cell, Line, ParsedDocument, ParseLimits, Row, Table, table_of
from ingest.errors import CorruptFile, NoText, TooManyPages
from ingest.notices import Notice, page_ranges
from ingest.parsers.formats import extensions_of

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DIAGRAM = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_BROKEN = (KeyError, ValueError, AttributeError, IndexError, TypeError, OSError, EOFError, BadZipFile, zlib.error)
# Placeholders that say the same on every slide: date, footer, header, slide number.
_FURNITURE = (13, 15, 14, 16)
_LONGEST_TITLE = 120
_ROW = 0.02  # of the slide's height: shapes that begin within it stand side by side


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
        deck = _open(path, name)
        slides = list(deck.slides)
        if len(slides) > limits.pages:
            raise TooManyPages(name=name, pages=len(slides), limit=limits.pages)
        pictures: list[int] = []
        try:
            blocks = [
                block
                for number, slide in enumerate(slides, 1)
                for block in _Slide(slide, number, deck.slide_height, pictures).blocks()
            ]
        except _BROKEN as error:
            raise CorruptFile(name=name, kind="PPTX", reason="a slide of it is damaged") from error
        if not blocks:
            raise NoText(name=name, pages=len(slides), images=len(pictures))
        title = str(deck.core_properties.title or "")
        return ParsedDocument(tuple(blocks), title=title, warnings=tuple(_warnings(slides, pictures)))


def _open(path: Path, name: str) -> Any:
    import pptx
    from lxml import etree
    from pptx.exc import PythonPptxError

    try:
        return pptx.Presentation(str(path))
    except (PythonPptxError, etree.LxmlError, *_BROKEN) as error:
        raise CorruptFile(name=name, kind="PPTX", reason="a part of it is missing or damaged") from error


def _warnings(slides: list[Any], pictures: list[int]) -> Iterator[Notice]:
    hidden = [number for number, slide in enumerate(slides, 1) if slide.element.get("show") == "0"]
    if hidden:
        yield Notice("hidden-read", {"places": f"slide {page_ranges(hidden)}"})
    if pictures:
        yield Notice("pictures-unread", {"count": len(pictures)})


class _Slide:
    """One slide; the numbers of slides with pictures are added to `pictures`, once a picture."""

    def __init__(self, slide: Any, number: int, height: int, pictures: list[int]) -> None:
        self._slide = slide
        self._number = number
        self._row = max(1, int(height * _ROW))
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
        for shape in self._ordered(self._slide.shapes):
            if shape.shape_id != skipped:
                yield from self._shape(shape)
        if self._slide.has_notes_slide and self._slide.notes_slide.notes_text_frame is not None:
            yield from self._text(
                "footnote", [line.strip() for line in _lines(self._slide.notes_slide.notes_text_frame)]
            )

    def _ordered(self, shapes: Any) -> list[Any]:
        """Shapes by row, then from left to right; what has no place of its own keeps its order, first."""
        placed = [((shape.top or 0) // self._row, shape.left or 0, i, shape) for i, shape in enumerate(shapes)]
        return [shape for *_, shape in sorted(placed, key=lambda entry: entry[:3])]

    def _shape(self, shape: Any) -> Iterator[Block]:
        from pptx.enum.shapes import MSO_SHAPE_TYPE

        if shape.is_placeholder and shape.placeholder_format.type in _FURNITURE:
            return
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            for inner in self._ordered(shape.shapes):
                yield from self._shape(inner)
        elif getattr(shape, "has_table", False) and shape.has_table:
            table = _table(shape.table)
            if table.rows:
                yield Block("table", (), location=self._location, table=table)
        elif getattr(shape, "has_chart", False) and shape.has_chart:
            yield from self._chart(shape.chart)
        elif shape.has_text_frame:
            yield from self._text("text", list(_lines(shape.text_frame)))
        elif shape.shape_type in (MSO_SHAPE_TYPE.PICTURE, MSO_SHAPE_TYPE.LINKED_PICTURE):
            self._pictures.append(self._number)
        else:
            yield from self._text("text", _diagram(self._slide.part, shape))

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

    def _chart(self, chart: Any) -> Iterator[Block]:
        """A chart of whatever kind as the table it is drawn from: categories down, series across."""
        space = chart.element
        for title in space.iterfind(f"./{_C}chart/{_C}title"):
            yield from self._text("caption", [" ".join("".join(_runs(title)).split())])
        series = list(space.iter(f"{_C}ser"))
        names = next((found for one in series if (found := _points(one, "cat", "xVal"))), {})
        columns = [_points(one, "val", "yVal") for one in series]
        numbers = sorted(set(names).union(*columns))
        rows = [[names.get(i, ""), *(column.get(i, "") for column in columns)] for i in numbers]
        if rows:
            header = ["", *(" ".join(_values(one.find(f"{_C}tx")).values()) for one in series)]
            yield Block("table", (), location=self._location, table=table_of([header, *rows]))


def _points(series: Any, *kinds: str) -> dict[int, str]:
    """The values of a series by their number in it."""
    return next((_values(found) for kind in kinds if (found := series.find(f"{_C}{kind}")) is not None), {})


def _values(element: Any) -> dict[int, str]:
    points = [] if element is None else element.iter(f"{_C}pt")
    found = {int(point.get("idx") or 0): point.findtext(f"{_C}v") or "" for point in points}
    return found or ({} if element is None else dict(enumerate(v.text or "" for v in element.iter(f"{_C}v"))))


def _lines(frame: Any) -> Iterator[str]:
    """The paragraphs of a text frame, one a line or more; deeper points are indented and have a dash."""
    for paragraph in frame.paragraphs:
        text = "".join(_runs(paragraph._p))
        dash = "  " * (paragraph.level - 1) + "- " if paragraph.level else ""
        for line in text.split("\v"):
            if line.strip():
                yield dash + " ".join(line.split())


def _runs(paragraph: Any) -> Iterator[str]:
    """The texts of a paragraph's runs, fields and formulas; a line break is `\\v`."""
    for node in paragraph.iter():
        if node.tag in (f"{_A}t", _MATH_TEXT):
            yield node.text or ""
        elif node.tag == f"{_A}br":
            yield "\v"


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


def _diagram(part: Any, shape: Any) -> list[str]:
    """The points of a SmartArt diagram, which lie in a part of their own."""
    from lxml import etree

    keys = [value for node in shape.element.iter() for key, value in node.attrib.items() if key.endswith("}dm")]
    found = [part.rels[key] for key in keys if key in part.rels and part.rels[key].reltype == _DIAGRAM]
    lines = []
    for relation in found:
        root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
        for paragraph in root.iter(f"{_A}p"):
            lines.append(" ".join("".join(_runs(paragraph)).split()))
    return lines
