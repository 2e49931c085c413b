"""How well questions in the other language are understood: `python -m bench.cross_language [--data ../shared/data]`.

`bench/cross_language.jsonl` holds questions of cmrc2018_dev put into English and of xquad_en put into Chinese, by
hand. Each is asked over the pool of all four public sets, with and without the passage that answers it, by vectors
alone and with the question translated by the language model where its own words find too little.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from app.answering.events import Scope
from app.answering.question import Question
from app.bootstrap import bootstrap
from app.commands.evaluate import Bar
from app.evaluation.intervals import interval
from app.evaluation.pool import fill, gold_keys
from app.evaluation.sets import Asked, load_set
from app.settings import load_settings
from models.offline import stay_offline
from models.threads import share_cores

ROWS = Path(__file__).with_name("cross_language.jsonl")
SETS = ("cmrc2018_dev", "xquad_en", "dureader2_demo", "expmrc_cmrc_dev")


def main() -> None:
    """Print hit@1, hit@5 and the shares refused, of both ways."""
    stay_offline()
    share_cores()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("data/eval"), help="where the pool is, or will be")
    parser.add_argument("--details", action="store_true", help="every question that is refused or not found")
    options = parser.parse_args()
    sets = {name: load_set(options.data / "qa" / name) for name in SETS}
    asked = {(name, each.id): each for name, found in sets.items() for each in found.questions}
    rows = [json.loads(line) for line in ROWS.read_text("utf-8").splitlines()]
    questions: list[Asked] = [replace(asked[row["set"], row["id"]], question=row["question"]) for row in rows]
    services = bootstrap(load_settings().model_copy(update={"data_dir": options.work}))
    try:
        with Bar("document") as progress:
            pool = fill(services, list(sets.values()), progress)
        threshold = services.answerer.reader.calibration.threshold("balanced")
        print("| way | questions | hit@1 | hit@5 | refused | refused without the passage |\n|---|---|---|---|---|---|")
        for way, translate in (("vectors alone", False), ("translated where needed", True)):
            for language in ("cmrc2018_dev", "xquad_en"):
                mine = [each for each, row in zip(questions, rows, strict=True) if row["set"] == language]
                scores: list[list[float]] = [[], [], [], []]
                for each in mine:
                    gold = {document for document, key in pool.names.items() if key in each.gold}
                    others = tuple(document for document in pool.names if document not in gold)
                    scope = Scope((pool.base_id,))
                    found = services.answerer.look(Question(each.question, scope), 20, reword=translate)
                    keys = gold_keys(pool.names, [hit.chunk.document_id for hit in found.hits])
                    without = services.answerer.look(
                        Question(each.question, replace(scope, documents=others)), 20, reword=translate
                    )
                    refused = [look.evidence < threshold for look in (found, without)]
                    hits = [bool(each.gold & set(keys[:k])) for k in (1, 5)]
                    for column, value in zip(scores, (*hits, *refused), strict=True):
                        column.append(float(value))
                    if options.details and (refused[0] or not hits[1]):
                        print(way, hits, refused, found.evidence, each.question)
                name = "English over Chinese" if language == "cmrc2018_dev" else "Chinese over English"
                print(f"| {way} | {name}, {len(mine)} | " + " | ".join(map(_shown, scores)) + " |", flush=True)
    finally:
        services.close()


def _shown(values: list[float]) -> str:
    found = interval(values)
    return f"{found.mean:.2f} ({found.low:.2f}–{found.high:.2f})" if found else "-"


if __name__ == "__main__":
    main()
