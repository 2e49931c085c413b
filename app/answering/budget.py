"""How many tokens of passages a prompt may have: as many as are read in the time that a person waits for an answer."""

from __future__ import annotations

from models.gauge import Rate

# Twice as much as quality needs tells hardly more: of 292 questions over paragraphs, 0.986 had their answer in passages
# of 550 tokens together, and 0.993 in those of 650.
MOST = 2.0
# Budgets are of so many sizes, so that a pace that wavers does not change what is read from one question to the next.
_STEPS = 4


def passage_budget(least: int, pace: Rate | None, seconds: float, rest: int, spare: int) -> int:
    """Tokens of passages: `least`, which quality needs, or up to twice as many.

    More than the least is read where the model at its `pace`, None if it is not known yet, has read that and the `rest`
    of the prompt within so many `seconds`, and where the context has `spare` tokens beside the rest and the answer.
    """
    if pace is None:
        return least
    step = max(1, least // _STEPS)
    affordable = min(int(pace.tokens * seconds) - rest, spare)
    return max(least, min(int(MOST * least), affordable // step * step))
