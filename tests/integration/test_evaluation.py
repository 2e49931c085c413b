"""`zhiwen eval` from question sets to reports, over a real library with models that need no weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.calibrations import FILE, save_calibration
from app.answering.refuse import Calibration
from app.cli import main
from app.evaluation.calibrate import weighed
from app.evaluation.measure import Plan, measure, write_reports
from app.evaluation.outcome import OtherRun, read_log
from app.evaluation.pool import NotInBase, PoolIncomplete, fill
from app.evaluation.report import Run, as_html, as_markdown, from_json
from app.evaluation.run import LEFT_OUT
from app.evaluation.sets import EvalSet, load_set
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import services_in

SUBJECTS = ["锣鼓经", "广茂铁路", "战国无双", "村雨城", "白垩纪", "钨丝灯", "缂丝", "浑天仪"]
CONTEXTS = [
    {"context_id": f"c{i}", "title": name, "text": f"{name}的编号是{i}{i}{i}，由第{i}组保管。\u2028完。"}
    for i, name in enumerate(SUBJECTS, start=1)
]
QUESTIONS = [
    {"id": f"q{i}", "question": f"{name}的编号是多少？", "answers": [f"{i}{i}{i}"], "context_id": f"c{i}",
     "evidence": f"{name}的编号是{i}{i}{i}，由第{i}组保管。\u2028完。"}
    for i, name in enumerate(SUBJECTS, start=1)
]  # fmt: skip


@contextmanager
def counted(_unit: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda done, total: None


@pytest.fixture
def questions(tmp_path: Path) -> EvalSet:
    for name, rows in (("contexts", CONTEXTS), ("questions", QUESTIONS)):
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (tmp_path / f"small.{name}.jsonl").write_text(text, encoding="utf-8")
    return load_set(tmp_path / "small")


def answering(messages: object) -> str:
    """Reads the first passage, as a model that does its work would."""
    passage = str(messages[-1].content).split("\n")[2]  # type: ignore[index]
    return passage.split("，")[0] + "。"


def run(folder: Path, plan: Plan) -> tuple[Run, ScriptedLLM]:
    llm = ScriptedLLM(answering)
    with services_in(folder, llm=lambda: llm) as services:
        return measure(services, plan, counted)[0], llm


def mean(found: Run, measure: str, name: str = "small") -> float:
    values = list(found.scores[name][measure].values())
    return sum(values) / len(values)


def test_a_run_from_passages_to_reports(tmp_path: Path, questions: EvalSet) -> None:
    out = tmp_path / "out"
    found, _ = run(tmp_path, Plan((questions,), (questions,), out, left_out=True))
    assert mean(found, "hit@1") == 1
    assert mean(found, "answer contains gold") == 1
    assert mean(found, "citation precision") > 0
    assert set(found.scores) == {"small", "small" + LEFT_OUT}
    assert len(found.scores["small" + LEFT_OUT]["refused"]) == len(SUBJECTS)
    write_reports(out, found, found)
    text = (out / "report.md").read_text(encoding="utf-8")
    assert "| hit@1 | 1.0000 | 1.0000 to 1.0000 | 8 | 1.0000 | +0.0000 |" in text
    assert "Median answer length:" in text
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
    again = from_json(out / "report.json")
    assert as_markdown(again, found) == text


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, questions: EvalSet) -> None:
    plan = Plan((questions,), (questions,), tmp_path / "out")
    run(tmp_path, plan)
    log = tmp_path / "out" / "log.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    # Cut short in the middle of the sixth answer.
    log.write_text("".join(lines[:6]) + lines[6][:40], encoding="utf-8")
    found, llm = run(tmp_path, plan)
    assert len(llm.calls) == 3
    assert mean(found, "hit@1") == 1
    assert len(read_log(log)[1]) == 8
    _, idle = run(tmp_path, plan)
    assert not idle.calls


def test_a_log_of_another_run_is_not_mixed_in(tmp_path: Path, questions: EvalSet) -> None:
    plan = Plan((questions,), (questions,), tmp_path / "out", generate=False)
    run(tmp_path, plan)
    with pytest.raises(OtherRun, match="another model"):
        run(tmp_path, Plan((questions,), (questions,), tmp_path / "out"))
    found, _ = run(tmp_path, Plan((questions,), (questions,), tmp_path / "out", fresh=True))
    assert mean(found, "answer contains gold") == 1


def strictly(text: str) -> object:
    """JSON as other programs read it: without Infinity and NaN."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


def test_what_is_written_is_plain_json(tmp_path: Path, questions: EvalSet) -> None:
    """A year that is nowhere refuses a question whatever else speaks for it."""
    asked = replace(questions.questions[0], id="year", question="锣鼓经在2031年的编号是多少？", impossible=True)
    more = replace(questions, questions=(*questions.questions, replace(asked, gold=frozenset())))
    out = tmp_path / "out"
    found, _ = run(tmp_path, Plan((more,), (more,), out, generate=False))
    assert found.scores["small"]["refused"] == {"year": 1.0}
    write_reports(out, found, None)
    strictly((out / "report.json").read_text(encoding="utf-8"))
    for line in (out / "log.jsonl").read_text(encoding="utf-8").split("\n")[:-1]:
        strictly(line)


def test_a_log_of_other_questions_of_the_same_number_is_not_mixed_in(tmp_path: Path, questions: EvalSet) -> None:
    run(tmp_path, Plan((questions,), (questions,), tmp_path / "out", generate=False))
    other = replace(questions, questions=tuple(replace(q, answers=("别的",)) for q in questions.questions))
    with pytest.raises(OtherRun, match="another questions"):
        run(tmp_path, Plan((other,), (other,), tmp_path / "out", generate=False))


def test_what_an_older_version_read_is_read_again(tmp_path: Path, questions: EvalSet) -> None:
    plan = Plan((questions,), (questions,), tmp_path / "out", generate=False, fresh=True)
    run(tmp_path, plan)
    with services_in(tmp_path) as services:
        (base,) = [base for base in services.library.catalog.bases() if base.name.startswith("pool-")]
        with services.library.catalog.write() as connection:
            connection.exec_driver_sql("UPDATE documents SET parser = '1.1.1' WHERE name = '缂丝.txt'")
        measure(services, plan, counted)
        documents = services.library.catalog.documents(base.id, per_page=20).items
    assert {document.revision for document in documents if document.name == "缂丝.txt"} == {2}
    assert {document.revision for document in documents if document.name != "缂丝.txt"} == {1}


def test_a_document_that_waits_since_an_earlier_run_is_not_read_as_a_passage(
    tmp_path: Path, questions: EvalSet
) -> None:
    work = documents(tmp_path / "work")
    both = Plan((questions, work), (questions, work), tmp_path / "out", generate=False)
    with services_in(tmp_path) as services:
        with pytest.raises(KeyboardInterrupt):
            fill(services, both.pool, _interrupt)
        found, _ = measure(services, both, counted)
        (law,) = [d for b in services.library.catalog.bases() for d in services.library.catalog.documents(b.id).items
                  if d.name == "手册.md"]  # fmt: skip
        assert not any("#" in chunk.text for chunk in services.library.catalog.chunks(law.id))
    assert mean(found, "hit@1", "work") == 1


def _interrupt(done: int, _total: int) -> None:
    if done == 2:
        raise KeyboardInterrupt


def test_search_alone_asks_no_model(tmp_path: Path, questions: EvalSet) -> None:
    found, llm = run(tmp_path, Plan((questions,), (questions,), tmp_path / "out", generate=False))
    assert not llm.calls
    assert mean(found, "hit@1") == 1
    assert "F1" not in found.scores["small"]


def test_passages_that_are_no_part_of_a_set_any_more_are_dropped(tmp_path: Path, questions: EvalSet) -> None:
    plan = Plan((questions,), (questions,), tmp_path / "out", generate=False)
    run(tmp_path, plan)
    fewer = EvalSet("small", questions.questions[:2], questions.passages[:2])
    with services_in(tmp_path) as services:
        found, _ = measure(services, Plan((fewer,), (fewer,), tmp_path / "out2", generate=False), counted)
        assert services.library.catalog.counts().documents == 2
    assert found.about["documents"] == 2


def documents(folder: Path) -> EvalSet:
    folder.mkdir()
    (folder / "手册.md").write_text("# 休假\n\n员工每年有十五天年假。\n", encoding="utf-8")
    (folder / "制度.md").write_text("# 报销\n\n报销须在三十天内提交。\n", encoding="utf-8")
    rows = [
        {"id": "1", "question": "员工每年有多少天年假？", "answers": ["十五天"], "doc": "手册.md"},
        {"id": "2", "question": "董事长的身份证号码是多少？", "answers": [], "doc": None, "must_refuse": True},
    ]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "questions.jsonl").write_text(text, encoding="utf-8")
    return load_set(folder)


def test_a_folder_of_documents_with_questions(tmp_path: Path) -> None:
    work = documents(tmp_path / "work")
    found, _ = run(tmp_path, Plan((work,), (work,), tmp_path / "out", generate=False))
    assert mean(found, "hit@1", "work") == 1
    assert found.scores["work"]["refused"] == {"2": 1.0}


def test_a_document_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    work = documents(tmp_path / "work")
    (tmp_path / "work" / "手册.md").write_text("\u200b", encoding="utf-8")
    with pytest.raises(PoolIncomplete, match=r"手册\.md"):
        run(tmp_path, Plan((work,), (work,), tmp_path / "out", generate=False))


def test_what_cannot_be_read_and_is_not_asked_about_is_said_in_the_report(tmp_path: Path) -> None:
    work = documents(tmp_path / "work")
    (tmp_path / "work" / "制度.md").write_text("\u200b", encoding="utf-8")
    found, _ = run(tmp_path, Plan((work,), (work,), tmp_path / "out", generate=False))
    assert found.about["unread"] == ["制度.md"]
    assert mean(found, "hit@1", "work") == 1


def test_a_base_of_ones_own_is_asked_as_it_is(tmp_path: Path) -> None:
    work = documents(tmp_path / "work")
    with services_in(tmp_path) as services:
        library = services.library
        base = library.catalog.create_base("mine").id
        plan = Plan((work,), (work,), tmp_path / "out", base="mine", generate=False)
        with pytest.raises(NotInBase, match=r"手册\.md"):
            measure(services, plan, counted)
        for name in ("手册.md", "制度.md"):
            with (tmp_path / "work" / name).open("rb") as stream:
                library.add(base, name, stream)
        while services.worker.step():
            pass
        found, _ = measure(services, plan, counted)
        assert library.catalog.base("mine").documents == 2
    assert mean(found, "hit@1", "work") == 1


def test_questions_are_weighed_with_and_without_what_answers_them(tmp_path: Path, questions: EvalSet) -> None:
    with services_in(tmp_path) as services:
        pool = fill(services, [questions], lambda done, total: None)
        found = weighed(services.answerer.retriever, pool, [questions], lambda done, total: None)
    assert [each.answerable for each in found] == [True, False] * len(SUBJECTS)
    assert {each.half for each in found} == {0, 1}
    for with_it, without in zip(found[::2], found[1::2], strict=True):
        assert with_it.half == without.half
        assert with_it.evidence is not None and with_it.evidence.best == pytest.approx(1.0)
        assert without.evidence is not None and without.evidence.best < 1.0


def test_a_calibration_of_the_data_folder_decides(tmp_path: Path, questions: EvalSet) -> None:
    plan = Plan((questions,), (questions,), tmp_path / "out", generate=False)
    assert mean(run(tmp_path, plan)[0], "refused wrongly") == 0.0
    with services_in(tmp_path) as services:
        fingerprint = services.embedder.get().fingerprint
    save_calibration(tmp_path / "data", fingerprint, replace(Calibration(), balanced=1000.0))
    assert mean(run(tmp_path, replace(plan, fresh=True))[0], "refused wrongly") == 1.0


def test_questions_in_a_library_apart_are_refused_as_in_the_persons_own(
    tmp_path: Path, questions: EvalSet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIWEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ZHIWEN_WEIGHTS_DIR", str(tmp_path / "weights"))
    (tmp_path / FILE).write_text("{")
    assert main(["eval", "run", str(tmp_path / "small"), "--search-only"]) == 1
    assert str(tmp_path / FILE) in capsys.readouterr().err


def test_two_runs_are_compared(tmp_path: Path, questions: EvalSet, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        found, _ = run(tmp_path, Plan((questions,), (questions,), tmp_path / name, generate=False))
        write_reports(tmp_path / name, found, None)
    reports = [str(tmp_path / name / "report.json") for name in ("a", "b")]
    assert main(["eval", "compare", *reports, "--html", str(tmp_path / "c.html")]) == 0
    assert "| hit@1 | 1.0000 |" in capsys.readouterr().out
    assert "<table>" in (tmp_path / "c.html").read_text(encoding="utf-8")
    assert main(["eval", "compare", reports[0], str(tmp_path / "none.json")]) == 1
    assert "none.json is no report" in capsys.readouterr().err


def test_names_in_a_report_are_escaped() -> None:
    found = Run("<script>alert(1)</script>", {"model": "<b>"}, {"<i>": {"hit@1": {"q": 1.0}}}, {}, {})
    page = as_html(found)
    assert "<script>" not in page
    assert "<b>" not in page
    assert "<i>" not in page


def test_a_set_that_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "run", str(tmp_path / "nothing")]) == 1
    assert "no question set" in capsys.readouterr().err


def test_what_could_not_be_written_or_told_apart_is_an_error_before_anything_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "qa").mkdir(parents=True)
        (tmp_path / folder / "qa" / "questions.jsonl").write_text(
            '{"id": "1", "question": "锣鼓经是什么？", "must_refuse": true}\n', encoding="utf-8"
        )
    one, other = (str(tmp_path / folder / "qa") for folder in ("a", "b"))
    assert main(["eval", "run", one, other]) == 1
    assert "another set has this name" in capsys.readouterr().err
    nowhere = str(tmp_path / "nowhere" / "out")
    assert main(["eval", "run", one, "--json", nowhere]) == 1
    assert main(["eval", "make", one, "--out", nowhere]) == 1
    assert main(["eval", "compare", "a.json", "b.json", "--html", nowhere]) == 1
    assert capsys.readouterr().err.count("there is no folder") == 3


def test_the_baseline_is_asked_the_same_questions(tmp_path: Path, questions: EvalSet) -> None:
    llm = ScriptedLLM(lambda messages: str(messages[-1].content).split("Context: ")[-1].split("，")[0] + "。"
                      if "Context: " in messages[-1].content else answering(messages))  # fmt: skip
    plan = Plan((questions,), (questions,), tmp_path / "out", left_out=True, baseline=True)
    with services_in(tmp_path, llm=lambda: llm) as services:
        ours, theirs = measure(services, plan, counted)
    assert theirs is not None
    assert set(ours.scores) == set(theirs.scores)
    assert set(theirs.scores["small"]["hit@1"]) == set(ours.scores["small"]["hit@1"])
    assert 0 < mean(theirs, "citation precision") <= 0.25
    assert mean(theirs, "answer contains gold") > 0
    # It refuses only where its model says so.
    assert mean(theirs, "refused", "small" + LEFT_OUT) == 0
    assert "LangChain" in as_markdown(ours, theirs)
    with services_in(tmp_path, llm=lambda: ScriptedLLM({"": "I don't know."})) as services:
        _, again = measure(services, replace(plan, out=tmp_path / "other"), counted)
    assert again is not None
    assert mean(again, "refused", "small" + LEFT_OUT) == 1
    assert mean(again, "refused wrongly") == 1


def test_the_baseline_reads_pdfs_page_by_page(tmp_path: Path) -> None:
    import pymupdf

    document = pymupdf.open()
    for number in range(1, 4):
        document.new_page().insert_text((72, 100), f"The code of warehouse {number} is {number}{number}{number}.")
    (tmp_path / "docs").mkdir()
    document.save(tmp_path / "docs" / "codes.pdf")
    row = {"id": "1", "question": "What is the code of warehouse 2?", "answers": ["222"], "doc": "codes.pdf", "page": 2}
    (tmp_path / "docs" / "questions.jsonl").write_text(json.dumps(row), encoding="utf-8")
    asked = load_set(tmp_path / "docs")
    plan = Plan((asked,), (asked,), tmp_path / "out", generate=False, baseline=True)
    with services_in(tmp_path) as services:
        _, theirs = measure(services, plan, counted)
    assert theirs is not None
    assert mean(theirs, "page found", "docs") == 1


def test_the_extract_is_measured_without_a_model(tmp_path: Path, questions: EvalSet) -> None:
    found, llm = run(tmp_path, Plan((questions,), (questions,), tmp_path / "out", generate=False))
    assert not llm.calls
    assert mean(found, "extract contains gold") == 1
    assert mean(found, "extract is evidence") == 1
