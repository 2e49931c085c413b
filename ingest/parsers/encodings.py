"""Which encoding a text file is in: BOM, UTF-8, what gives the likeliest Chinese, Windows-1252, then a guess."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass, replace

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHINESE = ("gb18030", "big5hkscs", "cp950")
_WIDE = ("utf-16-le", "utf-16-be")
# The characters that fill most of any Chinese text, simplified and traditional.
_COMMON = frozenset(
    "的一是不了在人有我他这这個们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
    "這們來為國說時會對於著過發後裡種經麼學現當沒動還進樣開從實，。、；：？！「」《》（）“”　條条第與与"
)


# More zeros than this among other characters are no slip.
_STRAY = 0.05
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
# Letters with accents that Western European languages use, none that only others have in this code.
_ACCENTED = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüœßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒ")
_WESTERN_SIGNS = frozenset("€‚„…†‡‰‹‘’“”•–—™›\u00a0¡£§©ª«¬®°±²³´µ¶·¹º»¼½¾¿×÷")
# Three accents in a row, or a sign in the middle of a word, are letters of another code.
_UNLIKE_WESTERN = re.compile(
    rf"[{''.join(sorted(_ACCENTED))}]{{3}}|(?<=[^\W\d_])[€‚„†‡‰‹•™›¡£§©ª«¬®°±²³´µ¶¹º»¼½¾¿÷](?=[^\W\d_])"
)


@dataclass(frozen=True)
class Decoded:
    """A text, the encoding it was in, and how many of its bytes could not be read."""

    text: str
    encoding: str
    unreadable: int = 0


def decode(data: bytes) -> Decoded | None:
    """The text of a file, or None for bytes that are no text; a few that cannot be read are counted."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _lenient(data, encoding)
    zeros = data.count(0)
    if not zeros:
        return _plain(data)
    kept = data.replace(b"\0", b"")
    # Zeros are half of UTF-16 in plain letters, a good part of programs and pictures, and a slip in other text.
    if zeros > _STRAY * len(data) + 1 or len(_CONTROLS.findall(kept)) > 0.01 * len(kept):
        return _best(data, _WIDE)
    decoded = strict_utf8(kept) or _best(data, _WIDE) or _plain(kept)
    if decoded is None or decoded.encoding in _WIDE:
        return decoded
    return replace(decoded, unreadable=decoded.unreadable + zeros)


def _plain(data: bytes) -> Decoded | None:
    """A text whose characters are bytes or rows of bytes."""
    return (
        strict_utf8(data)
        or _best(data, _CHINESE)
        or _nearly_utf8(data)
        or _western(data)
        or _nearly_chinese(data)
        or _guess(data)
    )


def strict_utf8(data: bytes) -> Decoded | None:
    """A text in UTF-8 without a broken byte, or None."""
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return None


def _best(data: bytes, encodings: tuple[str, ...]) -> Decoded | None:
    """The encoding whose text looks most like Chinese (or, in UTF-16, like any writing)."""
    found = []
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            found.append(Decoded(data.decode(encoding), encoding))
    return _likeliest(found, 0.12, ascii_counts=encodings is _WIDE)


def _likeliest(found: list[Decoded], least: float, *, ascii_counts: bool = False) -> Decoded | None:
    """The one that looks most like Chinese, the first of equals, if it does at all."""
    scored = [(_likeness(each.text, ascii_counts=ascii_counts), -i, each) for i, each in enumerate(found)]
    likeness, _, best = max(scored, default=(0.0, 0, None))
    return best if likeness > least else None


def _likeness(text: str, *, ascii_counts: bool) -> float:
    """The share of usual characters among those that could tell."""
    usual = unusual = 0
    for char in text:
        plain = char in "\r\n\t" or (char.isascii() and char.isprintable())
        if char in _COMMON or (ascii_counts and plain):
            usual += 1
        elif not char.isascii() or char == "\0":
            unusual += 1
    return usual / (usual + unusual) if usual + unusual else 0.0


def _lenient(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, errors="replace")
    return Decoded(text, encoding, text.count("\ufffd"))


def _nearly_utf8(data: bytes) -> Decoded | None:
    """UTF-8 with a few broken bytes, such as a file cut off in the middle of a character."""
    decoded = _lenient(data, "utf-8")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
        cut_off = True
    except UnicodeDecodeError:
        cut_off = False
    return decoded if cut_off or _is_slip(decoded) else None


def _is_slip(decoded: Decoded) -> bool:
    """Whether few of the characters that could tell an encoding are broken; a text without any is in another one."""
    telling = sum(not char.isascii() for char in decoded.text) - decoded.unreadable
    return telling > 0 and decoded.unreadable <= 0.1 * telling + 1


def _nearly_chinese(data: bytes) -> Decoded | None:
    """A Chinese encoding with a few broken bytes."""
    found = [decoded for encoding in _CHINESE if _is_slip(decoded := _lenient(data, encoding))]
    return _likeliest(found, 0.25)


def _western(data: bytes) -> Decoded | None:
    """Western European text: single letters with accents among plain ones, and signs that stand beside words."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    high = {char for char in text if not char.isascii()}
    letters = sum(map(str.isalpha, text))
    accents = sum(char in _ACCENTED for char in text)
    if not high <= _ACCENTED | _WESTERN_SIGNS or accents > 0.7 * letters or _UNLIKE_WESTERN.search(text):
        return None
    # In the code of Central Europe õ and û are the ő and ű of Hungarian, which has none of the others.
    hungarian = high & set("õûÕÛ") and "á" in high and high & set("öü") and not high & set("ãçèêàñ")
    return None if hungarian else Decoded(text, "cp1252")


def _guess(data: bytes) -> Decoded | None:
    """Other languages' encodings."""
    from charset_normalizer import from_bytes

    match = from_bytes(data).best()
    return None if match is None else Decoded(str(match), match.encoding)
