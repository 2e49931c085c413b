"""Questions over real documents: until the first token, until the answer is whole, and whether it is right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.evaluation.answers import contains
from app.settings import load_settings
from bench.speed import stack
from bench.speed.documents import Dialogue, asked, dialogues, documents
from bench.speed.kept import kept
from bench.speed.measure import BASELINE, OURS, Do, Measure, Row, Values
from bench.speed.plan import Plan
from bench.speed.product import ask, product, take_in

# Asked before anything is measured, so that what is loaded at first use is loaded. No question is like it.
WARM_UP = "预热：这些文件一共有几份？"


def data_folder(plan: Plan) -> Path:
    """The data folder that holds the documents; every round goes on with it."""
    return kept(plan, f"product-{len(documents(plan))}")


def _known() -> dict[str, Dialogue]:
    return {each.id: each for each in dialogues()}


@contextmanager
def _baseline(plan: Plan) -> Iterator[Do]:
    known, most = _known(), load_settings().answer_tokens
    store = stack.kept_store(documents(plan), stack.embedding(), plan.work / "peer")
    llama = stack.llama()
    list(stack.write(llama, WARM_UP, 1))

    def do(item: str) -> Values:
        text, values = stack.answered(llama, store, known[item].full, most)
        return values | {"contains": contains(text, known[item].answers)}

    yield do


@contextmanager
def _ours(plan: Plan) -> Iterator[Do]:
    known = _known()
    with product(data_folder(plan)) as services:
        take_in(services, documents(plan))
        ask(services, WARM_UP)

        def do(item: str) -> Values:
            answered = ask(services, known[item].full)
            return answered.values | {"contains": contains(answered.text, known[item].answers)}

        yield do


MEASURE = Measure(
    name="answers",
    items=lambda plan: [each.id for each in asked(plan)],
    sides={BASELINE: _baseline, OURS: _ours},
    rows=(
        Row(
            "first_token",
            "question to first token, real questions",
            "first_token",
            "s",
            "less",
            0.30,
            holds="Prompt tokens, each of which passes through every weight: fewer of them is what is left to gain.",
        ),
        Row(
            "full_answer",
            "question to full answer",
            "total",
            "s",
            "less",
            0.45,
            holds="The first token, and then the length of the answer.",
        ),
        Row(
            "right",
            "answers that hold the known one, same questions",
            "contains",
            "of 1",
            "more",
            0.0,
            difference=True,
        ),
    ),
)
