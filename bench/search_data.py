"""Large bases made of few real texts, for `bench.search`: like real ones in what a search costs, not to be read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from sqlalchemy import insert

from ingest.store import bases, passages
from ingest.store.analyse import analyse
from ingest.store.catalog import Catalog, set_setting
from ingest.store.moving import EMBEDDER
from ingest.store.schema import documents
from models.base import Embedded, Embedder, Vectors

SETS = ("cmrc2018_dev", "dureader2_demo", "expmrc_cmrc_dev")
_SENTENCE = re.compile(r"[^。！？]+[。！？]?")
_BATCH = 256
_CHAPTER = 100
# A made vector lies so far on the way from one real vector to another, and so much of its length is noise.
_WAY, _NOISE = 0.5, 0.35


def sentences(data: Path) -> list[str]:
    """The sentences of the real texts in `data`/qa, each once, in a random order that is always the same."""
    texts = [text for name in SETS for text in _column(data / "qa" / f"{name}.contexts.jsonl", "text")]
    found = [each for text in texts for each in _SENTENCE.findall(text) if 12 <= len(each) <= 120]
    return _shuffled(dict.fromkeys(found))


def questions(data: Path) -> list[str]:
    """The questions that people asked about the first of the sets."""
    return _shuffled(_column(data / "qa" / f"{SETS[0]}.questions.jsonl", "question"))


def _column(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)[name] for line in lines]


def embedded(embedder: Embedder, texts: Sequence[str], asked: Sequence[str], kept: Path) -> tuple[Vectors, Vectors]:
    """Vectors of texts and of questions, shapes (n, dimensions), from the file `kept` where they are in it."""
    if not kept.exists():
        found = [embedder.embed_passages(texts[at : at + _BATCH]).vectors for at in range(0, len(texts), _BATCH)]
        np.savez(kept, passages=np.concatenate(found), questions=np.stack([embedder.embed_query(q) for q in asked]))
    with np.load(kept) as arrays:
        return arrays["passages"], arrays["questions"]


def multiplied(real: Vectors, number: int, seed: int = 5) -> Vectors:
    """So many vectors that are clustered as the real ones are: between two of them, with noise of their spread.

    The real ones come first. Rows of length 1, rounded as the catalog keeps them.
    """
    draw = np.random.default_rng(seed)
    mean = real.mean(axis=0)
    rest = real - mean
    length = np.linalg.norm(rest, axis=1).mean()
    values, axes = np.linalg.eigh(np.cov(rest.T))
    spread = (axes * np.sqrt(np.maximum(values, 0))).T.astype(np.float32)
    made = np.empty((number, real.shape[1]), dtype=np.float32)
    made[: len(real)] = real[:number]
    for at in range(len(real), number, 10_000):
        rows = min(10_000, number - at)
        first, second = draw.integers(len(real), size=(2, rows))
        way = draw.uniform(0, _WAY, size=(rows, 1)).astype(np.float32)
        noise = draw.standard_normal((rows, real.shape[1]), dtype=np.float32) @ spread
        between = (1 - way) * rest[first] + way * rest[second]
        between *= length / np.linalg.norm(between, axis=1, keepdims=True)
        moved = between + _NOISE * noise
        made[at : at + rows] = mean + moved * (length / np.linalg.norm(moved, axis=1, keepdims=True))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made.astype(np.float16).astype(np.float32)


def fill(catalog: Catalog, pool: Sequence[str], vectors: Vectors, fingerprint: str, characters: int = 300) -> None:
    """Put a chunk for every vector into the default base, `_CHAPTER` to a document, of sentences of the pool.

    The parts of a chunk that search compares are made of its vector, three of them.
    """
    draw = Random(11)  # noqa: S311
    analysed = [" ".join(analyse(each)) for each in pool]
    for at in range(0, len(vectors), _CHAPTER):
        rows = vectors[at : at + _CHAPTER]
        document = _document(at // _CHAPTER, len(rows))
        made = [_drawn(draw, pool, characters) for _ in rows]
        values = [_chunk(document, n, "".join(pool[i] for i in drawn)) for n, drawn in enumerate(made)]
        with catalog.write() as connection:
            connection.execute(insert(documents), document)
            keys = passages.put_chunks(connection, values)
            words = [" ".join(analysed[i] for i in drawn) for drawn in made]
            passages.put_keywords(connection, zip(keys, words, strict=True))
            parts = tuple(np.repeat(row[None], 3, axis=0) for row in rows)
            passages.put_vectors(connection, keys, fingerprint, Embedded(rows, parts))
    with catalog.write() as connection:
        set_setting(connection, EMBEDDER, fingerprint)


def _drawn(draw: Random, pool: Sequence[str], characters: int) -> list[int]:
    found: list[int] = []
    length = 0
    while length < characters:
        found.append(draw.randrange(len(pool)))
        length += len(pool[found[-1]])
    return found


def _document(number: int, held: int) -> dict[str, object]:
    return {
        "id": f"{number:032x}",
        "base_id": bases.DEFAULT,
        "name": f"{number}.txt",
        "sha256": f"{number:064x}",
        "size": held * 900,
        "media_type": "text/plain",
        "status": "ready",
        "stage": "done",
        "pages": 1,
        "chunks": held,
        "revision": 1,
        "created_at": 1.7e9,
        "updated_at": 1.7e9,
    }


def _chunk(document: dict[str, object], ordinal: int, text: str) -> dict[str, object]:
    return {
        "id": f"{document['id']}{ordinal}",
        "document_id": document["id"],
        "base_id": bases.DEFAULT,
        "ordinal": ordinal,
        "start": 0,
        "end": len(text),
        "text": text,
        "heading_path": "[]",
        "tokens": len(text),
    }


def _shuffled(texts: Sequence[str] | dict[str, None]) -> list[str]:
    mixed = list(texts)
    Random(7).shuffle(mixed)  # noqa: S311
    return mixed
