"""What was embedded is not embedded again, wherever its text turns up, as long as the catalog holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from ingest.embed import embed
from ingest.store import passages
from ingest.store.records import BaseSettings, Document
from models.base import Embedded, Step
from tests.support.fakes import HashEmbedder
from tests.support.ingesting import Bench, bench

LEAVE, MONEY, TRAVEL = "年假为每年十五天。" * 25, "报销须在三十日内提交。" * 25, "差旅标准见附件。" * 25
BOTH = f"{LEAVE}\n\n{MONEY}"


class Scripted(HashEmbedder):
    """Remembers what it embedded. Its vectors hold a number that grows, so that no two calls give the same ones."""

    def __init__(self, dimensions: int = 64, max_tokens: int = 512) -> None:
        super().__init__(dimensions, max_tokens)
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str], step: Step = lambda _: None) -> Embedded:
        self.embedded += texts
        made = super().embed_passages(texts, step)
        vectors = made.vectors + np.float32(1e-3 * len(self.embedded))
        windows = tuple(np.repeat(row[None], 2, axis=0) for row in vectors)
        return Embedded(vectors, windows, made.truncated)

    def taken(self) -> list[str]:
        """The last lines of what was embedded since this was last asked."""
        found, self.embedded = [text.split("\n")[-1] for text in self.embedded], []
        return found


@pytest.fixture
def embedder() -> Scripted:
    return Scripted()


@pytest.fixture
def made(tmp_path: Path, embedder: Scripted) -> Iterator[Bench]:
    opened = bench(tmp_path / "data", embedder=lambda: embedder)
    yield opened
    opened.close()


def rows(made: Bench, document: Document) -> list[tuple[bytes, bytes]]:
    """The vectors of a document as the catalog keeps them, by ordinal."""
    keys = [chunk.key for chunk in made.library.catalog.chunks(document.id)]
    with made.library.catalog.read() as connection:
        found = connection.exec_driver_sql("SELECT chunk_key, vector, windows FROM vectors").all()
    kept = {row.chunk_key: (row.vector, row.windows) for row in found}
    return [kept[key] for key in keys]


def test_a_new_document_is_embedded_whole(made: Bench, embedder: Scripted) -> None:
    document = made.taken_in(BOTH)
    assert embedder.embedded == [chunk.indexed_text for chunk in made.library.catalog.chunks(document.id)]
    assert embedder.taken() == [LEAVE, MONEY]


def test_the_same_file_in_another_base_gets_the_same_vectors(made: Bench, embedder: Scripted) -> None:
    document = made.taken_in(BOTH)
    embedder.taken()
    twin = made.taken_in(BOTH, base=made.library.catalog.create_base("合同").id)
    assert embedder.taken() == []
    assert rows(made, twin) == rows(made, document)
    assert made.document(twin).chunks == 2
    assert made.nearest(MONEY, base=twin.base_id) == [MONEY]


def test_of_an_edited_file_only_what_is_new_is_embedded(made: Bench, embedder: Scripted) -> None:
    document = made.taken_in(BOTH)
    (kept, _), _ = rows(made, document), embedder.taken()
    made.add(f"{LEAVE}\n\n{TRAVEL}", replace=True)
    made.work()
    assert embedder.taken() == [TRAVEL]
    assert made.document(document).revision == 2
    assert rows(made, document)[0] == kept


def test_a_file_that_is_read_again_is_not_embedded_again(made: Bench, embedder: Scripted) -> None:
    document = made.taken_in(BOTH)
    before, _ = rows(made, document), embedder.taken()
    made.library.configure("default", BaseSettings(redact=True))
    made.library.read_outdated("default")
    made.work()
    assert (made.document(document).revision, made.document(document).redacted) == (2, True)
    assert embedder.taken() == []
    assert rows(made, document) == before


def test_the_same_text_twice_in_a_document_is_embedded_once(made: Bench, embedder: Scripted) -> None:
    steps: list[int] = []
    found = embed([LEAVE, MONEY, LEAVE], embedder, made.library.catalog, steps.append)
    assert embedder.taken() == [LEAVE, MONEY]
    assert (found.vectors[0] == found.vectors[2]).all()
    assert (found.vectors[0] != found.vectors[1]).any()
    assert [len(parts) for parts in found.windows] == [2, 2, 2]
    assert steps == [1]


def test_progress_counts_what_was_known_and_what_was_handed_over_before(made: Bench, embedder: Scripted) -> None:
    made.taken_in(BOTH)
    texts = [*embedder.embedded, *(f"第{n}段。" for n in range(400))]
    steps: list[int] = []
    embed(texts, embedder, made.library.catalog, steps.append)
    assert steps == list(range(2, 402, 16))


def test_a_stop_is_heeded_at_the_next_batch(made: Bench, embedder: Scripted) -> None:
    def step(done: int) -> None:
        steps.append(done)
        if done:
            raise InterruptedError

    steps: list[int] = []
    with pytest.raises(InterruptedError):
        embed([f"第{n}段。" for n in range(400)], embedder, made.library.catalog, step)
    assert steps == [0, 16]


def test_an_embedder_chooses_its_batches_among_hundreds_of_texts(made: Bench) -> None:
    class Handed(HashEmbedder):
        def embed_passages(self, texts: Sequence[str], step: Step = lambda _: None) -> Embedded:
            handed.append(len(texts))
            return super().embed_passages(texts, step)

    handed: list[int] = []
    embed([f"第{n}段。" for n in range(400)], Handed(), made.library.catalog, lambda done: None)
    assert handed == [256, 144]


def test_nothing_to_embed_is_nothing_embedded(made: Bench, embedder: Scripted) -> None:
    found = embed([], embedder, made.library.catalog, lambda done: None)
    assert (found.vectors.shape, found.windows, found.truncated) == ((0, 64), (), ())


def test_what_was_cut_off_is_told_every_time(tmp_path: Path) -> None:
    short = Scripted(max_tokens=40)
    opened = bench(tmp_path, embedder=lambda: short)
    catalog = opened.library.catalog
    found = embed([LEAVE, MONEY, LEAVE], short, catalog, lambda done: None)
    assert found.truncated == (0, 1, 2)
    (chunk,) = catalog.chunks(opened.taken_in("年假。").id)
    one = Embedded(found.vectors[:1], found.windows[:1], found.truncated[:1])
    with catalog.write() as connection:
        passages.put_vectors(connection, [chunk.key], short.fingerprint, one, [LEAVE])
        assert passages.known_vectors(connection, short.fingerprint, [LEAVE]) == {}
    opened.close()


def test_another_embedder_has_no_use_for_them(made: Bench, embedder: Scripted) -> None:
    made.taken_in(BOTH)
    other = Scripted(dimensions=128)
    with made.library.catalog.read() as connection:
        texts = list(embedder.embedded)
        assert set(passages.known_vectors(connection, embedder.fingerprint, texts)) == set(texts)
        assert passages.known_vectors(connection, other.fingerprint, texts) == {}


def test_under_another_name_it_is_another_text(made: Bench, embedder: Scripted) -> None:
    made.taken_in(BOTH, "制度.txt")
    embedder.taken()
    made.taken_in(f"{BOTH}\n\n{TRAVEL}", "员工手册.txt")
    assert embedder.taken() == [LEAVE, MONEY, TRAVEL]


def test_what_was_deleted_leaves_no_digest_and_is_embedded_again(
    made: Bench, embedder: Scripted, tmp_path: Path
) -> None:
    document = made.taken_in(BOTH)
    with made.library.catalog.read() as connection:
        digests = list(connection.exec_driver_sql("SELECT digest FROM vectors").scalars())
    embedder.taken()
    made.library.delete(document.id)
    assert made.library.erase()
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(digests) == 2
    assert not any(digest in content for digest in digests for content in files)
    made.taken_in(BOTH)
    assert embedder.taken() == [LEAVE, MONEY]
