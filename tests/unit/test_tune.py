"""What `zhiwen tune` compares, and when another way is taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.llama import LlamaModel
from models.llama.tune import Compared, Way, best_way, tune
from models.llama.tuned import Tuned
from tests.support.tiny_gguf import write_gguf


def way(name: str, *writing: float) -> Way:
    return Way(name, (0.01,) * len(writing), writing)


@pytest.mark.parametrize(
    ("others", "taken"),
    [
        ([way("b", 0.9, 0.8, 0.9)], "b"),
        ([way("b", 0.9, 0.8, 0.9), way("c", 0.7, 0.8, 0.7)], "c"),
        # Faster in the middle, but not each time.
        ([way("b", 0.5, 1.0, 0.5)], "a"),
        # Faster each time, but not by much.
        ([way("b", 0.99, 0.98, 0.5)], "a"),
        ([way("b", 1.2, 1.3, 1.1)], "a"),
    ],
)
def test_another_way_is_taken_for_a_gain_in_every_round(others: list[Way], taken: str) -> None:
    assert best_way([way("a", 1.0, 1.0, 1.0), *others], "a", lambda each: each.writing, 1.03) == taken


def test_without_the_usual_way_the_first_one_is_the_measure() -> None:
    assert best_way([way("b", 1.0), way("c", 0.5)], "a", lambda each: each.writing, 1.03) == "c"
    assert best_way([way("b", 1.0), way("c", 2.0)], "a", lambda each: each.writing, 1.03) == "b"


def test_the_time_of_an_answer_is_that_of_reading_and_of_writing() -> None:
    one = Way("a", (0.01, 0.02), (0.1, 0.1))
    assert one.answering == pytest.approx((11.0, 18.0))
    assert (one.read, one.written) == pytest.approx((100, 10))


@pytest.fixture
def tiny(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LlamaModel]:
    model = LlamaModel(write_gguf(tmp_path / "tiny.gguf", request.param, heads=2, context=4096), name="tiny")
    yield model
    model.close()


class Ticking:
    """A clock by which everything takes the same time."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.mark.parametrize("tiny", ["qwen2"], indirect=True)
def test_where_nothing_is_gained_everything_stays_as_it_is(tiny: LlamaModel) -> None:
    *compared, kept = tune(tiny, Ticking())
    found = {each.what: each for each in compared if isinstance(each, Compared)}
    assert [name for name in found if name != "threads"] == ["block", "flash attention", "cache", "guessed ahead"]
    usual = tiny.describe().tuned
    # Half the memory is a gain where it takes no longer; whether it chooses the same tokens is measured.
    cache = found["cache"]
    assert cache.alike is not None
    assert cache.taken == ("q8_0" if cache.alike >= 0.97 else "f16")
    assert kept == Tuned(threads=usual.threads, prompt_threads=usual.prompt_threads, cache=cache.taken)  # type: ignore[arg-type]
    assert [way.name for way in found["guessed ahead"].ways] == ["0", "2", "3", "5", "8"]


@pytest.mark.parametrize("tiny", ["mamba"], indirect=True)
def test_a_model_that_cannot_forget_guesses_nothing_ahead(tiny: LlamaModel) -> None:
    *compared, kept = tune(tiny, Ticking())
    assert "guessed ahead" not in {each.what for each in compared if isinstance(each, Compared)}
    assert isinstance(kept, Tuned)
    assert kept.draft == 0
