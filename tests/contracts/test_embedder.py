"""What every embedder promises, held against every embedder there is."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.base import Embedder
from models.embed_sentence_transformers import SentenceTransformersEmbedder
from tests.support.e5_file import tiny_embedder
from tests.support.fakes import HashEmbedder
from tests.support.texts import TEXTS

# Of every length, in no order, and more than any of them embeds at once.
MANY = [f"{n}，" * (1 + n * 7 % 10) for n in range(60)]


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_embedder(tmp_path_factory.mktemp("embedder"))


@pytest.fixture(
    scope="module",
    params=["hash", "tiny", "bfloat16", "int8", pytest.param("multilingual-e5-small", marks=pytest.mark.weights)],
)
def embedder(request: pytest.FixtureRequest, tiny_folder: Path, weights_dir: Path) -> Embedder:
    if request.param == "hash":
        return HashEmbedder()
    if request.param in ("bfloat16", "int8"):
        return SentenceTransformersEmbedder(tiny_folder, name="tiny", device="cpu", form=request.param)
    folder = tiny_folder if request.param == "tiny" else weights_dir / request.param
    return SentenceTransformersEmbedder(folder, name=request.param, device="cpu")


def test_passages_are_unit_rows_in_order(embedder: Embedder) -> None:
    embedded = embedder.embed_passages(TEXTS)
    assert embedded.vectors.shape == (len(TEXTS), embedder.dimensions)
    assert embedded.vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embedded.vectors, axis=1), 1.0, atol=1e-5)
    for row, text in enumerate(TEXTS):
        alone = embedder.embed_passages([text]).vectors[0]
        assert float(alone @ embedded.vectors[row]) > 0.9999


def test_nothing_gives_an_array_with_no_rows(embedder: Embedder) -> None:
    embedded = embedder.embed_passages([])
    assert embedded.vectors.shape == (0, embedder.dimensions)
    assert embedded.vectors.dtype == np.float32
    assert embedded.truncated == ()
    assert embedder.count_tokens([]) == []


def test_every_passage_has_windows_of_length_one(embedder: Embedder) -> None:
    texts = [*TEXTS, "很长的一段话，" * 40]
    embedded = embedder.embed_passages(texts)
    assert len(embedded.windows) == len(texts)
    for windows in embedded.windows:
        assert windows.shape[0] >= 1
        assert windows.shape[1] == embedder.dimensions
        np.testing.assert_allclose(np.linalg.norm(windows, axis=1), 1.0, atol=1e-4)
    alone = embedder.embed_passages(texts[-1:]).windows[0]
    np.testing.assert_allclose(alone, embedded.windows[-1], atol=1e-3)
    assert embedder.embed_passages([]).windows == ()


def test_it_tells_before_each_batch_how_far_it_is(embedder: Embedder) -> None:
    told: list[int] = []
    embedded = embedder.embed_passages(MANY, told.append)
    assert told[0] == 0
    assert len(told) > 1
    assert told == sorted(set(told))
    assert told[-1] < len(MANY)
    alone = [embedder.embed_passages([text]) for text in MANY]
    for row, one in enumerate(alone):
        assert float(one.vectors[0] @ embedded.vectors[row]) > 0.9999
        np.testing.assert_allclose(one.windows[0], embedded.windows[row], atol=2e-2)


def test_it_stops_between_two_batches_where_it_is_told_to(embedder: Embedder) -> None:
    told: list[int] = []

    def step(done: int) -> None:
        told.append(done)
        if done:
            raise InterruptedError("that is enough")

    with pytest.raises(InterruptedError, match="that is enough"):
        embedder.embed_passages(MANY, step)
    assert len(told) == 2
    # Whoever asks next finds it free.
    assert embedder.embed_passages(["甲"]).vectors.shape == (1, embedder.dimensions)


def test_a_question_is_embedded_between_two_batches(embedder: Embedder) -> None:
    answered: list[bool] = []

    def step(_: int) -> None:
        # A daemon, so that an embedder that never answers it fails the test and does not hold it up.
        asks = threading.Thread(target=embedder.embed_query, args=("问题",), daemon=True)
        asks.start()
        asks.join(30)
        answered.append(not asks.is_alive())
        assert answered[-1]

    embedder.embed_passages(MANY, step)
    assert len(answered) > 1


def test_nothing_is_told_of_nothing(embedder: Embedder) -> None:
    told: list[int] = []
    embedder.embed_passages([], told.append)
    assert told == []


def test_a_query_is_one_unit_vector(embedder: Embedder) -> None:
    vector = embedder.embed_query("资本充足率是多少？")
    assert vector.shape == (embedder.dimensions,)
    assert vector.dtype == np.float32
    assert abs(float(np.linalg.norm(vector)) - 1) < 1e-5


def test_the_same_text_gives_the_same_vector(embedder: Embedder) -> None:
    first = embedder.embed_passages(["同一句话"]).vectors
    np.testing.assert_array_equal(first, embedder.embed_passages(["同一句话"]).vectors)


def test_what_did_not_fit_is_counted_and_reported(embedder: Embedder) -> None:
    texts = ["短", "长" * 2 * embedder.max_tokens, "short", "x y " * embedder.max_tokens]
    counts = embedder.count_tokens(texts)
    assert [count > embedder.max_tokens for count in counts] == [False, True, False, True]
    assert embedder.embed_passages(texts).truncated == (1, 3)


def test_a_text_that_just_fits_is_not_truncated(embedder: Embedder) -> None:
    length = max(
        n for n in range(1, embedder.max_tokens) if embedder.count_tokens(["字" * n])[0] <= embedder.max_tokens
    )
    fits, over = "字" * length, "字" * (length + 1)
    assert embedder.embed_passages([fits]).truncated == ()
    assert embedder.count_tokens([over])[0] > embedder.max_tokens
    assert embedder.embed_passages([over]).truncated == (0,)


def test_the_end_of_a_long_text_does_not_change_its_vector(embedder: Embedder) -> None:
    start = "很长的文字 " * embedder.max_tokens
    one, other = embedder.embed_passages([start + "甲", start + "乙"]).vectors
    assert float(one @ other) > 0.9999


def test_several_threads_may_ask_at_once(embedder: Embedder) -> None:
    expected = embedder.embed_passages(TEXTS).vectors
    question = embedder.embed_query("问题")
    wrong: list[str] = []

    def passages() -> None:
        # Equal but for a rounding: another thread may compute with another number of helpers.
        if (embedder.embed_passages(TEXTS).vectors * expected).sum(axis=1).min() < 0.9999:
            wrong.append("passages")

    def query() -> None:
        if float(embedder.embed_query("问题") @ question) < 0.9999:
            wrong.append("query")

    def count() -> None:
        if embedder.count_tokens(TEXTS) != counts:
            wrong.append("count")

    counts = embedder.count_tokens(TEXTS)
    jobs: list[Callable[[], None]] = [passages, query, count]
    threads = [threading.Thread(target=job) for job in itertools.chain.from_iterable([jobs] * 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_it_tells_who_it_is(embedder: Embedder) -> None:
    assert embedder.name
    assert 8 <= len(embedder.fingerprint) <= 64
    assert embedder.dimensions > 0
    assert embedder.max_tokens > 2
