"""Files are taken by their content first; each wrong one says what it is."""

import tracemalloc
from contextlib import suppress
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from ingest.errors import CorruptFile, EmptyFile, OriginalMissing, UnsupportedFile
from ingest.parsers.formats import FORMATS, load_parser, named_kind, supported_extensions
from ingest.parsers.kinds import detect


def test_every_format_has_its_parser():
    for kind, found in FORMATS.items():
        assert tuple(load_parser(kind).extensions) == found.extensions


def test_an_ending_belongs_to_one_format():
    endings = supported_extensions()
    assert len(endings) == len(set(endings))
    assert {".pdf", ".docx", ".pptx", ".xlsx", ".xls", ".csv", ".html", ".epub", ".eml", ".md", ".txt"} <= set(endings)
    assert all(ending == ending.lower() and named_kind(ending.upper()) for ending in endings)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


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
        ("a.txt", b"<!DOCTYPE html><html>", "text"),
        ("a.pdf", b"<!DOCTYPE html><html>", "html"),
        ("a.doc", b"<html xmlns:w='urn'><body>", "html"),
        ("a.xls", b"a\tb\n1\t2\n", "csv"),
        ("a.doc", b"plain words", "text"),
        ("a", "\ufeff<html>".encode("utf-16-le"), "html"),
        ("page.bin", b"<?xml version='1.0'?><!-- x --><!doctype HTML>", "html"),
        ("a.doc", b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n", "mhtml"),
        ("a.xml", b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', "old-sheets"),
        ("a.xml", b"<rss>", "xml"),
        ("a.doc", rb"{\rtf1 x}", "old-text"),
    ],
)
def test_kind(tmp_path, name, head, kind):
    (tmp_path / "blob").write_bytes(head)
    assert detect(tmp_path / "blob", name) == kind


@pytest.mark.parametrize(
    ("name", "head", "error", "says"),
    [
        ("a.txt", b"", EmptyFile, "0 bytes"),
        ("a.pdf", b"plain words", CorruptFile, "does not begin"),
        ("a.docx", b"plain words", CorruptFile, "not a ZIP"),
        ("a.docx", b"PK\x03\x04 cut off", CorruptFile, "cut off"),
        ("a.txt", b"MZ\x90\x00", UnsupportedFile, "Windows program"),
        ("a.pdf", b"GIF89a\x01", UnsupportedFile, "GIF image"),
        ("a.doc", OLE, UnsupportedFile, "unknown program"),
        ("a.msg", OLE + "__properties_version1.0".encode("utf-16-le"), UnsupportedFile, r"save it as \.eml"),
        ("a.ods", b"\0words", CorruptFile, "does not begin"),
        ("a.doc", b"\0\1\2", CorruptFile, "does not begin"),
        ("a.xyz", b"words", UnsupportedFile, r"\.xyz"),
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
        ("a.docx", "notes.txt", CorruptFile, "ZIP archive"),
        ("发票.ofd", "OFD.xml", UnsupportedFile, "export it as PDF"),
        ("a.zip", "notes.txt", UnsupportedFile, "ZIP archive"),
    ],
)
def test_packages(tmp_path, name, member, error, says):
    zipped(tmp_path / "blob", member)
    with pytest.raises(error, match=says):
        detect(tmp_path / "blob", name)


@pytest.mark.parametrize(
    ("member", "kind"),
    [
        ("word/document2.xml", "docx"),
        ("ppt/presentation.xml", "pptx"),
        ("xl/workbook.xml", "xlsx"),
        ("xl/workbook.bin", "sheets"),
        ("META-INF/container.xml", "epub"),
    ],
)
def test_packages_by_content(tmp_path, member, kind):
    zipped(tmp_path / "blob", member)
    assert detect(tmp_path / "blob", "renamed.txt") == kind


@pytest.mark.parametrize(
    ("family", "kind"), [("text", "old-text"), ("presentation", "old-slides"), ("spreadsheet-template", "sheets")]
)
def test_open_documents(tmp_path, family, kind):
    with ZipFile(tmp_path / "blob", "w") as package:
        package.writestr("mimetype", f"application/vnd.oasis.opendocument.{family}")
    assert detect(tmp_path / "blob", "renamed.txt") == kind


@pytest.mark.parametrize(
    ("streams", "name", "kind"),
    [
        (["WordDocument"], "a.wps", "old-text"),
        (["PowerPoint Document"], "a.bin", "old-slides"),
        (["Workbook"], "a.et", "sheets"),
        (["WordDocument", "Workbook"], "with-a-sheet-in-it.doc", "old-text"),
        (["WordDocument", "Workbook"], "with-a-letter-in-it.xls", "sheets"),
    ],
)
def test_old_office_files(tmp_path, streams, name, kind):
    (tmp_path / "blob").write_bytes(OLE + b"".join((stream + "\0").encode("utf-16-le") for stream in streams))
    assert detect(tmp_path / "blob", name) == kind


def test_missing(tmp_path):
    with pytest.raises(OriginalMissing):
        detect(tmp_path / "nowhere", "a.pdf")


def test_a_member_that_unpacks_to_a_disk_is_not_unpacked_to_be_told(tmp_path):
    """The kind of an upload is told in the server itself, which has no limit of memory."""
    path = tmp_path / "bomb.odt"
    with ZipFile(path, "w", ZIP_DEFLATED) as package, package.open("mimetype", "w") as member:
        member.write(b"application/vnd.oasis.opendocument.text")
        for _ in range(64):
            member.write(bytes(1 << 20))
    tracemalloc.start()
    with suppress(CorruptFile, UnsupportedFile):
        detect(path, path.name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20
