"""The parts of a text, and which of them is nearest to a question."""

import numpy as np
import pytest

from models.windows import Windows

EAST, NORTH = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
UP = (0.0, 0.0, 1.0)


def rows(*vectors: tuple[float, ...]) -> np.ndarray:
    return np.array(vectors, dtype=np.float32)


def nearest(windows: np.ndarray, question: np.ndarray) -> float:
    (found,) = Windows(windows, [len(windows)]).nearest(question)
    return found


def test_one_window_may_be_nearest() -> None:
    assert nearest(rows(EAST, UP, NORTH), rows(UP)[0]) == pytest.approx(1.0)


def test_what_reaches_over_the_edge_of_two_windows_is_near_to_both_together() -> None:
    question = rows(EAST)[0] + rows(NORTH)[0]
    question /= np.linalg.norm(question)
    assert nearest(rows(EAST, NORTH, UP), question) == pytest.approx(1.0)
    assert nearest(rows(EAST, UP, NORTH), question) == pytest.approx(np.sqrt(0.5))


def test_a_text_of_one_window() -> None:
    assert nearest(rows(EAST), rows(NORTH)[0]) == 0.0


def test_windows_that_cancel_each_other_out_are_no_error() -> None:
    assert nearest(rows(EAST, (-1.0, 0.0, 0.0)), rows(NORTH)[0]) == 0.0


def test_each_text_has_its_own_nearest_and_none_is_near_by_a_window_of_the_next() -> None:
    question = rows(EAST)[0] + rows(NORTH)[0]
    question /= np.linalg.norm(question)
    windows = Windows(rows(EAST, NORTH, UP, EAST, NORTH), [2, 2, 1])
    assert windows.nearest(question) == pytest.approx([1.0, np.sqrt(0.5), np.sqrt(0.5)])
    assert Windows(rows(), []).nearest(question) == []


def test_texts_that_say_the_same_are_equally_near_wherever_they_stand() -> None:
    draw = np.random.default_rng(2)
    text, question = draw.standard_normal((3, 384), dtype=np.float32), draw.standard_normal(384, dtype=np.float32)
    windows = Windows(np.tile(text, (67, 1)), [3] * 67)
    assert len(set(windows.nearest(question))) == 1
