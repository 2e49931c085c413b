"""How text is set: which characters stand without spaces between them, and how wide they are."""

from __future__ import annotations

from unicodedata import east_asian_width


def wide(char: str) -> bool:
    """Whether a character is Chinese, Japanese or full-width punctuation, set without spaces."""
    code = ord(char)
    return (
        0x2E80 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0xFE30 <= code <= 0xFE4F
        or 0xFF00 <= code <= 0xFF60
        or 0x20000 <= code <= 0x3FFFF
    )


def needs_space(left: str, right: str) -> bool:
    """Whether a line break between two characters stands for a space: not next to Chinese."""
    return not (wide(left) or wide(right))


def columns(text: str) -> int:
    """The width of a text in half-width columns."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
