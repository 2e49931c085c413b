"""How well follow-up questions are understood: `python -m bench.followups [--data ../shared/data]`.

Every question of `bench/followups.jsonl` is searched in three ways: alone, with the turns before it (as a
conversation does), and written out in full. A hit is a passage of the right document that holds the
evidence. The documents are taken in once, into `--work`.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.answering.events import Scope, SearchHit
from app.answering.prompt import Turn
from app.answering.question import Question
from app.bootstrap import bootstrap
from app.commands.evaluate import Bar
from app.evaluation.answers import squeezed
from app.evaluation.intervals import Interval, difference, interval
from app.evaluation.pool import fill
from app.evaluation.sets import EvalSet
from app.settings import load_settings
from models.offline import stay_offline
from models.threads import share_cores

ROWS = Path(__file__).with_name("followups.jsonl")
CUTOFFS = (1, 5)


def main() -> None:
    """Print hit@1 and hit@5 of the three ways, and what the history costs against the full question."""
    stay_offline()
    share_cores()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("data/bench-followups"))
    parser.add_argument("--details", action="store_true", help="every follow-up that is found less well than in full")
    parser.add_argument("--model", action="store_true", help="let the model write out what nothing finds")
    options = parser.parse_args()
    rows = [json.loads(line) for line in ROWS.read_text("utf-8").splitlines()]
    documents = {row["doc"]: options.data / row["doc"] for row in rows}
    services = bootstrap(load_settings().model_copy(update={"data_dir": options.work}))
    try:
        with Bar("document") as progress:
            pool = fill(services, [EvalSet("followups", (), (), documents)], progress)
        scope = Scope((pool.base_id,))
        places: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            history = tuple(Turn(turn["question"], turn["answer"]) for turn in row["before"])
            ways = {
                "alone": Question(row["question"], scope),
                "in conversation": Question(row["question"], scope, history),
                "in full": Question(row["full"], scope),
            }
            for way, question in ways.items():
                hits = services.answerer.look(question, 20, reword=options.model).hits
                places[way].append(_place(row, hits, pool.names))
    finally:
        services.close()
    _report(rows, places, options.details)


def _place(row: dict[str, Any], hits: Sequence[SearchHit], names: Mapping[str, str]) -> int:
    """The place of the first passage that holds the evidence, from 1; 99 for none."""
    wanted = squeezed(row["evidence"])
    right = (
        place
        for place, hit in enumerate(hits, start=1)
        if names[hit.chunk.document_id] == row["doc"] and wanted in squeezed(hit.chunk.text)
    )
    return next(right, 99)


def _report(rows: Sequence[dict[str, Any]], places: dict[str, list[int]], details: bool) -> None:
    print("| way | " + " | ".join(f"hit@{k}, 95 % interval" for k in CUTOFFS) + " |")
    print("|---|" + "---|" * len(CUTOFFS))
    for way, found in places.items():
        print(f"| {way} | " + " | ".join(_shown(interval(_hits(found, k))) for k in CUTOFFS) + " |")
    loss = difference(_hits(places["in conversation"], 5), _hits(places["in full"], 5))
    print(f"\nIn conversation less in full, hit@5: {_shown(loss)}, {len(rows)} dialogues.\n")
    for kind in sorted({row["type"] for row in rows}):
        of_kind = [i for i, row in enumerate(rows) if row["type"] == kind]
        shares = {way: sum(found[i] <= 5 for i in of_kind) for way, found in places.items()}
        print(f"{kind}: " + ", ".join(f"{way} {count} of {len(of_kind)}" for way, count in shares.items()))
    if details:
        for i, row in enumerate(rows):
            now = {way: found[i] for way, found in places.items()}
            if now["in conversation"] > max(5, now["in full"]) or now["in full"] > 5:
                print(now, row["id"], row["type"], [turn["question"] for turn in row["before"]], row["question"])


def _hits(found: Sequence[int], k: int) -> list[float]:
    return [float(place <= k) for place in found]


def _shown(found: Interval | None) -> str:
    return f"{found.mean:.3f} ({found.low:.3f} to {found.high:.3f})" if found else "-"


if __name__ == "__main__":
    main()
