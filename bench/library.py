"""How quick the library stays with many documents: `python -m bench.library [--documents 20000]`.

The rows of that many documents, most of them read, go straight into an empty catalog; then the list and the page are
asked for through the application, in this process: sorted by every column, both ways, the first page and the last, and
filtered. Times are medians of many rounds, from the request to the last byte, without a network; the second column is
the time that processors were busy with it, which other programs on the machine do not change much.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import get_args

import httpx
from sqlalchemy import insert

from app.bootstrap import bootstrap
from app.server import create_app
from app.settings import Settings
from ingest.store import bases
from ingest.store.catalog import Catalog
from ingest.store.records import Sort
from ingest.store.schema import chunks, documents
from models.offline import stay_offline
from models.threads import share_cores

PER_PAGE, CHUNKS = 50, 5
STATES = ("ready",) * 95 + ("failed", "queued", "queued", "needs_password", "processing")
SUBJECTS = ("合同", "年报", "会议纪要", "invoice", "论文", "handbook", "technical report", "招标文件")


def fill(catalog: Catalog, number: int, draw: random.Random) -> None:
    """Put so many documents into the default base, with chunks of a sentence each, and no vectors."""
    begin = 1.7e9
    rows = [_document(n, begin + n * draw.uniform(50, 70), draw) for n in range(number)]
    passages = [
        {
            "id": f"{row['id']}{ordinal}",
            "document_id": row["id"],
            "base_id": bases.DEFAULT,
            "ordinal": ordinal,
            "start": 0,
            "end": 10,
            "text": "一句话，十个字左右。",
            "heading_path": "[]",
            "tokens": 12,
        }
        for row in rows
        for ordinal in range(int(str(row["chunks"])))
    ]
    with catalog.write() as connection:
        connection.execute(insert(documents), rows)
        connection.execute(insert(chunks), passages)


def _document(number: int, when: float, draw: random.Random) -> dict[str, object]:
    status = draw.choice(STATES)
    read = status == "ready"
    return {
        "id": f"{number:032x}",
        "base_id": bases.DEFAULT,
        "name": f"{draw.choice(SUBJECTS)} {draw.randrange(10**6):06}.pdf",
        "sha256": f"{number:064x}",
        "size": int(draw.lognormvariate(13, 1.5)),
        "media_type": "application/pdf",
        "status": status,
        "stage": "done" if read else "parse" if status == "processing" else "queued",
        "pages": draw.randrange(1, 300) if read else 0,
        "chunks": CHUNKS if read else 0,
        "revision": int(read),
        "created_at": when,
        "updated_at": when,
    }


def questions(number: int) -> Iterator[tuple[str, str]]:
    """What is asked for: a name, and an address."""
    last = -(-number // PER_PAGE)
    listed = f"/api/v1/bases/{bases.DEFAULT}/documents?per_page={PER_PAGE}"
    for sort in get_args(Sort):
        for way, descending in (("up", "false"), ("down", "true")):
            for page in (1, last):
                yield f"list by {sort}, {way}, page {page}", f"{listed}&sort={sort}&descending={descending}&page={page}"
    yield "list, text of many", f"{listed}&text=report"
    yield "list, text of none", f"{listed}&text=nothing-of-that-name"
    yield "list, failed ones", f"{listed}&status=failed"
    yield "list, ready ones by name, page 100", f"{listed}&status=ready&sort=name&descending=false&page=100"
    yield "bases", "/api/v1/bases"
    yield "page of the library", "/library"
    yield f"page of the library, {last}", f"/library?page={last}"


@dataclass
class Times:
    """What one question took, round by round, in seconds: by the clock, and of processors."""

    clock: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


async def measure(app: Callable[..., object], addresses: Mapping[str, str], rounds: int) -> dict[str, Times]:
    """Ask each question once a round."""
    taken = {name: Times() for name in addresses}
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        for _ in range(rounds):
            for name, address in addresses.items():
                begin, busy = time.perf_counter(), time.process_time()
                answer = await client.get(address)
                taken[name].clock.append(time.perf_counter() - begin)
                taken[name].busy.append(time.process_time() - busy)
                answer.raise_for_status()
    return taken


def main() -> None:
    """Print a table of medians, the slowest first."""
    stay_offline()
    share_cores()
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        services = bootstrap(Settings(data_dir=Path(folder) / "data", llm="none"))
        try:
            fill(services.library.catalog, options.documents, random.Random(7))  # noqa: S311
            found = asyncio.run(measure(create_app(services), dict(questions(options.documents)), options.rounds))
        finally:
            services.close()
    print(
        f"{options.documents} documents, medians of {options.rounds} rounds\n\n| what | ms | busy, ms |\n|---|---|---|"
    )
    for name, times in sorted(found.items(), key=lambda each: -median(each[1].busy)):
        print(f"| {name} | {1000 * median(times.clock):.0f} | {1000 * median(times.busy):.0f} |")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


if __name__ == "__main__":
    main()
