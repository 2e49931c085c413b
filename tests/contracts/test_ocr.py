"""What every implementation of OCR does: lines with places and confidence, whichever way they run."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models.base import OCR, OcrLine
from tests.support.pictures import picture_of

LINES = ["知文回答关于自己文档的问题。", "Every sentence names its page.", "第 3 章 共 128 页"]


@pytest.fixture(scope="module")
def ocr():
    from models.ocr import PaddleOCR

    made = PaddleOCR(threads=2)
    yield made
    made.close()


def squeezed(lines: list[OcrLine]) -> set[str]:
    return {"".join(line.text.split()) for line in lines}


WANTED = {"".join(line.split()) for line in LINES}


def test_it_has_a_name(ocr: OCR) -> None:
    assert ocr.name


def test_lines_are_read(ocr: OCR) -> None:
    assert squeezed(ocr.read(picture_of(LINES))) == WANTED


def test_colour_is_read_as_grey_is(ocr: OCR) -> None:
    grey = picture_of(LINES)
    assert squeezed(ocr.read(np.repeat(grey[:, :, np.newaxis], 3, axis=2))) == WANTED


def test_english_keeps_its_spaces_and_chinese_gets_none(ocr: OCR) -> None:
    texts = [line.text for line in ocr.read(picture_of(LINES))]
    assert LINES[0] in texts
    assert LINES[1] in texts


def test_every_character_has_a_place_and_every_line_a_confidence(ocr: OCR) -> None:
    for line in ocr.read(picture_of(LINES)):
        assert len(line.places) == len(line.text)
        assert 0.8 < line.confidence <= 1
        assert all(0 <= begin <= end <= 1 for begin, end in line.places)
        assert sorted(line.places) == list(line.places)


def test_corners_enclose_the_ink(ocr: OCR) -> None:
    picture = picture_of(LINES[:1])
    (line,) = ocr.read(picture)
    rows, columns = np.nonzero(picture < 128)
    (left, top), (right, _), (_, bottom), _ = line.corners
    assert left - 12 < columns.min() and columns.max() < right + 12
    assert top - 12 < rows.min() and rows.max() < bottom + 12
    assert bottom - top < 3 * (rows.max() - rows.min())


@pytest.mark.parametrize("turn", [90, 180, 270, 3, -4])
def test_turned_pages_are_read_along_their_text(ocr: OCR, turn: float) -> None:
    lines = ocr.read(picture_of(LINES, turn=turn))
    assert squeezed(lines) == WANTED
    for line in lines:
        (x0, y0), (x1, y1) = line.corners[:2]
        angle = np.degrees(np.arctan2(y1 - y0, x1 - x0))
        assert abs((angle - turn + 180) % 360 - 180) < 2


def test_vertical_chinese_is_read_downwards(ocr: OCR) -> None:
    characters = [picture_of([char], size=16, width=80, height=56) for char in "今日天气甚好宜读书"]
    column = np.concatenate([picture[62:118, 60:140] for picture in characters])
    picture = np.pad(column, 60, constant_values=255)
    (line,) = ocr.read(picture)
    assert line.text == "今日天气甚好宜读书"
    assert line.corners[1][1] > line.corners[0][1] + 300


@pytest.mark.parametrize("shape", [(40, 40), (0, 0), (1, 1), (900, 700, 3)])
def test_pictures_without_text_have_no_lines(ocr: OCR, shape: tuple[int, ...]) -> None:
    assert ocr.read(np.full(shape, 255, np.uint8)) == []


def test_small_print_is_read_from_a_coarse_picture(ocr: OCR) -> None:
    assert squeezed(ocr.read(picture_of(LINES[:2], dpi=96, width=600, height=800))) == {
        "".join(line.split()) for line in LINES[:2]
    }


def test_a_very_long_picture_is_read_from_top_to_bottom(ocr: OCR) -> None:
    lines = [f"第{i}行内容" for i in range(100, 160)]
    assert squeezed(ocr.read(picture_of(lines, dpi=144, width=240, height=1600))) == set(lines)


def test_several_threads_may_call_it_at_once(ocr: OCR) -> None:
    pictures = [picture_of([line]) for line in LINES] * 3
    with ThreadPoolExecutor(4) as threads:
        found = [squeezed(lines) for lines in threads.map(ocr.read, pictures)]
    assert found == [{"".join(line.split())} for line in LINES] * 3
