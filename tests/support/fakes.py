"""Stand-ins at the seams: they keep the contracts of `models.base` and need no weights."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from models.base import Embedded, Embedder, Reranker, Step, Vectors


class HashEmbedder:
    """Hashes the character bigrams of a text into a vector: alike texts get alike vectors.

    A character is a token, and every text has two special tokens more. Sixteen texts are a batch.
    """

    def __init__(self, dimensions: int = 64, max_tokens: int = 512, name: str = "hash-embedder") -> None:
        self._dimensions = dimensions
        self._max_tokens = max_tokens
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def fingerprint(self) -> str:
        return f"hash-{self._dimensions}-{self._max_tokens}"

    @property
    def dimensions(self) -> int:
        return self._dimensions

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) + 2 for text in texts]

    def embed_passages(self, texts: Sequence[str], step: Step = lambda _: None) -> Embedded:
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            if row % 16 == 0:
                step(row)
            vectors[row] = self._vector(text)
        counts = self.count_tokens(texts)
        windows = tuple(vectors[row : row + 1] for row in range(len(texts)))
        return Embedded(vectors, windows, tuple(i for i, count in enumerate(counts) if count > self._max_tokens))

    def embed_query(self, text: str) -> Vectors:
        return self._vector(text)

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self._dimensions, dtype=np.float32)
        seen = f"^{text.lower()[: self._max_tokens - 2]}$"
        for first, second in itertools.pairwise(seen):
            digest = hashlib.blake2b((first + second).encode("utf-8", "replace"), digest_size=8).digest()
            vector[int.from_bytes(digest[:4], "little") % self._dimensions] += 1.0 if digest[4] & 1 else -1.0
        norm = float(np.linalg.norm(vector))
        if norm == 0.0:
            vector[0] = norm = 1.0
        return vector / np.float32(norm)


class BilingualEmbedder(HashEmbedder):
    """Knows that some words of two languages mean the same: texts are hashed with the second put for the first."""

    def __init__(self, meanings: Mapping[str, str]) -> None:
        super().__init__(dimensions=256, name="bilingual-embedder")
        self._meanings = meanings

    def _vector(self, text: str) -> Vectors:
        found = [meaning for word, meaning in self._meanings.items() if word in text or meaning in text]
        return super()._vector(" ".join(found) or "?")


def hash_embedder() -> Embedder:
    """A HashEmbedder, typed as what it stands for."""
    return HashEmbedder()


class OverlapReranker:
    """Counts how many characters of the question a text has."""

    name = "overlap"

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        return np.array([len(set(question) & set(text)) for text in texts], dtype=np.float32)


def overlap_reranker() -> Reranker:
    """An OverlapReranker, typed as what it stands for."""
    return OverlapReranker()
