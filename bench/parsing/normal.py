"""The one normalisation that every text goes through before it is compared, ours, a peer's or the truth.

NFKC; without white space and invisible characters (soft hyphens, zero width); without what only
marks form: comments, tags and image placeholders, `|`, `#`, `*`, `_`, backquotes, escapes, bullets
and quote marks that begin a line, and rules (three or more of `-`, with the `:` and `+` of table
rules).
"""

from __future__ import annotations

import re
from unicodedata import normalize

_FORM = re.compile(
    r"""<!--.*?-->                                   # comments
    | </?(?:br|sup|sub|mark|u|b|i|s|em|strong|p|div|span|table|thead|tbody|tr|th|td)(?:\s[^<>]*)?/?>
    | !\[[^\]]*\]\([^)]*\)                           # images
    | (?<=\])\([^()\s]*\)                            # where a link leads to
    | =+>\ picture\ \[[^\]]*\]\ intentionally\ omitted\ <=+
    | -+\ (?:Start|End)\ of\ picture\ text\ -+
    | ^[ \t]*(?:[-+•·●○■□▪◆◦‣⁃–—]|>)(?=[ \t]|$)      # bullets, quotes
    | [:+]*-{3,}[-:+]* | :-+:?(?=[ \t]*\|)            # rules
    | \\(?=[!-/:-@\[-`{-~])                          # escapes
    | [|#*_`\u00ad\u200b-\u200f\u2060\ufeff]
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_QUOTES = str.maketrans("“”„‘’‚–—‐‑−", "\"\"\"'''-----")
_BLANK = re.compile(r"\s+")
_NO_WORD = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """A text's characters, for similarity, error rate and order."""
    return _BLANK.sub("", normalize("NFKC", _FORM.sub("", text)))


def plain_lines(text: str) -> list[str]:
    """The same, line by line, without blank lines."""
    return [
        line for line in (_BLANK.sub("", each) for each in normalize("NFKC", _FORM.sub("", text)).split("\n")) if line
    ]


def spoken(text: str) -> str:
    """With single spaces and plain quotes and dashes: for sentences that must or must not be there."""
    text = re.sub(r"<br\s*/?>|[*#`|]|(?<!\w)_|_(?!\w)", " ", normalize("NFKC", text)).translate(_QUOTES)
    return _BLANK.sub(" ", text).strip()


def word(text: str) -> str:
    """Letters and digits alone, in one case: how the ICDAR 2013 competition compared cells."""
    return _NO_WORD.sub("", normalize("NFKC", re.sub(r"<br\s*/?>|</?\w+>", " ", text))).casefold()
