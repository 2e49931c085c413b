"""A chat model in a GGUF file, run by llama.cpp in this process."""

from __future__ import annotations

import codecs
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from threading import Event
from typing import Literal

from models.answer_text import AnswerText
from models.base import Finished, GenerationOptions, Message
from models.errors import ContextOverflow, MemoryShort, WeightsUnusable
from models.gauge import Clock, Gauge, Pace, Stopwatch
from models.llama.context import Context, Stopped, new_sampler
from models.llama.loading import GpuLayers, Loaded, ModelFacts, forgets_parts, load, open_context
from models.llama.lookup import written
from models.llama.named_templates import NAMED
from models.llama.prefixes import Cut, Prefixes, cut, shared
from models.llama.stopping import StopSwitch
from models.llama.template import ChatTemplate, prompt_tokens
from models.llama.tuned import Tuned
from models.llama.vocabulary import Vocabulary
from models.reasons import because

# The context of a trial, in tokens.
TRIAL_TOKENS = 2048


class LlamaModel:
    """A GGUF file as an LLM. One thread at a time may generate; any may count tokens.

    `chat_template` is a name of `named_templates.NAMED` or Jinja source, for files that carry no
    template or a wrong one. `gpu_layers` "auto" offloads everything when there is a GPU. `clock` gives seconds.
    `tuned` is how it computes; `threads` come first.
    What was read of the latest prompts is kept in at most `prefix_bytes` of memory.
    Raises WeightsMissing or WeightsUnusable.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        context_tokens: int = 4096,
        gpu_layers: GpuLayers = "auto",
        threads: int | None = None,
        tuned: Tuned | None = None,
        chat_template: str | None = None,
        clock: Clock = time.perf_counter,
        prefix_bytes: int = 0,
    ) -> None:
        self.name = name
        self._clock = clock
        way = tuned or Tuned()
        way = replace(way, threads=threads, prompt_threads=threads) if threads else way
        loaded = load(path, name, context_tokens, gpu_layers, way)
        self._lib, self._model, self._facts = loaded.lib, loaded.model, loaded.facts
        self._vocabulary = Vocabulary(loaded.lib, loaded.model)
        self._context: Context | None = Context(loaded.lib, loaded.context, name, Prefixes(prefix_bytes))
        self._draft = loaded.facts.tuned.draft if self.forgets_parts else 0
        self._switch = StopSwitch(loaded.lib, loaded.context)
        self._answers = 0
        self._read, self._written = Pace(), Pace()
        try:
            self._template = self._chat_template(loaded, chat_template)
        except WeightsUnusable:
            self.close()
            raise

    @property
    def context_tokens(self) -> int:
        return self._facts.context_tokens

    def describe(self) -> ModelFacts:
        """What the model is: architecture, size, quantisation, layers on the GPU."""
        return self._facts

    def gauge(self) -> Gauge:
        """The memory that llama.cpp took, that of kept states, and the pace of the last answers. Any thread may ask."""
        facts = self._facts
        size = {"mapped": 0, "memory": 0, "gpu": 0}
        for buffer in facts.buffers:
            at_home = buffer.holder.startswith("CPU") or buffer.holder.endswith("_Host")
            kind = "mapped" if buffer.holder.endswith("_Mapped") else "memory" if at_home else "gpu"
            size[kind] += buffer.size
        return Gauge(
            memory=size["memory"] + size["mapped"] + (self._context.kept if self._context else 0),
            mapped=size["mapped"],
            gpu_memory=size["gpu"],
            layers=facts.layers,
            offloaded_layers=facts.offloaded_layers,
            read=self._read.rate(),
            written=self._written.rate(),
        )

    def count_tokens(self, text: str) -> int:
        return len(self._vocabulary.tokens(text))

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """The tokens that `generate` would feed. Raises WeightsUnusable."""
        tokens = prompt_tokens(self._template.render(messages), self._vocabulary)
        if not tokens:
            raise WeightsUnusable(path=self._facts.path, reason=because("template-empty"))
        return tokens

    def forget(self) -> None:
        """Keep nothing of the prompts that were read. Any thread may ask."""
        if context := self._context:
            context.forget()

    def generate(
        self, messages: Sequence[Message], options: GenerationOptions, cancel: Event
    ) -> Iterator[str | Finished]:
        """As the protocol says; moreover, a generation that was left half-way ends with the next one."""
        prompt = self.prompt_tokens(messages)
        if len(prompt) + options.max_tokens > self.context_tokens:
            raise ContextOverflow(
                prompt=len(prompt), answer=options.max_tokens, name=self.name, limit=self.context_tokens
            )
        return self._answer(self._cut(messages, prompt), options, cancel)

    def read_ahead(self, messages: Sequence[Message], cancel: Event) -> None:
        """As the protocol says; nothing, where what stands behind a beginning cannot be forgotten again."""
        if self.forgets_parts:
            for _ in self.generate(messages, GenerationOptions(max_tokens=0), cancel):
                pass

    def unread_tokens(self, messages: Sequence[Message]) -> int:
        """As the protocol says."""
        prompt = self.prompt_tokens(messages)
        if not self.forgets_parts:
            return len(prompt)
        return len(prompt) - self._open_context().known(self._cut(messages, prompt))

    @property
    def forgets_parts(self) -> bool:
        """Whether tokens can be guessed ahead: what was guessed wrongly has to be forgotten again."""
        return forgets_parts(self._lib, self._model)

    @contextmanager
    def trial(self, tuned: Tuned) -> Iterator[tuple[Context, Tuned]]:
        """A context of its own that computes in another way, and in which way it does. For measuring, without answers.

        Raises MemoryShort where there is none for it.
        """
        opened, _, way = open_context(self._lib, self._model, min(TRIAL_TOKENS, self.context_tokens), tuned)
        if not opened:
            raise MemoryShort(path=self._facts.path, reason=because("no-memory-for-context"))
        context = Context(self._lib, opened, self.name, Prefixes(0))
        try:
            yield context, way
        finally:
            context.close()

    def close(self) -> None:
        if self._context is not None:
            self._vocabulary.close()
            self._context.close()
            self._context = None
            self._lib.llama_model_free(self._model)

    def _cut(self, messages: Sequence[Message], prompt: Sequence[int]) -> Cut:
        """The prompt in pieces: cut before the last message, and at each of its cuts, whatever comes behind them."""
        *before, last = messages
        shorter = (self.prompt_tokens([*before, replace(last, content=last.content[:at])]) for at in (0, *last.cuts))
        return cut(prompt, [shared(prompt, tokens) for tokens in shorter], block=self._facts.tuned.block)

    def _answer(self, prompt: Cut, options: GenerationOptions, cancel: Event) -> Iterator[str | Finished]:
        context = self._open_context()
        self._answers += 1
        number, length = self._answers, sum(map(len, prompt.pieces))
        reused, generated = 0, 0
        reason: Literal["stop", "length", "cancelled"] = "length"
        answer = AnswerText(options.stop)
        # Bytes of a character that is not whole yet wait here; at the end they are dropped.
        characters = codecs.getincrementaldecoder("utf-8")("replace")
        sampler = new_sampler(self._lib, options)
        watch = Stopwatch(self._clock)
        try:
            with self._switch.watching(cancel):
                reused = context.feed(prompt, cancel)
                self._read.note(length - reused, watch.seconds())
                watch = Stopwatch(self._clock)
                drawing = context.drawing(sampler)
                for token in islice(written(drawing, chain(*prompt.pieces), self._draft), options.max_tokens):
                    if cancel.is_set():
                        raise Stopped
                    if self._vocabulary.ends(token):
                        reason = "stop"
                        break
                    generated += 1
                    if piece := answer.feed(characters.decode(self._vocabulary.piece(token))):
                        # A reader takes its time, which is none of the model's.
                        with watch.stopped():
                            yield piece
                        self._check_latest(number)
                    if answer.stopped:
                        reason = "stop"
                        break
        except Stopped:
            reason = "cancelled"
        finally:
            self._lib.llama_sampler_free(sampler)
            seconds = watch.seconds()
            if number == self._answers:
                context.rest()
            self._written.note(generated, seconds)
        if rest := answer.rest():
            yield rest
        yield Finished(reason, length, reused, generated)

    def _open_context(self) -> Context:
        if self._context is None:
            raise RuntimeError(f"{self.name} is closed")
        return self._context

    def _check_latest(self, number: int) -> None:
        if number != self._answers or self._context is None:
            raise RuntimeError(f"{self.name} has begun another answer; this one cannot go on")

    def _chat_template(self, loaded: Loaded, chosen: str | None) -> ChatTemplate:
        source = NAMED.get(chosen, chosen) if chosen else loaded.template
        path = self._facts.path
        if not source:
            raise WeightsUnusable(path=path, reason=because("template-none"))
        if chosen and chosen not in NAMED and "{" not in chosen:
            reason = because("template-unknown", name=chosen, known=", ".join(NAMED))
            raise WeightsUnusable(path=path, reason=reason)
        words = self._vocabulary
        return ChatTemplate(source, path=path, bos=words.text(words.bos), eos=words.text(words.eos))
