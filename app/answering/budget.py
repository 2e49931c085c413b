"""How many tokens of passages a prompt may have: as many as are read in the time that a person waits for an answer."""

from __future__ import annotations

from models.gauge import Rate

# Of 104 questions over long documents 90 had their answer in passages of 550 tokens together, 93 in those of 825, and
# no more in those of 1,100 (docs/evaluation.md).
MOST = 1.5
# Budgets are of so many sizes, so that a pace that wavers does not change what is read from one question to the next.
_STEPS = 4


def budget_beside(least: int, budget: int) -> int:
    """Tokens of passages that are packed for a follow-up which has earlier ones too: half of what is beyond `least`,
    and never more than the `budget`.

    Of 38 follow-ups over the same sources the median then reads 218 new tokens of passages instead of 285, and 32 have
    their answer in them instead of 33 (docs/evaluation.md).
    """
    return min(budget, least + (budget - least) // 2)


def passage_budget(least: int, pace: Rate | None, seconds: float, rest: int, spare: int) -> int:
    """Tokens of passages: `least`, which quality needs, or up to half as many again; never more than `spare`, which
    the context has beside the rest and the answer.

    More than the least is read where the model at its `pace`, None if it is not known yet, has read that and the `rest`
    of the prompt within so many `seconds`.
    """
    if pace is None:
        return min(least, spare)
    step = max(1, least // _STEPS)
    affordable = int(min(pace.tokens * seconds - rest, spare))
    return min(spare, max(least, min(int(MOST * least), affordable // step * step)))
