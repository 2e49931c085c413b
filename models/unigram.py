"""Unigram tokenizers in a thirtieth of the memory: their words in a trie of one megabyte, the best path in Python.

Multilingual encoders (XLM-RoBERTa, and so multilingual E5 and BGE-M3) have 250,000 words, for which the library
`tokenizers` takes 290 MB. Here they are a MARISA trie (Yata, "Dictionary compression by nesting prefix/Patricia
tries", 2011). What normalises and splits a text stays the library's, with next to no vocabulary; behind it is the
search for the likeliest segmentation (by Viterbi's algorithm, as in Kudo, "Subword regularization", 2018), with the
library's rules for unknown characters, so that the same tokens come out.
"""

from __future__ import annotations

import io
import json
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import marisa_trie
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

# What `tokenizers` takes off the least score for a character that no word has.
_UNKNOWN = 10.0
_SPLITTERS = {"Metaspace", "WhitespaceSplit"}


@dataclass(frozen=True)
class Unigram:
    """A vocabulary as it is kept: `trie` numbers its words, by which `ids` and `scores` are sorted.

    `frame` is the JSON of the tokenizer without its words. It can be written into a file and read from it.
    """

    frame: str
    trie: bytes
    ids: NDArray[np.int32]
    scores: NDArray[np.float64]

    def as_bytes(self) -> bytes:
        """As `unigram_from` reads it."""
        stream = io.BytesIO()
        frame, trie = (np.frombuffer(each, np.uint8) for each in (self.frame.encode(), self.trie))
        np.savez(stream, frame=frame, trie=trie, ids=self.ids, scores=self.scores)
        return stream.getvalue()


def unigram_from(kept: bytes) -> Unigram:
    """What `Unigram.as_bytes` gave. Raises ValueError, OSError or KeyError for anything else."""
    with np.load(io.BytesIO(kept), allow_pickle=False) as file:
        return Unigram(file["frame"].tobytes().decode(), file["trie"].tobytes(), file["ids"], file["scores"])


def read_unigram(path: Path) -> Unigram | None:
    """The vocabulary of a tokenizer.json; None if it is of another kind, or has rules that are not known here.

    It takes some hundred megabytes for a moment. Raises OSError or ValueError.
    """
    about: dict[str, Any] = json.loads(path.read_text("utf-8"))
    model, added = about["model"], about.get("added_tokens", [])
    if model.get("type") != "Unigram" or model.get("byte_fallback") or model.get("unk_id") is None:
        return None
    if not _splits_by_spaces(about.get("pre_tokenizer")) or any(
        one["normalized"] or one["single_word"] for one in added
    ):
        return None
    words, scores = zip(*model["vocab"], strict=True)
    trie = marisa_trie.Trie(words)
    if len(trie) != len(words) or "" in words:
        return None
    order = np.array([trie[word] for word in words])
    ids, sorted_scores = np.empty(len(words), np.int32), np.empty(len(words))
    ids[order], sorted_scores[order] = np.arange(len(words)), scores
    return Unigram(_frame(about), trie.tobytes(), ids, sorted_scores)


def _splits_by_spaces(splitter: dict[str, Any] | None) -> bool:
    if splitter is None:
        return False
    parts = splitter["pretokenizers"] if splitter["type"] == "Sequence" else [splitter]
    # `first` asks where in the text a piece stands, which a piece by itself does not know.
    return all(part["type"] in _SPLITTERS and part.get("prepend_scheme") != "first" for part in parts)


def _frame(about: dict[str, Any]) -> str:
    """The tokenizer with the word for unknown characters alone, and beside it what stands for itself in a text."""
    model, added = about["model"], about.get("added_tokens", [])
    alone = {**model, "unk_id": 0, "vocab": [model["vocab"][model["unk_id"]]]}
    bare = {**about, "model": alone, "added_tokens": [], "truncation": None, "padding": None}
    return json.dumps({"tokenizer": bare, "added": added, "unknown": model["unk_id"]})


class UnigramTokens:
    """Reads texts with such a vocabulary, as the library would. Raises ValueError where it is damaged."""

    def __init__(self, words: Unigram) -> None:
        frame = json.loads(words.frame)
        self._library = Tokenizer.from_str(json.dumps(frame["tokenizer"]))
        self._around: list[int] = self._library.encode("").ids
        self._unknown: int = frame["unknown"]
        self._added = {each["content"]: int(each["id"]) for each in frame["added"]}
        self._marks = _marks(frame["added"])
        self._trie = marisa_trie.Trie().frombytes(words.trie)
        # Python reads a number from these in half the time that it takes from an array of numpy's.
        self._ids = array("i", words.ids.tobytes())
        self._scores = array("d", words.scores.tobytes())
        self._longest = max(map(len, self._trie), default=1)
        self._least = min(self._scores) - _UNKNOWN

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """As `TokenIds.ids`."""
        begin, end = self._around
        return [[begin, *self._inside(text), end] for text in texts]

    def _inside(self, text: str) -> Iterator[int]:
        for place, part in enumerate(self._marks.split(text) if self._marks else [text]):
            if place % 2:
                yield self._added[part if part in self._added else part.strip()]
                continue
            normal = self._library.normalizer.normalize_str(part) if self._library.normalizer else part
            for word, _ in self._library.pre_tokenizer.pre_tokenize_str(normal):
                yield from self._word(word)

    def _word(self, text: str) -> list[int]:
        """The likeliest segmentation: that whose scores, logarithms of probabilities, have the largest sum."""
        scores, longest, prefixes = self._scores, self._longest, self._trie.iter_prefixes_with_ids
        best = [float("-inf")] * (len(text) + 1)  # of segmentations of so many characters
        came_from, last = [0] * len(best), [-1] * len(best)  # where the last word of that begins, and which it is
        best[0] = 0.0
        for start in range(len(text)):
            so_far, alone = best[start], False
            for word, number in prefixes(text[start : start + longest]):
                end, score = start + len(word), so_far + scores[number]
                alone = alone or end == start + 1
                if score > best[end]:
                    best[end], came_from[end], last[end] = score, start, number
            if not alone and so_far + self._least > best[start + 1]:
                best[start + 1], came_from[start + 1], last[start + 1] = so_far + self._least, start, -1
        return self._along(came_from, last)

    def _along(self, came_from: list[int], last: list[int]) -> list[int]:
        """The words of a path, from its end. Unknown characters side by side are one."""
        found: list[int] = []
        end = len(came_from) - 1
        while end:
            number = self._ids[last[end]] if last[end] >= 0 else self._unknown
            if number != self._unknown or not found or found[-1] != number:
                found.append(number)
            end = came_from[end]
        return found[::-1]


def _marks(added: Sequence[dict[str, Any]]) -> re.Pattern[str] | None:
    """What stands for itself wherever it stands in a text, with the spaces that belong to it; None if nothing does."""
    longest_first = sorted(added, key=lambda each: -len(each["content"]))
    spaced = (r"\s*" * each["lstrip"] + re.escape(each["content"]) + r"\s*" * each["rstrip"] for each in longest_first)
    return re.compile("(" + "|".join(spaced) + ")") if added else None
