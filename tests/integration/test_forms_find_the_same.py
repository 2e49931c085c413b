"""The default encoder in 8-bit integers finds what it finds in float32: passages and questions of cmrc2018_dev."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.evaluation.run import limited
from app.evaluation.sets import Asked, load_set
from models.base import Vectors
from models.embed_sentence_transformers import SentenceTransformersEmbedder
from models.encoder import Form

NAME = "multilingual-e5-small"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.shared
@pytest.mark.weights
def test_integers_find_what_float32_finds(
    shared_data: Path, weights_dir: Path, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """All passages and questions: of 300 a single one is above the bound. In the sample 30, and what answers them."""
    given = limited(load_set(shared_data / "qa" / "cmrc2018_dev"), None if full else 30)
    asked = [question for question in given.questions if not question.impossible]
    passages = [each for each in given.passages if full or any(each.key in question.gold for question in asked)]
    keys = [passage.key for passage in passages]
    texts, questions = [passage.text for passage in passages], [question.question for question in asked]
    integers, plain = (vectors(weights_dir / NAME, form, texts, questions) for form in ("int8", "float32"))
    hits = [100 * hit_at_5(made, keys, asked) for made in (integers, plain)]
    cosines = [float((one * other).sum(axis=1).mean()) for one, other in zip(integers, plain, strict=True)]
    with capsys.disabled():
        print(
            f"\nhit@5 of {len(asked)} questions over {len(keys)} passages: {hits[0]:.2f} % in integers, "
            f"{hits[1]:.2f} % in float32; mean cosine {cosines[0]:.5f} of passages, {cosines[1]:.5f} of questions"
        )
    assert hits[1] > 90
    assert hits[0] >= hits[1] - 0.3
    assert min(cosines) > 0.998


def vectors(folder: Path, form: Form, texts: list[str], questions: list[str]) -> tuple[Vectors, Vectors]:
    """Those of passages and of questions: shapes (texts, dimensions), (questions, dimensions)."""
    embedder = SentenceTransformersEmbedder(folder, name=NAME, device="cpu", form=form)
    assert embedder.form == form
    return embedder.embed_passages(texts).vectors, np.stack([embedder.embed_query(each) for each in questions])


def hit_at_5(made: tuple[Vectors, Vectors], keys: list[str], asked: list[Asked]) -> float:
    """The share of questions of which a passage that answers them is among the five nearest."""
    passages, questions = made
    nearest = np.argsort(-(questions @ passages.T), axis=1)[:, :5]
    return float(
        np.mean([any(keys[row] in each.gold for row in rows) for rows, each in zip(nearest, asked, strict=True)])
    )
