"""What a search costs in a large base: `python -m bench.search [--data ../shared/data] [--chunks 100000] [--kinds]`.

A base of chunks that are made of real sentences and of vectors between real ones (bench/search_data.py) is put into
`--work` once, and searched with real questions: by vectors, by words (all chunks scored, and as it is done), and whole,
the question's embedding included. `--kinds` compares kinds of vector index instead. Times are those of the processor,
in the thread that searches: other programs on the machine change them little. Recall is against exact search.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.answering.events import Scope
from app.answering.retrieve import Retriever
from app.bootstrap import Services, bootstrap
from app.settings import Settings
from bench.search_data import embedded, fill, multiplied, questions, sentences
from ingest.store import bases
from ingest.store.faiss_index import build_index
from ingest.store.lexical import KeywordIndex
from models.base import Vectors
from models.offline import stay_offline
from models.threads import share_cores

DEPTH, REAL, PARTS = 40, 2_560, 1_024
SCOPE = Scope((bases.DEFAULT,))
Hits = list[tuple[int, float]]


def timed(name: str, asked: Sequence[Any], search: Callable[[Any], Hits], right: Sequence[Hits] = ()) -> list[Hits]:
    """What each question finds; prints a row of the table, with the recall against what is right."""
    found, seconds = [], []
    for question in asked:
        begin = time.thread_time()
        found.append(search(question))
        seconds.append(time.thread_time() - begin)
    middle, high = 1000 * np.percentile(seconds, [50, 95])
    recalls = [f"{recall(found, right, k):.4f}" for k in (10, 20)] if right else ["–", "–"]
    print(f"| {name} | {middle:.2f} | {high:.2f} | {' | '.join(recalls)} |", flush=True)
    return found


def recall(found: Sequence[Hits], right: Sequence[Hits], k: int) -> float:
    """The mean share of the best `k` that are right among the `k` found."""
    pairs = [({key for key, _ in a[:k]}, {key for key, _ in b[:k]}) for a, b in zip(found, right, strict=True) if b]
    return float(np.mean([len(a & b) / len(b) for a, b in pairs]))


def exact(rows: Vectors, asked: Vectors) -> list[Hits]:
    """The nearest rows of each question, by position."""
    scores = asked @ rows.T
    best = np.argsort(-scores, axis=1)[:, :DEPTH]
    return [[(int(i), float(line[i])) for i in order] for line, order in zip(scores, best, strict=True)]


def compare_kinds(rows: Vectors, asked: Vectors) -> None:
    """Build each kind of index and search it, at several depths."""
    import faiss

    number, dimensions = rows.shape
    right, inner = exact(rows, asked), faiss.METRIC_INNER_PRODUCT
    lists = 1 << round(np.log2(3 * np.sqrt(number)))
    scalar = faiss.ScalarQuantizer
    kinds = {
        "flat": (lambda: faiss.IndexFlatIP(dimensions), [0]),
        "graph": (lambda: faiss.IndexHNSWFlat(dimensions, 32, inner), [200, 400]),
        "graph, float16": (lambda: faiss.IndexHNSWSQ(dimensions, scalar.QT_fp16, 32, inner), [200, 400]),
        "graph, 8 bits": (lambda: faiss.IndexHNSWSQ(dimensions, scalar.QT_8bit, 32, inner), [200, 400]),
        f"{lists} lists, float16": (lambda: faiss.index_factory(dimensions, f"IVF{lists},SQfp16", inner), [128, 256]),
        f"{lists} lists, 8 bits": (lambda: faiss.index_factory(dimensions, f"IVF{lists},SQ8", inner), [128, 256]),
    }
    for name, (make, depths) in kinds.items():
        begin = time.process_time()
        index: Any = make()
        if name.startswith("graph"):
            index.hnsw.efConstruction = 100
        index.train(rows[:: max(1, number // 100_000)])
        for at in range(0, number, PARTS):
            index.add(rows[at : at + PARTS])
        built = time.process_time() - begin
        size = faiss.serialize_index(index).nbytes / number
        faiss.omp_set_num_threads(1)
        for depth in depths:
            given = _parameters(name, depth)

            def search(vector: Vectors, index: Any = index, given: Any = given) -> Hits:
                scores, keys = index.search(vector[None], DEPTH, params=given)
                return list(zip(keys[0].tolist(), scores[0].tolist(), strict=True))

            timed(f"{name}, depth {depth}, built in {built:.0f} s, {size:.0f} bytes", list(asked), search, right)
        faiss.omp_set_num_threads(2)


def _parameters(name: str, depth: int) -> Any:
    import faiss

    if name == "flat":
        return None
    return faiss.SearchParametersHNSW(efSearch=depth) if "graph" in name else faiss.SearchParametersIVF(nprobe=depth)


def search_base(services: Services, rows: Vectors, asked: Vectors, texts: Sequence[str]) -> None:
    """Search the base with every question, in each way."""
    library, embedder = services.library, services.embedder.get()
    catalog = library.catalog
    keys = np.arange(1, len(rows) + 1, dtype=np.int64)
    index = build_index(keys, rows, rows.shape[1])
    right = [[(key + 1, score) for key, score in hits] for hits in exact(rows, asked)]
    timed("vectors", list(asked), lambda vector: index.search(vector, DEPTH), right)
    every = KeywordIndex(catalog, scored_whole=len(rows))

    def by_words(lexical: KeywordIndex) -> Callable[[str], Hits]:
        return lambda question: lexical.search(question, base_ids=SCOPE.bases, k=DEPTH)

    whole = timed("words, every chunk scored", texts, by_words(every))
    timed("words", texts, by_words(library.lexical), whole)
    library.vectors.refresh(bases.DEFAULT, embedder.fingerprint)
    retriever = Retriever(library, lambda: embedder, DEPTH)

    def hybrid(question: str) -> Hits:
        return [(hit.chunk.key, hit.score) for hit in retriever.search([question], SCOPE, 10).hits]

    timed("the question's embedding", texts, lambda question: [(0, float(embedder.embed_query(question)[0]))])
    timed("hybrid, embedding included", texts, hybrid)


def main() -> None:
    """Make the base if it is not there, and print a table of what its searches cost."""
    stay_offline()
    share_cores()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("data/bench-search"), help="where the base is, or will be")
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--kinds", action="store_true")
    options = parser.parse_args()
    folder = options.work / str(options.chunks)
    services = bootstrap(Settings(data_dir=folder, llm="none"))
    try:
        services.embedder.start()
        embedder = services.embedder.get()
        texts, pool = questions(options.data)[: options.questions], sentences(options.data)
        real, asked = embedded(embedder, pool[:REAL], texts, options.work / f"{embedder.fingerprint}.npz")
        rows = multiplied(real, options.chunks)
        print("| what | p50, ms | p95, ms | recall@10 | recall@20 |\n|---|---|---|---|---|")
        if options.kinds:
            compare_kinds(rows, asked)
            return
        if not services.library.catalog.counts().chunks:
            fill(services.library.catalog, pool, rows, embedder.fingerprint)
        search_base(services, rows, asked, texts)
    finally:
        services.close()


if __name__ == "__main__":
    main()
