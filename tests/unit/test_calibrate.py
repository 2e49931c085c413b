"""Learning when to refuse, and keeping it."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.calibrations import FILE, CalibrationsUnusable, load_calibrations, save_calibration
from app.answering.refuse import HOPELESS, LEVELS, Calibration, Evidence
from app.evaluation.calibrate import ALLOWED, TooFewQuestions, Weighed, calibrated

EVIDENCE = Evidence(0.9, 0.9, 0.8, 0.3, 0.2, True, (), frozenset(), True)


def questions(count: int, *, scale: float = 1.0) -> list[Weighed]:
    """Half of them answerable: those stand out by 0.08 times the scale, the others by 0.02, and both spread."""
    draw = random.Random(7)
    found = []
    for i in range(count):
        answerable = i % 2 == 0
        margin = scale * (draw.gauss(0.08, 0.02) if answerable else draw.gauss(0.02, 0.02))
        best = min(1.0, max(0.0, draw.gauss(0.8 if answerable else 0.6, 0.2)))
        evidence = replace(EVIDENCE, margin=margin, best=best, together=best, agree=draw.random() < 0.5)
        found.append(Weighed("set", i // 2 % 2, answerable, evidence))
    return found


@pytest.mark.parametrize("scale", [0.3, 1.0, 5.0], ids=["narrow", "usual", "wide"])
def test_an_embedder_is_calibrated_however_widely_its_cosines_spread(scale: float) -> None:
    found = questions(2000, scale=scale)
    calibration, rates = calibrated(found)
    assert [rate.level for rate in rates] == list(LEVELS)
    for rate in rates:
        assert rate.wrongly == pytest.approx(ALLOWED[rate.level], abs=0.005)
        assert rate.rightly > 0.6
    assert calibration.lenient < calibration.balanced < calibration.strict < calibration.confident
    assert calibration.usual_margin == pytest.approx(0.05 * scale, rel=0.1)
    answerable = [each for each in found if each.answerable]
    refused = sum(not each.evidence.enough(calibration) for each in answerable if each.evidence)
    assert refused / len(answerable) == pytest.approx(ALLOWED["balanced"], abs=0.015)


def test_the_thresholds_come_from_questions_that_the_weights_were_not_learnt_on() -> None:
    """One half says the opposite of the other: judged by each other, neither level can be told."""
    found = questions(400)
    turned = [replace(each, answerable=not each.answerable) if each.half else each for each in found]
    _, rates = calibrated(turned)
    assert all(rate.rightly < 0.2 for rate in rates)


def test_questions_without_any_evidence_count_as_refused() -> None:
    _, before = calibrated(questions(1000))
    nothing = [Weighed("set", i % 2, False, None) for i in range(500)]
    _, after = calibrated(questions(1000) + nothing)
    assert [rate.rightly for rate in after] > [rate.rightly for rate in before]


def test_few_questions_are_too_few() -> None:
    with pytest.raises(TooFewQuestions, match="100"):
        calibrated(questions(120))


def test_a_calibration_is_kept_for_its_embedder_alone(tmp_path: Path) -> None:
    mine, other = replace(Calibration(), margin=3.0), replace(Calibration(), margin=4.0)
    save_calibration(tmp_path, "one", mine)
    save_calibration(tmp_path, "two", other)
    kept = load_calibrations(tmp_path)
    assert (kept.of("one"), kept.of("two"), kept.of("three")) == (mine, other, Calibration())
    assert load_calibrations(tmp_path / "elsewhere").of("one") == Calibration()


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"one": {"unknown": 1}}', '{"one": {"margin": "x"}}', '{"one": {"margin": NaN}}']
)
def test_a_damaged_file_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(CalibrationsUnusable, match=FILE):
        load_calibrations(tmp_path)


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    path = save_calibration(tmp_path, "one", Calibration())
    assert json.loads(path.read_text())["one"]["margin"] == Calibration().margin


def test_no_threshold_is_learnt_from_what_is_hopeless() -> None:
    """A year that stands nowhere refuses a question at every level; a threshold as low as that would refuse none."""
    found = questions(1000)
    absent = replace(EVIDENCE, years=frozenset({"2031"}))
    found += [Weighed("set", i % 2, True, absent) for i in range(60)]
    calibration, _ = calibrated(found)
    assert HOPELESS < calibration.lenient < calibration.balanced < calibration.strict <= calibration.confident
    assert not absent.enough(calibration, "lenient")
