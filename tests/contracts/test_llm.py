"""What every language model does, whatever runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from models.base import LLM, Finished, GenerationOptions, Message
from models.errors import ContextOverflow
from models.llama import LlamaModel
from models.llm_openai import OpenAIModel
from tests.support.openai_server import openai_server
from tests.support.scripted_llm import ScriptedLLM
from tests.support.tiny_gguf import ARCHITECTURES, write_gguf

QUESTION = [Message("system", "你是助手。"), Message("user", "知文是什么？请用一句话回答，😀。")]
CONTEXT = 1000


@contextmanager
def scripted(folder: Path) -> Iterator[LLM]:
    yield ScriptedLLM(lambda messages: messages[-1].content * 20, context_tokens=CONTEXT)


@contextmanager
def served(folder: Path) -> Iterator[LLM]:
    with openai_server() as server:
        yield OpenAIModel(server.url, "echo", context_tokens=CONTEXT)


def tiny(architecture: str):  # type: ignore[no-untyped-def]
    @contextmanager
    def loaded(folder: Path) -> Iterator[LLM]:
        path = write_gguf(folder / f"{architecture}.gguf", architecture)
        yield LlamaModel(path, name=architecture, context_tokens=CONTEXT, threads=1)

    return loaded


MODELS = {"scripted": scripted, "openai": served} | {name: tiny(name) for name in ARCHITECTURES}


@pytest.fixture(scope="module", params=MODELS)
def llm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LLM]:
    with MODELS[request.param](tmp_path_factory.mktemp("llm")) as model:
        yield model
        model.close()
        model.close()


def ask(llm: LLM, messages: list[Message] = QUESTION, **options: object) -> tuple[list[str], Finished]:
    *pieces, finished = llm.generate(messages, GenerationOptions(**options), Event())  # type: ignore[arg-type]
    assert isinstance(finished, Finished)
    assert all(isinstance(piece, str) for piece in pieces)
    return [str(piece) for piece in pieces], finished


def test_streams_pieces_then_one_finish(llm: LLM) -> None:
    pieces, finished = ask(llm, max_tokens=24)
    assert len(pieces) > 1
    assert all(pieces)
    assert finished.reason in ("length", "stop")
    assert finished.prompt_tokens > 0
    assert 0 < finished.generated_tokens <= 24


def test_has_a_name_and_a_context(llm: LLM) -> None:
    assert llm.name
    assert llm.context_tokens == CONTEXT


def test_counts_more_tokens_for_more_text(llm: LLM) -> None:
    assert llm.count_tokens("") == 0
    assert 0 < llm.count_tokens("知文") < llm.count_tokens("知文 reads documents. " * 30)


def test_greedy_answers_repeat(llm: LLM) -> None:
    assert ask(llm, max_tokens=32)[0] == ask(llm, max_tokens=32)[0]


def test_length_is_limited_and_said(llm: LLM) -> None:
    pieces, finished = ask(llm, max_tokens=1)
    assert finished.generated_tokens <= 1
    assert len(pieces) <= 1


def test_stop_string_ends_the_answer_and_is_not_part_of_it(llm: LLM) -> None:
    whole = "".join(ask(llm, max_tokens=32)[0])
    stop = whole[1:3]
    assert stop
    pieces, finished = ask(llm, max_tokens=32, stop=(stop,))
    assert "".join(pieces) == whole[: whole.index(stop)]
    assert finished.reason == "stop"


def test_no_character_is_cut(llm: LLM) -> None:
    for piece in ask(llm, max_tokens=40)[0]:
        assert piece.encode("utf-8").decode("utf-8") == piece


def test_cancelled_before_it_begins(llm: LLM) -> None:
    cancel = Event()
    cancel.set()
    events = list(llm.generate(QUESTION, GenerationOptions(), cancel))
    assert [type(event) for event in events] == [Finished]
    assert events[0].reason == "cancelled"  # type: ignore[union-attr]


def test_cancelled_half_way_and_unharmed(llm: LLM) -> None:
    expected, _ = ask(llm, max_tokens=32)
    cancel = Event()
    seen: list[str | Finished] = []
    for event in llm.generate(QUESTION, GenerationOptions(max_tokens=200), cancel):
        seen.append(event)
        cancel.set()
    assert isinstance(seen[-1], Finished)
    assert seen[-1].reason == "cancelled"
    assert ask(llm, max_tokens=32)[0] == expected


def test_left_half_way_and_unharmed(llm: LLM) -> None:
    expected, _ = ask(llm, max_tokens=32)
    answer = llm.generate(QUESTION, GenerationOptions(max_tokens=200), Event())
    next(answer)
    answer.close()  # type: ignore[attr-defined]
    assert ask(llm, max_tokens=32)[0] == expected


def test_overflow_is_raised_before_anything_is_computed(llm: LLM) -> None:
    with pytest.raises(ContextOverflow) as overflow:
        llm.generate([Message("user", "知文。" * CONTEXT)], GenerationOptions(max_tokens=10), Event())
    assert overflow.value.params["limit"] == CONTEXT
    with pytest.raises(ContextOverflow):
        llm.generate(QUESTION, GenerationOptions(max_tokens=CONTEXT), Event())


def test_may_be_used_from_one_thread_after_another(llm: LLM) -> None:
    expected, _ = ask(llm, max_tokens=16)
    answers: list[list[str]] = []
    worker = Thread(target=lambda: answers.append(ask(llm, max_tokens=16)[0]))
    worker.start()
    worker.join()
    assert answers == [expected]
