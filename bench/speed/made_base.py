"""Bases of any number of chunks: sentences of real passages put together anew, with vectors near those of real ones."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from app.bootstrap import Services
from app.shelf import build_embedder
from bench.speed.documents import passages
from bench.speed.files import whole
from bench.speed.kept import finish, is_finished, kept_whole
from bench.speed.plan import Plan
from bench.speed.product import settings_in
from ingest.document import CleanDocument
from ingest.pipeline import Steps
from ingest.store import bases, moving
from ingest.store import passages as rows
from ingest.store.analyse import analyse
from ingest.store.lexical import EVERY
from ingest.store.schema import documents
from models.base import Embedded, Vectors

# So many chunks are a document, and are made at a time.
_BLOCK = 500
_SENTENCES = 4
_SEEDS = 256
# Cosine of a made vector with the real one that it is near: that of chunks of one document.
_LIKENESS = 0.9


def blocks(plan: Plan, count: int) -> Iterator[tuple[list[list[int]], Vectors]]:
    """Chunks as numbers of `sentences`, with vectors, shape (chunks, dimensions): the same ones in every process."""
    number, near = len(sentences(plan)), _seeds(plan)
    for block in range(-(-count // _BLOCK)):
        size = min(_BLOCK, count - block * _BLOCK)
        chance = np.random.default_rng(block)
        texts = chance.integers(0, number, (size, _SENTENCES)).tolist()
        yield texts, _near(near[chance.integers(0, len(near), size)], chance)


def sentences(plan: Plan) -> list[str]:
    """What chunks are made of."""
    found = (part for passage in passages(plan) for part in re.findall(r"[^。！？]+[。！？]", passage))
    return list(dict.fromkeys(part.strip() for part in found if 8 <= len(part) <= 120))


def folder_of(plan: Plan, count: int) -> Path:
    """The data folder of a base of so many chunks, which `fill` makes."""
    return kept_whole(plan, f"made-{count}")


def fill(services: Services, plan: Plan, count: int) -> None:
    """Put so many chunks into the default base, as if they had been read, and index them. Does nothing if they are."""
    folder = services.settings.data_dir
    if is_finished(folder):
        return
    embedder = services.embedder.get()
    words = sentences(plan)
    keywords = [" ".join(analyse(each)) for each in words]
    for number, (texts, vectors) in enumerate(blocks(plan, count)):
        with services.library.catalog.write() as connection:
            document = f"{number:032x}"
            connection.execute(insert(documents).values(**_document(document, number, len(texts))))
            rows.put_text(connection, document, CleanDocument("", (), ()), ())
            held = [_chunk(document, place, "".join(words[i] for i in text)) for place, text in enumerate(texts)]
            keys = rows.put_chunks(connection, held)
            windows = tuple(np.repeat(vector[None], 3, axis=0) for vector in vectors)
            rows.put_vectors(connection, keys, embedder.fingerprint, Embedded(vectors, windows))
            lines = (" ".join((EVERY, *(keywords[i] for i in text))) for text in texts)
            rows.put_keywords(connection, zip(keys, lines, strict=True))
            bases.touch(connection, bases.DEFAULT)
    with services.library.catalog.write() as connection:
        moving.adopt(connection, embedder.fingerprint, services.settings.embedder)
    services.library.vectors.refresh(bases.DEFAULT, embedder.fingerprint)
    services.library.vectors.save()
    finish(folder)


def _chunk(document: str, place: int, text: str) -> dict[str, object]:
    return {
        "id": f"{document[-20:]}{place:012x}",
        "document_id": document,
        "base_id": bases.DEFAULT,
        "ordinal": place,
        "start": 0,
        "end": 0,
        "text": text,
        "heading_path": "[]",
        "tokens": len(text),
    }


def _document(document: str, number: int, size: int) -> dict[str, object]:
    now = time.time()
    return {
        "id": document,
        "base_id": bases.DEFAULT,
        "name": f"made {number}.txt",
        "sha256": f"{number:064x}",
        "size": size,
        "media_type": "text/plain",
        "status": "ready",
        "stage": "done",
        "chunks": size,
        "revision": 1,
        "parser": Steps().version,
        "created_at": now,
        "updated_at": now,
    }


def _seeds(plan: Plan) -> Vectors:
    """Vectors of real passages, computed once."""
    path = plan.work / "seeds.npy"
    if not path.exists():
        settings = settings_in(plan.work / "seeds")
        some = random.Random(1).sample(passages(plan), _SEEDS)  # noqa: S311
        vectors = build_embedder(settings, settings.embedder).embed_passages(some).vectors
        with whole(path) as part, part.open("wb") as stream:
            np.save(stream, vectors)
    found: Vectors = np.load(path)
    return found


def _near(vectors: Vectors, chance: np.random.Generator) -> Vectors:
    """Vectors of length 1 at a cosine of about _LIKENESS, in any direction."""
    noise = chance.standard_normal(vectors.shape, dtype=np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    made = _LIKENESS * vectors + np.sqrt(1 - _LIKENESS**2) * noise
    unit: Vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return unit
