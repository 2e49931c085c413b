"""Superscripts and subscripts as plain text: 10⁸, m², e^(0.5t), H₂O. Marks of notes and ordinals stay as they are."""

from __future__ import annotations

import re

# What parsers put around raised and lowered text until they know all of it; no text needs these characters.
UP, DOWN, END = "\x0e", "\x0f", "\x10"

_RAISED = dict(zip("0123456789+-−–=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
_LOWERED = dict(zip("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎", strict=True))
_EDGES = " \t\n\u00a0\u3000,.;:，。；：、"
_LONGEST = 12
_MATHS = re.compile(r"[0-9A-Za-z\u0370-\u03ff+\-−–=()/.,*·×′⁰¹²³⁴-ⁿⁱ₀-₎^_]*")
# What is left without any of these is a sign, such as †, * or °, and stays.
_COUNTS = re.compile(r"[^\W_]|[+\-−–]")
_NOTE = re.compile(r"\(\s*\w{1,3}(?:[,–-]\w{1,3})*\s*\)")
# Several marks: ¹,³ or a,b.
_LIST = re.compile(r"[\w*]{1,3}(?:,[\w*]{1,3})+")
_LETTERS = re.compile(r"[A-Za-z\u0370-\u03ff]+")
_ORDINALS = frozenset("st nd rd th er re ème eme me lle os as tm sm".split())
_LONE = re.compile(r"(?:(?<![^\W\d_])[A-Za-z\u0370-\u03ff]|[)\]}])\Z")
_SPANS = re.compile(f"(?:{UP}[^{UP}{DOWN}{END}]*{END})+|(?:{DOWN}[^{UP}{DOWN}{END}]*{END})+")
_MARKS = re.compile(f"[{UP}{DOWN}{END}]")
_DEEPEST = 4


def raised(text: str, before: str = "") -> str:
    """How raised text is written that follows the text `before`."""
    inner = text.strip(_EDGES)
    if not _is_maths(inner) or (_LETTERS.fullmatch(inner) and not _is_power(inner, before)):
        return text
    if _LIST.fullmatch(inner):
        return text.replace(inner, "".join(_RAISED[char] if char.isdecimal() else char for char in inner), 1)
    return text.replace(inner, _written(inner, _RAISED) or f"^({inner})", 1)


def lowered(text: str) -> str:
    """How lowered text is written. Letters stay: who looks for x with a lowered max types xmax."""
    inner = text.strip(_EDGES)
    if not _is_maths(inner) or (inner.isalnum() and not inner.isdecimal()):
        return text
    return text.replace(inner, _written(inner, _LOWERED) or f"_({inner})", 1)


def settle(text: str) -> str:
    """A text with its raised and lowered parts written: UP or DOWN stands before each of them, END after it."""
    for _ in range(_DEEPEST):
        if END not in text:
            break
        text = _SPANS.sub(_settled, text)
    return _MARKS.sub("", text)


def _settled(match: re.Match[str]) -> str:
    inner = _MARKS.sub("", match.group())
    before = match.string[max(0, match.start() - 2) : match.start()]
    return raised(inner, before) if match.group().startswith(UP) else lowered(inner)


def _is_maths(text: str) -> bool:
    """Whether a text is short, and made of figures, letters and signs of calculation; no mark of a note."""
    return (
        len(text) <= _LONGEST
        and _MATHS.fullmatch(text) is not None
        and _COUNTS.search(text) is not None
        and not _NOTE.fullmatch(text)
    )


def _is_power(letters: str, before: str) -> bool:
    """Whether raised letters are a power: x with k, but neither 1 with st, nor 12.5 or a name with the mark a."""
    if letters in ("n", "i"):
        return True
    if letters.lower() in _ORDINALS or len(letters) > 4:
        return False
    return _LONE.search(before) is not None or (before[-1:].isdigit() and letters not in "abcdefgho")


def _written(text: str, signs: dict[str, str]) -> str:
    """A text in the signs that Unicode has for it, or nothing where one is missing; what is such a sign stays."""
    drawn = signs.values()
    if all(char in drawn for char in text):
        return text
    return "".join(signs[char] for char in text) if all(char in signs for char in text) else ""
