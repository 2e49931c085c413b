"""What an encoder reads of a text: the numbers of its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tokenizers import Tokenizer


class TokenIds(Protocol):
    """A tokenizer that neither cuts nor pads. Any thread may use it."""

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text, special ones included. Texts are without lone surrogates."""


class LibraryTokens:
    """As the library `tokenizers` reads a tokenizer.json; what that cuts or pads is switched off in `tokenizer`.

    Right for any model, but one of 250,000 words takes 300 MB, and half a second to load: see `unigram`.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [one.ids for one in self._tokenizer.encode_batch_fast(list(texts))]
