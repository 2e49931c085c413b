"""Question sets as files."""

import json
from pathlib import Path

import pytest

from app.evaluation.run import left_out, limited
from app.evaluation.sets import SetUnusable, load_set, merged

CONTEXTS = [
    {"context_id": "c1", "title": "锣鼓经", "text": "锣鼓经是打击乐记谱方法。"},
    {"context_id": "c2", "title": "广茂铁路", "text": "广茂铁路连接三水与茂名。"},
]
QUESTIONS = [
    {"id": "q1", "question": "锣鼓经是什么？", "answers": ["打击乐记谱方法"], "context_id": "c1"},
    {"id": "q2", "question": "哪些铁路？", "answers": [], "context_id": "c2", "context_ids": ["c2", "c1"]},
    {"id": "q3", "question": "月球有多远？", "answers": [], "is_impossible": True},
]


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding="utf-8")
    return path


def pair(folder: Path, name: str = "a", questions: object = None) -> Path:
    write(folder / f"{name}.contexts.jsonl", CONTEXTS)
    return write(folder / f"{name}.questions.jsonl", questions or QUESTIONS)


def test_a_set_of_passages_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    pair(tmp_path)
    for given in ("a", "a.questions.jsonl", "a.contexts.jsonl"):
        found = load_set(tmp_path / given)
        assert (found.name, len(found.questions), len(found.passages)) == ("a", 3, 2)
    keys = [passage.key for passage in found.passages]
    assert found.questions[0].gold == {keys[0]}
    assert found.questions[1].gold == set(keys)
    assert found.questions[2].impossible
    assert not found.questions[2].gold


def test_line_separators_inside_a_text_end_no_line(tmp_path: Path) -> None:
    text = "一行\u2028又一行\u0085末行"
    write(tmp_path / "a.contexts.jsonl", [{"context_id": "c1", "title": "", "text": text}])
    write(tmp_path / "a.questions.jsonl", [{"id": "1", "question": "问\u2028？", "context_id": "c1"}])
    assert load_set(tmp_path / "a").passages[0].text == text


def test_the_same_text_in_two_sets_is_one_passage(tmp_path: Path) -> None:
    pair(tmp_path, "a")
    pair(tmp_path, "b")
    assert len(merged([load_set(tmp_path / "a"), load_set(tmp_path / "b")])) == 2


def test_a_folder_of_documents(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    folder = tmp_path / "work"
    (folder / "law.md").write_text("# 法\n", encoding="utf-8")
    (folder / "other.txt").write_text("其他", encoding="utf-8")
    row = {"id": "1", "question": "?", "answers": ["x"], "doc": "law.md", "page": 3, "evidence": "x y"}
    write(folder / "questions.jsonl", [row, {"id": "2", "question": "!", "must_refuse": True, "doc": None}])
    found = load_set(folder)
    assert found.name == "work"
    assert found.documents == {"law.md": folder / "law.md", "other.txt": folder / "other.txt"}
    asked = found.questions[0]
    assert (asked.gold, asked.page, asked.evidence) == ({"law.md"}, 3, ("x y",))
    assert found.questions[1].impossible


def test_documents_are_looked_for_above_the_file_too(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "qa").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("a", encoding="utf-8")
    path = write(tmp_path / "qa" / "e2e.jsonl", [{"id": "1", "question": "?", "doc": "docs/a.txt"}])
    found = load_set(path)
    assert found.name == "e2e"
    assert found.documents == {"docs/a.txt": tmp_path / "docs" / "a.txt"}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([{"id": "1", "context_id": "c1"}], "line 1 has no question"),
        ([{"id": "1", "question": "?", "context_id": "c9"}], "line 1: the context c9 is not in a.contexts.jsonl"),
        ([{"id": "1", "question": "?"}], "names no context_id"),
        ([QUESTIONS[0], QUESTIONS[0]], "q1 stands there twice"),
        ([QUESTIONS[0] | {"answers": {"text": ["1999"]}}], "answers is neither a text nor a list"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, rows: list[dict[str, object]], reason: str) -> None:
    pair(tmp_path, questions=rows)
    with pytest.raises(SetUnusable, match=reason):
        load_set(tmp_path / "a")


def test_one_answer_may_stand_without_a_list(tmp_path: Path) -> None:
    pair(tmp_path, questions=[QUESTIONS[0] | {"answers": "1999年"}])
    assert load_set(tmp_path / "a").questions[0].answers == ("1999年",)


def test_lines_that_nest_without_end_or_hold_half_a_character_are_told(tmp_path: Path) -> None:
    pair(tmp_path)
    for line in ("[" * 200_000, '{"id": "\\ud800", "question": "?", "context_id": "c1"}'):
        (tmp_path / "a.questions.jsonl").write_text(line, encoding="utf-8")
        with pytest.raises(SetUnusable, match="line 1"):
            load_set(tmp_path / "a")


def test_broken_files_are_told(tmp_path: Path) -> None:
    pair(tmp_path)
    with (tmp_path / "a.questions.jsonl").open("a", encoding="utf-8") as stream:
        stream.write("{not json\n")
    with pytest.raises(SetUnusable, match="line 4"):
        load_set(tmp_path / "a")
    with pytest.raises(SetUnusable, match="no such file"):
        load_set(tmp_path / "nothing")
    (tmp_path / "a.contexts.jsonl").unlink()
    with pytest.raises(SetUnusable, match="is not beside it"):
        load_set(tmp_path / "a")
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n", encoding="utf-8")
    with pytest.raises(SetUnusable, match="empty"):
        load_set(empty)


def test_a_folder_is_found_from_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    write(tmp_path / "questions.jsonl", [{"id": "1", "question": "?", "doc": "a.txt"}])
    monkeypatch.chdir(tmp_path)
    assert load_set(Path()).name == tmp_path.name


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    path.write_bytes('{"id": "1", "question": "问"}'.encode("gb18030"))
    with pytest.raises(SetUnusable, match="not in UTF-8"):
        load_set(path)


def test_the_same_bytes_under_two_names_are_one_document(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("the same", encoding="utf-8")
    rows = [{"id": name, "question": "?", "doc": f"{name}.txt"} for name in ("b", "a")]
    found = load_set(write(tmp_path / "questions.jsonl", rows))
    assert found.documents == {"b.txt": tmp_path / "b.txt"}
    assert [question.gold for question in found.questions] == [{"b.txt"}, {"b.txt"}]


def test_a_digest_tells_other_questions(tmp_path: Path) -> None:
    pair(tmp_path, "a")
    changed = [QUESTIONS[0] | {"answers": ["别的"]}, *QUESTIONS[1:]]
    pair(tmp_path, "b", changed)
    pair(tmp_path, "c")
    first, second, third = (load_set(tmp_path / name).digest for name in "abc")
    assert first == third != second


def test_a_limit_takes_from_the_whole_set(tmp_path: Path) -> None:
    pair(tmp_path)
    found = load_set(tmp_path / "a")
    assert [question.id for question in limited(found, 2).questions] == ["q1", "q2"]
    assert [question.id for question in limited(found, 1).questions] == ["q1"]
    assert limited(found, 9) is found
    assert limited(found, None) is found


def test_without_their_gold_all_questions_are_impossible(tmp_path: Path) -> None:
    pair(tmp_path)
    found = left_out(load_set(tmp_path / "a"))
    assert [question.id for question in found.questions] == ["q1", "q2"]
    assert all(question.impossible and not question.gold for question in found.questions)
    assert found.name != "a"
