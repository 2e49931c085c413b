"""What is found for a question: in what order, with what beside it, and how far it stands out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
from fastapi.testclient import TestClient
from sqlalchemy import event

from app.answering.events import Scope, SearchHit
from app.answering.retrieve import Found
from app.server import create_app
from ingest.pipeline import Library
from ingest.store.records import StoredChunk
from models.base import Vectors
from tests.support.served import services_in, upload


def test_a_reranker_puts_what_was_found_in_order(tmp_path: Path) -> None:
    with services_in(tmp_path) as services:
        for text in ("保管员是王小明，电话在墙上。", "仓库的保管员另行任命。"):
            services.library.add("default", f"{text[:4]}.txt", BytesIO(text.encode()))
        while services.worker.step():
            pass
        plain = services.answerer.retriever
        scope = Scope((services.library.catalog.base("default").id,))
        question = "保管员是谁？"
        before = [hit.chunk.id for hit in plain.search((question,), scope, 5).hits]

        class Backwards:
            name = "backwards"

            def score(self, question: str, texts: Sequence[str]) -> Vectors:
                return np.arange(len(texts), dtype=np.float32)

        reranked = replace(plain, reranker=lambda: nullcontext(Backwards()))
        assert len(before) == 2
        assert [hit.chunk.id for hit in reranked.search((question,), scope, 5).hits] == before[::-1]


def test_what_stands_beside_a_hit_is_read_with_it_where_there_is_room(tmp_path: Path) -> None:
    parts = [
        f"第{i}件藏品是{name}，" + "保存在库房的木架上，每年检查一次，由专人登记。" * 3
        for i, name in enumerate("钟鼎盘壶尊爵", 1)
    ]
    text = "# 青铜器\n\n" + "\n\n".join(parts[:4]) + "\n\n# 瓷器\n\n" + "\n\n".join(parts[4:])
    with services_in(tmp_path, chunk_tokens=50, retrieve_k=100) as services:
        services.library.add("default", "藏品.md", BytesIO(text.encode()))
        while services.worker.step():
            pass
        retriever = services.answerer.retriever
        (hit,) = retriever.search(("第2件藏品鼎",), Scope((services.library.catalog.base("default").id,)), 1).hits
        chunks = {chunk.ordinal: chunk for chunk in services.library.catalog.chunks(hit.chunk.document_id)}

        def read_with(ordinal: int, room: int) -> list[int]:
            hit = SearchHit(chunks[ordinal], 1.0, ("dense",))
            return [each.chunk.ordinal for each in retriever.with_context([hit], hit.chunk.tokens + room)]

        assert (hit.chunk.ordinal, chunks[8].text[:3]) == (2, "瓷器\n")
        assert (read_with(2, 0), read_with(2, 60), read_with(2, 600)) == ([2], [2, 3], [2, 3, 1])
        assert (read_with(7, 600), read_with(8, 600), read_with(1, 600)) == ([7, 6], [8], [1, 2, 0])
        both = [SearchHit(chunks[i], 1.0, ("dense",)) for i in (2, 3)]
        read = retriever.with_context(both, 1000)
        assert [(each.chunk.ordinal, each.found_by) for each in read[2:]] == [(1, ("beside",)), (4, ("beside",))]


def test_a_reranker_is_loaded_when_the_server_starts(tmp_path: Path) -> None:
    with services_in(tmp_path, reranker="not-there") as services:
        services.start()
        try:
            end = time.monotonic() + 30
            while services.reranker.state.state == "loading" and time.monotonic() < end:
                time.sleep(0.01)
            assert services.reranker.state.state == "missing"
        finally:
            services.stop()


def test_what_is_deleted_while_it_is_searched_for_is_left_out(tmp_path: Path) -> None:
    rules = "\n\n".join(
        f"第{i}条 本条规定仓库的开放时间与登记办法，由保管员负责执行，违者按章处理。" * 2 for i in range(1, 30)
    )
    with (
        services_in(tmp_path, chunk_tokens=50) as services,
        TestClient(create_app(services), base_url="http://127.0.0.1:8000") as client,
    ):
        upload(client, "规定.md", rules.encode())
        retriever = services.answerer.retriever
        library, scope = retriever.library, Scope(("default",))
        found = retriever.search(("第7条规定仓库的什么？",), scope, 40).hits
        gone = {hit.chunk.key for hit in found if "dense" in hit.found_by}

        def stored_chunks(keys: Sequence[int]) -> dict[int, StoredChunk]:
            return library.catalog.stored_chunks([key for key in keys if key not in gone])

        catalog = SimpleNamespace(
            stored_chunks=stored_chunks, chunks_in=library.catalog.chunks_in, setting=library.catalog.setting
        )
        later = SimpleNamespace(catalog=catalog, vectors=library.vectors, lexical=library.lexical)
        left = replace(retriever, library=cast(Library, later)).search(("第7条规定仓库的什么？",), scope, 40)
    assert not gone & {hit.chunk.key for hit in left.hits}


def test_what_stands_out_is_told_by_other_documents(tmp_path: Path) -> None:
    rules = "\n\n".join(
        f"第{i}条 本条规定仓库的开放时间与登记办法，由保管员负责执行，违者按章处理。" * 2 for i in range(1, 30)
    )
    with (
        services_in(tmp_path, chunk_tokens=50, retrieve_k=100) as services,
        TestClient(create_app(services), base_url="http://127.0.0.1:8000") as client,
    ):

        def found() -> Found:
            retriever = services.answerer.retriever
            # The worker may still be at the index: a search does not wait for it.
            services.library.vectors.refresh("default", retriever.fingerprint)
            return retriever.search(("第7条规定仓库的什么？",), Scope(("default",)), 6)

        upload(client, "短文.md", "# 短文\n\n仓库在山上。\n".encode())
        assert (found().margin, found().agree) == (None, None)
        upload(client, "规定.md", rules.encode())
        few = found()
        upload(client, "办法.md", rules.replace("仓库", "食堂").replace("保管员", "厨师").encode())
        many = found()
    # One chunk of another document is too few to tell, but many chunks tell whether words and vectors agree.
    assert few.margin is None
    assert few.agree is not None
    assert many.margin is not None
    assert many.margin > 0


def test_a_search_asks_the_catalog_as_often_for_many_words_as_for_one(tmp_path: Path) -> None:
    with services_in(tmp_path) as services:
        services.library.add("default", "仓库.txt", BytesIO("仓库由保管员王小明看管。".encode()))
        while services.worker.step():
            pass
        retriever, asked = services.answerer.retriever, Counter[str]()

        def statements(question: str) -> int:
            def note(*given: object) -> None:
                asked[question] += not str(given[2]).startswith("BEGIN")

            event.listen(services.library.catalog.engine, "before_cursor_execute", note)
            assert retriever.search((question,), Scope(("default",)), 5).hits
            event.remove(services.library.catalog.engine, "before_cursor_execute", note)
            return asked[question]

        assert statements("仓库") == statements("仓库的保管员是王小明还是李四，电话号码和办公地点各是什么？") <= 12
