"""Keyword search: FTS5 over the analysed words of every chunk, ranked by BM25.

A question's common words are in every other chunk, and to score all of these takes time that grows with them.
Among many chunks only those are scored that hold one of its rarer words, but by all words: what is found has the
score that it has anyway. docs/search-speed.md says what that saves and what it misses.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from functools import cache
from math import log as ln
from typing import Protocol

from sqlalchemy import Connection, TextClause, bindparam, text

from ingest.store import passages
from ingest.store.analyse import ANALYSER_VERSION, analyse, fold
from ingest.store.catalog import Catalog, set_setting

log = logging.getLogger(__name__)

ANALYSER = "analyser"
# Stands in every keyword row, and in no text or question: the analyser drops it.
EVERY = "\ufdd0"
# Rows of this version have the same words and lack the mark: to add it takes a tenth of what analysing anew takes.
_UNMARKED = "4"
_MOST_WORDS = 400
# So many counts are kept.
_MOST_COUNTS = 10_000
# Up to so many chunks, every one that holds any word of a question is scored.
SCORED_WHOLE = 10_000
# The rarest words that have this share of the weight of all, and so many chunks, are the rarer ones.
_RARE_SHARE = 0.8
RARE_CHUNKS = 2_000
# Words so common that they find everything and rank nothing.
_COMMON = frozenset(
    "的 了 是 在 和 与 及 或 有 为 对 从 到 以 于 这 那 其 之 吗 呢 啊 也 都 就 被 把 由 而 但 个 中 等 "
    "什么 怎么 多少 哪些 哪个 "
    "a an and are as at be by for from in is it of on or that the this to was were what when where which "
    "who with".split()
)


# How many chunks each base has, and whether nobody sees some of them.
_HELD = text(
    "SELECT base_id AS id, sum(chunks) AS chunks, count(deleted_at)"
    " OR base_id IN (SELECT id FROM bases WHERE deleted_at IS NOT NULL) AS hidden FROM documents GROUP BY base_id"
)
# Grows with every change of any chunk.
_STATE = text("SELECT id, generation FROM bases ORDER BY id")
_COUNTED = text(
    "SELECT each.value AS match, (SELECT count(*) FROM keywords WHERE keywords MATCH each.value) AS chunks "
    "FROM json_each(:matches) AS each"
)


class LexicalIndex(Protocol):
    """Finds chunks by their words."""

    def search(
        self, question: str, *, base_ids: Sequence[str], document_ids: Sequence[str] | None = None, k: int
    ) -> list[tuple[int, float]]:
        """At most `k` chunk keys with scores, higher is better, best first.

        A chunk is found if it is in one of the bases, and of the documents where they are given,
        and has at least one of the question's words (`question_words`). Of very many chunks those may
        be left out that hold common words alone, but never so that fewer than `k` are found.
        """

    def absent(
        self, words: Sequence[str], *, base_ids: Sequence[str], document_ids: Sequence[str] | None = None
    ) -> list[str]:
        """Those of the words that no chunk has, in the bases and of the documents that `search` would look in."""

    def document_frequency(self, words: Sequence[str]) -> dict[str, int]:
        """In how many chunks of all bases each word is found; 0 for a word that is nowhere."""


class KeywordIndex:
    """The keyword rows of a catalog. Its rows are written in the catalog's own transactions."""

    def __init__(self, catalog: Catalog, scored_whole: int = SCORED_WHOLE, rare_chunks: int = RARE_CHUNKS) -> None:
        self._catalog = catalog
        self._scored_whole = scored_whole
        self._rare_chunks = rare_chunks
        self._kept: tuple[tuple[tuple[str, int], ...], dict[str, int]] = (), {}

    def search(
        self, question: str, *, base_ids: Sequence[str], document_ids: Sequence[str] | None = None, k: int
    ) -> list[tuple[int, float]]:
        """See LexicalIndex."""
        found = question_words(question)
        with self._catalog.read() as connection:
            if document_ids is not None:
                return _matching(connection, _match(found), base_ids, document_ids, k)
            held = connection.execute(_HELD).all()
            everything = all(base.id in base_ids and not base.hidden for base in held)
            chunks = {base.id: base.chunks for base in held}
            if sum(chunks.get(base_id, 0) for base_id in set(base_ids)) > self._scored_whole:
                counts = self._counts(connection, {word: _quoted(word) for word in found})
                # What no chunk holds is looked for in each that is scored, and gives nothing.
                found = [word for word in found if counts[word]]
                rare = rarest(counts, sum(chunks.values()), self._rare_chunks)
                if 0 < len(rare) < len(found):
                    hits = _matching(connection, _match_with(rare, found), base_ids, None, k, everything)
                    if len(hits) == k:
                        return hits
            return _matching(connection, _match(found), base_ids, None, k, everything)

    def absent(
        self, words: Sequence[str], *, base_ids: Sequence[str], document_ids: Sequence[str] | None = None
    ) -> list[str]:
        """See LexicalIndex. A word that the analyser cuts is there where all its pieces are, as it is counted below."""
        matches = {word: " AND ".join(map(_quoted, _pieces(word))) for word in words}
        with self._catalog.read() as connection:
            return [
                word for word, match in matches.items() if not _matching(connection, match, base_ids, document_ids, 1)
            ]

    def document_frequency(self, words: Sequence[str]) -> dict[str, int]:
        """See LexicalIndex. A word is folded first; one that the analyser cuts counts where all its pieces are."""
        matches = {word: " AND ".join(map(_quoted, _pieces(word))) for word in words}
        with self._catalog.read() as connection:
            return self._counts(connection, matches)

    def refresh(self) -> bool:
        """Write every keyword row anew if the analyser has changed since; tells whether it had."""
        stored = self._catalog.setting(ANALYSER)
        if stored == ANALYSER_VERSION:
            return False
        with self._catalog.write() as connection:
            if stored == _UNMARKED:
                connection.execute(text("UPDATE keywords SET tokens = :mark || ' ' || tokens"), {"mark": EVERY})
            else:
                connection.execute(text("DELETE FROM keywords"))
                rows = ((chunk.key, keyword_row(chunk.indexed_text)) for chunk in passages.every(connection))
                passages.put_keywords(connection, rows)
            set_setting(connection, ANALYSER, ANALYSER_VERSION)
        if stored is not None:
            log.info("keyword rows were written anew: the analyser went from %s to %s", stored, ANALYSER_VERSION)
        return True

    def forget(self) -> None:
        """Keep no word that anybody asked for: some are in what is deleted."""
        self._kept = (), {}

    def _counts(self, connection: Connection, matches: Mapping[str, str]) -> dict[str, int]:
        """How many chunks match, for each name: none match "". In one statement: to ask costs more than to count.

        Counts are kept until a chunk changes: the words that take longest come in question after question.
        """
        state = tuple((base.id, base.generation) for base in connection.execute(_STATE))
        kept = self._kept
        if kept[0] != state or len(kept[1]) > _MOST_COUNTS:
            kept = self._kept = state, {}
        found = kept[1]
        if asked := [match for match in matches.values() if match and match not in found]:
            found.update(
                (row.match, row.chunks) for row in connection.execute(_COUNTED, {"matches": json.dumps(asked)})
            )
        return {name: found.get(match, 0) for name, match in matches.items()}


def question_words(question: str) -> list[str]:
    """The words a question is searched by: without the most common ones, unless it has no others."""
    found = list(dict.fromkeys(analyse(question)))
    return ([word for word in found if word not in _COMMON] or found)[:_MOST_WORDS]


def rarest(counts: Mapping[str, int], chunks: int, held: int = RARE_CHUNKS) -> list[str]:
    """The rarest of the words, so many that they have most of the weight of all and, added up, `held` chunks.

    `counts` says how many of the chunks hold each. A word weighs what it does for BM25. What none holds is left out.
    """
    weights = {word: max(ln((chunks - n + 0.5) / (n + 0.5)), 0.0) for word, n in counts.items() if 0 < n < chunks}
    wanted = _RARE_SHARE * sum(weights.values())
    found: list[str] = []
    for word in sorted(weights, key=lambda word: -weights[word]):
        if wanted <= 0 and held <= 0:
            break
        found.append(word)
        wanted -= weights[word]
        held -= counts[word]
    return found


def keyword_row(indexed_text: str) -> str:
    """What the keyword row of a chunk holds."""
    return " ".join((EVERY, *analyse(indexed_text)))


def _pieces(word: str) -> list[str]:
    """The fewest entries of the index that stand for a word: itself if the analyser keeps it."""
    folded, entries = fold(word), analyse(word)
    return [folded] if folded in entries else list(dict.fromkeys(entries))


def _matching(
    connection: Connection,
    match: str,
    base_ids: Sequence[str],
    document_ids: Sequence[str] | None,
    k: int,
    everything: bool = False,
) -> list[tuple[int, float]]:
    """The best that match. `everything` says that all chunks are in these bases and can be seen."""
    if not match or not base_ids or k < 1:
        return []
    given: dict[str, object] = {"match": match, "k": k}
    if not everything:
        given["bases"] = list(base_ids)
    if document_ids is not None:
        given["documents"] = list(document_ids)
    found = connection.execute(_best(frozenset(given)), given).all()
    return [(key, score) for key, score in found]


@cache
def _best(given: frozenset[str]) -> TextClause:
    """The statement of `_matching` with these parameters.

    That a chunk is in a base is told by an index alone: its row would be read from far away, with all of its text.
    """
    sql = "SELECT keywords.rowid, -bm25(keywords) AS score FROM keywords WHERE keywords MATCH :match"
    if "bases" in given:
        of_documents = "documents" in given
        rows = (
            "chunks WHERE document_id IN :documents AND" if of_documents else "chunks INDEXED BY ix_chunks_base WHERE"
        )
        sql += (
            f" AND EXISTS (SELECT 1 FROM {rows} key = keywords.rowid AND base_id IN :bases"  # noqa: S608
            " AND base_id NOT IN (SELECT id FROM bases WHERE deleted_at IS NOT NULL))"
            " AND keywords.rowid NOT IN (SELECT key FROM chunks WHERE document_id IN"
            " (SELECT id FROM documents WHERE deleted_at IS NOT NULL))"
        )
    sql += " ORDER BY score DESC, keywords.rowid LIMIT :k"
    return text(sql).bindparams(*(bindparam(name, expanding=True) for name in sorted(given & {"bases", "documents"})))


def _match(words: Sequence[str]) -> str:
    return " OR ".join(map(_quoted, words))


def _match_with(rare: Sequence[str], words: Sequence[str]) -> str:
    """What holds one of the rarer words, to be scored by all of them.

    BM25 adds up what the words of a query give, each as often as the query has it: each stands here once. Whatever else
    a chunk holds, it holds EVERY, which gives nothing.
    """
    others = [word for word in words if word not in rare]
    return f"({_match(rare)}) AND ({_match([*others, EVERY])})"


def _quoted(word: str) -> str:
    # A quoted word is a word and nothing else: no operator, column or wildcard gets through.
    return '"' + word.replace('"', '""') + '"'
