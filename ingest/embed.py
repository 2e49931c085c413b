"""The vectors of texts: those that the catalog has already, and the embedder's for all others, each asked for once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ingest.store import passages
from ingest.store.batches import batched
from ingest.store.catalog import Catalog
from models.base import Embedded, Embedder

# Small enough that a question waits for one batch only, and a stop is heeded soon.
_BATCH = 16


def embed(texts: Sequence[str], embedder: Embedder, catalog: Catalog, step: Callable[[int], None]) -> Embedded:
    """What the embedder gives for the texts, or gave for the same ones before.

    The same text may have differed in its last bits then, for it was computed in another batch. `step` is told before
    each batch how many texts have their vectors, and may raise to stop.
    """
    with catalog.read() as connection:
        found = passages.known_vectors(connection, embedder.fingerprint, texts)
    new = [text for text in dict.fromkeys(texts) if text not in found]
    done, cut = len(texts) - len(new), set[str]()
    for batch in batched(new, _BATCH):
        step(done)
        made = embedder.embed_passages(batch)
        found |= zip(batch, zip(made.vectors, made.windows, strict=True), strict=True)
        cut |= {batch[row] for row in made.truncated}
        done += len(batch)
    vectors = np.zeros((len(texts), embedder.dimensions), dtype=np.float32)
    for row, text in enumerate(texts):
        vectors[row] = found[text][0]
    windows = tuple(found[text][1] for text in texts)
    return Embedded(vectors, windows, tuple(row for row, text in enumerate(texts) if text in cut))
