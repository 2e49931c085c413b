"""How long questions wait for the embedder while documents come in: `python -m bench.queries [--data ../shared/data]`.

Chinese books and reports are taken in from end to end, into a data folder of its own, and meanwhile question after
question is embedded, and searched with. Once with the default embedder, once with an encoder of the size of M3E.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any

from app.answering.events import Scope
from bench.loading.record import percentile
from bench.speed import stack
from bench.speed.documents import dialogues, many_pages, passages
from bench.speed.made_encoder import made_encoder
from bench.speed.plan import Plan
from bench.speed.product import product, take_in
from ingest.store import bases
from models.offline import stay_offline
from models.threads import share_cores

# Milliseconds that the embedding of a question may take at p95.
GOALS = {"default": 150, "size of M3E": 400}
_FOUND = 10
# A person does not ask at once again, nor at the pace of the batches.
_PAUSES = (0.05, 0.11, 0.17, 0.23)


def main() -> None:
    """Print the median, the 95th percentile and the largest of both times."""
    stay_offline()
    share_cores()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("data/bench-speed"), help="where the larger encoder is kept")
    parser.add_argument("--pages", type=int, default=300, help="how many pages are taken in, about")
    options = parser.parse_args()
    plan = Plan(options.data.resolve(), options.work.resolve(), pages=options.pages)
    large = made_encoder(plan.work / "encoder-768", passages(plan), stack.embedder_folder()[0])
    print(
        "| encoder | pages | questions | embedded, ms: median, p95, most | goal, p95 | search, ms: median, p95, most |"
    )
    print("|---|---|---|---|---|---|")
    for name, settings in (("default", {}), ("size of M3E", {"embedder": str(large)})):
        pages = sum(number for _, number in many_pages(plan))
        embedded, searched = asked_meanwhile(plan, settings)
        print(
            f"| {name} | {pages} | {len(embedded)} | {_told(embedded)} | {GOALS[name]} | {_told(searched)} |",
            flush=True,
        )


def asked_meanwhile(plan: Plan, settings: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Milliseconds of each embedding of a question, and of each search, until the last document is ready."""
    embedded, searched = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        product(Path(folder), llm="none", **settings) as services,
        ThreadPoolExecutor(1) as readers,
    ):
        paths = [path for path, _ in many_pages(plan)]
        embedder, retriever, scope = services.embedder.get(), services.answerer.retriever, Scope((bases.DEFAULT,))
        retriever.search(("预热",), scope, _FOUND)
        reading = readers.submit(take_in, services, paths)
        for text, pause in _questions():
            if reading.done():
                break
            time.sleep(pause)
            begin = time.perf_counter()
            embedder.embed_query(text)
            middle = time.perf_counter()
            retriever.search((text,), scope, _FOUND)
            embedded.append(1000 * (middle - begin))
            searched.append(1000 * (time.perf_counter() - middle))
        reading.result()  # raises what went wrong
    return embedded, searched


def _questions() -> Iterator[tuple[str, float]]:
    """Questions over and over, each with the seconds before it."""
    return zip(cycle(each.full for each in dialogues()), cycle(_PAUSES))


def _told(times: list[float]) -> str:
    return f"{percentile(times, 50) or 0.0:.0f}, {percentile(times, 95) or 0.0:.0f}, {max(times, default=0.0):.0f}"


if __name__ == "__main__":
    main()
