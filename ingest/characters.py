"""One writing for each character of a line: what fonts and old programs give in its stead is folded."""

from __future__ import annotations

import re
from unicodedata import category, normalize

_RADICALS = dict(
    zip(
        "⺟⺠⻁⻄⻅⻆⻉⻋⻑⻒⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
        "母民虎西见角贝车长镸长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)
# What the bullets of the Symbol and Wingdings fonts become in programs that know no such font.
_BULLETS = dict(
    zip("\uf06c\uf06e\uf071\uf075\uf076\uf0a7\uf0a8\uf0b7\uf0d8\uf0e0\uf0e8\uf0fc", "●■□◆◆▪□•➢→→✓", strict=True)
)
# Punctuation in the form it takes in vertical print; NFKC would make some of it half-width.
_UPRIGHT = dict(
    zip(
        "︐︑︒︓︔︕︖︗︘︙︰︱︵︶︷︸︹︺︻︼︽︾︿﹀﹁﹂﹃﹄﹇﹈",
        "，、。：；！？〖〗…‥—（）｛｝〔〕【】《》〈〉「」『』［］",
        strict=True,
    )
)
_WORD = r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5aA-Za-z0-9]"
# Full-width letters and digits are another writing of the plain ones; full-width punctuation is
# how Chinese is set, and stays, except the signs inside a number or a word written in full width.
_FULL_WIDTH = re.compile(
    rf"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]|(?<={_WORD})[．／－＿＠](?={_WORD})|(?<=[\uff10-\uff19])％"
)
_ODD = re.compile(
    r"[^\x20-\x7e\u00a0-\u00ac\u00ae-\u02ff\u2010\u2012-\u2027\u2030-\u205e\u2070-\u2dff\u3001-\u9fff\uac00-\ud7a3"
    r"\uff01-\uff60\uffe0-\uffe6\ufffd]"
)
# What may be invisible; the rest is not asked.
_UNSEEN = re.compile(r"[^\t\x20-\x7e\u00a0-\u00ac\u00ae-\u02ff\u3000-\u9fff\uff01-\uff60\ufffd]")
_BREAKS = "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029"
_SPACES = re.compile(r"[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LEADERS = re.compile(r"(?:\s?[.．·…]){6,}")


def tidy(text: str, *, indent: bool = False) -> str:
    """One line without invisible characters, every character in its usual code.

    Radicals, compatibility ideographs, ligatures, half-width kana, full-width letters and digits
    and the punctuation of vertical print are folded; ², ① or ㎡ say more than 2, 1 or m2, and stay.
    The dots that lead to a page number become one ellipsis. A soft hyphen that ends the line is a
    hyphen. `indent` keeps the spaces at the beginning. What comes out is left as it is when it is
    given again.
    """
    if not text.isascii():
        text = _ODD.sub(_fold, re.sub(r"\u00ad\s*\Z", "-", text).replace("\u00ad", ""))
        text = _FULL_WIDTH.sub(_narrow, normalize("NFC", text))
    elif not text.isprintable():
        text = _ODD.sub(_fold, text)
    lead = text[: len(text) - len(text.lstrip(" \t"))] if indent else ""
    body = _SPACES.sub(" ", _LEADERS.sub(" … ", text)).strip()
    return lead + body if body else ""


def verbatim(text: str) -> str:
    """A line of code as it is, without what cannot be seen: invisible characters, and white space at its end."""
    if not text.isascii() or not text.isprintable():
        text = _UNSEEN.sub(_bare, text)
    return text.rstrip()


def _bare(match: re.Match[str]) -> str:
    char = match.group()
    if char in _BREAKS:
        return " "
    kind = category(char)
    return "\ufffd" if kind == "Cs" else "" if kind in ("Cc", "Cf") or _selects(char) else char


def _selects(char: str) -> bool:
    """Whether a character only chooses between forms of the one before it."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _narrow(match: re.Match[str]) -> str:
    return chr(ord(match.group()) - 0xFEE0)


def _fold(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if char in "\t\u3000\u1680" or 0x2000 <= code <= 0x200A or code in (0x202F, 0x205F):
        return char
    if char in _BREAKS:
        return " "
    if char == "\u2011":
        return "-"
    if char in _BULLETS or char in _UPRIGHT:
        return _BULLETS.get(char) or _UPRIGHT[char]
    kind = category(char)
    if kind in ("Cc", "Cf") or _selects(char):
        return ""
    if kind == "Cs":
        return "\ufffd"
    if 0x2E80 <= code <= 0x2FDF or 0xFB00 <= code <= 0xFB06 or 0xFF61 <= code <= 0xFF9F:
        return _RADICALS.get(char) or normalize("NFKC", char)
    return char
