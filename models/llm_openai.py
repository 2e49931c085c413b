"""A chat model on an OpenAI-compatible server: vLLM, llama-server, FastChat, Ollama, Xinference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from threading import Event
from typing import Literal

from models.answer_text import AnswerText
from models.base import Finished, GenerationOptions, Message
from models.errors import ContextOverflow
from models.loopback import is_loopback_url
from models.openai_stream import Answer, Ended, Request

# Characters of a token, fitted to Qwen2.5's tokenizer on Chinese and English books, papers and encyclopedia
# articles, where the estimate is 0.91 to 1.22 of the count. Digits and signs are nearly a token each.
_WIDE_A_TOKEN = 1.3
_LETTERS_A_TOKEN = 4.0
_OTHERS_A_TOKEN = 1.3
_TEMPLATE = 8


class OpenAIModel:
    """A model by base URL (as in `http://127.0.0.1:11434/v1`) and name, as an LLM.

    `timeout` is how many seconds the server may stay silent. Nothing is sent before `generate`.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        context_tokens: int = 8192,
        timeout: float = 300.0,
        name: str | None = None,
    ) -> None:
        self.name = name or model
        self.context_tokens = context_tokens
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._model = model
        self._key = api_key
        self._timeout = timeout
        self._reports_usage = True

    def count_tokens(self, text: str) -> int:
        """An estimate: the tokenizer is on the server."""
        wide = sum(map(_is_wide, text))
        letters = sum(character.isascii() and (character.isalpha() or character == " ") for character in text)
        others = len(text) - wide - letters
        return math.ceil(wide / _WIDE_A_TOKEN + letters / _LETTERS_A_TOKEN + others / _OTHERS_A_TOKEN)

    def generate(
        self, messages: Sequence[Message], options: GenerationOptions, cancel: Event
    ) -> Iterator[str | Finished]:
        """As the protocol says. The context is checked with estimated counts.

        Raises ModelUnreachable, while iterating, when the server cannot be reached or reports an error.
        """
        prompt = sum(self.count_tokens(message.content) + _TEMPLATE for message in messages)
        if prompt + options.max_tokens > self.context_tokens:
            raise ContextOverflow(prompt=prompt, answer=options.max_tokens, name=self.name, limit=self.context_tokens)
        return self._answer(self._request(messages, options), options, cancel)

    def forget(self) -> None:
        """Nothing is kept here, and what a server keeps is its own."""

    def close(self) -> None:
        """Nothing to free: every answer has its own connection."""

    def _answer(self, request: Request, options: GenerationOptions, cancel: Event) -> Iterator[str | Finished]:
        text = AnswerText(options.stop)
        reason: Literal["stop", "length", "cancelled"] = "cancelled"
        end = Ended()
        with Answer(request, usage=self._reports_usage) as answer:
            for event in answer.events(cancel):
                if isinstance(event, Ended):
                    end, reason = event, event.reason
                elif piece := text.feed(event):
                    yield piece
                if text.stopped:
                    reason = "stop"
                    break
            self._reports_usage = answer.usage
        if rest := text.rest():
            yield rest
        yield Finished(reason, end.prompt_tokens, end.reused_tokens, end.generated_tokens)

    def _request(self, messages: Sequence[Message], options: GenerationOptions) -> Request:
        body: dict[str, object] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "seed": options.seed,
        }
        if options.stop:
            body["stop"] = list(options.stop)
        return Request(self._url, self._key, body, self._timeout, direct=is_loopback_url(self._url))


def _is_wide(character: str) -> bool:
    """CJK ideographs, kana, hangul and their punctuation."""
    return "\u2e80" <= character <= "\ud7ff" or "\uf900" <= character <= "\uffef" or character >= "\U00020000"
