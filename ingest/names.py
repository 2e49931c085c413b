"""Names that people give: what may stand in them, and which of them are one."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

# Letters and signs by their category, but never drawn: fillers, variation selectors, the braille blank.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

# Of a file: controls, formats (right-to-left overrides among them) and separators of lines go; some scripts are written
# with joiners.
_LONGEST_FILE_NAME = 250
_DROPPED, _JOINERS = ("Cc", "Cf", "Zl", "Zp"), "\u200c\u200d"


def tidy(name: str, limit: int) -> str:
    """A name without white space around it; "" for one that is empty, longer than `limit`, or not wholly visible.

    Line breaks, control characters and those that turn the direction of text are refused, not taken out.
    """
    if len(name) > 4 * limit:
        return ""
    name = unicodedata.normalize("NFC", name).strip(" \u3000")
    return "" if any(map(_hidden, name)) or len(name) > limit else name


def visible(text: str) -> str:
    """What can be seen of a text, on one line: for a name that nobody chose, which cannot be refused."""
    return " ".join("".join(char for char in text if char.isspace() or not _hidden(char)).split())


def key_of(name: str) -> str:
    """What names are compared by: small and capital, full-width and half-width letters are one, any white space too."""
    whole = name.encode("utf-8", "replace").decode("utf-8")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", whole).casefold())
    return " ".join(folded.split())


def tidy_name(name: str) -> str:
    """A file's own name: no folders, nothing unseen or that turns text around, valid Unicode, not too long."""
    readable = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\\", "/")
    name = PurePosixPath(readable).name
    plain = "".join(char for char in name if unicodedata.category(char) not in _DROPPED or char in _JOINERS).strip()
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > _LONGEST_FILE_NAME and dot and len(ending) < 12:
        return stem[: _LONGEST_FILE_NAME - len(ending) - 1] + dot + ending
    return plain[:_LONGEST_FILE_NAME] if plain.strip(".") else "unnamed"


def _hidden(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] == "C" or category in ("Zl", "Zp") or _UNSEEN.fullmatch(char) is not None
