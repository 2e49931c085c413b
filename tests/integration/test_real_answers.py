"""Real questions over real documents with the default weights: the answer, its page, the refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.bootstrap import bootstrap
from app.evaluation.measure import Plan, measure
from app.evaluation.sets import EvalSet, load_set
from app.settings import load_settings

pytestmark = [pytest.mark.weights, pytest.mark.shared]
SAMPLE = {"e2e-P-001", "e2e-P-003", "e2e-P-005", "e2e-P-026", "e2e-P-027"}


@pytest.mark.slow
@pytest.mark.parametrize(("chosen", "enough"), [(SAMPLE, 3), (None, 15)], ids=["sample", "all"])
def test_questions_are_answered_on_the_right_page_or_refused(
    chosen: set[str] | None, enough: int, tmp_path: Path, shared_data: Path, weights_dir: Path
) -> None:
    asked = load_set(shared_data / "qa" / "e2e_public.jsonl")
    asked = asked if chosen is None else only(asked, chosen)
    services = bootstrap(load_settings(data_dir=tmp_path, weights_dir=weights_dir))
    try:
        scores = measure(services, Plan((asked,), (asked,), tmp_path / "out"), counted)[0].scores[asked.name]
    finally:
        services.close()
    assert all(scores["refused"].values())
    assert sum(scores["right and cited"].values()) >= enough


def only(whole: EvalSet, chosen: set[str]) -> EvalSet:
    """Some questions of a set, over the documents that they are about."""
    questions = tuple(asked for asked in whole.questions if asked.id in chosen)
    gold = {key for asked in questions for key in asked.gold}
    documents = {name: path for name, path in (whole.documents or {}).items() if name in gold}
    return replace(whole, questions=questions, documents=documents)


@contextmanager
def counted(_unit: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda done, total: None
