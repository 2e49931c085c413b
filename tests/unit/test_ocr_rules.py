"""Ruling lines in pictures: where they are found, and what is none."""

import numpy as np
import pytest

from models.ocr_rules import find_strokes
from tests.support.pictures import picture_of, turned


def sheet(height: int = 1200, width: int = 900):
    return np.full((height, width), 245, np.uint8)


def ends(image, tilt: float = 0.0) -> list[tuple[float, ...]]:
    return sorted((*a, *b) for a, b in find_strokes(image, tilt))


def test_lines_along_and_across_are_found_with_both_ends():
    image = sheet()
    image[300:303, 100:800] = 20
    image[100:1000, 450:452] = 20
    assert ends(image) == [
        pytest.approx((100, 301.5, 800, 301.5), abs=3),
        pytest.approx((451, 100, 451, 1000), abs=3),
    ]


def test_a_broken_print_is_one_line_and_a_dashed_one_none():
    image = sheet()
    image[300:302, 100:800] = 20
    image[300:302, 400:405] = 245
    image[600:602, 100:800] = 20
    for x in range(100, 800, 40):
        image[600:602, x : x + 20] = 245
    assert ends(image) == [pytest.approx((100, 301, 800, 301), abs=3)]


def test_bars_short_strokes_and_text_are_none():
    image = sheet()
    image[300:340, 100:800] = 20
    image[600:602, 100:125] = 20
    assert ends(image) == []
    assert (
        ends(picture_of(["天地玄黄，宇宙洪荒。日月盈昃", "HEADLINE of a page -- and more"], width=600, height=800))
        == []
    )


@pytest.mark.parametrize("tilt", [-4.0, 3.0])
def test_the_lines_of_a_tilted_page_lie_on_the_tilted_page(tilt):
    level = sheet()
    level[600:603, 200:700] = 20
    image = turned(level, tilt)
    (stroke,) = ends(image, tilt)
    height, width = image.shape
    slope = np.tan(np.radians(tilt))
    assert (stroke[0] + stroke[2]) / 2 == pytest.approx(width / 2, abs=4)
    assert (stroke[1] + stroke[3]) / 2 == pytest.approx(height / 2, abs=4)
    assert (stroke[3] - stroke[1]) / (stroke[2] - stroke[0]) == pytest.approx(slope, abs=0.003)
