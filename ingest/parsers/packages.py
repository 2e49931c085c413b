"""ZIP packages before they are read: how large they are unpacked, and whether they can be unpacked at all."""

from __future__ import annotations

import zlib
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from ingest.document import ParseLimits
from ingest.errors import CorruptFile, TooLargeUnpacked
from models.reasons import Reason, because

_PIECE = 1 << 20
_MEGABYTE = 1_000_000
_DAMAGED = (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_OFFICE_PARTS = (".xml", ".rels", ".vml")


def check_package(path: Path, name: str, kind: str, limits: ParseLimits) -> None:
    """Unpack every member once, into nothing.

    Raises TooLargeUnpacked for what is declared or really there, CorruptFile for damage, for names
    that lead out of the package, and for Office parts with a document type: no program writes one,
    and entities come with it.
    """
    limit = limits.unpacked_mb * _MEGABYTE
    try:
        with ZipFile(path) as package:
            members = package.infolist()
            if sum(member.file_size for member in members) > limit:
                raise TooLargeUnpacked(name=name, limit_mb=limits.unpacked_mb)
            office = any(member.filename == "[Content_Types].xml" for member in members)
            for member in members:
                reason = _fault(package, member, office=office)
                if reason:
                    raise CorruptFile(name=name, kind=kind, reason=reason)
    except _DAMAGED as error:
        raise CorruptFile(name=name, kind=kind, reason=because("part-damaged")) from error


def _fault(package: ZipFile, member: ZipInfo, *, office: bool) -> Reason | None:
    """What is wrong with a member. The declared size binds: more than that ends in BadZipFile."""
    if ".." in PurePosixPath(member.filename.replace("\\", "/")).parts:
        return because("part-leads-out")
    if member.flag_bits & 1:
        return because("part-encrypted")
    markup = office and member.filename.lower().endswith(_OFFICE_PARTS)
    tail = b""
    with package.open(member) as file:
        while piece := file.read(_PIECE):
            if markup and any(mark in tail + piece for mark in _DOCTYPES):
                return because("part-typed")
            tail = piece[-32:]
    return None
