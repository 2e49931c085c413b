"""PDFs that a test draws, and what the parser makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pymupdf

from ingest.document import Block, ParsedDocument, ParseLimits
from ingest.pdf.reader import PdfParser

Draw = Callable[[Any], None]


def make_pdf(path: Path, *draws: Draw, width: float = 600, height: float = 800) -> Path:
    """Save a document of one page for each function that draws."""
    document = pymupdf.open()
    for draw in draws:
        draw(document.new_page(width=width, height=height))
    document.save(path)
    return path


def read_pages(path: Path, *draws: Draw, **size: float) -> ParsedDocument:
    """What is read, without OCR, from pages that some functions draw."""
    made = make_pdf(path / "made.pdf", *draws, **size)
    return PdfParser().parse(made, made.name, None, ParseLimits(ocr="off"))


def texts(document: ParsedDocument, kind: str | None = None) -> list[str]:
    """The texts of blocks, a line of the page a line."""
    return [text_of(block) for block in document.blocks if kind in (None, block.kind)]


def text_of(block: Block) -> str:
    return "\n".join(line.text for line in block.lines)


def lay(page: Any, x: float, y: float, lines: Iterable[str], leading: float = 14, **style: Any) -> None:
    """Set lines one below the other."""
    for i, line in enumerate(lines):
        page.insert_text((x, y + leading * i), line, **{"fontsize": 10, **style})


def column(word: str, count: int = 12) -> list[str]:
    """Lines of running text that begin with a word and a number."""
    return [f"{word}{i:02} some words of running text, so" for i in range(count)]
