"""E-books (EPUB): the chapters in the order of the spine, under the titles of the table of contents."""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag
from zipfile import BadZipFile, ZipFile

from ingest.document import Block, Line, ParsedDocument, ParseLimits
from ingest.errors import CopyProtected, CorruptFile, NoText
from ingest.notices import Notice
from ingest.parsers.formats import extensions_of
from ingest.parsers.html import decode_page, parse_tree
from ingest.parsers.html_main import main_content
from ingest.parsers.html_unseen import Unseen
from ingest.parsers.markup import BlockReader, plain_text
from ingest.parsers.outline import Outline
from models.reasons import because

# Obfuscated fonts are listed as encrypted too, by these; their books are not protected.
_FONTS = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


class EpubParser:
    """Reads EPUB 2 and 3, also those that list files they do not have."""

    extensions = extensions_of("epub")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002 (all parsers are called alike)
        limits: ParseLimits,  # noqa: ARG002
    ) -> ParsedDocument:
        """See `Parser.parse`. Raises CopyProtected for a book with DRM."""
        try:
            with ZipFile(path) as package:
                _refuse_protected(package, name)
                return _read(_Book(package), name)
        except (BadZipFile, KeyError, OSError, EOFError, zlib.error, RuntimeError) as error:
            raise CorruptFile(name=name, kind="EPUB", reason=because("part-damaged")) from error


def _read(book: _Book, name: str) -> ParsedDocument:
    outline = Outline()
    blocks: list[Block] = []
    pictures, unseen = 0, Unseen()
    for chapter in book.spine:
        tree = parse_tree(decode_page(book.read(chapter), name)[0], name)
        if tree is not None:
            pictures += len(tree.xpath("//img | //image"))
            root, _, hidden = main_content(tree)
            unseen += hidden
            blocks += _chapter(root, book.titles.get(chapter, ""), outline)
    if not blocks:
        raise NoText(name=name, pages=0, images=pictures)
    warnings = [Notice("pictures-unread", {"count": pictures})] if pictures else []
    if book.missing:
        warnings.append(Notice("parts-unread", {"names": ", ".join(book.missing)}))
    return ParsedDocument(tuple(blocks), title=book.title, warnings=(*warnings, *unseen.notices()))


def _chapter(root: Any, title: str, outline: Outline) -> Iterator[Block]:
    """The blocks of a chapter; one without a heading gets its title of the table of contents."""
    text = plain_text(root)
    if title and text and not root.xpath(".//h1 | .//h2 | .//h3") and not text.startswith(title):
        yield Block("heading", (Line(title),), location=outline.heading(1, title), level=1)
    yield from BlockReader(outline).read(root)


def _refuse_protected(package: ZipFile, name: str) -> None:
    members = set(package.namelist())
    if "META-INF/rights.xml" in members or "META-INF/license.lcpl" in members:
        raise CopyProtected(name=name)
    if "META-INF/encryption.xml" in members:
        listed = package.read("META-INF/encryption.xml")
        if listed.count(b"EncryptionMethod ") > sum(listed.count(method) for method in _FONTS):
            raise CopyProtected(name=name)


class _Book:
    """The package file of an EPUB: the chapters in order, and their titles.

    `missing` names chapters that are listed and not there. Raises KeyError without a package file.
    """

    def __init__(self, package: ZipFile) -> None:
        self._package = package
        self._members = {posixpath.normpath(member): member for member in package.namelist()}
        self._opf = self._find_opf()
        root = self._xml(self._opf)
        self.title = next((text.strip() for text in root.xpath("//*[local-name()='title']/text()")), "")
        files = {item.get("id"): item for item in root.xpath("//*[local-name()='manifest']/*") if item.get("href")}
        order = [entry.get("idref", "") for entry in root.xpath("//*[local-name()='spine']/*[@idref]")]
        listed = [files[name] for name in order if name in files] or list(files.values())
        chapters = [
            self._at(item.get("href")) for item in listed if item.get("media-type") in _PAGES and not _is_nav(item)
        ]
        self.spine = [chapter for chapter in dict.fromkeys(chapters) if chapter in self._members]
        nowhere = [name for name in order if name not in files]
        self.missing = [chapter for chapter in dict.fromkeys((*chapters, *nowhere)) if chapter not in self._members]
        self.titles = dict(self._titles(files))

    def read(self, member: str) -> bytes:
        return self._package.read(self._members[member])

    def _find_opf(self) -> str:
        """The package file that the container names, also where all of the book lies in a folder."""
        for member in self._members:
            if member.endswith("META-INF/container.xml"):
                base = posixpath.dirname(posixpath.dirname(member))
                paths = self._xml(member).xpath("//*[local-name()='rootfile']/@full-path")
                found = [
                    path for each in paths if (path := posixpath.normpath(posixpath.join(base, each))) in self._members
                ]
                if found:
                    return found[0]
        return next((member for member in self._members if member.endswith(".opf")), "no package file")

    def _xml(self, member: str) -> Any:
        from lxml import etree

        root = etree.fromstring(
            self.read(member), etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        )
        if root is None:
            raise KeyError(member)
        return root

    def _at(self, href: str, base: str = "") -> str:
        """The member that a link of the package file, or of another member, leads to."""
        folder = posixpath.dirname(base or self._opf)
        return posixpath.normpath(posixpath.join(folder, unquote(urldefrag(href).url)))

    def _titles(self, files: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The first title that the table of contents gives each chapter; later ones lie inside it."""
        entries: list[tuple[str, str]] = []
        for item in files.values():
            member = self._at(item.get("href"))
            if member in self._members and item.get("media-type") == "application/x-dtbncx+xml":
                entries += self._ncx(member)
            elif member in self._members and _is_nav(item):
                entries += self._nav(member)
        yield from reversed(entries)

    def _ncx(self, member: str) -> Iterator[tuple[str, str]]:
        for point in self._xml(member).xpath("//*[local-name()='navPoint']"):
            label = point.xpath("string(./*[local-name()='navLabel'])").strip()
            for source in point.xpath("./*[local-name()='content']/@src"):
                yield self._at(source, member), label

    def _nav(self, member: str) -> Iterator[tuple[str, str]]:
        for link in self._xml(member).xpath("//*[local-name()='nav']//*[local-name()='a'][@href]"):
            yield self._at(link.get("href"), member), " ".join("".join(link.itertext()).split())


def _is_nav(item: Any) -> bool:
    return "nav" in (item.get("properties") or "").split()
