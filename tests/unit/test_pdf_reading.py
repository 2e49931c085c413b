"""PDF text: order, paragraphs, headings, tables, running heads, pages without text, errors."""

from pathlib import Path

import pymupdf
import pytest

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, EmptyFile, NoText, PasswordNeeded, PasswordWrong, TooManyPages
from ingest.pdf.reader import PdfParser

LOREM = "The quick brown fox jumps over the lazy dog and goes home again"


def read(path: Path, password: str | None = None, **limits) -> ParsedDocument:
    return PdfParser().parse(path, path.name, password, ParseLimits(**limits))


def texts(document: ParsedDocument, kind: str | None = None) -> list[str]:
    return ["\n".join(line.text for line in block.lines) for block in document.blocks if kind in (None, block.kind)]


def grids(document: ParsedDocument) -> list[list[list[str]]]:
    return [block.table.grid() for block in document.blocks if block.table]


@pytest.fixture
def pdf(tmp_path):
    """Save a document that a function draws, and return its path."""

    def save(*draws, name="a.pdf", toc=None, **options) -> Path:
        document = pymupdf.open()
        for draw in draws:
            draw(document.new_page(width=600, height=800))
        if toc:
            document.set_toc(toc)
        path = tmp_path / name
        document.save(path, **options)
        return path

    return save


def column(page, x: int, word: str) -> None:
    for i in range(12):
        page.insert_text((x, 200 + 14 * i), f"{word}{i:02} some words of running text", fontsize=11)


def test_columns_are_read_one_after_the_other(pdf):
    def draw(page):
        page.insert_text((100, 100), "A title that runs over both of the columns of this page", fontsize=16)
        column(page, 60, "left")
        column(page, 320, "right")
        page.insert_text((60, 600), "A closing line that runs over both of the columns, as wide as they are.")

    words = " ".join(texts(read(pdf(draw)))).split()
    assert words[0] == "A"
    order = [word for word in words if word.startswith(("left", "right"))]
    assert order == [f"left{i:02}" for i in range(12)] + [f"right{i:02}" for i in range(12)]
    assert words[-1] == "are."


def test_a_sidebar_is_read_apart(pdf):
    def draw(page):
        column(page, 60, "main")
        for i in range(6):
            page.insert_text((400, 205 + 23 * i), f"side {i}", fontsize=9)

    lines = "\n".join(texts(read(pdf(draw)))).split("\n")
    assert [line[:4] for line in lines] == ["main"] * 12 + ["side"] * 6


def test_rows_of_an_unruled_table_stay_rows(pdf):
    def draw(page):
        for i in range(12):
            page.insert_text((60, 100 + 14 * i), f"Item {i}")
            page.insert_text((320, 100 + 14 * i), f"{i * 11},000.00")

    assert ["Item 3", "33,000.00"] in grids(read(pdf(draw)))[0]


def test_headings_by_size_and_numbering(pdf):
    def draw(page):
        page.insert_text((60, 80), "第一章 总则", fontname="china-s", fontsize=20)
        page.insert_text((60, 130), "1.1 目的", fontname="china-s", fontsize=14)
        for i in range(8):
            page.insert_text((60, 160 + 16 * i), "为了规范管理，制定本办法，自发布之日起施行，" * 2, fontname="china-s")

    document = read(pdf(draw))
    headings = [(block.lines[0].text, block.level) for block in document.blocks if block.kind == "heading"]
    assert headings == [("第一章 总则", 1), ("1.1 目的", 2)]
    assert all(block.page == 1 for block in document.blocks)


def test_bookmarks_give_levels(pdf):
    def draw(page):
        page.insert_text((60, 80), "Overview")
        page.insert_text((60, 120), LOREM)
        page.insert_text((60, 160), "2 Details")
        page.insert_text((60, 200), LOREM)

    toc = [(1, "overview", 1), (2, "Details", 1)]
    headings = [(b.lines[0].text, b.level) for b in read(pdf(draw, toc=toc)).blocks if b.kind == "heading"]
    assert headings == [("Overview", 1), ("2 Details", 2)]


def test_merged_and_empty_cells(pdf):
    def draw(page):
        for y in (100, 130, 160):
            page.draw_line((60, y), (300, y))
        for x, top in ((60, 100), (140, 130), (220, 100), (300, 100)):
            page.draw_line((x, top), (x, 160))
        page.insert_text((65, 120), "both")
        page.insert_text((225, 120), "c")
        page.insert_text((65, 150), "a")
        page.insert_text((225, 150), "d")
        page.insert_text((60, 300), "below the table")

    document = read(pdf(draw))
    assert grids(document) == [[["both", "c"], ["a", "d"]]]
    assert texts(document, "text") == ["below the table"]


def test_a_frame_is_no_table(pdf):
    def draw(page):
        page.draw_rect((50, 50, 550, 700))
        page.draw_rect((60, 60, 540, 690))
        page.insert_text((100, 100), "framed text")

    document = read(pdf(draw))
    assert grids(document) == []
    assert texts(document) == ["framed text"]


def test_an_open_sided_table_keeps_its_outer_columns(pdf):
    def draw(page):
        for y in (100, 130, 160):
            page.draw_line((60, y), (300, y))
        for x in (140, 220):
            page.draw_line((x, 100), (x, 160))
        for i, word in enumerate("abcdef"):
            page.insert_text((65 + 80 * (i % 3), 120 + 30 * (i // 3)), word)

    assert grids(read(pdf(draw))) == [[list("abc"), list("def")]]


def test_page_numbers_with_a_word_are_dropped_too(pdf):
    def numbered(number):
        def draw(page):
            page.insert_text((72, 30), f"Page {number}", fontsize=9)
            page.insert_text((72, 100), f"The text of sheet {'abcdef'[number - 5]} is its own.")

        return draw

    document = read(pdf(*(numbered(number) for number in range(5, 10))))
    assert not any("Page" in text for text in texts(document))
    assert [page.removed for page in document.pages] == [(f"Page {number}",) for number in range(5, 10)]


def test_running_heads_are_kept_once_and_page_numbers_dropped(pdf):
    def page_with(number):
        def draw(page):
            page.insert_text((60, 30), "Annual report 2024")
            page.insert_text((60, 400), f"Body of page {number}: {LOREM}")
            page.insert_text((300, 780), f"- {number} -")

        return draw

    everything = "\n".join(texts(read(pdf(*map(page_with, range(1, 7))))))
    assert everything.count("Annual report 2024") == 1
    assert "- 3 -" not in everything
    assert all(f"Body of page {i}" in everything for i in range(1, 7))


def test_numbers_at_the_foot_that_do_not_count_pages_stay(pdf):
    def page_with(value):
        return lambda page: page.insert_text((300, 780), str(value))

    values = [17, 4, 99, 23, 58, 41]
    assert texts(read(pdf(*map(page_with, values)))) == [str(value) for value in values]


def test_text_printed_twice_is_read_once(pdf):
    def draw(page):
        page.insert_text((60, 100), "Printed in bold")
        page.insert_text((60.3, 100), "Printed in bold")

    assert texts(read(pdf(draw))) == ["Printed in bold"]


def image_page(page) -> None:
    picture = pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 20, 20))
    picture.clear_with(180)
    page.insert_image((50, 50, 300, 300), pixmap=picture)


def test_pages_without_text_are_named(pdf):
    path = pdf(lambda p: p.insert_text((60, 60), "text"), image_page, image_page, lambda p: None)
    document = read(path)
    assert [page.text_chars for page in document.pages] == [4, 0, 0, 0]
    assert [page.images for page in document.pages] == [0, 1, 1, 0]
    assert [page.read_as for page in document.pages] == ["text", "none", "none", "none"]
    assert tuple(map(str, document.warnings)) == ("Pages without text: 2-4.",)
    assert tuple(map(str, read(path, ocr="off").warnings)) == (
        "Pages that are images without text, not read: 2-3.",
        "Pages without text: 4.",
    )


def test_no_text_at_all_is_an_error(pdf):
    with pytest.raises(NoText, match=r"pages: 2, images only: 1") as caught:
        read(pdf(image_page, lambda page: None))
    assert caught.value.params["images"] == 1


def test_page_size_is_as_shown(pdf):
    def draw(page):
        page.insert_text((60, 60), "text")
        page.set_rotation(90)

    (page,) = read(pdf(draw)).pages
    assert (page.width, page.height, page.rotation) == (800, 600, 90)


def test_too_many_pages(pdf):
    with pytest.raises(TooManyPages, match="3 pages"):
        read(pdf(*[lambda p: p.insert_text((60, 60), "x")] * 3), pages=2)


def test_passwords(pdf):
    def draw(page):
        page.insert_text((60, 60), "secret text")

    locked = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "密码", "owner_pw": "owner"}
    path = pdf(draw, **locked)
    with pytest.raises(PasswordNeeded):
        read(path)
    with pytest.raises(PasswordWrong):
        read(path, "wrong")
    assert texts(read(path, "密码")) == ["secret text"]


def test_owner_password_alone_does_not_lock(pdf):
    path = pdf(
        lambda page: page.insert_text((60, 60), "free"),
        encryption=pymupdf.PDF_ENCRYPT_AES_256,
        owner_pw="owner",
        permissions=0,
    )
    assert texts(read(path)) == ["free"]


def test_broken_files(tmp_path, capfd):
    empty, junk = tmp_path / "empty.pdf", tmp_path / "junk.pdf"
    empty.touch()
    junk.write_bytes(b"%PDF-1.7\nnot really")
    with pytest.raises(EmptyFile):
        read(empty)
    with pytest.raises(CorruptFile) as caught:
        read(junk)
    assert str(tmp_path) not in str(caught.value)
    assert capfd.readouterr().err == ""
