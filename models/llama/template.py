"""Chat templates: messages to a prompt in which the messages' words stay data.

A template comes with the weights and is run in Jinja's sandbox. It is rendered with unguessable
marks in place of the messages, so that its own text can be told from theirs afterwards.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, Protocol

from models.base import Message
from models.errors import WeightsUnusable
from models.reasons import Reason, because


class SpecialTokens(Protocol):
    """What a prompt needs of a vocabulary."""

    bos: int
    eos: int
    adds_bos: bool

    def tokens(self, text: str, *, special: bool = False) -> list[int]: ...
    def text(self, token: int) -> str: ...
    def is_special(self, token: int) -> bool: ...


@dataclass(frozen=True)
class Part:
    """A stretch of a rendered prompt: the template's own text, or a message's."""

    text: str
    own: bool


class ChatTemplate:
    """A compiled template of one model. Raises WeightsUnusable when it is not valid Jinja."""

    def __init__(self, source: str, *, path: Path, bos: str = "", eos: str = "") -> None:
        from jinja2 import TemplateError

        self._path = path
        self._names = {"bos_token": bos, "eos_token": eos}
        try:
            self._template = _sandbox().from_string(source)
        except TemplateError as error:
            raise self._unusable(because("template-invalid", error=error)) from error

    def render(self, messages: Sequence[Message]) -> list[Part]:
        """The prompt up to where the answer begins.

        Where the template refuses or ignores a system message, its text goes to the front of the
        first user message. Raises WeightsUnusable when the template cannot place a message.
        """
        from jinja2 import TemplateError

        try:
            parts = self._fill(messages)
        except TemplateError as error:
            if not _has_system(messages):
                raise self._unusable(because("template-refuses", error=error)) from error
        else:
            if parts is not None:
                return parts
        return self._fill_merged(messages)

    def _fill_merged(self, messages: Sequence[Message]) -> list[Part]:
        from jinja2 import TemplateError

        try:
            parts = self._fill(_without_system(messages))
        except TemplateError as error:
            raise self._unusable(because("template-refuses", error=error)) from error
        if parts is None:
            raise self._unusable(because("template-leaves-out"))
        return parts

    def _fill(self, messages: Sequence[Message]) -> list[Part] | None:
        """The parts, or None when a message did not get its place."""
        secret = secrets.token_hex(16)
        marks = {f"{secret}n{number}n": message.content for number, message in enumerate(messages)}
        turns = [{"role": m.role, "content": mark} for m, mark in zip(messages, marks, strict=True)]
        try:
            prompt = self._template.render(messages=turns, add_generation_prompt=True, **self._names)
        except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError, IndexError) as error:
            # A template is a program; its slips surface as Python's own errors.
            raise self._unusable(because("template-failed", error=error)) from error
        pieces = re.split(f"({secret}n[0-9]+n)", prompt)
        if any(mark not in pieces for mark in marks):
            return None
        return [Part(marks.get(piece, piece), piece not in marks) for piece in pieces if piece]

    def _unusable(self, reason: Reason) -> WeightsUnusable:
        return WeightsUnusable(path=self._path, reason=reason)


def prompt_tokens(parts: Sequence[Part], vocabulary: SpecialTokens) -> list[int]:
    """Tokenise a prompt as a whole, except that only the template's own text makes special tokens.

    Text between two special tokens is tokenised in one go, across the seams of template and
    message, which is what the model saw in training.
    """
    specials = {vocabulary.text(token): token for token in _special_in(parts, vocabulary)}
    tokens: list[int] = []
    plain = ""
    for part in parts:
        if not part.own:
            plain += _broken_up(part.text, specials)
            continue
        for piece in _split(part.text, specials):
            if piece in specials:
                tokens += [*_plain_tokens(plain, vocabulary), specials[piece]]
                plain = ""
            else:
                plain += piece
    tokens += _plain_tokens(plain, vocabulary)
    if vocabulary.adds_bos and tokens[:1] != [vocabulary.bos]:
        tokens.insert(0, vocabulary.bos)
    return tokens


# Where a message spells out one of the template's tokens, it is tokenised in two halves.
_SEAM = "\x00"


def _broken_up(text: str, specials: dict[str, int]) -> str:
    text = text.replace(_SEAM, "")
    for name in specials:
        if len(name) > 1:
            text = text.replace(name, name[0] + _SEAM + name[1:])
    return text


def _plain_tokens(text: str, vocabulary: SpecialTokens) -> list[int]:
    return [token for half in text.split(_SEAM) if half for token in vocabulary.tokens(half)]


def _special_in(parts: Sequence[Part], vocabulary: SpecialTokens) -> set[int]:
    found = (vocabulary.tokens(part.text, special=True) for part in parts if part.own)
    return {token for tokens in found for token in tokens if vocabulary.is_special(token)}


def _split(text: str, specials: dict[str, int]) -> list[str]:
    names = sorted((name for name in specials if name), key=len, reverse=True)
    if not names:
        return [text]
    return [piece for piece in re.split(f"({'|'.join(map(re.escape, names))})", text) if piece]


def _has_system(messages: Sequence[Message]) -> bool:
    return any(message.role == "system" for message in messages)


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """The system texts in front of the first user message."""
    system = [message.content for message in messages if message.role == "system"]
    turns = [message for message in messages if message.role != "system"]
    first = next((at for at, message in enumerate(turns) if message.role == "user"), None)
    if first is None:
        return [Message("user", "\n\n".join(system)), *turns]
    turns[first] = Message("user", "\n\n".join([*system, turns[first].content]))
    return turns


def _sandbox() -> Any:
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Not HTML: what comes out is a prompt, escaped like any text wherever it is shown.
    sandbox = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    sandbox.globals["raise_exception"] = _refuse
    sandbox.globals["strftime_now"] = _today
    sandbox.filters["tojson"] = _json
    return sandbox


def _refuse(message: str) -> NoReturn:
    from jinja2 import TemplateError

    raise TemplateError(str(message))


def _today(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
