"""A language model that says what a test wrote for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event

from models.base import Finished, GenerationOptions, Message
from models.errors import ContextOverflow

Script = Mapping[str, str] | Sequence[str] | Callable[[Sequence[Message]], str]


class ScriptedLLM:
    """Answers from a script, in small pieces, as the LLM protocol asks.

    A mapping answers with the value of the first key found in the last user message (the key ""
    matches anything); a sequence answers call after call, its last answer repeated; a function
    gets the messages. One token is one character. `calls` keeps what was asked, `read` what was read ahead.
    `pause`, when given, is awaited before each piece after the first, so that a test can hold an answer open;
    each of them takes `seconds`.
    """

    def __init__(
        self,
        script: Script,
        *,
        name: str = "scripted",
        context_tokens: int = 100_000,
        piece: int = 3,
        pause: Event | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.name = name
        self.context_tokens = context_tokens
        self.calls: list[list[Message]] = []
        self.options: list[GenerationOptions] = []
        self.closed = False
        self.forgotten = 0
        self.read: list[list[Message]] = []
        self._script = script
        self._piece = piece
        self._pause = pause
        self._seconds = seconds

    def count_tokens(self, text: str) -> int:
        return len(text)

    def generate(
        self, messages: Sequence[Message], options: GenerationOptions, cancel: Event
    ) -> Iterator[str | Finished]:
        prompt = sum(len(message.content) for message in messages)
        if prompt + options.max_tokens > self.context_tokens:
            raise ContextOverflow(prompt=prompt, answer=options.max_tokens, name=self.name, limit=self.context_tokens)
        self.calls.append(list(messages))
        self.options.append(options)
        return self._stream(self._answer(messages), prompt, options, cancel)

    def read_ahead(self, messages: Sequence[Message], cancel: Event) -> None:
        self.read.append(list(messages))

    def unread_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content) for message in messages)

    def forget(self) -> None:
        self.forgotten += 1

    def close(self) -> None:
        self.closed = True

    def _stream(self, answer: str, prompt: int, options: GenerationOptions, cancel: Event) -> Iterator[str | Finished]:
        answer = _before_stop(answer, options.stop)
        reason = "length" if len(answer) > options.max_tokens else "stop"
        answer = answer[: options.max_tokens]
        for start in range(0, len(answer), self._piece):
            if start:
                self._hold(cancel)
            if cancel.is_set():
                yield Finished("cancelled", prompt, 0, start)
                return
            yield answer[start : start + self._piece]
        if cancel.is_set():
            yield Finished("cancelled", prompt, 0, len(answer))
        else:
            yield Finished("length" if reason == "length" else "stop", prompt, 0, len(answer))

    def _hold(self, cancel: Event) -> None:
        cancel.wait(self._seconds)
        while self._pause is not None and not cancel.is_set():
            if self._pause.wait(0.02):
                return

    def _answer(self, messages: Sequence[Message]) -> str:
        script = self._script
        if callable(script):
            return script(messages)
        if isinstance(script, Mapping):
            question = next((m.content for m in reversed(messages) if m.role == "user"), "")
            return next((answer for key, answer in script.items() if key in question), "")
        return script[min(len(self.calls), len(script)) - 1] if script else ""


def _before_stop(answer: str, stops: Sequence[str]) -> str:
    ends = [answer.find(stop) for stop in stops if stop and stop in answer]
    return answer[: min(ends)] if ends else answer
