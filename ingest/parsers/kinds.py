"""What kind of file this is: by its content first, then by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zipfile import BadZipFile, ZipFile

from ingest.errors import CorruptFile, EmptyFile, OriginalMissing, UnsupportedFile

Kind = Literal["pdf", "docx", "markdown", "text"]

_EXTENSIONS: dict[str, Kind] = {
    ".pdf": "pdf",
    ".docx": "docx",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
}
_MAGIC = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"{\\rtf", "RTF"),
)
_ZIPS = (
    ("ppt/presentation.xml", "PowerPoint"),
    ("xl/workbook.xml", "Excel"),
    ("META-INF/container.xml", "EPUB"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def supported_extensions() -> tuple[str, ...]:
    """Endings of file names that can be read, in lower case and with the dot."""
    return tuple(_EXTENSIONS)


def detect(path: Path, name: str) -> Kind:
    """The kind of the file at `path`, called `name` by its owner.

    Raises EmptyFile, OriginalMissing, UnsupportedFile, or CorruptFile where content and name disagree.
    """
    if not path.is_file():
        raise OriginalMissing(name=name)
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise EmptyFile(name=name)
    named = _EXTENSIONS.get(Path(name).suffix.lower())
    if head.startswith(b"%PDF-") or (named == "pdf" and b"%PDF-" in head):
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path, name, named)
    if head.startswith(_OLE):
        raise _unsupported(name, _ole_kind(path))
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise _unsupported(name, what)
    return _plain_kind(head, name, named)


def _plain_kind(head: bytes, name: str, named: Kind | None) -> Kind:
    if named == "pdf":
        found = "it is a web page (HTML)" if b"<html" in head.lower() else "it does not begin as a PDF does"
        raise CorruptFile(name=name, kind="PDF", reason=found)
    if named == "docx":
        raise CorruptFile(name=name, kind="DOCX", reason="it is not a ZIP package")
    if named is None:
        raise _unsupported(name, Path(name).suffix or "no file name ending")
    return named


def _zip_kind(path: Path, name: str, named: Kind | None) -> Kind:
    try:
        with ZipFile(path) as package:
            members = set(package.namelist())
    except BadZipFile as error:
        if named == "docx":
            raise CorruptFile(name=name, kind="DOCX", reason="the file is cut off or damaged") from error
        raise _unsupported(name, "a damaged ZIP archive") from error
    if "word/document.xml" in members:
        return "docx"
    what = next((what for member, what in _ZIPS if member in members), "a ZIP archive")
    if named == "docx":
        raise CorruptFile(name=name, kind="DOCX", reason=f"its content is {what}")
    raise _unsupported(name, what)


def _ole_kind(path: Path) -> str:
    # A password turns an Office file into an OLE container with this stream.
    encrypted = "EncryptedPackage".encode("utf-16-le") in path.read_bytes()
    return "an Office file with a password" if encrypted else "Office 97-2003"


def _unsupported(name: str, kind: str) -> UnsupportedFile:
    return UnsupportedFile(name=name, kind=kind, supported=", ".join(supported_extensions()))
