"""Questions over real documents: until the first token, until the answer is whole, and whether it is right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.bootstrap import Services
from app.evaluation.answers import contains
from app.settings import load_settings
from bench.speed import stack
from bench.speed.documents import Dialogue, asked, dialogues, documents
from bench.speed.kept import kept
from bench.speed.measure import BASELINE, OURS, Do, Measure, Row, Values
from bench.speed.plan import Plan
from bench.speed.product import ask, product, take_in

# Asked before anything is measured, so that what is loaded at first use is loaded. No question is like it.
_WARM_UP = "预热：这些文件一共有几份？"


def known_dialogues() -> dict[str, Dialogue]:
    """What is asked, by its id."""
    return {each.id: each for each in dialogues()}


def ready_stack(plan: Plan) -> tuple[Any, Any]:
    """The other stack's language model, which has answered once, and its store of the documents."""
    store = stack.kept_store(documents(plan), stack.embedding(), plan.work / "peer")
    llama = stack.llama()
    list(stack.write(llama, _WARM_UP, 1))
    return llama, store


@contextmanager
def ready_product(plan: Plan) -> Iterator[Services]:
    """Zhiwen over the documents, in a data folder that every round goes on with; it has answered once."""
    with product(kept(plan, f"product-{len(documents(plan))}")) as services:
        take_in(services, documents(plan))
        ask(services, _WARM_UP)
        yield services


@contextmanager
def _baseline(plan: Plan) -> Iterator[Do]:
    known, most = known_dialogues(), load_settings().answer_tokens
    llama, store = ready_stack(plan)

    def do(item: str) -> Values:
        text, values = stack.answered(llama, store, known[item].full, most)
        return values | {"contains": contains(text, known[item].answers)}

    yield do


@contextmanager
def _ours(plan: Plan) -> Iterator[Do]:
    known = known_dialogues()
    with ready_product(plan) as services:

        def do(item: str) -> Values:
            answered = ask(services, known[item].full)
            return answered.values | {"contains": contains(answered.text, known[item].answers)}

        yield do


MEASURE = Measure(
    name="answers",
    items=lambda plan: [each.id for each in asked(plan)],
    sized=lambda plan: [path.name for path in documents(plan)],
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
