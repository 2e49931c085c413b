"""Names that people give: what may stand in them, and which of them are one."""

from __future__ import annotations

import re
import unicodedata

# Letters and signs by their category, but never drawn: fillers, variation selectors, the braille blank.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def tidy(name: str, limit: int) -> str:
    """A name without white space around it; "" for one that is empty, longer than `limit`, or not wholly visible.

    Line breaks, control characters and those that turn the direction of text are refused, not taken out.
    """
    if len(name) > 4 * limit:
        return ""
    name = unicodedata.normalize("NFC", name).strip(" \u3000")
    hidden = any(unicodedata.category(char) in ("Zl", "Zp") or unicodedata.category(char)[0] == "C" for char in name)
    return "" if hidden or _UNSEEN.search(name) or len(name) > limit else name


def key_of(name: str) -> str:
    """What names are compared by: small and capital, full-width and half-width letters are one, any white space too."""
    whole = name.encode("utf-8", "replace").decode("utf-8")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", whole).casefold())
    return " ".join(folded.split())
