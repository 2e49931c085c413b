"""Real questions over real documents with the default weights: the answer, its page, the refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import bootstrap
from app.settings import load_settings
from bench import e2e

pytestmark = [pytest.mark.weights, pytest.mark.shared]
SAMPLE = {"e2e-P-001", "e2e-P-003", "e2e-P-005", "e2e-P-026", "e2e-P-027"}


@pytest.mark.slow
@pytest.mark.parametrize(("chosen", "enough"), [(SAMPLE, 3), (None, 15)], ids=["sample", "all"])
def test_questions_are_answered_on_the_right_page_or_refused(
    chosen: set[str] | None, enough: int, tmp_path: Path, shared_data: Path, weights_dir: Path
) -> None:
    lines = (shared_data / "qa" / "e2e_public.jsonl").read_text("utf-8").splitlines()
    questions: list[dict[str, Any]] = [json.loads(line) for line in lines]
    asked = [q for q in questions if chosen is None or q["id"] in chosen]
    services = bootstrap(load_settings(data_dir=tmp_path, weights_dir=weights_dir))
    try:
        unread = e2e.ingest(services, {q["doc"] for q in asked if q["doc"]}, shared_data)
        results = [(q, e2e.ask(services, q)) for q in asked if q["doc"] not in unread]
    finally:
        services.close()
    assert all(result.refused for q, result in results if q.get("must_refuse"))
    assert sum(result.right and result.cited for q, result in results if q["doc"]) >= enough
