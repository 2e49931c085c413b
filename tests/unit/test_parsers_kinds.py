"""Files are taken by their content first; each wrong one says what it is."""

from zipfile import ZipFile

import pytest

from ingest.errors import CorruptFile, EmptyFile, OriginalMissing, UnsupportedFile
from ingest.parsers.kinds import detect, supported_extensions


def test_what_can_be_read():
    assert set(supported_extensions()) == {".pdf", ".docx", ".md", ".markdown", ".txt", ".text"}


def zipped(path, member):
    with ZipFile(path, "w") as package:
        package.writestr(member, "<x/>")


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.pdf", b"%PDF-1.7", "pdf"),
        ("a.txt", b"%PDF-1.7", "pdf"),
        ("junk-before.pdf", b"junk" * 20 + b"%PDF-1.7", "pdf"),
        ("about-pdf.txt", b"a file begins with %PDF-1.7", "text"),
        ("报告.MD", b"# x", "markdown"),
        ("a.TXT", b"x", "text"),
    ],
)
def test_kind(tmp_path, name, head, kind):
    (tmp_path / "blob").write_bytes(head)
    assert detect(tmp_path / "blob", name) == kind


@pytest.mark.parametrize(
    ("name", "head", "error", "says"),
    [
        ("a.txt", b"", EmptyFile, "0 bytes"),
        ("a.pdf", b"<!DOCTYPE html><html>", CorruptFile, "web page"),
        ("a.pdf", b"plain words", CorruptFile, "does not begin"),
        ("a.docx", b"plain words", CorruptFile, "not a ZIP"),
        ("a.docx", b"PK\x03\x04 cut off", CorruptFile, "cut off"),
        ("a.txt", b"MZ\x90\x00", UnsupportedFile, "Windows program"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n", UnsupportedFile, "PNG image"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", UnsupportedFile, "Office 97-2003"),
        ("a.html", b"<html>", UnsupportedFile, r"\.html"),
        ("README", b"words", UnsupportedFile, "no file name ending"),
    ],
)
def test_refused(tmp_path, name, head, error, says):
    (tmp_path / "blob").write_bytes(head)
    with pytest.raises(error, match=says) as caught:
        detect(tmp_path / "blob", name)
    assert caught.value.params["name"] == name


@pytest.mark.parametrize(
    ("name", "member", "error", "says"),
    [
        ("a.docx", "xl/workbook.xml", CorruptFile, "Excel"),
        ("a.docx", "notes.txt", CorruptFile, "ZIP archive"),
        ("a.pptx", "ppt/presentation.xml", UnsupportedFile, "PowerPoint"),
        ("a.zip", "notes.txt", UnsupportedFile, "ZIP archive"),
    ],
)
def test_packages(tmp_path, name, member, error, says):
    zipped(tmp_path / "blob", member)
    with pytest.raises(error, match=says):
        detect(tmp_path / "blob", name)


def test_docx_by_content(tmp_path):
    zipped(tmp_path / "blob", "word/document.xml")
    assert detect(tmp_path / "blob", "renamed.txt") == "docx"


def test_missing(tmp_path):
    with pytest.raises(OriginalMissing):
        detect(tmp_path / "nowhere", "a.pdf")
