"""Follow-up questions until the first token: over the sources of the answer before, and over another document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.speed import stack
from bench.speed.documents import documents, elsewhere, followed
from bench.speed.measure import BASELINE, OURS, Do, Measure, Row, Values
from bench.speed.measures.answers import known_dialogues, ready_product, ready_stack
from bench.speed.plan import Plan
from bench.speed.product import ask

# This share of a follow-up's sources must be those of the question before it.
_SAME = 0.5


@contextmanager
def _baseline(plan: Plan) -> Iterator[Do]:
    """This stack has no place for earlier turns, so the question is written out in full for it.

    Its prompts share no more than their first words, whatever was asked before: the first question is left out.
    """
    known, other = known_dialogues(), elsewhere(plan)
    llama, store = ready_stack(plan)

    def do(item: str) -> Values:
        same = stack.answered(llama, store, known[item].full, 1, whole=False)[1]
        new = stack.answered(llama, store, other[item].full, 1, whole=False)[1]
        return {"same": same["first_token"], "new": new["first_token"]}

    yield do


@contextmanager
def _ours(plan: Plan) -> Iterator[Do]:
    known, other = known_dialogues(), elsewhere(plan)
    with ready_product(plan) as services:

        def do(item: str) -> Values:
            first = ask(services, known[item].first)
            same = ask(services, known[item].follow, first.conversation, whole=False)
            new = ask(services, other[item].full, first.conversation, whole=False)
            shared = len(first.sources & same.sources) / max(1, len(same.sources))
            # A follow-up whose sources are mostly others tells nothing of those that are the same: neither what it
            # took nor what was read, of which the limit is made.
            told = {"new": new} | ({"same": same} if shared >= _SAME else {})
            values = {"same_sources": shared}
            for name, answered in told.items():
                found = {name: answered.values.get("first_token"), f"{name}_fed": answered.values.get("fed")}
                values |= {key: value for key, value in found.items() if value is not None}
            return values

        yield do


MEASURE = Measure(
    name="followups",
    items=lambda plan: [each.id for each in followed(plan)],
    sized=lambda plan: [path.name for path in documents(plan)],
    sides={BASELINE: _baseline, OURS: _ours},
    rows=(
        Row(
            "followup_same",
            "follow-up to first token, same sources",
            "same",
            "s",
            "less",
            0.10,
            holds="What of the prompt is new: the question, and passages that the answer before had not.",
        ),
        Row(
            "followup_new",
            "follow-up to first token, new sources",
            "new",
            "s",
            "less",
            0.25,
            holds="The passages, which are all new to the model.",
        ),
    ),
)
