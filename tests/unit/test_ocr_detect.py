"""From the map of a detection network to boxes around lines."""

import numpy as np
import pytest

from models.ocr_detect import Detector, boxes


class Ink:
    """A network that takes dark pixels for text, and remembers the sizes it was shown."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, image):
        self.shapes.append(image.shape)
        return (image[:, :, 0] < 128).astype(np.float32)[np.newaxis]


def bar(shape, top, left, bottom, right):
    picture = np.full(shape, 255, np.uint8)
    picture[top:bottom, left:right] = 0
    return picture


def test_a_box_is_larger_than_the_core_that_the_network_draws():
    likely = np.zeros((200, 400), np.float32)
    likely[90:110, 50:350] = 0.9
    (quad,) = boxes(likely)
    (left, top), (right, _), (_, bottom), _ = quad
    assert 20 < left < 50 < 350 < right < 380
    assert 70 < top < 90 < 110 < bottom < 130


def test_doubtful_and_tiny_places_are_no_lines():
    likely = np.zeros((200, 400), np.float32)
    likely[20:40, 50:350] = 0.4
    likely[100:102, 50:52] = 0.9
    assert boxes(likely) == []


def test_boxes_are_turned_as_their_lines_are():
    rows, columns = np.mgrid[:300, :400]
    likely = ((np.abs(rows - 150 - 0.1 * (columns - 200)) < 10) & (np.abs(columns - 200) < 150)).astype(np.float32)
    (quad,) = boxes(likely)
    (x0, y0), (x1, y1) = quad[:2]
    assert np.degrees(np.arctan2(y1 - y0, x1 - x0)) == pytest.approx(np.degrees(np.arctan(0.1)), abs=1)


def test_boxes_are_in_pixels_of_the_picture_whatever_the_network_sees():
    network = Ink()
    (quad,) = Detector(network).find(bar((3000, 2000), 1000, 200, 1080, 1800))
    assert quad[:, 0].min() < 200 < 1800 < quad[:, 0].max()
    assert quad[:, 1].min() < 1000 < 1080 < quad[:, 1].max()
    assert quad[:, 1].max() - quad[:, 1].min() < 320
    assert all(side % 32 == 0 for shape in network.shapes for side in shape[:2])


def test_small_print_gets_a_second_look():
    network = Ink()
    Detector(network).find(bar((2400, 1700), 1000, 200, 1008, 1500))
    assert len(set(network.shapes)) > 1


def test_large_print_does_not():
    network = Ink()
    Detector(network).find(bar((2400, 1700), 1000, 200, 1060, 1500))
    assert len(network.shapes) == 1


def test_a_long_picture_is_shown_in_tiles_of_bounded_size():
    network = Ink()
    picture = bar((12000, 800), 11000, 100, 11016, 700)
    (quad,) = Detector(network).find(picture)
    assert 10950 < quad[:, 1].min() < quad[:, 1].max() < 11070
    assert max(shape[0] for shape in network.shapes) <= 1280
