"""How far apart the cells of XLSX, XLSB and ODS sheets lie: the library for them makes a grid of all between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

from ingest.parsers.xlsx_scan import Extent, scan

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_VALUE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type"
# Records of MS-XLSB: a row, and the cells in it that hold something.
_ROW, _CELLS = 0, range(2, 12)


def largest_grid(path: Path, name: str) -> int:
    """The cells between the outermost cells of the largest sheet; 0 where nothing tells.

    What is damaged is left to the library to tell.
    """
    from lxml.etree import LxmlError

    if not is_zipfile(path):
        return 0
    largest = 0
    try:
        for extent in _extents(path, name):
            largest = max(largest, extent.area)
    except (LxmlError, BadZipFile, KeyError, ValueError, IndexError, OSError, EOFError):
        return largest
    return largest


def _extents(path: Path, name: str) -> Iterator[Extent]:
    with ZipFile(path) as package:
        members = package.namelist()
        if "content.xml" in members:
            with package.open("content.xml") as file:
                yield from _of_open_document(file)
        for member in members:
            if member.startswith("xl/worksheets/") and member.endswith(".bin"):
                yield _of_binary(package.read(member))
    yield from scan(path, name).extents.values()


def _of_open_document(file: Any) -> Iterator[Extent]:
    from lxml import etree

    extent, row = Extent(), 0
    for _, element in etree.iterparse(
        file, tag=(f"{_TABLE}table", f"{_TABLE}table-row"), resolve_entities=False, no_network=True, huge_tree=True
    ):
        if element.tag == f"{_TABLE}table":
            yield extent
            extent, row = Extent(), 0
            continue
        repeated = int(element.get(f"{_TABLE}number-rows-repeated") or 1)
        for column in _filled(element):
            extent.take(row, column)
            extent.take(row + repeated - 1, column)
        row += repeated
        element.clear()


def _filled(row: Any) -> Iterator[int]:
    """The first and the last column of every cell that has a value."""
    column = 0
    for cell in row:
        repeated = int(cell.get(f"{_TABLE}number-columns-repeated") or 1)
        if cell.get(_VALUE):
            yield column
            yield column + repeated - 1
        column += repeated


def _of_binary(data: bytes) -> Extent:
    """Records are a kind and a length, in seven bits a byte, and the rest."""
    extent, row, at = Extent(), 0, 0
    while at < len(data):
        kind, at = _number(data, at)
        length, at = _number(data, at)
        if kind == _ROW:
            row = int.from_bytes(data[at : at + 4], "little")
        elif kind in _CELLS:
            extent.take(row, int.from_bytes(data[at : at + 4], "little"))
        at += length
    return extent


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80 or shift > 21:
            return value, at
