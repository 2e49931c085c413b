"""What `zhiwen tune` compares, and when another way is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.commands.tune import show
from models.llama import LlamaModel
from models.llama.context import Context
from models.llama.tune import Compared, Way, best_way, tune, until_parting
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
    whole, halved = cache.ways
    assert whole.alike is None
    assert halved.alike is not None
    assert cache.taken == ("q8_0" if halved.alike >= 0.97 else "f16")
    assert kept == Tuned(threads=usual.threads, prompt_threads=usual.prompt_threads, cache=cache.taken)  # type: ignore[arg-type]
    assert [way.name for way in found["guessed ahead"].ways] == ["0", "2", "3", "5", "8"]


def test_texts_are_alike_up_to_where_they_part() -> None:
    plain = [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert until_parting(plain, plain) == 1
    # What is equal behind another token was chosen for another text.
    assert until_parting(plain, [[1, 2, 0, 4], [5, 6, 7, 8]]) == 6 / 8
    assert until_parting(plain, [[0, 2, 3, 4], [0, 6, 7, 8]]) == 0


class Rounding(Context):
    """Counts up to six and begins anew, but rounds otherwise in batches of more than four tokens: it chooses others."""

    def __init__(self, context: Context) -> None:
        vars(self).update(vars(context))
        self.batch = 0

    def extend(self, tokens: Sequence[int]) -> None:
        super().extend(tokens)
        self.batch = len(tokens)

    def draw(self, sampler: object, place: int) -> int:
        if place < 0:
            return self._length % 7
        return (self._length - self.batch + place + 1) % 7 + 7 * (self.batch > 4)


class RoundingModel(LlamaModel):
    @contextmanager
    def trial(self, tuned: Tuned) -> Iterator[tuple[Context, Tuned]]:
        with super().trial(tuned) as (context, way):
            yield Rounding(context), way


def test_how_much_of_what_is_guessed_ahead_is_written_plainly_too_is_told(tmp_path: Path) -> None:
    model = RoundingModel(write_gguf(tmp_path / "tiny.gguf", "qwen2", heads=2, context=4096), name="rounding")
    with closing(model):
        guessed = next(each for each in tune(model, Ticking()) if isinstance(each, Compared) and each.parting)
    alike = {way.name: way.alike for way in guessed.ways}
    assert (alike["0"], alike["2"], alike["3"]) == (None, 1, 1)
    # Nine tokens pass before two of them stood together before, and the next is chosen behind guesses.
    assert alike["5"] == alike["8"] == pytest.approx(9 / 32)


def test_what_both_choose_is_told_below_the_paces(capsys: pytest.CaptureFixture[str]) -> None:
    whole, halved = way("f16", 0.1), replace(way("q8_0", 0.1), alike=0.984)
    show(Compared("cache", (whole, halved), "f16"))
    *_, told = capsys.readouterr().out.splitlines()
    assert told.split(maxsplit=1) == ["cache", "f16, q8_0: of the tokens both choose the same: 98.4%"]
    plain, guessing, more = way("0", 0.1), replace(way("2", 0.1), alike=1.0), replace(way("8", 0.1), alike=0.5)
    show(Compared("guessed ahead", (plain, guessing, more), "2", parting=True))
    *_, one, two = capsys.readouterr().out.splitlines()
    assert one.endswith("0, 2: of the tokens both choose the same before they part: 100.0%")
    assert two.endswith("0, 8: of the tokens both choose the same before they part: 50.0%")


@pytest.mark.parametrize("tiny", ["mamba"], indirect=True)
def test_a_model_that_cannot_forget_guesses_nothing_ahead(tiny: LlamaModel) -> None:
    *compared, kept = tune(tiny, Ticking())
    assert "guessed ahead" not in {each.what for each in compared if isinstance(each, Compared)}
    assert isinstance(kept, Tuned)
    assert kept.draft == 0
