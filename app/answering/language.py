"""Which language a question is asked in: it decides the prompt and the words of a refusal."""

from __future__ import annotations

import functools
import re
from typing import Any, Literal

Language = Literal["zh-Hans", "zh-Hant", "en"]
CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_RUNS = re.compile(f"{CJK.pattern}+")


def language_of(text: str) -> Language:
    """English unless there is a Chinese character for every two Latin words.

    Chinese is traditional if folding to simplified changes more of it than the other way round.
    """
    chinese = len(CJK.findall(text))
    latin = len(re.findall(r"[A-Za-z]+", text))
    if chinese == 0 or chinese < latin / 2:
        return "en"
    return "zh-Hant" if _traditional_characters(text) else "zh-Hans"


def is_chinese(text: str) -> bool:
    """Whether a tenth of a text's characters are Chinese: what is mostly so, names and code apart."""
    return sum(map(len, _RUNS.findall(text))) * 10 > len(text)


def _traditional_characters(text: str) -> bool:
    to_simplified = _converter("t2s").convert(text)
    to_traditional = _converter("s2t").convert(text)
    return _differences(text, to_simplified) > _differences(text, to_traditional)


def _differences(left: str, right: str) -> int:
    return sum(a != b for a, b in zip(left, right, strict=False))


@functools.cache
def _converter(name: str) -> Any:
    from opencc import OpenCC

    return OpenCC(name)
