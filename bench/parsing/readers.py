"""What reads documents: Zhiwen, and what people would use instead. Each runs in a process of its own.

A reader imports its library first and gives a function that reads one file, so that importing is
not measured. Every peer runs with its defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.parsing.cells import Placed, from_boxes, from_markdown

SCAN_DPI = 200


@dataclass(frozen=True)
class Request:
    """What to read and how; `want` is text, tables or both, for readers that find them apart."""

    reader: str
    path: str
    name: str = ""
    password: str | None = None
    want: str = "text"
    core: int | None = None


@dataclass
class Reading:
    """What a reader made of a file; `error` is empty, a code of Zhiwen's, or what went wrong.

    `seconds` is the reading alone, `wall` the whole process.
    """

    text: str = ""
    pages: list[str] = field(default_factory=list)
    tables: list[list[Placed]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str = ""
    seconds: float = 0.0
    wall: float = 0.0
    peak_mb: float = 0.0


Read = Callable[[Request], Reading]

# The distribution that says whether a reader is installed, and in which version.
PEERS = {
    "pymupdf": "pymupdf",
    "pymupdf4llm": "pymupdf4llm",
    "pdfplumber": "pdfplumber",
    "pypdf": "pypdf",
    "markitdown": "markitdown",
}
DISTRIBUTIONS = {**PEERS, "rapidocr": "rapidocr"}


def installed(reader: str) -> str | None:
    """A peer's version; None where it is not installed."""
    try:
        return version(DISTRIBUTIONS[reader])
    except PackageNotFoundError:
        return None


def zhiwen() -> Read:
    from ingest.clean import clean
    from ingest.errors import IngestError
    from ingest.parse import parse

    def read(request: Request) -> Reading:
        try:
            parsed = parse(Path(request.path), request.name or Path(request.path).name, password=request.password)
        except IngestError as error:
            return Reading(error=error.code)
        cleaned = clean(parsed)
        pages: list[list[str]] = [[] for _ in parsed.pages]
        for anchor in cleaned.anchors:
            if anchor.page:
                pages[anchor.page - 1].append(cleaned.text[anchor.start : anchor.end])
        return Reading(
            text=cleaned.text,
            pages=["\n".join(page) for page in pages],
            tables=[_placed(block.table) for block in parsed.blocks if block.table],
            notes=[asdict(page) for page in parsed.pages],
            warnings=[str(notice) for notice in parsed.warnings],
        )

    return read


def _placed(table: Any) -> list[Placed]:
    return [
        Placed(r, cell.column, r + cell.rows - 1, cell.column + cell.columns - 1, cell.text)
        for r, row in enumerate(table.rows)
        for cell in row.cells
    ]


def pymupdf() -> Read:
    import pymupdf

    def read(request: Request) -> Reading:
        with pymupdf.open(request.path) as document:
            if request.want == "text":
                return _paged(page.get_text() for page in document)
            return Reading(
                tables=[_gridded(t.rows, t.extract()) for page in document for t in page.find_tables().tables]
            )

    return read


def pymupdf4llm() -> Read:
    import pymupdf4llm

    def read(request: Request) -> Reading:
        chunks = pymupdf4llm.to_markdown(request.path, page_chunks=True, show_progress=False)
        reading = _paged(chunk["text"] for chunk in chunks)
        reading.tables = [table for page in reading.pages for table in from_markdown(page)]
        return reading

    return read


def pdfplumber() -> Read:
    import pdfplumber

    def read(request: Request) -> Reading:
        with pdfplumber.open(request.path) as document:
            if request.want == "text":
                return _paged(page.extract_text() for page in document.pages)
            found = (table for page in document.pages for table in page.find_tables())
            return Reading(tables=[_gridded(table.rows, table.extract()) for table in found])

    return read


def pypdf() -> Read:
    import pypdf

    return lambda request: _paged(page.extract_text() for page in pypdf.PdfReader(request.path).pages)


def markitdown() -> Read:
    from markitdown import MarkItDown

    def read(request: Request) -> Reading:
        text = MarkItDown(enable_plugins=False).convert(request.path).text_content
        return Reading(text=text, tables=from_markdown(text))

    return read


def rapidocr() -> Read:
    import numpy
    import pymupdf
    from rapidocr import RapidOCR

    engine = RapidOCR()

    def read(request: Request) -> Reading:
        with pymupdf.open(request.path) as document:
            images = (page.get_pixmap(dpi=SCAN_DPI, colorspace=pymupdf.csRGB) for page in document)
            arrays = (numpy.frombuffer(i.samples, numpy.uint8).reshape(i.height, i.width, 3)[..., ::-1] for i in images)
            return _paged("\n".join(engine(numpy.ascontiguousarray(array)).txts or ()) for array in arrays)

    return read


READERS: dict[str, Callable[[], Read]] = {
    each.__name__: each for each in (zhiwen, pymupdf, pymupdf4llm, pdfplumber, pypdf, markitdown, rapidocr)
}


def _paged(pages: Iterator[str]) -> Reading:
    found = list(pages)
    return Reading(text="\n".join(found), pages=found)


def _gridded(rows: Any, texts: list[list[str | None]]) -> list[Placed]:
    """A peer's table with its merged cells, which it gives as boxes: None where another cell reaches."""
    return from_boxes(
        (tuple(box), text or "")
        for row, line in zip(rows, texts, strict=True)
        for box, text in zip(row.cells, line, strict=True)
        if box is not None
    )
