"""The analyser writes alike what readers take for the same."""

from __future__ import annotations

import marshal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.store.analyse import analyse, fold, names, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("資訊安全", "资讯安全"),
        ("ＡＢＣ１２３", "abc123"),
        ("1,234,567元", "1234567元"),
        ("Straße", "STRASSE"),
        ("㎏", "kg"),
        ("10⁸", "10^8"),
        ("10⁻³", "10^(−3)"),
        ("s⁻¹", "s^-1"),
        ("面积 20 m²", "面积 20 m^2"),
        ("x^(k)", "x^k"),
        ("CO₂", "CO2"),
    ],
)
def test_the_same_in_another_writing(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert analyse(one) == analyse(other)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("依照第十二条办理", "第12条"),
        ("依照第十二条办理", "第十二条"),
        ("第一百零三章", "第103章"),
        ("第12条", "第12条"),
        ("利率为3.14%", "3.14"),
        ("共1,234人", "1234"),
        ("GPT-4与F1-score", "gpt-4"),
        ("GPT-4与F1-score", "score"),
        ("用C++写成", "c++"),
        ("王鑫渺负责", "鑫渺"),
        ("共一千二百三十四人", "1234"),
        ("二〇二四年", "2024"),
        ("收入1.5万元", "15000"),
        ("中华人民共和国", "共和国"),
        ("café", "café"),
        ("投资1.5×10⁸元", "10^8"),
        ("面积20 m²", "m2"),
        ("𠮷野家", "𠮷野"),
        ("東京タワー", "タワ"),
    ],
)
def test_it_is_found_under(text: str, word: str) -> None:
    assert word in analyse(text)


def test_a_power_is_no_longer_number() -> None:
    assert "108" not in analyse("1.5×10⁸ 元")
    assert {"2024", "2024^3"} <= set(analyse("2024³"))


def test_a_list_of_numbers_is_not_one_number() -> None:
    assert fold("1,23 和 12,345,67") == "1,23 和 12,345,67".replace(",345", "345")
    assert {"1", "2", "3"} <= set(analyse("1,2,3"))


def test_words_are_in_order_and_do_not_overlap() -> None:
    assert words("《劳动合同法》第12条：工资1,234.5元") == ["劳动", "合同法", "第12条", "工资", "1234.5", "元"]


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "。！？", " \n\t", "\u3000"])
def test_nothing_to_find(text: str) -> None:
    assert analyse(text) == [] == words(text)


def test_no_entry_has_a_space_and_none_is_endless() -> None:
    entries = analyse("a\u00a0b 银 行\u3000利率 " + "x" * 500)
    assert entries
    assert all(entry and not any(char.isspace() for char in entry) and len(entry) <= 64 for entry in entries)


def test_the_dictionary_is_read_from_its_package_alone_and_is_quiet(tmp_path: Path) -> None:
    """jieba would take what lies in the temporary folder for its dictionary, and leave one there."""
    planted = tmp_path / "jieba.cache"
    planted.write_bytes(marshal.dumps(({"知文": 9, "知": 0}, 9)))
    before = planted.read_bytes()
    program = (
        "import sys; from ingest.store import analyse\n"
        "assert 'jieba' not in sys.modules and 'opencc' not in sys.modules\n"
        "assert '有限公司' in analyse.analyse('股份有限公司')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={"TMPDIR": str(tmp_path), "PYTHONPATH": ".", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == [planted]
    assert planted.read_bytes() == before


def test_an_article_is_no_number_and_a_word_of_units_neither() -> None:
    assert "12" not in analyse("依照第十二条办理")
    assert analyse("千万注意，万一") == analyse("千万注意，万一".replace("，", " "))
    assert not any(word.isdigit() for word in analyse("千万注意，万一"))


def test_names_are_what_the_dictionary_names_and_what_it_does_not_know() -> None:
    text = "范廷颂在河内的北京大學分校任職，負責管理。"
    found = [text[start:end] for start, end in names(text)]
    assert {"范廷颂", "北京大學"} <= set(found)
    assert not {"负责", "管理", "負責"} & set(found)


def test_a_loaded_dictionary_is_not_read_again() -> None:
    """In a process of its own: what was read once stays."""
    script = """
import sys
from app.answering.whole import BEHIND
from ingest.store.analyse import load_dictionary, names, words_in_place
opened = []
sys.addaudithook(lambda event, what: opened.append(str(what[0])) if event == "open" else None)
load_dictionary(BEHIND)
read = [name for name in opened if name.endswith("dict.txt")]
assert len(read) == 3, read
opened.clear()
assert names("周海来自上海。") and words_in_place("三百元整", BEHIND)
print([name for name in opened if name.endswith("dict.txt")])
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert told.stdout.strip() == "[]", told.stderr
