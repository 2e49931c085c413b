"""Keyword search: FTS5 over the analysed words of every chunk, ranked by BM25."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import BindParameter, bindparam, text

from ingest.store import passages
from ingest.store.analyse import ANALYSER_VERSION, analyse, fold
from ingest.store.catalog import Catalog, set_setting

log = logging.getLogger(__name__)

ANALYSER = "analyser"
_MOST_WORDS = 400
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
        and has at least one of the question's words (`question_words`).
        """

    def document_frequency(self, words: Sequence[str]) -> dict[str, int]:
        """In how many chunks of all bases each word is found; 0 for a word that is nowhere."""


class KeywordIndex:
    """The keyword rows of a catalog. Its rows are written in the catalog's own transactions."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def search(
        self, question: str, *, base_ids: Sequence[str], document_ids: Sequence[str] | None = None, k: int
    ) -> list[tuple[int, float]]:
        """See LexicalIndex."""
        wanted = question_words(question)
        if not wanted or not base_ids or k < 1:
            return []
        sql = (
            "SELECT keywords.rowid, -bm25(keywords) AS score FROM keywords "
            "JOIN chunks ON chunks.key = keywords.rowid "
            "WHERE keywords MATCH :match AND chunks.base_id IN :bases "
            "AND chunks.document_id NOT IN (SELECT id FROM documents WHERE deleted_at IS NOT NULL)"
        )
        values: dict[str, object] = {"match": _match(wanted), "bases": list(base_ids), "k": k}
        parameters: list[BindParameter[object]] = [bindparam("bases", expanding=True)]
        if document_ids is not None:
            sql += " AND chunks.document_id IN :documents"
            values["documents"] = list(document_ids)
            parameters.append(bindparam("documents", expanding=True))
        statement = text(f"{sql} ORDER BY score DESC, keywords.rowid LIMIT :k").bindparams(*parameters)
        with self._catalog.read() as connection:
            return [(key, score) for key, score in connection.execute(statement, values)]

    def document_frequency(self, words: Sequence[str]) -> dict[str, int]:
        """See LexicalIndex. A word is folded first; one that the analyser cuts counts where all its pieces are."""
        statement = text("SELECT count(*) FROM keywords WHERE keywords MATCH :match")
        found = dict.fromkeys(words, 0)
        with self._catalog.read() as connection:
            for word in found:
                if pieces := _pieces(word):
                    match = " AND ".join(map(_quoted, pieces))
                    found[word] = connection.scalar(statement, {"match": match}) or 0
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


def keyword_row(indexed_text: str) -> str:
    """What the keyword row of a chunk holds."""
    return " ".join(analyse(indexed_text))


def _pieces(word: str) -> list[str]:
    """The fewest entries of the index that stand for a word: itself if the analyser keeps it."""
    folded, entries = fold(word), analyse(word)
    return [folded] if folded in entries else list(dict.fromkeys(entries))


def _match(words: Sequence[str]) -> str:
    return " OR ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    # A quoted word is a word and nothing else: no operator, column or wildcard gets through.
    return '"' + word.replace('"', '""') + '"'
