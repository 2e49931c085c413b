"""Where prompts are cut, and which states are kept of what was read."""

from collections.abc import Sequence
from itertools import accumulate

import pytest

from models.llama.prefixes import SMALLEST, Cut, Prefix, Prefixes, shared
from models.llama.prefixes import cut as cut_in

BLOCK = 128

A, B, C = (1,) * BLOCK, (2,) * BLOCK, (3,) * BLOCK


def state(*pieces: tuple[int, ...], size: int = 10) -> Prefix:
    return Prefix(pieces, bytearray(size))


def cut(prompt: Sequence[int], marks: Sequence[int] = ()) -> Cut:
    return cut_in(prompt, marks, block=BLOCK)


def ends(prompt: Cut) -> list[int]:
    return list(accumulate(map(len, prompt.pieces)))


def kept(limit: int, *prefixes: Prefix) -> Prefixes:
    made = Prefixes(limit)
    for prefix in prefixes:
        made.keep(prefix)
    return made


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 7])
def test_without_marks_a_prompt_is_cut_in_blocks(length: int) -> None:
    prompt = cut(range(length))
    assert ends(prompt) == [*range(BLOCK, length, BLOCK), length]
    assert [token for piece in prompt.pieces for token in piece] == list(range(length))
    assert prompt.common == 0


def test_marks_are_ends_and_what_is_between_them_is_cut_evenly() -> None:
    prompt = cut(range(1000), [90, 90 + BLOCK + 10, 700])
    assert {90, 90 + BLOCK + 10, 700} <= set(ends(prompt))
    assert prompt.common == 1
    assert len(prompt.pieces[1]) == len(prompt.pieces[2]) == (BLOCK + 10) // 2
    assert max(map(len, prompt.pieces)) <= BLOCK


def test_a_mark_too_near_the_one_before_or_at_the_end_is_none() -> None:
    assert ends(cut(range(200), [SMALLEST - 1, 100, 100 + SMALLEST - 1, 200])) == [100, 200]
    assert cut(range(200), [SMALLEST - 1, 100]).common == 0


def test_long_instructions_are_common_as_a_whole() -> None:
    assert cut(range(900), [2 * BLOCK + 1, 600]).common == 3


def test_how_a_prompt_goes_on_moves_no_cut_before_it() -> None:
    one, other = cut(range(700), [90, 400]), cut([*range(500), *range(9000, 9900)], [90, 400, 1000])
    assert shared(one.pieces, other.pieces) == ends(one).index(400) + 1


def test_the_state_that_shares_most_is_found() -> None:
    prefixes = kept(100, state(A, C), state(A, B, C), state(B))
    found = prefixes.longest([A, B, A])
    assert found is not None
    assert found.pieces == (A, B, C)
    assert prefixes.longest([C, A]) is None


def test_the_longest_unused_goes_first_when_memory_is_short() -> None:
    prefixes = kept(30, state(A), state(B), state(C))
    prefixes.longest([A, B])
    prefixes.keep(state(C, B, size=5))
    assert prefixes.size == 25
    prefixes.keep(state(C, A, size=10))
    assert prefixes.longest([B]) is None
    assert prefixes.longest([A]) is not None
    assert prefixes.size == 25


def test_a_longer_state_takes_the_place_of_its_beginning() -> None:
    prefixes = kept(100, state(A), state(A, B))
    assert prefixes.size == 10
    assert not prefixes.wants([A], 10)
    assert prefixes.wants([A, C], 10)


def test_what_has_no_room_takes_nobody_elses() -> None:
    prefixes = kept(15, state(A))
    assert not prefixes.wants([A, B], 16)
    assert not Prefixes(0).wants([A], 1)
    assert not prefixes.wants([], 1)


def test_cleared_it_keeps_nothing() -> None:
    prefixes = kept(100, state(A), state(B))
    prefixes.clear()
    assert prefixes.size == 0
    assert prefixes.longest([A]) is None
