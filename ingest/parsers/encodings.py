"""Which encoding a text file is in: BOM, UTF-8, then what gives the likeliest Chinese."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Decoded:
    """A text, the encoding it was in, and how many of its bytes could not be read."""

    text: str
    encoding: str
    unreadable: int = 0


def decode(data: bytes) -> Decoded | None:
    """The text of a file, or None for bytes that are no text."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _lenient(data, encoding)
    if b"\0" in data:
        return _best(data, _WIDE)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _best(data, _CHINESE) or _nearly_utf8(data) or _guess(data)


def _best(data: bytes, encodings: tuple[str, ...]) -> Decoded | None:
    """The encoding whose text looks most like Chinese (or, in UTF-16, like any writing)."""
    scored = []
    for order, encoding in enumerate(encodings):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        scored.append((_likeness(text, ascii_counts=encodings is _WIDE), -order, text, encoding))
    if not scored:
        return None
    likeness, _, text, encoding = max(scored)
    return Decoded(text, encoding) if likeness > 0.12 else None


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
    return decoded if decoded.unreadable <= 0.01 * len(decoded.text) + 1 else None


def _guess(data: bytes) -> Decoded | None:
    """Other languages' encodings."""
    from charset_normalizer import from_bytes

    match = from_bytes(data).best()
    return None if match is None else Decoded(str(match), match.encoding)
