"""How many tokens of passages a prompt may have: as many as are read in the time that a person waits for an answer."""

from __future__ import annotations

from models.gauge import Rate

# How much more than quality needs is read where the model is fast. Of 104 questions for a fact over long documents 90
# had their answer in passages of 550 tokens together, 91 in those of 690, 93 in those of 825 and no more in those of
# 1,100; the model found it in 71, 72 and 73 (docs/evaluation.md). An account is of several places.
FACT_MOST = 1.25
ACCOUNT_MOST = 1.5


def passage_budget(least: int, most: float, pace: Rate | None, seconds: float, rest: int, spare: int) -> int:
    """Tokens of passages: `least`, which quality needs, or `most` times as many; never more than `spare`, which the
    context has beside the rest and the answer.

    More than the least is read where the model at its `pace`, None if it is not known yet, has read that and the `rest`
    of the prompt within so many `seconds`. A pace that wavers changes it at one place alone: what is read stays the
    same from one question to the next.
    """
    wanted = int(most * least)
    in_time = pace is not None and pace.tokens * seconds - rest >= wanted
    return min(spare, wanted if in_time else least)
