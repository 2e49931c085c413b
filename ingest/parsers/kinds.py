"""What kind of file this is: by its content first, then by its name."""

from __future__ import annotations

import mmap
import re
import zlib
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from ingest.errors import CorruptFile, EmptyFile, OriginalMissing, UnsupportedFile
from ingest.parsers.formats import FORMATS, Kind, named_kind
from ingest.parsers.zip_directory import MOST_BYTES, directory_bytes
from models.reasons import because

_HEAD = 4096
_MAGIC = (
    (b"MZ", "windows-program"),
    (b"\x7fELF", "program"),
    (b"GIF8", "gif"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"AT&TFORM", "djvu"),
)
_IMAGE = re.compile(rb"\x89PNG\r\n|\xff\xd8\xff|II\*\0|MM\0\*|RIFF.{4}WEBP|BM.{4}\0{4}.{4}[\x0c(4@lx|8]\0{3}", re.S)
_ODF: dict[str, Kind] = {"text": "old-text", "presentation": "old-slides", "spreadsheet": "sheets"}
_OFFICE_FOLDERS: tuple[tuple[str, Kind], ...] = (("word", "docx"), ("ppt", "pptx"), ("xl", "xlsx"))
_OTHER_PACKAGES = (
    ("OFD.xml", "ofd"),
    ("Index/Document.iwa", "iwork"),
)
# The streams at the root of an OLE file, in UTF-16 as its directory holds them.
_STREAMS: tuple[tuple[str, Kind], ...] = (
    ("WordDocument", "old-text"),
    ("PowerPoint Document", "old-slides"),
    ("Workbook", "sheets"),
    ("Book", "sheets"),
)
_XML_2003: tuple[tuple[bytes, Kind], ...] = (
    (b'progid="Word.Document"', "old-text"),
    (b'progid="Excel.Sheet"', "old-sheets"),
    (b'progid="PowerPoint.Show"', "old-slides"),
)
_DOC_HEADER = b"\xec\xa5"
_PPT_PROTECTED = b"\x14\x00\x00\x00\xdf\xc4\xd1\xf3"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_MIME = re.compile(rb"^content-type:\s*multipart/related", re.I | re.M)
# Programs write web pages and plain text under these names, and Office opens them.
_TEXT_AS_OFFICE: dict[Kind, Kind] = {"old-text": "text", "sheets": "csv"}
# What is markup on purpose where the name says so.
_PLAIN: tuple[Kind, ...] = ("text", "markdown", "csv", "eml", "mhtml", "html")


def detect(path: Path, name: str) -> Kind:
    """The kind of the file at `path`, called `name` by its owner.

    Raises EmptyFile, OriginalMissing, UnsupportedFile, or CorruptFile where content and name disagree.
    """
    if not path.is_file():
        raise OriginalMissing(name=name)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise EmptyFile(name=name)
    named = named_kind(Path(name).suffix)
    if head.startswith(b"%PDF-") or (named == "pdf" and b"%PDF-" in head):
        return "pdf"
    if _IMAGE.match(head):
        return "image"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path, name, named)
    if head.startswith(_OLE):
        return _ole_kind(path, name, named)
    if head.startswith(b"{\\rtf"):
        return "old-text"
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise unsupported(name, because(what))
    return _plain_kind(head, name, named)


def unsupported(name: str, kind: str) -> UnsupportedFile:
    """The error for a file that is something else."""
    return UnsupportedFile(name=name, kind=kind)


def _plain_kind(head: bytes, name: str, named: Kind | None) -> Kind:
    markup = _markup_kind(_as_ascii(head), named)
    if markup:
        return markup
    if named == "pdf":
        raise CorruptFile(name=name, kind="PDF", reason=because("begins-unlike-pdf"))
    if named and FORMATS[named].package:
        raise CorruptFile(name=name, kind=FORMATS[named].label, reason=because("no-package"))
    if named in _TEXT_AS_OFFICE and b"\0" not in head:
        return _TEXT_AS_OFFICE[named]
    if named is None:
        raise unsupported(name, Path(name).suffix or because("no-ending"))
    if named.startswith("old-") or named in ("sheets", "image"):
        raise CorruptFile(name=name, kind=FORMATS[named].label, reason=because("begins-unlike-kind"))
    return named


def _markup_kind(head: bytes, named: Kind | None) -> Kind | None:
    """What markup says of itself, unless the name says that it is to be read as it stands."""
    if named in _PLAIN:
        return named
    if _MIME.search(head):
        return "mhtml"
    for progid, kind in _XML_2003:
        if progid in head:
            return kind
    return "html" if _HTML.match(head) else None


def _as_ascii(head: bytes) -> bytes:
    """UTF-16 and byte-order marks taken away, so that markup can be seen."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return head[2:].decode(encoding, "replace").encode("ascii", "replace")
    return head.removeprefix(b"\xef\xbb\xbf")


def _declared(package: ZipFile) -> str:
    """What a package says of itself. No more of it is unpacked: it may be as large as a disk."""
    with package.open("mimetype") as member:
        return member.read(200).decode("ascii", "replace")


def _zip_kind(path: Path, name: str, named: Kind | None) -> Kind:
    if directory_bytes(path) > MOST_BYTES:
        label = FORMATS[named].label if named else "ZIP"
        raise CorruptFile(name=name, kind=label, reason=because("too-many-parts"))
    try:
        with ZipFile(path) as package:
            members = package.namelist()
            declared = _declared(package) if "mimetype" in members else ""
    except (BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        if named and FORMATS[named].package:
            raise CorruptFile(name=name, kind=FORMATS[named].label, reason=because("cut-off")) from error
        raise unsupported(name, because("zip-damaged")) from error
    if kind := _package_kind(members, declared.strip()):
        return kind
    what = next((what for member, what in _OTHER_PACKAGES if member in members), "zip")
    if named and FORMATS[named].package:
        raise CorruptFile(name=name, kind=FORMATS[named].label, reason=because("content-other", what=because(what)))
    raise unsupported(name, because(what))


def _package_kind(members: list[str], declared: str) -> Kind | None:
    if declared == "application/epub+zip" or any(m.endswith("META-INF/container.xml") for m in members):
        return "epub"
    if declared.startswith("application/vnd.oasis.opendocument."):
        family = declared.removeprefix("application/vnd.oasis.opendocument.").split("-")[0]
        return _ODF.get(family)
    if "xl/workbook.bin" in members:
        return "sheets"
    folders = {member.split("/")[0] for member in members if member.endswith(".xml")}
    return next((kind for folder, kind in _OFFICE_FOLDERS if folder in folders), None)


def _ole_kind(path: Path, name: str, named: Kind | None) -> Kind:
    """Old Office files. What is embedded in one has its streams in there too: then the name decides."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if _is_protected(data):
            return "protected"
        if data.find("__properties_version1.0".encode("utf-16-le")) >= 0:
            raise unsupported(name, because("outlook"))
        found = [kind for stream, kind in _STREAMS if data.find((stream + "\0").encode("utf-16-le")) >= 0]
    if not found:
        raise unsupported(name, because("ole-unknown"))
    return named if named in found else found[0]


def _is_protected(data: mmap.mmap) -> bool:
    """Whether an Office file needs a password, as far as its first records say so.

    New formats are a stream in an OLE file then. The header of an old Word file, which begins a
    sector, has a flag for it; PowerPoint says so with a mark of its own. Excel's reader tells itself.
    """
    if data.find("EncryptedPackage".encode("utf-16-le")) >= 0 or data.find(_PPT_PROTECTED) >= 0:
        return True
    headers = (data[at : at + 12] for at in range(0, len(data), 512))
    return any(header.startswith(_DOC_HEADER) and len(header) == 12 and header[11] & 1 for header in headers)
