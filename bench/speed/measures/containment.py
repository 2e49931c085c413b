"""Whether answers hold the known one at these speeds: questions of cmrc2018_dev over its 848 passages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.bootstrap import bootstrap
from app.evaluation.answers import contains
from app.evaluation.pool import fill
from app.evaluation.run import limited
from app.evaluation.sets import Asked, EvalSet, load_set
from app.settings import load_settings
from bench.speed import stack
from bench.speed.kept import finish, is_finished, kept_whole, remembered
from bench.speed.measure import BASELINE, OURS, Do, Measure, Row, Values
from bench.speed.plan import Plan
from bench.speed.product import ask, product, settings_in

_IN_FULL = 300


def _set(plan: Plan) -> EvalSet:
    return load_set(plan.data / "qa" / "cmrc2018_dev")


def _asked(plan: Plan) -> dict[str, Asked]:
    """Half as many as the plan's questions: each costs the baseline as much."""
    number = _IN_FULL if plan.full else max(1, plan.questions // 2)
    return {asked.id: asked for asked in limited(_set(plan), number).questions}


@contextmanager
def _baseline(plan: Plan) -> Iterator[Do]:
    known, most = _asked(plan), load_settings().answer_tokens
    folder = plan.work / "passages"
    folder.mkdir(parents=True, exist_ok=True)
    for passage in _set(plan).passages:
        (folder / f"{passage.key}.txt").write_text(passage.text, "utf-8")
    store = stack.kept_store(sorted(folder.iterdir()), stack.embedding(), plan.work / "peer")
    llama = stack.llama()

    def do(item: str) -> Values:
        text, values = stack.answered(llama, store, known[item].question, most)
        return values | {"contains": contains(text, known[item].answers)}

    yield do


@contextmanager
def _ours(plan: Plan) -> Iterator[Do]:
    known, folder = _asked(plan), kept_whole(plan, "passages")
    if not is_finished(folder):
        _fill(plan, folder)
    with product(folder) as services:

        def do(item: str) -> Values:
            answered = ask(services, known[item].question, base_id=remembered(folder))
            return answered.values | {"contains": contains(answered.text, known[item].answers)}

        yield do


def _fill(plan: Plan, folder: Path) -> None:
    with closing(bootstrap(settings_in(folder, llm="none"))) as services:
        pool = fill(services, [_set(plan)], lambda _done, _total: None)
    finish(folder, pool.base_id)


MEASURE = Measure(
    name="containment",
    items=lambda plan: tuple(_asked(plan)),
    sides={BASELINE: _baseline, OURS: _ours},
    rows=(
        Row(
            "containment",
            "answers that hold the known one, cmrc2018_dev",
            "contains",
            "of 1",
            "more",
            0.0,
            difference=True,
        ),
    ),
    rounds=lambda _: 1,
)
