"""Which form an encoder computes in: chosen by measuring, remembered, and measured again when that is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.tuning import Tuning
from models.base import Vectors
from models.embed_forms import Measured, compare, fastest, remember, remembered


class Network:
    """Gives one vector; in bfloat16 another one, in other time. Is its own clock."""

    def __init__(self, half: Vectors, plain_seconds: float, half_seconds: float) -> None:
        self._vectors = np.array([[1.0, 0.0]], dtype=np.float32)
        self._seconds = plain_seconds
        self._half, self._half_seconds = half, half_seconds
        self._now = 0.0

    def to(self, dtype: Any) -> None:
        assert str(dtype) == "torch.bfloat16"
        self._vectors, self._seconds = self._half, self._half_seconds

    def vectors(self) -> Vectors:
        self._now += self._seconds
        return self._vectors

    def clock(self) -> float:
        return self._now


NEAR = np.array([[0.99999, 0.004472]], dtype=np.float32)
FAR = np.array([[0.99, 0.141067]], dtype=np.float32)


@pytest.mark.parametrize(
    ("half", "seconds", "form"), [(NEAR, 0.5, "bfloat16"), (NEAR, 0.9, "float32"), (FAR, 0.5, "float32")]
)
def test_bfloat16_is_taken_where_it_is_faster_and_finds_the_same(half: Vectors, seconds: float, form: str) -> None:
    network = Network(half, 1.0, seconds)
    found = compare(network, network.vectors, network.clock)
    assert found.form == form
    assert found.speedup == round(1 / seconds, 2)
    assert found.cosine == round(float(half[0, 0]), 5)


INTEGERS, HALF = Measured("int8", 1.9, 0.999), Measured("bfloat16", 2.4, 0.99998)


@pytest.mark.parametrize(
    ("integers", "half", "lead", "taken"),
    [
        (INTEGERS, HALF, 0.5, INTEGERS),
        # What a tenth gains is not worth torch and five times the memory.
        (INTEGERS, HALF, 1.09, INTEGERS),
        (INTEGERS, HALF, 1.11, HALF),
        (Measured("float32", 1.9, 0.9), HALF, 0.5, HALF),
        (INTEGERS, Measured("float32", 2.4, 0.9), 2.0, INTEGERS),
        (Measured("float32", 1.1, 0.999), Measured("float32", 0.7, 1.0), 2.0, Measured("float32", 1.1, 0.999)),
    ],
)
def test_the_fastest_form_that_finds_the_same_is_taken(
    integers: Measured, half: Measured, lead: float, taken: Measured
) -> None:
    assert fastest(integers, half, lead) == taken


def damaged(path: Path) -> None:
    path.write_bytes(b"\xff{")


def a_list(path: Path) -> None:
    path.write_text("[]", "utf-8")


def of_another_version(path: Path) -> None:
    kept = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({key: {"shape": "round"} for key in kept}), "utf-8")


def nested_without_end(path: Path) -> None:
    path.write_text("[" * 200_000, "utf-8")


@pytest.mark.parametrize("spoil", [damaged, a_list, of_another_version, nested_without_end])
def test_what_was_measured_is_remembered_and_what_cannot_be_read_is_not(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    found = Measured("bfloat16", 1.9, 0.99998)
    remember(Tuning(tmp_path), "f1", found)
    remember(Tuning(tmp_path), "f2", Measured("float32", 0.8, 1.0))
    assert remembered(Tuning(tmp_path), "f1") == found
    assert remembered(Tuning(tmp_path), "f3") is None
    assert remembered(None, "f1") is None
    spoil(tmp_path / "tuning.json")
    assert remembered(Tuning(tmp_path), "f1") is None
    remember(Tuning(tmp_path), "f1", found)
    assert remembered(Tuning(tmp_path), "f1") == found


def test_what_nobody_keeps_is_dropped_for_it_may_be_nested_too_deeply_to_be_written_again(tmp_path: Path) -> None:
    path = tmp_path / "tuning.json"
    kept = {"ours": {"block": 64}, "list": [1], "deep": {"block": [[1]]}, "deeper": {"block": {"a": {}}}}
    path.write_text(json.dumps(kept), "utf-8")
    Tuning(tmp_path).keep("new", {"block": 96})
    assert json.loads(path.read_text("utf-8")) == {"ours": {"block": 64}, "new": {"block": 96}}


class Kept:
    """A memo with these values under every name."""

    def __init__(self, **values: Any) -> None:
        self._values = values

    def read(self, _: str) -> dict[str, Any]:
        return self._values

    def keep(self, key: str, values: dict[str, Any]) -> None:
        raise NotImplementedError


SENSE = {"form": "int8", "speedup": 2.0, "cosine": 0.999}


@pytest.mark.parametrize(
    "nonsense",
    [
        {"form": "rubbish"},
        {"form": ["int8"]},
        {"form": None},
        {"speedup": "fast"},
        {"speedup": True},
        {"speedup": float("inf")},
        {"cosine": None},
        {"cosine": float("nan")},
    ],
)
def test_what_was_kept_and_makes_no_sense_is_measured_again(nonsense: dict[str, Any]) -> None:
    assert remembered(Kept(**SENSE), "f1") == Measured("int8", 2.0, 0.999)
    assert remembered(Kept(**SENSE | nonsense), "f1") is None


def test_what_was_measured_before_there_is_a_data_folder_is_kept_in_one_for_this_user_alone(tmp_path: Path) -> None:
    remember(Tuning(tmp_path / "data"), "f1", Measured("int8", 2.0, 0.999))
    assert remembered(Tuning(tmp_path / "data"), "f1") == Measured("int8", 2.0, 0.999)
    assert (tmp_path / "data").stat().st_mode & 0o77 == 0


def test_a_data_folder_that_cannot_be_made_is_told_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").touch()
    remember(Tuning(tmp_path / "data"), "f1", Measured("int8", 2.0, 0.999))
    assert "measured again at the next start" in caplog.text
