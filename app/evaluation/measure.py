"""One run of an evaluation: fill a base, ask every question, score, write the reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app import __version__
from app.answering.events import Scope
from app.bootstrap import Services
from app.evaluation.outcome import Log
from app.evaluation.pool import Pool, existing, fill
from app.evaluation.report import Run, as_html, as_json, as_markdown, run_of
from app.evaluation.run import Ask, Zhiwen, ask_all, left_out
from app.evaluation.scores import score
from app.evaluation.sets import EvalSet
from ingest.pipeline import Steps

# What changes answers, beside the models.
_SETTINGS = {"chunk_tokens", "retrieve_k", "passage_tokens", "answer_tokens", "answer_length", "llm_context"}

# Shows how far something is: gives a function that is told (done, total).
Bar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


@dataclass(frozen=True)
class Plan:
    """What is measured. `sets` are asked, over the passages or documents of `pool` or over the base `base`.

    `out` is the folder of the log and the reports; with `fresh` what stands there is not gone on with. With
    `baseline` the same questions are put to the usual stack too.
    """

    sets: tuple[EvalSet, ...]
    pool: tuple[EvalSet, ...]
    out: Path
    base: str | None = None
    generate: bool = True
    left_out: bool = False
    fresh: bool = False
    baseline: bool = False

    @property
    def name(self) -> str:
        return " + ".join(each.name for each in self.sets)


def measure(services: Services, plan: Plan, bar: Bar) -> tuple[Run, Run | None]:
    """Carry out a plan; the second run is the baseline's, if it is wanted.

    Raises NotInBase or UnknownBase for a base that does not fit, PoolIncomplete, OtherRun, or ModelError.
    """
    if plan.base:
        pool = existing(services, plan.base, plan.pool)
    else:
        with bar("document") as progress:
            pool = fill(services, plan.pool, progress)
    about = _about(services, plan, pool)
    ours = _run(plan, plan.name, "log.jsonl", about, _asking(services, plan, pool), bar)
    if not plan.baseline:
        return ours, None
    return ours, _baseline(services, plan, pool, about, bar)


def _baseline(services: Services, plan: Plan, pool: Pool, about: dict[str, Any], bar: Bar) -> Run:
    # LangChain takes seconds to import, and nothing else needs it here.
    from app.evaluation.baseline import BASELINE, Baseline, build

    with bar("piece") as progress:
        store = build(services, pool, plan.pool, progress)
    ask = Baseline(store, services.answerer, plan.generate)
    asking: list[tuple[EvalSet, Ask]] = [(each, ask) for each in plan.sets]
    for each in plan.sets if plan.left_out else ():
        gold = frozenset(key for question in each.questions for key in question.gold)
        asking.append((left_out(each), replace(ask, without=gold)))
    return _run(plan, BASELINE, "baseline.jsonl", about | {"stack": BASELINE}, asking, bar)


def _run(
    plan: Plan, name: str, file: str, about: dict[str, Any], asking: Sequence[tuple[EvalSet, Ask]], bar: Bar
) -> Run:
    log = Log(plan.out / file, about, fresh=plan.fresh)
    with bar("question") as progress:
        ask_all(asking, log, progress)
    outcomes = log.outcomes()
    return run_of(name, about, {each.name: score(each, outcomes) for each, _ in asking}, outcomes)


def write_reports(out: Path, ours: Run, theirs: Run | None) -> None:
    """Write a run as Markdown, HTML and JSON into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.md").write_text(as_markdown(ours, theirs), encoding="utf-8")
    (out / "report.html").write_text(as_html(ours, theirs), encoding="utf-8")
    (out / "report.json").write_text(as_json(ours), encoding="utf-8")


def _asking(services: Services, plan: Plan, pool: Pool) -> Sequence[tuple[EvalSet, Ask]]:
    """The sets with what asks them; those without their gold have a scope that leaves it out."""
    ask = Zhiwen(services.answerer, Scope((pool.base_id,)), pool.names, plan.generate)
    asking: list[tuple[EvalSet, Ask]] = [(each, ask) for each in plan.sets]
    for each in plan.sets if plan.left_out else ():
        gold = {key for question in each.questions for key in question.gold}
        others = tuple(document for document, key in pool.names.items() if key not in gold)
        asking.append((left_out(each), replace(ask, scope=Scope((pool.base_id,), others))))
    return asking


def _about(services: Services, plan: Plan, pool: Pool) -> dict[str, Any]:
    """What the figures hold for: a log with another of these is of another run."""
    settings = services.settings
    return {
        "version": __version__,
        "questions": {each.name: f"{len(each.questions)} ({each.digest})" for each in plan.sets},
        "documents": len(pool.names),
        "unread": list(pool.unread),
        "embedder": services.embedder.get().fingerprint,
        "model": settings.llm if plan.generate else "none",
        "reading": Steps().version,
        "settings": settings.model_dump(include=_SETTINGS),
        "refusal": services.library.catalog.base(pool.base_id).settings.refusal,
        "calibration": asdict(services.answerer.reader.calibration),
        "left out": plan.left_out,
    }
