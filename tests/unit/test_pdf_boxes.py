"""A line's box covers the pixels of its words, however the page is turned or cropped."""

from pathlib import Path

import numpy as np
import pymupdf
import pytest

from ingest.document import Box, ParseLimits
from ingest.errors import PageMissing
from ingest.pdf.page_image import render_page
from ingest.pdf.reader import PdfParser

CROPS = [
    ((0, 0, 400, 600), None),
    ((0, 0, 400, 600), (30, 50, 350, 560)),
    ((10, 20, 410, 620), (40, 70, 360, 580)),
]
TURNS = [0, 90, 180, 270]


def make_pdf(path: Path, turn: int, media, crop, draw) -> Path:
    document = pymupdf.open()
    page = document.new_page(width=400, height=600)
    page.set_mediabox(pymupdf.Rect(media))
    if crop:
        page.set_cropbox(pymupdf.Rect(crop))
    draw(page)
    page.set_rotation(turn)
    document.save(path)
    return path


def pixels(png: bytes) -> np.ndarray:
    image = pymupdf.Pixmap(png)
    return np.frombuffer(image.samples, np.uint8).reshape(image.height, image.width, 3).astype(int)


def area(chosen: np.ndarray) -> tuple[int, int, int, int]:
    """The rectangle around the chosen pixels."""
    ys, xs = np.nonzero(chosen)
    return xs.min(), ys.min(), xs.max(), ys.max()


def ink(path: Path) -> tuple[int, int, int, int]:
    return area(pixels(render_page(path, 1, scale=1)).sum(axis=2) < 300)


def marked(path: Path, *boxes: Box) -> tuple[int, int, int, int]:
    image = pixels(render_page(path, 1, boxes=boxes, scale=1))
    return area((image[..., 0] > 200) & (image[..., 2] < 200))


def covers(outer, inner, slack: int = 1) -> bool:
    return (
        outer[0] <= inner[0] + slack
        and outer[1] <= inner[1] + slack
        and outer[2] >= inner[2] - slack
        and outer[3] >= inner[3] - slack
    )


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize(("media", "crop"), CROPS)
@pytest.mark.parametrize("text_turn", [0, 90, 270])
def test_box_covers_word(tmp_path, turn, media, crop, text_turn):
    def draw(page):
        page.insert_text((120, 200), "HELLO", fontsize=20, rotate=text_turn)

    path = make_pdf(tmp_path / "a.pdf", turn, media, crop, draw)
    (block,) = PdfParser().parse(path, "a.pdf", None, ParseLimits()).blocks
    (line,) = block.lines
    word, mark = ink(path), marked(path, line.box)
    assert line.text == "HELLO"
    assert covers(mark, word)
    # Not much larger than the word either: a line's height above and below at most.
    assert (mark[2] - mark[0]) * (mark[3] - mark[1]) < 3 * (word[2] - word[0]) * (word[3] - word[1])


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize(("media", "crop"), CROPS)
def test_table_rows_are_found_and_covered(tmp_path, turn, media, crop):
    def draw(page):
        for x in (60, 140, 220):
            page.draw_line((x, 100), (x, 160))
        for y in (100, 130, 160):
            page.draw_line((60, y), (220, y))
        for i, text in enumerate(("name", "price", "apple", "12|50")):
            page.insert_text((65 + 80 * (i % 2), 120 + 30 * (i // 2)), text)

    path = make_pdf(tmp_path / "a.pdf", turn, media, crop, draw)
    (block,) = PdfParser().parse(path, "a.pdf", None, ParseLimits()).blocks
    assert block.kind == "table"
    assert block.table.grid() == [["name", "price"], ["apple", "12|50"]]
    boxes = [cell.box for row in block.table.rows for cell in row.cells]
    assert boxes[0] == Box(60, 100, 140, 130)
    assert boxes[3] == Box(140, 130, 220, 160)
    assert covers(marked(path, *boxes), ink(path))


def test_vertical_chinese_is_read_from_right_to_left(tmp_path):
    path = tmp_path / "a.pdf"
    document = pymupdf.open()
    page = document.new_page()
    for column, text in enumerate(("天地玄黃", "宇宙洪荒")):
        page.insert_text((300 - 30 * column, 100), text, fontname="china-t", fontsize=20, rotate=270)
    document.save(path)
    blocks = PdfParser().parse(path, "a.pdf", None, ParseLimits()).blocks
    assert "".join(line.text for block in blocks for line in block.lines) == "天地玄黃宇宙洪荒"


def test_page_image_refuses_a_missing_page(tmp_path):
    path = make_pdf(tmp_path / "a.pdf", 0, *CROPS[0], lambda page: page.insert_text((72, 72), "x"))
    for number in (0, 2):
        with pytest.raises(PageMissing, match="has no page"):
            render_page(path, number, name="a.pdf")


def test_rendering_leaves_the_file_alone(tmp_path):
    path = make_pdf(tmp_path / "a.pdf", 0, *CROPS[0], lambda page: page.insert_text((72, 72), "x"))
    before = path.read_bytes()
    render_page(path, 1, boxes=[Box(0, 0, 50, 50)])
    assert path.read_bytes() == before


def test_a_huge_scale_is_bounded(tmp_path):
    path = make_pdf(tmp_path / "a.pdf", 0, *CROPS[0], lambda page: page.insert_text((72, 72), "x"))
    image = pixels(render_page(path, 1, scale=1000))
    assert max(image.shape) <= 4001
