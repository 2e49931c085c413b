"""The text layer: what nobody sees, what lies across the page, and characters that programs write apart."""

from __future__ import annotations

import pymupdf
import pytest

from ingest.pdf.glyphs import Glyph
from ingest.pdf.layer import read_layer
from ingest.pdf.mend import accented, powers
from tests.support.made_pdf import lay, read_pages, texts

BODY = ["Some words of running text that say what is the case,", "and some more of them below."]


def words(*draws) -> str:
    """The text of a page that some functions draw, as the layer has it."""
    page = pymupdf.open().new_page(width=600, height=800)
    for draw in draws:
        draw(page)
    lines = [line for several in read_layer(page).frames.values() for line in several]
    return "\n".join("".join(glyph.text for glyph in line).strip() for line in lines)


def test_text_that_nobody_sees_is_left_out_and_counted(tmp_path):
    def draw(page):
        lay(page, 60, 100, BODY)
        page.insert_text((60, 200), "Ignore what was said", render_mode=3)
        page.insert_text((60, 230), "white on white", color=(1, 1, 1))
        page.insert_text((60, 260), "dust", fontsize=0.4)

    document = read_pages(tmp_path, draw)
    assert texts(document) == ["\n".join(BODY)]
    (notice,) = document.warnings
    assert (notice.code, notice.params) == ("text-unseen", {"count": 33, "pages": "1"})


def test_white_text_on_a_dark_ground_is_read(tmp_path):
    def draw(page):
        page.draw_rect((50, 80, 400, 130), fill=(0, 0, 0.4))
        page.insert_text((60, 110), "white on blue", color=(1, 1, 1))

    assert texts(read_pages(tmp_path, draw)) == ["white on blue"]


def test_white_text_on_a_turned_page_is_judged_where_it_stands(tmp_path):
    def draw(page):
        lay(page, 60, 300, BODY)
        page.draw_rect((50, 80, 400, 130), fill=(0, 0, 0.4))
        page.insert_text((60, 110), "white on blue", color=(1, 1, 1))
        page.insert_text((60, 600), "white on white", color=(1, 1, 1))
        page.set_rotation(90)

    text = "\n".join(texts(read_pages(tmp_path, draw)))
    assert "white on blue" in text
    assert "white on white" not in text


def test_invisible_text_over_a_picture_is_what_the_picture_says():
    def draw(page):
        page.insert_text((60, 60), "A caption that can be seen")
        page.insert_image((50, 80, 400, 300), pixmap=pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 20, 20)))
        page.insert_text((130, 110), "words of the scan", render_mode=3)
        page.insert_text((60, 500), "words beside it", render_mode=3)

    assert words(draw) == "A caption that can be seen\nwords of the scan"


def test_watermarks_are_told_apart(tmp_path):
    def draw(page):
        lay(page, 60, 100, BODY)
        turned = pymupdf.Matrix(1, 1).prerotate(40)
        page.insert_text((150, 500), "CONFIDENTIAL", fontsize=50, morph=(pymupdf.Point(150, 500), turned))
        page.insert_text((80, 120), "DRAFT", fontsize=60, color=(0.85, 0.85, 0.85))

    document = read_pages(tmp_path, draw)
    assert texts(document) == ["\n".join(BODY)]
    assert document.pages[0].removed == ("CONFIDENTIAL", "DRAFT")


def test_a_pale_heading_that_covers_nothing_stays(tmp_path):
    def draw(page):
        page.insert_text((60, 60), "Overview", fontsize=30, color=(0.8, 0.8, 0.8))
        lay(page, 60, 120, BODY)

    assert texts(read_pages(tmp_path, draw))[0] == "Overview"


def test_labels_on_a_slant_stay(tmp_path):
    def draw(page):
        lay(page, 60, 100, BODY)
        slant = pymupdf.Matrix(1, 1).prerotate(45)
        page.insert_text((150, 500), "January", fontsize=9, morph=(pymupdf.Point(150, 500), slant))

    assert "January" in texts(read_pages(tmp_path, draw))


def test_accents_over_a_letter_become_part_of_it():
    """As TeX sets them: the accent first, at the same place; one that stands alone stays."""
    places = [("M", 0), ("´", 9.5), ("a", 9), ("n", 15), ("ˇ", 21.5), ("c", 21), ("´", 40), ("x", 60)]
    glyphs = [Glyph(char, (x, 0, x + (3 if char in "´ˇ" else 6), 10), 10, False) for char, x in places]
    assert "".join(glyph.text for glyph in accented(glyphs)) == "Mánč´x"


def test_characters_placed_one_by_one_are_a_line():
    def draw(page):
        for i, char in enumerate("Words apart, 分开的字"):
            page.insert_text((60 + 11 * i, 100), char, fontname="china-s", fontsize=11)

    assert "分开的字" in words(draw).replace(" ", "")
    assert "\n" not in words(draw)


def test_characters_one_below_the_other_are_vertical_text(tmp_path):
    rows = ["天地玄黄宇宙洪荒", "日月盈昃辰宿列张", "寒来暑往秋收冬藏"]

    def draw(page):
        for i, row in enumerate(rows):
            for j, char in enumerate(row):
                page.insert_text((500 - 20 * i, 100 + 13 * j), char, fontname="china-s", fontsize=12)

    assert "".join(texts(read_pages(tmp_path, draw))).replace("\n", "") == "".join(rows)


def test_spaces_that_only_stretch_chinese_are_dropped(tmp_path):
    def draw(page):
        page.insert_text((60, 100), "这 是 一 行 每 个 字 之 间 都 有 空 格 的 文 字", fontname="china-s")
        page.insert_text((60, 150), "合  同  书", fontname="china-s", fontsize=20)
        page.insert_text((60, 200), "甲方 张三丰 与乙方 李四光 商定如下", fontname="china-s")

    found = "\n".join(texts(read_pages(tmp_path, draw)))
    assert "这是一行每个字之间都有空格的文字" in found
    assert "合同书" in found
    assert "甲方 张三丰 与乙方 李四光 商定如下" in found


def test_letters_set_apart_are_words(tmp_path):
    def draw(page):
        page.insert_text((60, 100), "C H A P T E R   O N E", fontsize=14)

    assert texts(read_pages(tmp_path, draw)) == ["CHAPTER ONE"]


def test_lines_that_lean_a_little_are_read_in_columns(tmp_path):
    def draw(page):
        lean = (pymupdf.Point(0, 0), pymupdf.Matrix(1, 1).prerotate(2))
        for x, word in ((60, "left"), (320, "right")):
            lay(page, x, 200, [f"{word}{i:02} some words of running text" for i in range(12)], morph=lean)

    found = " ".join(texts(read_pages(tmp_path, draw))).split()
    assert [word[:4] for word in found if word.startswith(("left", "right"))] == ["left"] * 12 + ["righ"] * 12


def test_boxes_of_a_symbol_font_are_ticked_or_not(tmp_path):
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((60, 100), "R", fontname="helv")
    page.insert_text((75, 100), "适用", fontname="china-s")
    (font,) = [xref for xref, *_, name in (f[:4] for f in page.get_fonts()) if name == "Helvetica"]
    document.xref_set_key(font, "BaseFont", "/BCDEFG+Wingdings2")
    document.save(tmp_path / "a.pdf")
    with pymupdf.open(tmp_path / "a.pdf") as saved:
        lines = [line for several in read_layer(saved[0]).frames.values() for line in several]
    assert sorted("".join(glyph.text for glyph in line) for line in lines) == ["☑ 适用"]


def replaced(path, shown: str, said: str, rest: str) -> str:
    """What is read where a text is drawn with another one as its replacement, and more after it."""
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((60, 100), "anything")
    stream = f"BT /helv 11 Tf 60 700 Td /Span <</ActualText ({said})>> BDC ({shown}) Tj EMC ({rest}) Tj ET"
    document.update_stream(page.get_contents()[0], stream.encode())
    document.save(path)
    with pymupdf.open(path) as saved:
        lines = [line for several in read_layer(saved[0]).frames.values() for line in several]
    return "".join(glyph.text for line in lines for glyph in line)


def test_a_replacement_that_holds_the_rest_of_the_line_as_well_is_not_read_twice(tmp_path):
    assert replaced(tmp_path / "a.pdf", "A", "And so it goes on", "nd so it goes on") == "And so it goes on"


def test_a_replacement_for_what_is_drawn_is_read(tmp_path):
    assert replaced(tmp_path / "a.pdf", "#$%", "Annual report", ", 2024") == "Annual report, 2024"


def set_in(*parts: tuple[str, float, float]) -> list[Glyph]:
    """A line of parts: their text, size, and how far their baseline lies above that of the line."""
    found, x = [], 0.0
    for text, size, height in parts:
        for char in text:
            found.append(
                Glyph(char, (x, 20 - 0.8 * size - height, x + size / 2, 20 + 0.22 * size - height), size, False)
            )
            x += size / 2
    return found


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((("1.5×10", 11, 0), ("8", 9.2, 4), (" 元", 11, 0)), "1.5×10⁸ 元"),
        ((("面积 20 m", 11, 0), ("2", 7, 4)), "面积 20 m²"),
        ((("H", 11, 0), ("2", 8, -2), ("O", 11, 0)), "H₂O"),
        ((("2", 11, 0), ("n+1", 8, 4)), "2ⁿ⁺¹"),
        ((("e", 11, 0), ("0.5t", 8, 4)), "e^(0.5t)"),
        ((("a", 11, 0), ("n", 8, -2), ("=3", 11, 0)), "an=3"),
        ((("the 1", 11, 0), ("st", 7, 4), (" of May", 11, 0)), "the 1st of May"),
        ((("see there", 11, 0), ("[3]", 7, 4)), "see there[3]"),
        ((("F", 11, 0), ("IRST", 8, 0)), "FIRST"),
    ],
)
def test_raised_and_lowered_figures_are_written_so(parts, text):
    assert "".join(glyph.text for glyph in powers(set_in(*parts))) == text
