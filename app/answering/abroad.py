"""Finds what stands behind a sentence in sources of another language.

Words cannot agree there. Numbers and names in Latin letters can, and vectors tell which sentence is meant: of 32
questions put into the other language by hand (`bench/cross_language.jsonl`), asked of the sentences of six passages,
the nearest sentence was of the right passage for 94 %, but held the answer for 53 %. So nearness alone makes weak
support; with every number and name of the sentence in it, a near sentence supports.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from app.answering.events import Support
from app.answering.figures import figures, of_other_scale, readings
from app.answering.language import CJK, is_chinese
from app.answering.quotes import Quote
from ingest.store.analyse import fold
from models.base import Embedder, Vectors

# The nearest sentence is nearer than the mean of all by so much, or nothing is meant: 30 of the 32 were.
_LEAST_MARGIN = 0.05
# What holds the same numbers and names is as good as the nearest down to so much less of the cosine.
_AS_NEAR = 0.04
_LATIN = re.compile(r"[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*")


class Abroad:
    """The sentences and rows of the sources that are in another language than the question, with their vectors."""

    def __init__(self, question: str, quotes: Sequence[Quote], embedder: Embedder) -> None:
        chinese = bool(CJK.search(question))
        self._question = question
        self._quotes = [quote for quote in quotes if is_chinese(quote.text) != chinese]
        self._embedder = embedder

    def behind(self, sentence: str) -> tuple[Quote, Support] | None:
        """The one that stands behind a sentence, or None."""
        if not self._quotes:
            return None
        cosines = self._vectors @ self._embedder.embed_query(f"{self._question} {sentence}")
        nearest = float(cosines.max())
        if nearest - float(cosines.mean()) < _LEAST_MARGIN:
            return None
        asked_numbers, asked_names = readings(self._question), _names(self._question)
        numbers = [each for each in figures(sentence) if not each.readings & asked_numbers]
        latin = _names(sentence) - asked_names if CJK.search(self._question) else frozenset()
        order = sorted(range(len(self._quotes)), key=lambda i: -float(cosines[i]))
        for quote in (self._quotes[i] for i in order if cosines[i] >= nearest - _AS_NEAR):
            there = quote.held | quote.near_held
            held = all(each.readings & there and not of_other_scale(each, quote.figures) for each in numbers)
            if (numbers or latin) and held and latin <= _names(quote.text):
                return quote, "supported"
        return None if numbers else (self._quotes[order[0]], "weak")

    @cached_property
    def _vectors(self) -> Vectors:
        """Shape (quotes, dimensions)."""
        return np.asarray(self._embedder.embed_passages([quote.readable for quote in self._quotes]).vectors)


def _names(text: str) -> frozenset[str]:
    """The words in Latin letters of a text: in a Chinese one they are names and terms."""
    return frozenset(_LATIN.findall(fold(text)))
