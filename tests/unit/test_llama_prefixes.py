"""A model that has read the beginning of a prompt before begins with it, and answers as one that has not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from models.base import Finished, GenerationOptions, Message
from models.llama import LlamaModel
from tests.support.tiny_gguf import ARCHITECTURES, write_gguf

SYSTEM = "You answer from the passages below, in their words, and say so where they hold no answer. " * 3
OTHER = "In another language everything is otherwise, and what is asked is put in other words. " * 2
ROOM = 20_000_000
Open = Callable[..., LlamaModel]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gguf")


@pytest.fixture
def opened(folder: Path) -> Iterator[Open]:
    models = []

    def build(architecture: str = "qwen2", prefix_bytes: int = ROOM) -> LlamaModel:
        path = folder / f"{architecture}.gguf"
        if not path.exists():
            write_gguf(path, architecture, context=4096)
        models.append(LlamaModel(path, name="tiny", context_tokens=4096, threads=1, prefix_bytes=prefix_bytes))
        return models[-1]

    yield build
    for model in models:
        model.close()


def prompt(passages: str, question: str, system: str = SYSTEM) -> list[Message]:
    return [Message("system", system), Message("user", passages + question, (len(passages),))]


def ask(model: LlamaModel, messages: list[Message]) -> tuple[str, Finished]:
    *pieces, finished = model.generate(messages, GenerationOptions(max_tokens=24), Event())
    assert isinstance(finished, Finished)
    return "".join(map(str, pieces)), finished


def passages(of: str) -> str:
    return "".join(f"[{n}] The {of} of the year {1900 + n} was {n * 7}.\n" for n in range(12))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_answers_are_those_of_a_cold_context(opened: Open, architecture: str) -> None:
    model, cold = opened(architecture), opened(architecture, 0)
    turns = [
        prompt(passages(of), question, system)
        for question in ("How much?", "And then?")
        for of, system in (("harvest", SYSTEM), ("revenue", SYSTEM), ("weather", OTHER))
    ]
    reused = []
    for turn in turns:
        cold.forget()
        expected, as_new = ask(cold, turn)
        answer, finished = ask(model, turn)
        assert answer == expected
        assert (as_new.reused_tokens, as_new.prompt_tokens) == (0, finished.prompt_tokens)
        reused.append(finished.reused_tokens)
    assert reused[0] == reused[2] == 0
    # What is common to all prompts is read once, even where a part of a prompt cannot be forgotten.
    common = cold.count_tokens(SYSTEM)
    assert common <= reused[1] < common + 60
    if architecture == "mamba":
        assert reused[3] == reused[4] == reused[1]
    else:
        assert min(reused[3:5]) > common + cold.count_tokens(passages("harvest")) - 60


def test_the_next_question_of_the_same_passages_reads_itself_alone(opened: Open) -> None:
    model = opened()
    ask(model, prompt(passages("harvest"), "How much?"))
    ask(model, prompt(passages("revenue"), "How much?"))
    _, finished = ask(model, prompt(passages("harvest"), "And when was that, and why?"))
    shorter = len(model.prompt_tokens(prompt(passages("harvest"), "")))
    assert shorter - finished.reused_tokens < 30


def test_without_memory_only_the_last_prompt_is_kept(opened: Open) -> None:
    model = opened(prefix_bytes=0)
    ask(model, prompt(passages("harvest"), "How much?"))
    _, same = ask(model, prompt(passages("harvest"), "And then?"))
    ask(model, prompt(passages("revenue"), "How much?", OTHER))
    _, gone = ask(model, prompt(passages("harvest"), "How much?"))
    assert same.reused_tokens > 0
    assert gone.reused_tokens == 0


def test_what_is_kept_is_bounded_and_told(opened: Open) -> None:
    unbounded = opened()
    begun = unbounded.gauge().memory
    topics = ("harvest", "revenue", "weather", "traffic")
    for of in topics:
        ask(unbounded, prompt(passages(of), "How much?"))
    taken = unbounded.gauge().memory - begun
    bounded = opened(prefix_bytes=taken // 2)
    begun = bounded.gauge().memory
    for of in topics:
        ask(bounded, prompt(passages(of), "How much?"))
    assert 0 < bounded.gauge().memory - begun <= taken // 2
    _, latest = ask(bounded, prompt(passages(topics[-2]), "And then?"))
    _, oldest = ask(bounded, prompt(passages(topics[0]), "And then?"))
    assert latest.reused_tokens > oldest.reused_tokens > 0


def test_forgotten_it_reads_everything_again(opened: Open) -> None:
    model = opened()
    begun = model.gauge().memory
    for of in ("harvest", "revenue"):
        ask(model, prompt(passages(of), "How much?"))
    model.forget()
    assert model.gauge().memory == begun
    for of in ("harvest", "revenue"):
        _, finished = ask(model, prompt(passages(of), "How much?", SYSTEM if of == "harvest" else OTHER))
        assert finished.reused_tokens == 0


@pytest.mark.parametrize("left", [False, True])
def test_what_is_being_written_goes_on_and_is_forgotten_when_it_is_over(opened: Open, left: bool) -> None:
    model, cold = opened(), opened()
    turn = prompt(passages("harvest"), "How much?")
    expected, _ = ask(cold, turn)
    begun = model.gauge().memory
    answer = model.generate(turn, GenerationOptions(max_tokens=24), Event())
    said = [next(answer)]
    model.forget()
    if not left:
        said += answer
        assert "".join(piece for piece in said if isinstance(piece, str)) == expected
        assert model.gauge().memory == begun
    assert ask(model, turn)[1].reused_tokens == 0


def test_a_closed_model_has_nothing_to_forget(opened: Open) -> None:
    model = opened()
    ask(model, prompt(passages("harvest"), "How much?"))
    model.close()
    model.forget()
