"""Where words are still to be found in the files of a data folder: as they are, packed, or in the keyword index."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

# jieba's own words, the rarest of characters among them.
DICTIONARY = "jieba.cache"


def inflated(data: bytes) -> Iterator[bytes]:
    """What begins anywhere in these bytes as compressed data, as far as it goes."""
    at = data.find(b"\x78")
    while at >= 0:
        if at + 1 < len(data) and (0x7800 | data[at + 1]) % 31 == 0:
            unpacker, found = zlib.decompressobj(), b""
            try:
                for start in range(at, min(len(data), at + 65_536), 64):
                    found += unpacker.decompress(data[start : start + 64])
            except zlib.error:
                pass
            if found:
                yield found
        at = data.find(b"\x78", at + 1)


def traces(folders: Sequence[Path], words: Sequence[str], patterns: Sequence[bytes] = ()) -> set[str]:
    """Where one of the words' characters, or one of the patterns, is found: raw, packed, or as a keyword."""
    sought = {
        character.encode(encoding) for word in words for character in word for encoding in ("utf-8", "utf-16-le")
    } | {ascii(character)[1:-1].encode() for word in words for character in word}
    found = set()
    for path in (
        path for folder in folders for path in folder.rglob("*") if path.is_file() and path.name != DICTIONARY
    ):
        data = path.read_bytes()
        # Two bytes of UTF-16 stand somewhere by chance: of those a whole word is asked for.
        plain = {each for each in sought if len(each) > 2} | {word.encode("utf-16-le") for word in words} | {*patterns}
        if any(each in data for each in plain):
            found.add(f"{path.name}: raw")
        if any(each in piece for piece in inflated(data) for each in plain):
            found.add(f"{path.name}: packed")
        if path.name == "catalog.db" and any(
            character in term for term in keywords(path) for character in "".join(words)
        ):
            found.add("keywords")
    return found


def keywords(path: Path) -> list[str]:
    """Every term of the keyword index, those of deleted rows that were not merged away included."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'keywords', 'row')")
        return [str(row[0]) for row in connection.execute("SELECT term FROM temp.terms")]
