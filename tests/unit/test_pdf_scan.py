"""Pages as pictures, and what OCR read put back on the page."""

import math

import numpy as np
import pymupdf
import pytest

from ingest.pdf.frame import Frame
from ingest.pdf.scan import Picture, draw, place, ruling
from models.base import OcrLine
from tests.support.scripted_ocr import ocr_line

SAME = (0.5, 0.0, 0.0, 0.5, 0.0, 0.0)


def picture(back=SAME) -> Picture:
    return Picture(np.zeros((10, 10), np.uint8), back)


def scan(width: float, height: float, dpi: float, turn: int = 0) -> pymupdf.Page:
    """A page filled by a picture."""
    page = pymupdf.open().new_page(width=width, height=height)
    pixels = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, round(width * dpi / 72), round(height * dpi / 72)))
    pixels.clear_with(255)
    page.insert_image(page.rect, pixmap=pixels)
    page.set_rotation(turn)
    return page


def turned_line(text: str, start, end, height: float) -> OcrLine:
    """A line from the middle of its left side to that of its right side."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    across = -math.sin(angle) * height / 2, math.cos(angle) * height / 2
    corners = tuple(
        (x + sign * across[0], y + sign * across[1]) for (x, y), sign in ((start, -1), (end, -1), (end, 1), (start, 1))
    )
    return OcrLine(text, corners, 0.9, ocr_line(text, 0, 0, 1, 1).places)


@pytest.mark.parametrize(
    ("width", "height", "dpi", "sides"),
    [(600, 800, 300, (1667, 2222)), (600, 800, 100, (833, 1111)), (300, 400, 600, (1650, 2200))],
)
def test_scans_are_drawn_as_finely_as_they_are_and_as_ocr_needs(width, height, dpi, sides):
    image = draw(scan(width, height, dpi)).image
    assert image.shape == pytest.approx((sides[1], sides[0]), abs=3)


def test_a_huge_page_is_drawn_smaller():
    image = draw(scan(6000, 8000, 72)).image
    assert image.size <= 9_100_000


def test_a_page_without_a_scan_is_drawn_at_200_dots_an_inch():
    assert draw(pymupdf.open().new_page(width=900, height=900)).image.shape == (2500, 2500)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pixels_find_their_way_back_to_the_unrotated_page(turn):
    page = pymupdf.open().new_page(width=600, height=800)
    page.draw_rect((100, 200, 140, 230), fill=(0, 0, 0))
    page.set_rotation(turn)
    drawn = draw(page)
    rows, columns = (drawn.image < 100).nonzero()
    a, b = drawn.point(columns.min(), rows.min()), drawn.point(columns.max() + 1, rows.max() + 1)
    box = (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
    assert box == pytest.approx((99.5, 199.5, 140.5, 230.5), abs=1)


def test_characters_stand_where_they_were_read():
    frames, tilt = place([ocr_line("知文问答", 100, 200, 300, 260)], picture())
    ((frame, (glyphs,)),) = frames.items()
    assert (frame, tilt) == (Frame(1, 0), 0)
    assert [glyph.text for glyph in glyphs] == list("知文问答")
    assert [glyph.middle for glyph in glyphs] == [pytest.approx((x, 115)) for x in (62.5, 87.5, 112.5, 137.5)]
    assert all(glyph.confidence == 0.95 for glyph in glyphs)


def test_a_tilt_is_undone_and_the_boxes_cover_the_place():
    lines = [turned_line("一二三四五六七八九十" * 2, (100, 100 + 80 * i), (1100, 152 + 80 * i), 40) for i in range(4)]
    frames, tilt = place(lines, picture())
    assert tilt == pytest.approx(2.98, abs=0.02)
    ((frame, several),) = frames.items()
    tops = [[glyph.rect[1] for glyph in glyphs] for glyphs in several]
    assert all(max(top) - min(top) < 0.01 for top in tops)
    box = frame.box(several[0][-1].rect)
    assert box.x0 < 537 < box.x1
    assert box.y0 < 75 < box.y1


def test_vertical_lines_have_a_frame_of_their_own():
    downwards = turned_line("天地玄黄", (300, 100), (300, 500), 60)
    frames, _ = place([ocr_line("平行的字", 0, 0, 400, 60), downwards], picture())
    assert set(frames) == {Frame(1, 0), Frame(0, 1)}


def test_lines_of_nearly_equal_size_were_set_in_one():
    lines = [ocr_line("正文里的一行文字写在这里", 0, 100 * i, 480 + 6 * (i % 3), 100 * i + 56 + i) for i in range(5)]
    title = ocr_line("大标题在上面写着", 0, 900, 640, 1010)
    frames, _ = place([*lines, title], picture())
    sizes = [glyphs[0].size for glyphs in frames[Frame(1, 0)]]
    assert len(set(sizes[:5])) == 1
    assert sizes[5] == pytest.approx(2 * sizes[0], rel=0.1)


def test_a_bullet_stands_apart_from_its_text():
    frames, _ = place([ocr_line("·第一项", 0, 0, 160, 50)], picture())
    (glyphs,) = frames[Frame(1, 0)]
    assert "".join(glyph.text for glyph in glyphs) == "• 第一项"


def test_rules_are_found_on_the_page_and_strokes_of_large_print_are_none():
    image = np.full((1200, 900), 245, np.uint8)
    image[600:603, 100:800] = 20
    image[300:304, 200:290] = 20
    shown = Picture(image, SAME)
    large = ocr_line("一天", 190, 250, 400, 350)
    (rule,) = ruling(shown, [large], 0.0)
    assert [pytest.approx(point, abs=2) for point in rule] == [(50, 300.75), (400, 300.75)]
    assert len(ruling(shown, [], 0.0)) == 2
