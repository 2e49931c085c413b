"""Every format that can be read: the endings of its names, and the parser for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

Kind = Literal[
    "pdf",
    "docx",
    "pptx",
    "xlsx",
    "sheets",
    "csv",
    "html",
    "mhtml",
    "xml",
    "markdown",
    "text",
    "image",
    "epub",
    "eml",
    "old-text",
    "old-slides",
    "old-sheets",
    "protected",
]


@dataclass(frozen=True)
class Format:
    """A family of files that one parser reads: `parser` is where, `module:attribute`.

    `label` is what people call it. A `package` is a ZIP file whose unpacked size is checked before
    it is read. A `paged` parser tells how many pages are done; one with `ocr` is made with what loads OCR. Some need
    `programs`: a part of the file may be for LibreOffice.
    """

    kind: Kind
    label: str
    extensions: tuple[str, ...]
    media_type: str
    parser: str
    package: bool = False
    paged: bool = False
    ocr: bool = False
    programs: bool = False


_OFFICE = "application/vnd.openxmlformats-officedocument."
_ALL = (
    Format("pdf", "PDF", (".pdf",), "application/pdf", "ingest.pdf.reader:PdfParser", paged=True, ocr=True),
    Format(
        "docx",
        "DOCX",
        (".docx", ".docm", ".dotx", ".dotm"),
        f"{_OFFICE}wordprocessingml.document",
        "ingest.parsers.docx:DocxParser",
        package=True,
    ),
    Format(
        "pptx",
        "PPTX",
        (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx"),
        f"{_OFFICE}presentationml.presentation",
        "ingest.parsers.pptx:PptxParser",
        package=True,
    ),
    Format(
        "xlsx",
        "XLSX",
        (".xlsx", ".xlsm", ".xltx", ".xltm"),
        f"{_OFFICE}spreadsheetml.sheet",
        "ingest.parsers.xlsx:XlsxParser",
        package=True,
    ),
    Format("csv", "CSV", (".csv", ".tsv"), "text/csv", "ingest.parsers.delimited:DelimitedParser"),
    Format(
        "sheets",
        "XLS",
        (".xls", ".xlsb", ".ods", ".et"),
        "application/vnd.ms-excel",
        "ingest.parsers.sheets:SheetsParser",
    ),
    Format("markdown", "Markdown", (".md", ".markdown"), "text/markdown", "ingest.parsers.markdown:MarkdownParser"),
    Format("html", "HTML", (".html", ".htm", ".xhtml"), "text/html", "ingest.parsers.html:HtmlParser"),
    Format("mhtml", "MHTML", (".mht", ".mhtml"), "multipart/related", "ingest.parsers.mhtml:MhtmlParser"),
    Format("xml", "XML", (".xml", ".rss", ".atom"), "application/xml", "ingest.parsers.xml:XmlParser"),
    Format(
        "image",
        "image",
        (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"),
        "image/png",
        "ingest.parsers.image:ImageParser",
        paged=True,
        ocr=True,
    ),
    Format("epub", "EPUB", (".epub",), "application/epub+zip", "ingest.parsers.epub:EpubParser", package=True),
    Format("eml", "EML", (".eml",), "message/rfc822", "ingest.parsers.eml:EmlParser", ocr=True, programs=True),
    Format(
        "old-text",
        "an old or open text document",
        (".doc", ".dot", ".rtf", ".odt", ".ott", ".wps"),
        "application/msword",
        "ingest.parsers.convert:old_text_parser",
        programs=True,
    ),
    Format(
        "old-slides",
        "PPT",
        (".ppt", ".pps", ".odp", ".dps"),
        "application/vnd.ms-powerpoint",
        "ingest.parsers.convert:old_slides_parser",
        programs=True,
    ),
    Format(
        "old-sheets",
        "Excel XML",
        (),
        "application/vnd.ms-excel",
        "ingest.parsers.convert:old_sheets_parser",
        programs=True,
    ),
    Format("protected", "Office with a password", (), "", "ingest.parsers.protected:ProtectedParser", programs=True),
    Format("text", "plain text", (".txt", ".text"), "text/plain", "ingest.parsers.text:TextParser"),
)
FORMATS = {format_.kind: format_ for format_ in _ALL}


def supported_extensions() -> tuple[str, ...]:
    """Endings of file names that can be read, in lower case and with the dot."""
    return tuple(ending for format_ in _ALL for ending in format_.extensions)


def extensions_of(kind: Kind) -> Sequence[str]:
    """The endings of one format."""
    return FORMATS[kind].extensions


def named_kind(ending: str) -> Kind | None:
    """What a file with this ending says it is."""
    return next((format_.kind for format_ in _ALL if ending.lower() in format_.extensions), None)


def load_parser(kind: Kind, *given: object) -> Any:
    """The parser of a format, made with what is given; its module is imported now."""
    module, _, name = FORMATS[kind].parser.partition(":")
    return getattr(import_module(module), name)(*given)
