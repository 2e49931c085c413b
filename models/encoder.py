"""The seam between an embedder and the network that it computes with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from models.base import Vectors
from models.catalog import Prompts
from models.errors import Cause
from models.token_ids import TokenIds

Form = Literal["float32", "bfloat16", "int8"]


class NoRoom(Cause):
    """A GPU has too little free memory to compute so many texts at once."""


class Encoder(Protocol):
    """A network of sentence-transformers: texts to vectors. One thread at a time may encode."""

    @property
    def form(self) -> Form:
        """In which form it computes. Vectors of all forms are of one kind."""

    @property
    def device(self) -> str:
        """Where: cpu, cuda or mps."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    @property
    def max_tokens(self) -> int:
        """How many tokens it reads of a text, special ones included."""

    @property
    def pools_by_mean(self) -> bool:
        """Whether a vector is the mean of the tokens' states and nothing more, but for its length."""

    @property
    def prompts(self) -> Prompts | None:
        """What its folder says that stands before texts."""

    @property
    def tokens(self) -> TokenIds:
        """For counting."""

    @property
    def bytes_held(self) -> int:
        """What its weights take of memory."""

    def encode(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """Vectors of texts of any length, prompt included, in one batch: shape (texts, dimensions), each of length 1.

        And the states of the tokens of each, shape (tokens, dimensions), if it pools by mean; else none. Raises
        NoRoom on a GPU, never on the processor.
        """
