"""Office files in the strict variant of their standard: a copy with the names that every library knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

_RELATIONS = "_rels/.rels"
_STRICT = b"http://purl.oclc.org/ooxml/"
_NAME = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_COMMON = rb"http://schemas.openxmlformats.org/\1/2006/"


@contextmanager
def in_common_names(path: Path) -> Iterator[Path]:
    """The package itself, or its copy where it is a strict one. It has been checked before."""
    with ZipFile(path) as package:
        strict = _RELATIONS in package.namelist() and _STRICT in package.read(_RELATIONS)
    if not strict:
        yield path
        return
    with TemporaryDirectory(prefix="zhiwen-") as folder:
        copy = Path(folder) / "common"
        with ZipFile(path) as package, ZipFile(copy, "w", ZIP_DEFLATED, compresslevel=1) as made:
            for member in package.infolist():
                data = package.read(member)
                markup = member.filename.lower().endswith((".xml", ".rels", ".vml"))
                made.writestr(member.filename, _NAME.sub(_COMMON, data) if markup else data)
        yield copy
