"""Small files that are large once they are unpacked, expanded or drawn."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from zipfile import ZIP_DEFLATED, ZipFile

import pymupdf

_MEGABYTES = 200
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def zeros() -> bytes:
    """A Word file whose text is 200 MB of spaces."""
    text = f'<w:document xmlns:w="{_WORD}">'.encode() + b" " * _MEGABYTES * 1_000_000
    return _package({"[Content_Types].xml": _TYPES.encode(), "word/document.xml": text})


def many_parts() -> bytes:
    """A workbook of seven thousand parts."""
    parts = {f"xl/worksheets/sheet{n}.xml": b"" for n in range(7_000)}
    return _package({"[Content_Types].xml": _TYPES.encode(), "xl/workbook.xml": b"<workbook/>", **parts})


def mimetype() -> bytes:
    """A book whose first part, which is looked into to tell that it is one, is 200 MB."""
    return _package({"mimetype": b"application/epub+zip" + b" " * _MEGABYTES * 1_000_000})


def package_in_package() -> bytes:
    """A ZIP in a ZIP in a ZIP, each ten times."""
    inner = b"0" * 10_000_000
    for _ in range(4):
        inner = _package({f"{n}.docx": inner for n in range(10)})
    return inner


def entities() -> bytes:
    """A page of ten lines whose last entity is a billion letters."""
    return f'<?xml version="1.0"?>{_ENTITIES}<html xmlns="http://www.w3.org/1999/xhtml"><p>&j;</p></html>'.encode()


def entities_in_word() -> bytes:
    """The same in the text of a Word file."""
    text = f'<?xml version="1.0"?>{_ENTITIES}<w:document xmlns:w="{_WORD}">&j;</w:document>'
    return _package({"[Content_Types].xml": _TYPES.encode(), "word/document.xml": text.encode()})


def picture() -> bytes:
    """A picture of 30,000 by 30,000 points, all white."""
    size = 30_000
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" + b"\xff" * (size // 8)) for _ in range(size)) + packer.flush()
    head = struct.pack(">IIBBBBB", size, size, 1, 0, 0, 0, 0)
    chunks = b"".join(_chunk(kind, data) for kind, data in ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + chunks


def stream() -> bytes:
    """A PDF whose page is 200 MB of spaces, packed twice."""
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 72), "tide")
        twice = zlib.compress(zlib.compress(b" " * 200_000_000, 9), 9)
        number = page.get_contents()[0]
        document.update_stream(number, twice, compress=False)
        document.xref_set_key(number, "Filter", "[/FlateDecode/FlateDecode]")
        saved: bytes = document.tobytes()
    return saved


def nested_mail() -> bytes:
    """A mail in a mail, five hundred deep."""
    mail = b"Subject: a\r\n\r\ntide"
    for _ in range(500):
        mail = b"Subject: a\r\nContent-Type: message/rfc822\r\n\r\n" + mail
    return mail


def nested_elements() -> bytes:
    """A page whose elements stand in each other, sixty thousand deep."""
    return b"<html><body>" + b"<div>" * 60_000 + b"tide" + b"</div>" * 60_000


def wide_table() -> bytes:
    """A row of twenty thousand cells."""
    return b"a," * 20_000 + b"\n1"


BOMBS: dict[str, Callable[[], bytes]] = {
    "zeros.docx": zeros,
    "parts.xlsx": many_parts,
    "type.epub": mimetype,
    "packages.docx": package_in_package,
    "entities.xhtml": entities,
    "entities.docx": entities_in_word,
    "picture.png": picture,
    "stream.pdf": stream,
    "nested.eml": nested_mail,
    "nested.html": nested_elements,
    "wide.csv": wide_table,
}


def _package(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED, compresslevel=9) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return made.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
