"""Keyword search: FTS5 over the analysed words of every chunk, ranked by BM25.

A question's common words are in every other chunk, and to score all of these takes time that grows with them.
Among many chunks only those are scored that hold one of its rarer words, but by all words: what is found has the
score that it has anyway. docs/search-speed.md says what that saves and what it misses.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from math import log as ln
from typing import Protocol

from sqlalchemy import BindParameter, Connection, bindparam, text

from ingest.store import passages
from ingest.store.analyse import ANALYSER_VERSION, analyse, fold
from ingest.store.catalog import Catalog, set_setting

log = logging.getLogger(__name__)

ANALYSER = "analyser"
_MOST_WORDS = 400
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

    def search(
        self, question: str, *, base_ids: Sequence[str], document_ids: Sequence[str] | None = None, k: int
    ) -> list[tuple[int, float]]:
        """See LexicalIndex."""
        found = question_words(question)
        rare = self._rarer(found, base_ids) if document_ids is None else found
        if 0 < len(rare) < len(found):
            hits = self._matching(_match(found), base_ids, None, k, _match(rare))
            if len(hits) == k:
                return hits
        return self._matching(_match(found), base_ids, document_ids, k)

    def absent(
        self, words: Sequence[str], *, base_ids: Sequence[str], document_ids: Sequence[str] | None = None
    ) -> list[str]:
        """See LexicalIndex. A word that the analyser cuts is there where all its pieces are, as it is counted below."""
        matches = {word: " AND ".join(map(_quoted, _pieces(word))) for word in words}
        return [word for word, match in matches.items() if not self._matching(match, base_ids, document_ids, 1)]

    def _rarer(self, words: Sequence[str], base_ids: Sequence[str]) -> Sequence[str]:
        """Those of the words of which a chunk must hold one: all of them among few chunks."""
        with self._catalog.read() as connection:
            held = text("SELECT base_id, sum(chunks) AS chunks FROM documents GROUP BY base_id")
            chunks: dict[str, int] = {row.base_id: row.chunks for row in connection.execute(held)}
            if sum(chunks.get(base_id, 0) for base_id in set(base_ids)) <= self._scored_whole:
                return words
            counts = {word: _count(connection, _quoted(word)) for word in words}
            return rarest(counts, sum(chunks.values()), self._rare_chunks)

    def _matching(
        self, match: str, base_ids: Sequence[str], document_ids: Sequence[str] | None, k: int, rare: str = ""
    ) -> list[tuple[int, float]]:
        """The best that match, of those that match `rare` too if it is given."""
        if not match or not base_ids or k < 1:
            return []
        sql = (
            "SELECT keywords.rowid, -bm25(keywords) AS score FROM keywords "
            "JOIN chunks ON chunks.key = keywords.rowid "
            "WHERE keywords MATCH :match AND chunks.base_id IN :bases "
            "AND chunks.document_id NOT IN (SELECT id FROM documents WHERE deleted_at IS NOT NULL) "
            "AND chunks.base_id NOT IN (SELECT id FROM bases WHERE deleted_at IS NOT NULL)"
        )
        values: dict[str, object] = {"match": match, "bases": list(base_ids), "k": k}
        parameters: list[BindParameter[object]] = [bindparam("bases", expanding=True)]
        if document_ids is not None:
            sql += " AND chunks.document_id IN :documents"
            values["documents"] = list(document_ids)
            parameters.append(bindparam("documents", expanding=True))
        if rare:
            # With its sign the row is looked up in the list, where it would be matched anew for each of the list.
            sql += " AND +keywords.rowid IN (SELECT rowid FROM keywords WHERE keywords MATCH :rare)"
            values["rare"] = rare
        statement = text(f"{sql} ORDER BY score DESC, keywords.rowid LIMIT :k").bindparams(*parameters)
        with self._catalog.read() as connection:
            return [(key, score) for key, score in connection.execute(statement, values)]

    def document_frequency(self, words: Sequence[str]) -> dict[str, int]:
        """See LexicalIndex. A word is folded first; one that the analyser cuts counts where all its pieces are."""
        found = dict.fromkeys(words, 0)
        with self._catalog.read() as connection:
            for word in found:
                if pieces := _pieces(word):
                    found[word] = _count(connection, " AND ".join(map(_quoted, pieces)))
        return found

    def refresh(self) -> bool:
        """Write every keyword row anew if the analyser has changed since; tells whether it had."""
        stored = self._catalog.setting(ANALYSER)
        if stored == ANALYSER_VERSION:
            return False
        with self._catalog.write() as connection:
            connection.execute(text("DELETE FROM keywords"))
            rows = ((chunk.key, keyword_row(chunk.indexed_text)) for chunk in passages.every(connection))
            passages.put_keywords(connection, rows)
            set_setting(connection, ANALYSER, ANALYSER_VERSION)
        if stored is not None:
            log.info("keyword rows were written anew: the analyser went from %s to %s", stored, ANALYSER_VERSION)
        return True


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
    return " ".join(analyse(indexed_text))


def _pieces(word: str) -> list[str]:
    """The fewest entries of the index that stand for a word: itself if the analyser keeps it."""
    folded, entries = fold(word), analyse(word)
    return [folded] if folded in entries else list(dict.fromkeys(entries))


def _count(connection: Connection, match: str) -> int:
    """How many chunks match."""
    return connection.scalar(text("SELECT count(*) FROM keywords WHERE keywords MATCH :match"), {"match": match}) or 0


def _match(words: Sequence[str]) -> str:
    return " OR ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    # A quoted word is a word and nothing else: no operator, column or wildcard gets through.
    return '"' + word.replace('"', '""') + '"'
