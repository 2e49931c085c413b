"""From a line in a picture to a strip, and from the steps of a recognition network to characters."""

import numpy as np
import pytest

from models.ocr_recognise import Recogniser, straighten

CHARACTERS = ("", "知", "文", "a", " ")


class Steps:
    """A network that gives the same steps for every strip."""

    def __init__(self, steps: str, sure: float = 0.9) -> None:
        self._steps, self._sure = steps, sure

    def run(self, image):
        likely = np.full((len(self._steps), len(CHARACTERS)), 0.01, np.float32)
        for row, char in zip(likely, self._steps, strict=True):
            row[CHARACTERS.index(char.strip("-")) if char != "-" else 0] = self._sure
        return likely


def quad(left, top, right, bottom):
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def read(steps: str, **given):
    recogniser = Recogniser(Steps(steps, **given), CHARACTERS)
    return recogniser.read(np.full((100, 400), 255, np.uint8), quad(0, 0, 400, 40))


def test_repeated_steps_are_one_character_unless_a_blank_parts_them():
    assert read("-知知-文-文文--a").text == "知文文a"


def test_confidence_is_the_mean_over_characters():
    assert read("-知-文-", sure=0.8).confidence == pytest.approx(0.8)
    assert read("-----").confidence == 0


def test_places_follow_the_steps():
    line = read("知-----文---")
    assert line.places[0][0] == 0
    assert line.places[0][1] == line.places[1][0] == pytest.approx(0.35)
    assert line.places[1][1] == 1


def test_spaces_at_the_ends_are_left_out_with_their_places():
    line = Recogniser(Steps("x"), CHARACTERS)._decode
    assert line is not None
    found = read("知-文")
    assert (found.text, len(found.places)) == ("知文", 2)


@pytest.mark.parametrize("height", [20, 48, 70, 300])
def test_strips_have_the_height_of_the_network(height):
    picture = np.full((400, 1000), 255, np.uint8)
    picture[: height // 2, :] = 0
    strip, used = straighten(picture, quad(0, 0, 900, height))
    assert strip.shape[0] == 48
    assert strip.shape[1] == pytest.approx(900 * 48 / height, abs=2)
    assert used == 1
    assert strip[5].max() < 60 < 200 < strip[42].min()


def test_short_strips_are_filled_up():
    strip, used = straighten(np.zeros((50, 50), np.uint8), quad(0, 0, 20, 40))
    assert strip.shape == (48, 64, 3)
    assert used == pytest.approx(24 / 64)


def test_a_line_is_read_in_the_direction_of_its_corners():
    picture = np.full((300, 100), 255, np.uint8)
    picture[:150] = 0
    downwards = np.roll(quad(30, 0, 70, 300), -1, axis=0)
    strip, _ = straighten(picture, downwards)
    assert strip[:, :100].max() < 60 < 200 < strip[:, -100:].min()
