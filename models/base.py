"""The seams towards networks: what an embedder, a reranker, a language model and OCR must do.

Everything here is synchronous. A language model is called by one thread at a time (the
generation worker owns it); an embedder may be called by several, and answers a query between two
batches of passages, so that a question never waits for a whole document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Image = NDArray[np.uint8]
Point = tuple[float, float]
Step = Callable[[int], None]


@dataclass(frozen=True)
class Embedded:
    """Embeddings of some texts, and which of the texts did not fit the model.

    `vectors` has shape (texts, dimensions), float32, each row of length 1. `windows` holds for each text the
    vectors of its parts, in order, shape (parts, dimensions), at least one: the whole, where an embedder knows
    no parts. `truncated` holds the positions of texts whose end the model did not see.
    """

    vectors: Vectors
    windows: tuple[Vectors, ...]
    truncated: tuple[int, ...] = ()


class Embedder(Protocol):
    """Turns texts into vectors whose inner product is their likeness (cosine)."""

    @property
    def name(self) -> str:
        """The name shown to people, such as `multilingual-e5-small`."""

    @property
    def fingerprint(self) -> str:
        """A short hash that changes whenever the vectors would: weights, prompts, pooling."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    @property
    def max_tokens(self) -> int:
        """How many tokens a text may have, prompt and special tokens included."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, prompt and special tokens included, untruncated."""

    def embed_passages(self, texts: Sequence[str], step: Step = lambda _: None) -> Embedded:
        """Embed texts that are to be found. An empty sequence gives a (0, dimensions) array.

        `step` is told before each batch how many of the texts have their vectors, and may raise to stop: that is passed
        on. A question may be embedded meanwhile.
        """

    def embed_query(self, text: str) -> Vectors:
        """Embed a question. Shape (dimensions,)."""


class Reranker(Protocol):
    """Reads a question together with each text, and says how well the text answers it."""

    @property
    def name(self) -> str:
        """The name shown to people."""

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """A figure for every text, the higher the better. Shape (texts,)."""


@dataclass(frozen=True)
class Message:
    """One turn of a chat.

    `cuts` are places in `content`, in characters and rising, where a later prompt may part from this one: a model may
    use again what it has read before them.
    """

    role: Literal["system", "user", "assistant"]
    content: str
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True)
class GenerationOptions:
    """How to generate: greedy by default, so that an answer can be repeated."""

    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finished:
    """Why a generation ended, and what it took. Counts are tokens of the model's own vocabulary.

    `reused_tokens` is the part of the prompt that was still in the model's cache.
    A server that does not report its counts leaves them at 0.
    """

    reason: Literal["stop", "length", "cancelled"]
    prompt_tokens: int = 0
    reused_tokens: int = 0
    generated_tokens: int = 0


class LLM(Protocol):
    """A chat model."""

    @property
    def name(self) -> str:
        """The name shown to people."""

    @property
    def context_tokens(self) -> int:
        """How many tokens a prompt and its answer may have together."""

    def count_tokens(self, text: str) -> int:
        """Tokens of a text without any template. An estimate where the tokenizer is far away."""

    def generate(
        self, messages: Sequence[Message], options: GenerationOptions, cancel: Event
    ) -> Iterator[str | Finished]:
        """Yield pieces of the answer as they come, then exactly one `Finished`, last.

        Pieces are never empty and never cut a character in two; a stop string is not part of
        them. Setting `cancel` from any thread ends the iteration within 200 ms, in the middle
        of a long prompt too, with the reason `cancelled`. Closing the iterator early frees the
        model as well.

        Raises ContextOverflow before anything is computed, ModelUnreachable for a remote
        model, WeightsUnusable when the prompt cannot be built from the model's template.
        """

    def forget(self) -> None:
        """Keep nothing of the prompts that were read. Any thread may ask; what is being written goes on."""

    def close(self) -> None:
        """Free memory. The model is not used afterwards."""


@runtime_checkable
class ReadsAhead(Protocol):
    """A language model that keeps what it read of a prompt, so that it can be read before anybody asks."""

    def read_ahead(self, messages: Sequence[Message], cancel: Event) -> None:
        """Read a prompt and write nothing; `generate` then begins with what both have in common.

        Counts as a generation: one thread at a time. Setting `cancel` from any thread ends it within 200 ms; what was
        read until then is kept. Raises as `generate`.
        """

    def unread_tokens(self, messages: Sequence[Message]) -> int:
        """How many tokens of a prompt it has not read yet. For the thread that generates. Raises WeightsUnusable."""


@dataclass(frozen=True)
class OcrLine:
    """A line of text in an image.

    `corners` are (x, y) in pixels from the image's top left, clockwise for somebody who reads the
    line: they begin above its first character, the second is above its last. `places` says of
    every character of `text` where along the line it begins and ends, from 0 to 1.
    `confidence`, 0 to 1, is the mean over the characters.
    """

    text: str
    corners: tuple[Point, Point, Point, Point]
    confidence: float
    places: tuple[tuple[float, float], ...]


class OCR(Protocol):
    """Reads the text of images. Several threads may call it at once."""

    @property
    def name(self) -> str:
        """The name shown to people."""

    @property
    def fingerprint(self) -> str:
        """A short hash, in hexadecimal, that changes whenever what is read would: networks and rules."""

    def read(self, image: Image) -> list[OcrLine]:
        """The lines of an image of shape (height, width), grey, or (height, width, 3), RGB.

        In no particular order; an image without text gives none. Lines may run in any direction,
        vertical Chinese too. Raises OcrUnavailable when the network cannot compute.
        """

    def close(self) -> None:
        """Free memory. It is not used afterwards."""
