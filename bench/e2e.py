"""Asks every question of a set over real documents and checks answer, page and refusal.

`python -m bench.e2e --data ../shared/data --work data/bench-e2e` ingests the documents that the
set names (once), asks each question over all of them, and prints a table. Documents without a
text layer are left out: their questions are counted apart.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from app.answering.answer import Question
from app.answering.events import Citations, Done, Scope, Sources
from app.bootstrap import Services, bootstrap
from app.settings import load_settings

ENDED = ("ready", "failed", "needs_password")


@dataclass(frozen=True)
class Result:
    """One question's outcome. `found` tells whether the evidence's page was among the sources."""

    id: str
    answer: str
    refused: bool
    right: bool
    cited: bool
    found: bool
    seconds: float
    first_token: float | None
    retrieve: float
    prompt_tokens: int


def main() -> None:
    """Parse arguments, ingest, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("data/bench-e2e"))
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    questions = [
        json.loads(line) for line in (options.data / "qa" / "e2e_public.jsonl").read_text("utf-8").splitlines()
    ]
    options.work.mkdir(parents=True, exist_ok=True)
    services = bootstrap(load_settings(data_dir=options.work))
    try:
        services.embedder.start()
        services.llm.start()
        unread = ingest(services, {q["doc"] for q in questions if q["doc"]}, options.data)
        asked = [q for q in questions if q["doc"] not in unread and (not options.only or q["id"] in options.only)]
        results = [ask(services, question) for question in asked]
    finally:
        services.close()
    report(asked, results, len(questions) - len(asked))
    if options.json:
        options.json.write_text(json.dumps([vars(r) for r in results], ensure_ascii=False, indent=1), "utf-8")


def ingest(services: Services, documents: Iterable[str], data: Path) -> set[str]:
    """Ingest what is not there yet; gives the documents that could not be read."""
    base = services.library.catalog.base("default").id
    services.worker.start()
    begin = time.perf_counter()
    taken = {}
    for name in sorted(documents):
        with (data / name).open("rb") as stream:
            taken[name] = services.library.add(base, Path(name).name, stream)[0].id
        services.worker.wake()
    unread = set()
    for name, document_id in taken.items():
        while (document := services.library.catalog.document(document_id)).status not in ENDED:
            time.sleep(0.2)
        size = f"{document.pages:4} pages {document.chunks:5} chunks"
        print(f"{document.status:8} {size}  {name}  {document.error_code or ''}")
        if document.status != "ready":
            unread.add(name)
    print(f"ingest: {time.perf_counter() - begin:.1f} s")
    services.worker.stop()
    return unread


def ask(services: Services, question: dict[str, Any]) -> Result:
    """Ask one question over the whole base."""
    scope = Scope((services.library.catalog.base("default").id,))
    sources: Sequence[Any] = ()
    places: list[tuple[str, int | None]] = []
    done = None
    for event in services.answerer.answer(Question(question["question"], scope), Event()):
        match event:
            case Sources(found):
                sources = found
            case Citations(sentences):
                places = [(c.document_name, c.page) for s in sentences for c in s.citations]
            case Done() as end:
                done = end
            case _:
                pass
    assert done is not None
    gold = (Path(question["doc"]).name, question["page"]) if question["doc"] else None
    shown = {(s.hit.chunk.document_name, a.page) for s in sources for a in s.anchors}
    result = Result(
        id=question["id"],
        answer=done.answer,
        refused=done.refused,
        right=any(squeeze(answer) in squeeze(done.answer) for answer in question["answers"]) and not done.refused,
        cited=gold in places,
        found=gold in shown,
        seconds=done.timings.total,
        first_token=done.timings.first_token,
        retrieve=done.timings.retrieve,
        prompt_tokens=done.usage.get("prompt_tokens", 0),
    )
    print(
        f"{result.id} {'R' if result.refused else '-'} {'right' if result.right else 'WRONG':5} "
        f"{'cited' if result.cited else 'no-cite':7} {'found' if result.found else 'NOT-FOUND':9} "
        f"{result.retrieve:.2f}/{result.first_token or 0:.1f}/{result.seconds:.1f}s {result.prompt_tokens} tok | "
        f"{question['question']} => {result.answer[:150]!r} gold {question['answers'][:1]} {places[:3]}",
        flush=True,
    )
    return result


def squeeze(text: str) -> str:
    """Without white space, thousands separators and width variants, lower-case."""
    return re.sub(r"[\s,，]", "", unicodedata.normalize("NFKC", text)).lower()


def report(questions: Sequence[dict[str, Any]], results: Sequence[Result], left_out: int) -> None:
    """Print the sums."""
    pairs = list(zip(questions, results, strict=True))
    answerable = [r for q, r in pairs if not q.get("must_refuse")]
    unanswerable = [r for q, r in pairs if q.get("must_refuse")]
    firsts = [r.first_token for r in results if r.first_token is not None]
    print(f"\nright and cited on the page: {sum(r.right and r.cited for r in answerable)} of {len(answerable)}")
    print(f"right: {sum(r.right for r in answerable)}; evidence among the sources: {sum(r.found for r in answerable)}")
    print(
        f"refused: {sum(r.refused for r in unanswerable)} of {len(unanswerable)} unanswerable, "
        f"{sum(r.refused for r in answerable)} of {len(answerable)} answerable; left out: {left_out}"
    )
    if firsts:
        print(
            f"seconds to sources, median {statistics.median(r.retrieve for r in results):.2f}, "
            f"largest {max(r.retrieve for r in results):.2f}; to the first token, "
            f"median {statistics.median(firsts):.1f}, largest {max(firsts):.1f}"
        )


if __name__ == "__main__":
    main()
