"""Embedding alone: tokens/s of passages, by the small default encoder and by one of the size of M3E."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.shelf import build_embedder
from bench.speed import stack
from bench.speed.documents import passages
from bench.speed.made_encoder import made_encoder
from bench.speed.measure import BASELINE, OURS, Do, Measure, Row, Values
from bench.speed.plan import Plan
from bench.speed.product import settings_in

SMALL, LARGE = "small", "large"
# Passages a question of the plan: about ten seconds for the baseline at 20 questions.
_PASSAGES = {SMALL: 3, LARGE: 1}


@contextmanager
def _baseline(plan: Plan) -> Iterator[Do]:
    models = {SMALL: stack.embedding(), LARGE: stack.embedding(_large(plan))}

    def do(item: str) -> Values:
        model = models[item]
        texts = _texts(plan, item)
        begin = time.perf_counter()
        model.embed_documents(texts)
        return _rate(time.perf_counter() - begin, _tokens(model, texts))

    for model in models.values():
        model.embed_documents(passages(plan)[-8:])
    yield do


@contextmanager
def _ours(plan: Plan) -> Iterator[Do]:
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        models = {
            SMALL: build_embedder(settings, settings.embedder),
            LARGE: build_embedder(settings, str(_large(plan))),
        }

        def do(item: str) -> Values:
            model = models[item]
            texts = _texts(plan, item)
            begin = time.perf_counter()
            model.embed_passages(texts)
            seconds = time.perf_counter() - begin
            return _rate(seconds, sum(min(count, model.max_tokens) for count in model.count_tokens(texts)))

        for model in models.values():
            model.embed_passages(passages(plan)[-8:])
        yield do


def _texts(plan: Plan, item: str) -> list[str]:
    """The passages of a round, others in each: nothing is known from before."""
    number, found = _PASSAGES[item] * plan.questions, passages(plan)
    start = plan.round * number % max(1, len(found) - number)
    return found[start : start + number]


def _large(plan: Plan) -> Path:
    return made_encoder(plan.work / "encoder-768", passages(plan), stack.embedder_folder()[0])


def _tokens(model: Any, texts: list[str]) -> int:
    """What the baseline's model sees, its prompt included, as ours counts it."""
    whole = [model.embed_instruction + text for text in texts]
    encoded = model.client.tokenizer(whole, truncation=True, max_length=model.client.max_seq_length)
    return sum(map(len, encoded["input_ids"]))


def _rate(seconds: float, tokens: int) -> Values:
    return {"tokens_per_second": tokens / seconds, "tokens": float(tokens), "seconds": seconds}


_HOLDS = "Softmax, layer norms and the passing of small matrices between layers; padding within a batch."

MEASURE = Measure(
    name="embedding",
    items=lambda _: (SMALL, LARGE),
    sized=lambda plan: plan.questions,
    sides={BASELINE: _baseline, OURS: _ours},
    rows=(
        Row(
            "embedding_small",
            "embedding, multilingual-e5-small (12 × 384)",
            "tokens_per_second",
            "tokens/s",
            "more",
            2.2,
            SMALL,
            holds=_HOLDS,
        ),
        Row(
            "embedding_large",
            "embedding, an encoder of the size of M3E (12 × 768, e5-small widened)",
            "tokens_per_second",
            "tokens/s",
            "more",
            2.5,
            LARGE,
            holds=_HOLDS,
        ),
    ),
)
