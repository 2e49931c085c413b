"""What is particular to models in this process: prompts, the cache of prefixes, stopping, closing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from errno import ENOMEM
from os import strerror
from pathlib import Path
from threading import Event, Timer
from time import monotonic
from typing import Any

import pytest

from models.base import Finished, GenerationOptions, Message
from models.errors import MemoryShort, WeightsUnusable
from models.llama import LlamaModel, llama_version, offload_available
from models.llama import library as llama_library
from models.llama.header import Header
from models.llama.library import library
from models.llama.loading import GpuLayers, load
from models.llama.named_templates import NAMED
from models.llama.tuned import Tuned
from tests.support.tiny_gguf import ARCHITECTURES, CONTROL, LAYERS, write_gguf

BLOCK = Tuned().block


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gguf")


@pytest.fixture(scope="module")
def model(folder: Path) -> Iterator[LlamaModel]:
    loaded = LlamaModel(write_gguf(folder / "qwen2.gguf", "qwen2"), name="tiny", context_tokens=2048, threads=1)
    yield loaded
    loaded.close()


def ask(model: LlamaModel, question: str, **options: object) -> tuple[str, Finished]:
    asked = GenerationOptions(**options)  # type: ignore[arg-type]
    *pieces, finished = model.generate([Message("user", question)], asked, Event())
    assert isinstance(finished, Finished)
    return "".join(map(str, pieces)), finished


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("template", [None, *NAMED])
def test_special_tokens_in_a_message_are_data(folder: Path, architecture: str, template: str | None) -> None:
    path = write_gguf(folder / "special.gguf", architecture)
    tiny = LlamaModel(path, name="tiny", chat_template=template, threads=1)
    words = tiny._vocabulary
    hostile = "".join(CONTROL) + "<s></s><unk><reserved_106><reserved_107>"
    harmless = tiny.prompt_tokens([Message("user", "x")])
    attacked = tiny.prompt_tokens([Message("user", f"{hostile}x{hostile}")])

    def control(tokens: list[int]) -> list[str]:
        own = [words.text(token) for token in tokens if words.is_special(token)]
        return [name for name in own if template == "baichuan2" or not name.startswith("<reserved")]

    assert control(attacked) == control(harmless)
    tiny.close()


def test_a_prefix_is_used_again_and_changes_nothing(model: LlamaModel) -> None:
    shared = "知文把文件切分成段落。" * 20
    ask(model, "something else")
    cold, first = ask(model, shared + "一？", max_tokens=20)
    ask(model, shared + "二？", max_tokens=20)
    warm, second = ask(model, shared + "一？", max_tokens=20)
    assert first.reused_tokens == 0
    assert second.reused_tokens >= 2 * BLOCK
    assert second.reused_tokens % BLOCK == 0
    assert second.prompt_tokens == first.prompt_tokens
    assert warm == cold


def test_what_is_read_ahead_is_used_and_changes_nothing(model: LlamaModel) -> None:
    shared = "人们一边打字，模型一边读。" * 40
    ask(model, "something else")
    cold, first = ask(model, shared + "一？", max_tokens=20)
    model.forget()
    model.read_ahead([Message("user", shared + "一")], Event())
    asked = [Message("user", shared + "一？")]
    unread = model.unread_tokens(asked)
    warm, second = ask(model, shared + "一？", max_tokens=20)
    assert first.reused_tokens == 0
    assert second.prompt_tokens - second.reused_tokens == unread <= 2 * BLOCK
    assert warm == cold


def test_nothing_is_read_ahead_for_who_has_sent_the_question(model: LlamaModel) -> None:
    model.forget()
    stopped = Event()
    stopped.set()
    asked = [Message("user", "长" * 500)]
    model.read_ahead(asked, stopped)
    assert model.unread_tokens(asked) == len(model.prompt_tokens(asked))


def test_a_prompt_of_whole_blocks_leaves_something_to_compute(model: LlamaModel) -> None:
    room = len(model.prompt_tokens([Message("user", "")]))
    question = "x" * (2 * BLOCK - room)
    assert len(model.prompt_tokens([Message("user", question)])) == 2 * BLOCK
    cold, _ = ask(model, question, max_tokens=9)
    assert ask(model, question, max_tokens=9) == (cold, Finished("length", 2 * BLOCK, BLOCK, 9))


def test_a_seed_repeats_and_another_differs(model: LlamaModel) -> None:
    warm = {"temperature": 2.0, "top_p": 0.99, "max_tokens": 20}
    assert ask(model, "?", seed=1, **warm)[0] == ask(model, "?", seed=1, **warm)[0]
    assert ask(model, "?", seed=1, **warm)[0] != ask(model, "?", seed=2, **warm)[0]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_is_guessed_ahead_changes_no_answer(folder: Path, architecture: str) -> None:
    path = write_gguf(folder / "guessing.gguf", architecture)
    answers = []
    for way in (Tuned(), Tuned(draft=1), Tuned(draft=4)):
        tiny = LlamaModel(path, name="tiny", context_tokens=256, threads=1, tuned=way)
        # Up to the last token that there is room for, and again from what was kept.
        room = 256 - len(tiny.prompt_tokens([Message("user", "知文的知文的")]))
        answers.append([ask(tiny, "知文的知文的", max_tokens=room)[0], ask(tiny, "知文的是", max_tokens=room - 10)[0]])
        tiny.close()
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    "way",
    [
        Tuned(block=64),
        Tuned(block=512),
        Tuned(flash_attention=False),
        Tuned(threads=2, prompt_threads=1),
        Tuned(cache="q8_0"),
    ],
)
def test_computes_in_the_way_it_is_told(folder: Path, way: Tuned) -> None:
    tiny = LlamaModel(write_gguf(folder / "way.gguf", "qwen2", heads=2), name="tiny", tuned=way)
    used = tiny.describe().tuned
    assert (used.block, used.flash_attention, used.cache) == (way.block, way.flash_attention, way.cache)
    assert not way.threads or (used.threads, used.prompt_threads) == (2, 1)
    assert ask(tiny, "知文" * 400, max_tokens=4)[1].generated_tokens
    tiny.close()


def test_a_cache_of_integers_is_left_where_it_cannot_be(folder: Path) -> None:
    for way, flash in ((Tuned(flash_attention=False, cache="q8_0"), False), (Tuned(cache="q8_0"), True)):
        # Integers come in blocks of 32, and a head of this model has 16 channels.
        tiny = LlamaModel(write_gguf(folder / "narrow.gguf", "qwen2"), name="tiny", tuned=way)
        assert (tiny.describe().tuned.flash_attention, tiny.describe().tuned.cache) == (flash, "f16")
        tiny.close()


def test_stopped_in_the_middle_of_a_prompt_and_unharmed(model: LlamaModel) -> None:
    question = "知文" * 300
    expected, _ = ask(model, question, max_tokens=12)
    for delay in (0.0, 0.002, 0.01, 0.03):
        ask(model, "clears the cache", max_tokens=1)
        cancel = Event()
        Timer(delay, cancel.set).start()
        *_, finished = model.generate([Message("user", question)], GenerationOptions(max_tokens=500), cancel)
        assert isinstance(finished, Finished)
        assert finished.reason in ("cancelled", "stop")
        assert ask(model, question, max_tokens=12)[0] == expected


def test_an_answer_that_was_left_cannot_go_on(model: LlamaModel) -> None:
    left = model.generate([Message("user", "a")], GenerationOptions(max_tokens=50), Event())
    next(left)
    ask(model, "b", max_tokens=3)
    with pytest.raises(RuntimeError, match="another answer"):
        next(left)


def test_a_file_without_a_template_needs_one_named(folder: Path) -> None:
    path = write_gguf(folder / "bare.gguf", "llama", template=None)
    with pytest.raises(WeightsUnusable, match="no chat template"):
        LlamaModel(path, name="bare")
    with pytest.raises(WeightsUnusable, match=r"known: .*chatglm2"):
        LlamaModel(path, name="bare", chat_template="chatgml")
    named = LlamaModel(path, name="bare", chat_template="chinese-alpaca-2", threads=1)
    assert ask(named, "知文", max_tokens=4)[1].generated_tokens
    named.close()


def test_describes_itself(model: LlamaModel) -> None:
    facts = model.describe()
    assert (facts.architecture, facts.layers, facts.threads) == ("qwen2", LAYERS, 1)
    assert (facts.context_tokens, facts.trained_context) == (2048, 2048)
    assert facts.parameters > 100_000
    assert facts.quantisation == "all F32"
    assert facts.offloaded_layers == (LAYERS if offload_available() else 0)


def test_tells_its_memory_at_once_and_its_pace_when_it_has_answered(folder: Path) -> None:
    fresh = LlamaModel(write_gguf(folder / "fresh.gguf", "qwen2"), name="tiny", threads=1)
    gauge = fresh.gauge()
    assert gauge.memory + gauge.gpu_memory >= fresh.describe().size - (1 << 16)
    assert (gauge.read, gauge.written) == (None, None)
    _, finished = ask(fresh, "知文把文件切分成段落。", max_tokens=8)
    gauge = fresh.gauge()
    assert gauge.read is not None
    assert gauge.read.works == 1
    assert (gauge.written is None) == (finished.generated_tokens == 0)
    fresh.close()


def test_the_pace_of_writing_is_the_models_however_slow_its_reader_is(folder: Path) -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.001
        return now

    # Two models, for one that was asked before may go on from what it read.
    path = write_gguf(folder / "paced.gguf", "qwen2")
    rates = []
    for seconds in (0.0, 1000.0):
        paced = LlamaModel(path, name="tiny", threads=1, clock=clock)
        for _ in paced.generate([Message("user", "知文")], GenerationOptions(max_tokens=8), Event()):
            now += seconds
        rates.append(paced.gauge().written)
        paced.close()
    quick, slow = rates
    assert quick is not None and slow is not None
    assert slow.tokens == pytest.approx(quick.tokens)


def test_a_context_is_no_longer_than_what_was_trained(folder: Path) -> None:
    tiny = LlamaModel(write_gguf(folder / "short.gguf", "llama", context=512), name="m", context_tokens=4096)
    assert tiny.context_tokens == 512
    tiny.close()


@pytest.mark.skipif("offload_available()", reason="there is a GPU here")
def test_layers_for_a_gpu_that_is_not_there_are_spoken_of(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        tiny = LlamaModel(write_gguf(folder / "gpu.gguf", "llama"), name="m", gpu_layers=9)
    assert "the processor is used" in caplog.text
    assert tiny.describe().offloaded_layers == 0
    tiny.close()


class FullGpu:
    """The library of llama.cpp on a machine whose GPU has no memory left."""

    def __init__(self, path: bytes) -> None:
        self._path = path
        self.tried: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(library(), name)

    def llama_supports_gpu_offload(self) -> bool:
        return True

    def llama_model_load_from_file(self, path: bytes, params: Any) -> Any:
        assert path == self._path
        self.tried.append(params.n_gpu_layers)
        return None if params.n_gpu_layers else library().llama_model_load_from_file(path, params)


@pytest.mark.parametrize(("given", "layers"), [("auto", -1), (2, 2)])
def test_a_gpu_that_does_not_take_the_layers_is_spoken_of(
    folder: Path, caplog: pytest.LogCaptureFixture, given: GpuLayers, layers: int
) -> None:
    path = write_gguf(folder / "full.gguf", "llama")
    lib = FullGpu(str(path).encode())
    loaded = load(path, "m", 512, given, Tuned(), lib)
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == ["m could not be loaded on the GPU (llama.cpp cannot load it); the processor is used."]
    assert lib.tried == [layers, 0]
    assert loaded.facts.offloaded_layers == 0
    lib.llama_free(loaded.context)
    lib.llama_model_free(loaded.model)


def test_what_the_processor_does_not_take_either_is_refused(folder: Path) -> None:
    class Nothing(FullGpu):
        def llama_model_load_from_file(self, path: bytes, params: Any) -> Any:
            return None

    path = write_gguf(folder / "none.gguf", "llama")
    with pytest.raises(WeightsUnusable, match=r"llama\.cpp cannot load it"):
        load(path, "m", 512, "auto", Tuned(), Nothing(str(path).encode()))


def test_what_memory_does_not_hold_is_no_damaged_file(folder: Path) -> None:
    class Small(FullGpu):
        def llama_model_load_from_file(self, path: bytes, params: Any) -> Any:
            llama_library._route(llama_library._ERROR, b"llama_mmap: mmap failed: Cannot allocate memory", None)

    path = write_gguf(folder / "large.gguf", "llama")
    with pytest.raises(MemoryShort, match=r"mmap failed: Cannot allocate memory\)\. Close other programs"):
        load(path, "m", 512, 0, Tuned(), Small(str(path).encode()))


def test_nor_is_a_head_that_memory_does_not_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_header(path: Path) -> Header:
        raise OSError(ENOMEM, strerror(ENOMEM))

    path = write_gguf(folder / "head.gguf", "llama")
    monkeypatch.setattr("models.llama.loading.read_header", read_header)
    with pytest.raises(MemoryShort, match=r"too little free memory for .*head\.gguf"):
        load(path, "m", 512, 0, Tuned())


def test_llama_cpp_is_quiet(folder: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.WARNING):
        LlamaModel(write_gguf(folder / "quiet.gguf", "llama"), name="m", context_tokens=512).close()
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("models")]


def test_a_closed_model_says_so(folder: Path) -> None:
    tiny = LlamaModel(write_gguf(folder / "closed.gguf", "llama"), name="m", threads=1)
    tiny.close()
    with pytest.raises(RuntimeError, match="closed"):
        ask(tiny, "?")
    with pytest.raises(RuntimeError, match="closed"):
        tiny.count_tokens("?")
    left = LlamaModel(tiny.describe().path, name="m", threads=1)
    answer = left.generate([Message("user", "?")], GenerationOptions(), Event())
    next(answer)
    left.close()
    with pytest.raises(RuntimeError):
        next(answer)


def test_versions_are_known() -> None:
    assert "llama.cpp" in llama_version()
    assert isinstance(offload_available(), bool)


def test_a_long_text_of_any_characters_is_counted(model: LlamaModel) -> None:
    begun = monotonic()
    assert model.count_tokens("知\0文\ud800😀" * 5000) > 5000
    assert monotonic() - begun < 30
