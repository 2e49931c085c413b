"""ZIP packages that are the same each time: members in order, all of one date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_DATE = (2024, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def package(members: Mapping[str, str | bytes]) -> bytes:
    """A package of some members; one called `mimetype` is stored as it is, as e-books want it."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in members.items():
            info = ZipInfo(name, _DATE)
            info.compress_type = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


def undated(data: bytes, replace: tuple[str, str] = ("", "")) -> bytes:
    """A package that a library wrote, without the time at which it did; one text in it may be replaced."""
    old, new = (text.encode() for text in replace)
    with ZipFile(BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if old:
        assert any(old in content for content in members.values())
        members = {name: content.replace(old, new) for name, content in members.items()}
    return package({name: _STAMP.sub(rb"\g<1>2024-01-01T00:00:00Z", content) for name, content in members.items()})
