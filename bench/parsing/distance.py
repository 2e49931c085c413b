"""How far two texts are apart: bit-parallel dynamic programming, a whole row in one Python integer.

A text of n characters is compared with one of m in m steps over integers of n bits, so that
books of 300,000 characters take seconds (Hyyrö's row for common subsequences, Myers's for edits).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator


def similarity(a: str, b: str) -> float:
    """Twice what both hold in the same order, over the lengths of both: 1 for equal texts."""
    total = len(a) + len(b)
    return 2 * common(a, b) / total if total else 1.0


def common(a: str, b: str) -> int:
    """The length of the longest common subsequence."""
    head, a, b = _without_ends(a, b)
    masks = _masks(a)
    full = (1 << len(a)) - 1
    row = full
    for char in b:
        mask = masks.get(char)
        if mask is not None:
            hit = row & mask
            row = ((row + hit) | (row - hit)) & full
    return head + len(a) - row.bit_count()


def edits(a: str, b: str) -> int:
    """How many characters must be inserted, deleted or replaced to make `b` from `a`."""
    _, a, b = _without_ends(a, b)
    return deque(distances(a, b, anywhere=False), maxlen=1)[0]


def ends(pattern: str, text: str, most: int) -> list[int]:
    """Where in `text` something ends that is at most `most` edits from `pattern`."""
    if not most:
        return _exact_ends(pattern, text)
    return [i for i, distance in enumerate(distances(pattern, text, anywhere=True)) if i and distance <= most]


def _exact_ends(pattern: str, text: str) -> list[int]:
    found, start = [], text.find(pattern)
    while start >= 0:
        found.append(start + len(pattern))
        start = text.find(pattern, start + 1)
    return found


def distances(pattern: str, text: str, *, anywhere: bool) -> Iterator[int]:
    """The distance of `pattern` to each beginning of `text`, or to what ends there when it may begin anywhere."""
    yield len(pattern)
    if not pattern:
        yield from (0 if anywhere else i for i in range(1, len(text) + 1))
        return
    masks, full, last = _masks(pattern), (1 << len(pattern)) - 1, 1 << (len(pattern) - 1)
    more, fewer, distance = full, 0, len(pattern)
    for char in text:
        equal = masks.get(char, 0)
        down = (((equal & more) + more) ^ more) | equal | fewer
        right_more = fewer | (full & ~(down | more))
        right_fewer = more & down
        distance += bool(right_more & last) - bool(right_fewer & last)
        right_more = (right_more << 1 | (not anywhere)) & full
        right_fewer = right_fewer << 1 & full
        across = equal | fewer
        more = right_fewer | (full & ~(across | right_more))
        fewer = right_more & across
        yield distance


def _without_ends(a: str, b: str) -> tuple[int, str, str]:
    """How much both share at their ends, and what is left of them in between."""
    most = min(len(a), len(b))
    head = next((i for i in range(most) if a[i] != b[i]), most)
    tail = next((i for i in range(most - head) if a[-1 - i] != b[-1 - i]), most - head)
    return head + tail, a[head : len(a) - tail], b[head : len(b) - tail]


def _masks(text: str) -> dict[str, int]:
    """For each character, an integer with a bit where it stands."""
    places: dict[str, bytearray] = {}
    for i, char in enumerate(text):
        places.setdefault(char, bytearray(len(text) // 8 + 1))[i >> 3] |= 1 << (i & 7)
    return {char: int.from_bytes(bits, "little") for char, bits in places.items()}
