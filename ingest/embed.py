"""The vectors of texts: those that the catalog has already, and the embedder's for all others, each asked for once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.store import passages
from ingest.store.batches import batched
from ingest.store.catalog import Catalog
from models.base import Embedded, Embedder, Step

# Handed over at once. The embedder makes batches of them, texts of like length in each; these bound what it counts the
# tokens of before the first, while nobody is told and a stop waits.
_AT_ONCE = 256


def embed(texts: Sequence[str], embedder: Embedder, catalog: Catalog, step: Step) -> Embedded:
    """What the embedder gives for the texts, or gave for the same ones before.

    The same text may have differed in its last bits then, for it was computed in another batch. `step` is told before
    each batch of the embedder how many texts have their vectors, and may raise to stop.
    """
    with catalog.read() as connection:
        found = passages.known_vectors(connection, embedder.fingerprint, texts)
    new = [text for text in dict.fromkeys(texts) if text not in found]
    done, cut = len(texts) - len(new), set[str]()

    def further(more: int) -> None:
        step(done + more)

    for some in batched(new, _AT_ONCE):
        made = embedder.embed_passages(some, further)
        found |= zip(some, zip(made.vectors, made.windows, strict=True), strict=True)
        cut |= {some[row] for row in made.truncated}
        done += len(some)
    vectors = np.zeros((len(texts), embedder.dimensions), dtype=np.float32)
    for row, text in enumerate(texts):
        vectors[row] = found[text][0]
    windows = tuple(found[text][1] for text in texts)
    return Embedded(vectors, windows, tuple(row for row, text in enumerate(texts) if text in cut))
