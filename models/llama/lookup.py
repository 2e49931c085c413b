"""Tokens guessed ahead from what stands in the prompt already, and verified all at once: for answers that quote.

Prompt lookup (Saxena, "Prompt Lookup Decoding", 2023) is speculative decoding (Leviathan, Kalman & Matias, 2023)
without a second model. A guess changes nothing but the time: whatever is written is what the model itself chose behind
the tokens before it. The numbers of a batch may differ in their last bits from those of single steps, though.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

# So many equal tokens in a row are taken for the same place.
_ALIKE = 2


class Decoder(Protocol):
    """A context that has read a prompt."""

    def choose(self, place: int) -> int:
        """The token that the model chooses behind one of the last tokens, by its place among them; -1 is the last."""

    def extend(self, tokens: list[int]) -> None:
        """Compute more tokens, so that one can be chosen behind each."""

    def take_back(self, count: int) -> None:
        """Forget the last so many tokens."""


class Lookup:
    """What stood behind the last two tokens where they stood last."""

    def __init__(self, tokens: Iterable[int]) -> None:
        self._tokens: list[int] = []
        self._behind: dict[tuple[int, ...], int] = {}
        for token in tokens:
            self.add(token)

    def add(self, token: int) -> None:
        """One more token."""
        if len(self._tokens) >= _ALIKE:
            self._behind[tuple(self._tokens[-_ALIKE:])] = len(self._tokens)
        self._tokens.append(token)

    def guess(self, most: int) -> list[int]:
        """At most so many tokens that may come; none where the last two are new together."""
        start = self._behind.get(tuple(self._tokens[-_ALIKE:]))
        return [] if start is None else self._tokens[start : start + most]


def written(decoder: Decoder, prompt: Iterable[int], draft: int) -> Iterator[int]:
    """The tokens that the model chooses one behind the other, without end. At most `draft` are guessed at a time.

    What a caller does not ask for is not computed, but for guesses.
    """
    lookup = Lookup(prompt if draft else ())
    token = decoder.choose(-1)
    while True:
        yield token
        lookup.add(token)
        guess = lookup.guess(draft) if draft else []
        decoder.extend([token, *guess])
        for place, guessed in enumerate(guess):
            token = decoder.choose(place)
            if token != guessed:
                decoder.take_back(len(guess) - place)
                break
            yield token
            lookup.add(token)
        else:
            token = decoder.choose(len(guess))
