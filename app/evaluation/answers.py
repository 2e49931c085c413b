"""How right an answer is: exact match, containment, and the overlap F1 of CMRC 2018.

CMRC's F1 is twice the longest common run of units over the lengths of answer and gold. Units are
Chinese characters, and Latin words or numbers as a whole; punctuation does not count (Cui et al.,
"A Span-Extraction Dataset for Chinese Machine Reading Comprehension", EMNLP 2019, and the
evaluation published with it).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ingest.store.analyse import fold

_UNIT = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
# A figure is the same with and without separators, a space before its unit, and trailing zeros.
_ZEROS = re.compile(r"(\d+)\.0+(?!\d)|(\d+\.\d*?[1-9])0+(?!\d)")


def units(text: str) -> list[str]:
    """Chinese characters one by one, other words whole, folded, without punctuation."""
    return _UNIT.findall(fold(text))


def squeezed(text: str) -> str:
    """A text as it is compared: folded, without white space, punctuation and trailing zeros of figures."""
    plain = _ZEROS.sub(lambda match: match[1] or match[2], fold(text))
    return "".join(char for char in plain if unicodedata.category(char)[0] in "LNS" or char in ".%")


def exact_match(answer: str, gold: Sequence[str]) -> float:
    """1 if the answer is one of the gold answers, punctuation and case apart."""
    return float(any(units(answer) == units(one) for one in gold))


def contains(answer: str, gold: Sequence[str]) -> float:
    """1 if a gold answer stands in the answer. A long answer holds one more easily: give lengths beside it."""
    said = squeezed(answer)
    return float(any(right in said for right in map(squeezed, gold) if right))


def overlap_f1(answer: str, gold: Sequence[str]) -> float:
    """The best F1 over the gold answers, between 0 and 1."""
    return max((_f1(units(answer), units(one)) for one in gold), default=0.0)


def _f1(said: Sequence[str], right: Sequence[str]) -> float:
    common = _longest_run(said, right)
    return 2 * common / (len(said) + len(right)) if common else 0.0


def _longest_run(a: Sequence[str], b: Sequence[str]) -> int:
    """The length of the longest stretch that stands in both."""
    best, ending = 0, [0] * (len(b) + 1)
    for one in a:
        ending = [0, *(before + 1 if one == other else 0 for before, other in zip(ending, b, strict=False))]
        best = max(best, *ending)
    return best
