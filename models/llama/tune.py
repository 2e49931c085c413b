"""Measures once how a model computes fastest on this machine: threads, blocks, attention, cache, guessing ahead.

One thing after the other, each with what was best before it, by the time of a usual answer. Candidates take turns, and
one is taken for another only if it was faster in every round: whatever else the machine does, it does for a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from operator import gt
from statistics import median
from threading import Event
from typing import Any

import numpy as np

from models.base import GenerationOptions, Message
from models.gauge import Clock
from models.llama.context import Context, new_sampler
from models.llama.library import library
from models.llama.lookup import written
from models.llama.model import TRIAL_TOKENS, LlamaModel
from models.llama.prefixes import cut, shared
from models.llama.tuned import Tuned
from models.sample_texts import SAMPLE
from models.threads import logical_cores, physical_cores

_ROUNDS = 3
# A usual answer: the tokens that are read for it, and those that are written.
_READ, _WRITTEN = 700, 40
# What is measured of either: a pace is the same over less.
_WRITES = 32
# Other ways are taken for a gain of so much: less may be chance, and comes with changed numbers.
_GAIN = 1.03
_DRAFT_GAIN = 1.05
# A cache of 8 bits holds twice as many conversations in the same memory: it only must not be slower, and must choose
# the same tokens. In near ties even a change of the blocks' size chooses others now and then.
_NOT_SLOWER = 0.98
_ALIKE = 0.97
_BLOCKS = (64, 128, 256, 512)
_DRAFTS = (0, 2, 3, 5, 8)


@dataclass(frozen=True)
class Way:
    """One of several ways, by its name: the seconds that a token took to be read, and to be written, in each round.

    `alike` is the share of its tokens, 0 to 1, that the first of the ways chose too; None where that was not counted.
    """

    name: str
    reading: tuple[float, ...]
    writing: tuple[float, ...]
    alike: float | None = None

    @property
    def read(self) -> float:
        """Tokens read in a second, in the best round."""
        return 1 / min(self.reading)

    @property
    def written(self) -> float:
        """Tokens written in a second, in the best round."""
        return 1 / min(self.writing)

    @property
    def answering(self) -> tuple[float, ...]:
        """The seconds of a usual answer, in each round."""
        return tuple(_READ * read + _WRITTEN * write for read, write in zip(self.reading, self.writing, strict=True))


@dataclass(frozen=True)
class Compared:
    """What was compared, and which way was taken.

    `parting` says that each way wrote on behind its own tokens: those behind the first other one are not alike.
    """

    what: str
    ways: tuple[Way, ...]
    taken: str
    parting: bool = False


def tune(model: LlamaModel, clock: Clock = time.perf_counter) -> Iterator[Compared | Tuned]:
    """Compare, thing after thing; the last of what it gives is how to compute. Nobody else may use the model.

    Raises MemoryShort where there is none for another context.
    """
    bench = _Bench(model, clock)
    cores = physical_cores()
    best = Tuned(threads=cores, prompt_threads=cores)
    if len(counts := _thread_counts(cores, logical_cores())) > 1:
        ways = {str(count): replace(best, threads=count, prompt_threads=count) for count in counts}
        found = bench.compared("threads", ways)
        threads = best_way(found.ways, str(cores), lambda way: way.writing, _GAIN)
        readers = best_way(found.ways, str(cores), lambda way: way.reading, _GAIN)
        best = replace(best, threads=int(threads), prompt_threads=int(readers))
        yield replace(found, taken=threads if threads == readers else f"{threads} to write, {readers} to read")
    found = bench.compared("block", {str(block): replace(best, block=block) for block in _BLOCKS})
    yield (found := replace(found, taken=best_way(found.ways, str(best.block), lambda way: way.answering, _GAIN)))
    best = replace(best, block=int(found.taken))
    ways = {name: replace(best, flash_attention=name == "on") for name in ("on", "off")}
    found = bench.compared("flash attention", ways)
    yield (found := replace(found, taken=best_way(found.ways, "on", lambda way: way.answering, _GAIN)))
    best = replace(best, flash_attention=found.taken == "on")
    if best.flash_attention:
        halved = replace(best, cache="q8_0")
        found = bench.compared("cache", {"f16": best, "q8_0": halved})
        # A model whose heads are no multiple of 32 wide has no cache of integers.
        if len(found.ways) > 1:
            whole, half = found.ways
            alike, gain = bench.alike(best, halved), _gain(whole.answering, half.answering)
            taken = "q8_0" if alike >= _ALIKE and gain >= _NOT_SLOWER else "f16"
            yield replace(found, ways=(whole, replace(half, alike=alike)), taken=taken)
            best = halved if taken == "q8_0" else best
    if model.forgets_parts:
        found = bench.drafting(best)
        yield found
        best = replace(best, draft=int(found.taken))
    yield best


def _thread_counts(cores: int, logical: int) -> list[int]:
    """All cores; with few more, all that hyper-threading makes of them; of many also fewer: memory may be the limit."""
    return sorted({cores, logical, *([cores - 1, max(1, cores // 2)] if cores >= 4 else [])})


def best_way(ways: Collection[Way], usual: str, cost: Callable[[Way], Sequence[float]], gain: float) -> str:
    """The name of the way that gains most over the usual one, if it is so much and in every round."""
    known = {way.name: cost(way) for way in ways}
    plain = known.get(usual, next(iter(known.values())))
    better = {name: _gain(plain, took) for name, took in known.items() if all(map(gt, plain, took))}
    best = max(better, key=lambda name: better[name], default=usual)
    return best if better.get(best, 0.0) >= gain else next(name for name, took in known.items() if took is plain)


def until_parting(plain: Iterable[Sequence[int]], other: Iterable[Sequence[int]]) -> float:
    """The share of tokens, 0 to 1, that are the same in both, text by text, up to the first that is not."""
    pairs = list(zip(plain, other, strict=True))
    return sum(shared(one, two) for one, two in pairs) / sum(len(one) for one, _ in pairs)


def _gain(plain: Sequence[float], other: Sequence[float]) -> float:
    """How many times faster the other is, in the middle of the rounds."""
    return median(one / two for one, two in zip(plain, other, strict=True))


class _Bench:
    """Measures ways of a model over the same prompts."""

    def __init__(self, model: LlamaModel, clock: Clock) -> None:
        self._model = model
        self._clock = clock
        passages = "\n\n".join(SAMPLE)
        # The first is answered in the words of a passage, the second in the model's own.
        self._quoting = self._prompt(f"{passages}\n\n把上面以“第一条”开头的一段原文逐字抄写一遍。")
        self._telling = self._prompt(f"{passages}\n\n用自己的话说说这几段文字分别讲什么。")

    def compared(self, what: str, ways: Mapping[str, Tuned]) -> Compared:
        """All that can be opened as they are told, the paces of each; the first is put down as taken."""
        with ExitStack() as held:
            made = {name: held.enter_context(self._model.trial(way)) for name, way in ways.items()}
            contexts = {name: context for name, (context, way) in made.items() if way == ways[name]}
            times: dict[str, list[tuple[float, float]]] = {name: [] for name in contexts}
            for _ in range(_ROUNDS):
                for name, context in contexts.items():
                    times[name].append(self._times(context, ways[name]))
        found = (
            Way(name, tuple(read for read, _ in rounds), tuple(write for _, write in rounds))
            for name, rounds in times.items()
        )
        return Compared(what, tuple(found), next(iter(ways)))

    def alike(self, way: Tuned, other: Tuned) -> float:
        """How many of the tokens that one way chooses the other chooses too, behind the same ones."""
        equal = total = 0
        with self._model.trial(way) as (one, _), self._model.trial(other) as (two, _):
            for prompt in (self._quoting, self._telling):
                for context, its in ((one, way), (two, other)):
                    context.feed(cut(prompt, block=its.block), Event())
                for _ in range(_WRITES):
                    token = int(np.argmax(one.logits()))
                    equal += token == int(np.argmax(two.logits()))
                    total += 1
                    one.extend([token])
                    two.extend([token])
        return equal / total

    def drafting(self, way: Tuned) -> Compared:
        """The paces of writing with so many tokens guessed ahead, over a text that quotes and one that does not.

        And how much of it is what is written plainly: every token is the model's own choice, but a batch of another
        size may round otherwise. The token that ends an answer is one like any other here, so that all write equally
        much.
        """
        times: dict[int, list[float]] = {draft: [] for draft in _DRAFTS}
        texts: dict[int, list[list[int]]] = {draft: [] for draft in _DRAFTS}
        reading = []
        with self._model.trial(replace(way, draft=max(_DRAFTS))) as (context, _):
            for _ in range(_ROUNDS):
                reading.append(self._times(context, way)[0])
                for draft, rounds in times.items():
                    seconds = 0.0
                    for prompt in (self._quoting, self._telling):
                        context.feed(cut(prompt, block=way.block), Event())
                        took, text = self._writing(context, prompt, draft)
                        seconds += took
                        texts[draft].append(text)
                    rounds.append(seconds / 2)
        ways = tuple(
            Way(str(draft), tuple(reading), tuple(rounds), until_parting(texts[0], texts[draft]) if draft else None)
            for draft, rounds in times.items()
        )
        taken = best_way(ways, "0", lambda way: way.writing, _DRAFT_GAIN)
        return Compared("guessed ahead", ways, taken, parting=True)

    def _times(self, context: Context, way: Tuned) -> tuple[float, float]:
        """The seconds of reading a token and of writing one."""
        context.forget()
        began = self._clock()
        context.feed(cut(self._telling, block=way.block), Event())
        read = (self._clock() - began) / len(self._telling)
        seconds, _ = self._writing(context, self._telling, 0)
        context.rest()
        return read, seconds

    def _writing(self, context: Context, prompt: Sequence[int], draft: int) -> tuple[float, list[int]]:
        """The seconds of writing a token, and the tokens that were written."""
        lib: Any = library()
        sampler = new_sampler(lib, GenerationOptions(temperature=0))
        began = self._clock()
        tokens = list(islice(written(context.drawing(sampler), prompt, draft), _WRITES))
        seconds = self._clock() - began
        lib.llama_sampler_free(sampler)
        return seconds / _WRITES, tokens

    def _prompt(self, text: str) -> list[int]:
        most = min(TRIAL_TOKENS, self._model.context_tokens) - _WRITES - max(_DRAFTS)
        return self._model.prompt_tokens([Message("user", text)])[-most:]
