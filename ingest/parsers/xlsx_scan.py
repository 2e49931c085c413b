"""What an XLSX package holds, counted before a library reads it, and its copy without endless merged cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from ingest.errors import TooManyCells
from ingest.parsers.sheet_blocks import MAX_CELLS, letters, number_of

_PIECE = 1 << 22
_CELL = re.compile(rb"<(?:\w+:)?c[ >/]")
_FILLED = re.compile(rb'<(?:\w+:)?c\s(?:[^>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')
_MERGE = re.compile(rb'(<(?:\w+:)?mergeCell\s[^>]*?ref=")([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})(?=")')
_UNSAVED = re.compile(
    rb"<(?:\w+:)?c\b[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


@dataclass
class Extent:
    """The smallest rectangle around the cells of a sheet that hold something, from 0."""

    top: int = 1 << 30
    left: int = 1 << 30
    bottom: int = -1
    right: int = -1

    def take(self, row: int, column: int) -> None:
        """Make it reach as far as this cell."""
        self.top, self.bottom = min(self.top, row), max(self.bottom, row)
        self.left, self.right = min(self.left, column), max(self.right, column)

    @property
    def area(self) -> int:
        """How many cells it has."""
        return max(0, self.bottom - self.top + 1) * max(0, self.right - self.left + 1)


@dataclass
class Scan:
    """Formulas without a saved result, cells that are merged, and how far the cells of each sheet reach."""

    cells: int = 0
    unsaved: int = 0
    merged: int = 0
    extents: dict[str, Extent] = field(default_factory=dict)


def scan(path: Path, name: str) -> Scan:
    """Raises TooManyCells before any of them is in memory."""
    found = Scan()
    with ZipFile(path) as package:
        for member in filter(_is_sheet, package.namelist()):
            extent = found.extents[member] = Extent()
            with package.open(member) as file:
                for piece in _pieces(file):
                    found.cells += len(_CELL.findall(piece))
                    found.unsaved += len(_UNSAVED.findall(piece))
                    found.merged += sum(_area(*match.groups()[1:]) for match in _MERGE.finditer(piece))
                    for column, row in _FILLED.findall(piece):
                        extent.take(int(row) - 1, number_of(column.decode()))
                    if found.cells > MAX_CELLS:
                        raise TooManyCells(name=name, limit=MAX_CELLS)
    return found


@contextmanager
def with_merges_clipped(path: Path, scanned: Scan) -> Iterator[Path]:
    """A copy whose merged cells reach no further than its cells do; beyond MAX_CELLS of them no more are merged."""
    with TemporaryDirectory(prefix="zhiwen-") as folder:
        copy = Path(folder) / "clipped"
        with ZipFile(path) as package, ZipFile(copy, "w", ZIP_DEFLATED, compresslevel=1) as made:
            clip = _Clip(MAX_CELLS)
            for member in package.namelist():
                with package.open(member) as file, made.open(member, "w") as written:
                    if member in scanned.extents:
                        clip.extent = scanned.extents[member]
                        written.writelines(_MERGE.sub(clip, piece) for piece in _pieces(file))
                    else:
                        copyfileobj(file, written)
        yield copy


class _Clip:
    """Rewrites a merged range, as long as there is room for its cells."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.extent = Extent()

    def __call__(self, match: re.Match[bytes]) -> bytes:
        start, left, top, right, bottom = match.groups()
        last = min(number_of(right.decode()), max(number_of(left.decode()), self.extent.right))
        lowest = min(int(bottom), max(int(top), self.extent.bottom + 1))
        corner = letters(last).encode(), str(lowest).encode()
        area = _area(left, top, *corner)
        if area > self.room:
            return start + left + top
        self.room -= area
        return start + left + top + b":" + b"".join(corner)


def _is_sheet(member: str) -> bool:
    return member.startswith("xl/worksheets/") and member.endswith(".xml")


def _area(left: bytes, top: bytes, right: bytes, bottom: bytes) -> int:
    return (abs(int(bottom) - int(top)) + 1) * (abs(number_of(right.decode()) - number_of(left.decode())) + 1)


def _pieces(file: Any) -> Iterator[bytes]:
    """Pieces of a sheet that end where a row does, or a merged cell."""
    rest = b""
    while data := file.read(_PIECE):
        data = rest + data
        cut = max(data.rfind(b"<row"), data.rfind(b"<mergeCell "))
        rest = data[cut:] if cut > 0 else b""
        yield data[:cut] if cut > 0 else data
    yield rest
