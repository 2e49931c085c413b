"""What a document's name says of it: searched and embedded with every chunk, for the text may never say it.

A question names 比亚迪2025年一季报; a row of that report's tables does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ingest.redact import redact_text
from ingest.script import columns

# The width of 40 Chinese characters: what a chunk of the usual size can spare.
_WIDEST = 80
# 8 characters and more of nothing but hexadecimal digits, a digit among them, are no words.
_MARK = re.compile(r"\[REDACTED:[A-Z]+\]")
_HASH = re.compile(r"\b(?=[a-f-]*\d)[0-9a-f]{8}[0-9a-f-]*\b", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]{2}|[\u3400-\u9fff]")


@lru_cache(maxsize=10_000)
def title_of(name: str) -> str:
    """A file's name as a title: without its ending, strokes as spaces, cut to the width of 40 Chinese characters.

    Numbers of persons are left out whatever the base's setting is. Empty for a name without words.
    """
    stem, dot, ending = name.rpartition(".")
    plain = stem if dot and 1 <= len(ending) <= 8 and stem else name
    plain = _MARK.sub(" ", redact_text(plain))
    plain = " ".join(_HASH.sub(" ", plain.replace("_", " ")).split())
    while columns(plain) > _WIDEST:
        plain = plain[:-1]
    return plain.strip() if _LETTERS.search(plain) else ""


def indexed_text(title: str, heading_path: Sequence[str], text: str) -> str:
    """What is embedded and searched of a chunk: title and headings on a line of their own, then the text."""
    above = [title, *heading_path] if title and title not in heading_path[:1] else list(heading_path)
    return f"{' > '.join(above)}\n{text}" if above else text
