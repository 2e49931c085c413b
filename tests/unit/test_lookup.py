"""Tokens that are guessed ahead: what is written is what the model chose, whatever was guessed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

import pytest

from models.llama.lookup import Lookup, written


@dataclass
class Scripted:
    """Chooses behind every prefix what a rule says, and knows only what it was given and not told to forget."""

    tokens: list[int]
    batches: list[int] = field(default_factory=list)
    chosen: list[int] = field(default_factory=list)
    latest: int = 1

    def choose(self, place: int) -> int:
        end = len(self.tokens) if place < 0 else len(self.tokens) - self.latest + place + 1
        token = rule(self.tokens[:end])
        self.chosen.append(token)
        return token

    def extend(self, tokens: list[int]) -> None:
        self.tokens += tokens
        self.latest = len(tokens)
        self.batches.append(len(tokens))

    def take_back(self, count: int) -> None:
        assert 0 < count < self.latest
        del self.tokens[-count:]


def rule(tokens: list[int]) -> int:
    """Repeats what stood seven places before, but for every tenth token."""
    return 100 + len(tokens) if len(tokens) % 10 == 0 else tokens[-7]


PROMPT = [1, 2, 3, 4, 5, 6, 7]


def plainly(count: int) -> list[int]:
    tokens = list(PROMPT)
    for _ in range(count):
        tokens.append(rule(tokens))
    return tokens[len(PROMPT) :]


@pytest.mark.parametrize("draft", [0, 1, 2, 3, 8, 50])
def test_what_is_written_is_what_the_model_chose_one_by_one(draft: int) -> None:
    decoder = Scripted(list(PROMPT))
    found = list(islice(written(decoder, PROMPT, draft), 60))
    assert found == plainly(60)
    # Each of them was chosen, in this order, behind those before it.
    assert decoder.chosen[: len(found)] == found
    assert (max(decoder.batches) > 1) == (draft > 0)
    assert max(decoder.batches) <= draft + 1


def test_guesses_that_come_true_save_steps() -> None:
    decoder = Scripted(list(PROMPT))
    list(islice(written(decoder, PROMPT, 4), 60))
    assert len(decoder.batches) < 40


def test_nothing_is_computed_behind_the_last_token_that_is_wanted() -> None:
    decoder = Scripted(list(PROMPT))
    assert list(islice(written(decoder, PROMPT, 0), 3)) == plainly(3)
    assert decoder.batches == [1, 1]


def test_a_guess_is_what_stood_behind_the_last_two_tokens_where_they_stood_last() -> None:
    lookup = Lookup([1, 2, 3, 1, 2, 4, 5, 1, 2])
    assert lookup.guess(2) == [4, 5]
    assert lookup.guess(9) == [4, 5, 1, 2]
    lookup.add(9)
    assert lookup.guess(3) == []
    assert Lookup([1]).guess(3) == []
