"""Packages are unpacked once before anything reads them: bombs, lies and traps end in one clear error each."""

import re
import struct
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
import openpyxl
import pptx
import pytest

from app.audience import Audience
from app.i18n import LANGUAGES, explain
from ingest.document import ParseLimits
from ingest.errors import CorruptFile, NoText, TooLargeUnpacked
from ingest.parsers.packages import check_package
from ingest.parsers.reading import read

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in range(ord("b"), ord("k")))
    + b"]>"
)
FILE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.fixture
def package(tmp_path):
    def write(**members):
        path = tmp_path / "a.zip"
        with ZipFile(path, "w", ZIP_DEFLATED) as made:
            for name, data in members.items():
                made.writestr(name, data)
        return path

    return write


def check(path, **limits):
    check_package(path, "a.docx", "DOCX", ParseLimits(**limits))


def test_what_fits_is_let_through(package):
    check(package(a=b"x" * 900_000, b=b"y" * 100_000), unpacked_mb=1)


def test_more_than_the_limit(package):
    with pytest.raises(TooLargeUnpacked, match="more than 1 MB"):
        check(package(a=b"x" * 600_000, b=b"x" * 600_000), unpacked_mb=1)


def test_a_member_that_is_larger_than_it_says(package):
    path = package(a=bytes(3_000_000))
    lie = path.read_bytes().replace(struct.pack("<L", 3_000_000), struct.pack("<L", 10))
    path.write_bytes(lie)
    with pytest.raises(CorruptFile, match="damaged"):
        check(path, unpacked_mb=1)


@pytest.mark.parametrize("name", ["../evil", "word/../../evil", "..\\evil"])
def test_names_that_lead_out(tmp_path, name):
    path = tmp_path / "a.zip"
    with ZipFile(path, "w") as made:
        made.writestr(ZipInfo(name), b"x")
    with pytest.raises(CorruptFile, match="leads out"):
        check(path)


def test_encrypted_members(package):
    path = package(a=b"x")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(CorruptFile, match="encrypted"):
        check(path)


def test_damage(package):
    path = package(a=b"xyz" * 5000)
    data = bytearray(path.read_bytes())
    data[40] ^= 255
    path.write_bytes(data)
    with pytest.raises(CorruptFile, match="damaged"):
        check(path)


def written(path, kind):
    """A small document of each Office kind; returns the part that holds its text."""
    if kind == "docx":
        document = docx.Document()
        document.add_paragraph("text")
        document.save(path)
        return "word/document.xml"
    if kind == "pptx":
        deck = pptx.Presentation()
        deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "text"
        deck.save(path)
        return "ppt/slides/slide1.xml"
    book = openpyxl.Workbook()
    book.active["A1"] = "text"
    book.save(path)
    return "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
@pytest.mark.parametrize("prolog", [BOMB, FILE, b" " * 2_000_000 + b"<!DOCTYPE x>", BOMB.decode().encode("utf-16")])
def test_entities_in_office_files(tmp_path, kind, prolog):
    good, bad = tmp_path / "good", tmp_path / f"bad.{kind}"
    part = written(good, kind)
    with ZipFile(good) as package, ZipFile(bad, "w", ZIP_DEFLATED) as made:
        for name in package.namelist():
            data = package.read(name)
            made.writestr(name, prolog + data.split(b"?>", 1)[-1].replace(b"text", b"&j;") if name == part else data)
    with pytest.raises(CorruptFile, match="document type"):
        read(bad, bad.name, None, ParseLimits())


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_parts_that_are_nested_without_end(tmp_path, kind):
    good, bad = tmp_path / "good", tmp_path / f"bad.{kind}"
    part = written(good, kind)
    with ZipFile(good) as package, ZipFile(bad, "w", ZIP_DEFLATED) as made:
        for name in package.namelist():
            data = package.read(name)
            made.writestr(name, b"<a>" * 200_000 + b"</a>" * 200_000 if name == part else data)
    with pytest.raises((CorruptFile, NoText)):
        read(bad, bad.name, None, ParseLimits())


def test_a_name_that_says_something_else_is_told(tmp_path):
    path = tmp_path / "a.txt"
    written(path, "docx")
    document = read(path, "a.txt", None, ParseLimits())
    (notice,) = document.warnings
    assert (notice.code, dict(notice.params)) == ("name-disagrees", {"ending": ".txt", "kind": "DOCX"})
    assert read(path, "A.DOCX", None, ParseLimits()).warnings == ()


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_the_strict_variant_of_office_files(tmp_path, kind):
    good, strict = tmp_path / "good", tmp_path / f"strict.{kind}"
    written(good, kind)
    with ZipFile(good) as package, ZipFile(strict, "w", ZIP_DEFLATED) as made:
        for name in package.namelist():
            common = rb"http://schemas\.openxmlformats\.org/(?!package|markup)(\w+)/2006/"
            made.writestr(name, re.sub(common, rb"http://purl.oclc.org/ooxml/\1/", package.read(name)))
    with ZipFile(strict) as package:
        assert b"http://purl.oclc.org/ooxml/officeDocument/relationships" in package.read("_rels/.rels")
    (block,) = read(strict, strict.name, None, ParseLimits()).blocks
    assert block.lines[0].text == "text"


def test_a_format_without_pages_is_not_told_of_pages(tmp_path):
    path = tmp_path / "blob"
    pptx.Presentation().save(path)
    with pytest.raises(NoText) as caught:
        read(path, "空.pptx", None, ParseLimits())
    assert caught.value.code == "no-text-inside"
    for language in LANGUAGES:
        told = explain(caught.value, Audience(language))
        assert "空.pptx" in told
        assert not re.search(r"\d|pages|页|頁", told)
