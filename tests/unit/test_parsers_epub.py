"""E-books: chapters in reading order with their titles, however the package is laid out; DRM is told."""

from zipfile import ZipFile

import pytest

from ingest.clean import clean
from ingest.document import ParseLimits
from ingest.errors import CopyProtected, CorruptFile, NoText
from ingest.parsers.epub import EpubParser
from ingest.parsers.kinds import detect

CONTAINER = '<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'
OPF = """<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>红楼梦</dc:title></metadata><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="text/b%20two.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="text/a.xhtml" media-type="application/xhtml+xml"/>
<item id="gone" href="text/gone.xhtml" media-type="application/xhtml+xml"/>
<item id="p" href="no.png" media-type="image/png"/></manifest>
<spine><itemref idref="nav"/><itemref idref="a"/><itemref idref="b"/>{}</spine></package>"""
NAV = '<html><nav><ol><li><a href="text/a.xhtml">第一回</a><li><a href="text/b%20two.xhtml#x">Two</a></ol></nav></html>'


@pytest.fixture
def book(tmp_path):
    def write(prefix="", spine="", **extra):
        path = tmp_path / "a.epub"
        with ZipFile(path, "w") as package:
            members = {
                "META-INF/container.xml": CONTAINER.format("OEBPS/book.opf"),
                "OEBPS/book.opf": OPF.format(spine),
                "OEBPS/nav.xhtml": NAV,
                "OEBPS/text/a.xhtml": "<html><body><p>甄士隐</p><aside class='footnote'>注</aside></body></html>",
                "OEBPS/text/b two.xhtml": "<html><body><h1>贾雨村</h1><p>second<img src='x'/></p></body></html>",
                **extra,
            }
            for name, text in members.items():
                if text is not None:
                    package.writestr(prefix + name, text)
        return path

    return write


def read(path):
    return EpubParser().parse(path, "a.epub", None, ParseLimits())


@pytest.mark.parametrize("prefix", ["", "folder/"])
def test_chapters_follow_the_spine_under_their_titles(book, prefix):
    path = book(prefix)
    assert detect(path, "a.epub") == "epub"
    document = read(path)
    assert document.title == "红楼梦"
    assert clean(document).text == "第一回\n\n甄士隐\n\n注\n\n贾雨村\n\nsecond"
    assert [block.kind for block in document.blocks] == ["heading", "text", "footnote", "heading", "text"]
    assert document.blocks[1].location == "第一回"
    assert [str(w) for w in document.warnings] == ["Pictures inside the file that were not read: 1."]


def test_the_titles_of_an_older_table_of_contents(book):
    opf = OPF.format("").replace(
        '<item id="p"', '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/><item id="p"'
    )
    point = "<navPoint><navLabel><text>Chapter A</text></navLabel><content src='text/a.xhtml'/></navPoint>"
    ncx = f"<ncx><navMap>{point}</navMap></ncx>"
    document = read(book(**{"OEBPS/book.opf": opf, "OEBPS/toc.ncx": ncx, "OEBPS/nav.xhtml": None}))
    assert document.blocks[0].lines[0].text == "Chapter A"


def test_chapters_that_are_not_there_are_named(book):
    warnings = read(book(spine='<itemref idref="gone"/>')).warnings
    assert warnings[-1].params == {"names": "OEBPS/text/gone.xhtml"}
    unlisted = read(book(spine='<itemref idref="ch7"/>')).warnings
    assert unlisted[-1].params == {"names": "ch7"}


def test_a_book_without_a_spine_is_read_in_the_order_of_its_files(book):
    opf = OPF.format("").split("<spine>")[0] + "</package>"
    assert "second" in clean(read(book(**{"OEBPS/book.opf": opf}))).text


def test_copy_protection_is_told_and_obfuscated_fonts_are_not(book):
    entry = '<enc:EncryptionMethod Algorithm="{}"/>'
    aes, font = (
        entry.format(a) for a in ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "http://www.idpf.org/2008/embedding")
    )
    with pytest.raises(CopyProtected):
        read(book(**{"META-INF/encryption.xml": aes + font}))
    assert read(book(**{"META-INF/encryption.xml": font})).blocks
    with pytest.raises(CopyProtected):
        read(book(**{"META-INF/rights.xml": ""}))


def test_damaged_and_empty_books(book, tmp_path):
    with pytest.raises(CorruptFile):
        read(book(**{"OEBPS/book.opf": None}))
    with pytest.raises(NoText):
        read(book(**{"OEBPS/text/a.xhtml": "<p/>", "OEBPS/text/b two.xhtml": ""}))
    path = tmp_path / "cut.epub"
    path.write_bytes(book().read_bytes()[:300])
    with pytest.raises(CorruptFile):
        read(path)


def test_what_no_reader_sees_of_a_chapter_is_left_out_and_said(book):
    chapter = "<html><body><p>甄士隐</p><p style='color:white'>看不见的</p></body></html>"
    document = read(book(**{"OEBPS/text/a.xhtml": chapter}))
    assert "看不见的" not in clean(document).text
    assert ("unseen-left-out", {"count": 4}) in [(each.code, each.params) for each in document.warnings]
