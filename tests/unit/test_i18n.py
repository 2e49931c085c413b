"""The catalogues agree with each other, with the pages and scripts that use them, and with the errors."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import app
import ingest
import models
from app.audience import Audience
from app.errors import restore
from app.i18n import LANGUAGES, catalogue, explain, pick_language, reworded, tell, translate
from ingest.errors import CorruptFile, EmptyFile
from ingest.notices import TEMPLATES, Notice
from ingest.parsers.formats import FORMATS
from ingest.store.errors import UnknownDocument
from models.catalog import load_catalog
from models.errors import Explained, PullFailed
from models.reasons import REASONS, because, listed, quoted, recognised

ROOT = Path(__file__).resolve().parents[2]
OTHERS = [language for language in LANGUAGES if language != "en"]
WORDS_OF_THE_CODE = ("error.", "notice.", "reason.")
# Run by Alembic itself, inside a migration only.
NOT_IMPORTABLE = ("ingest.store.migrations.", "__main__")

SOURCES = [path for package in ("app", "ingest", "models") for path in (ROOT / package).rglob("*.py")]
SOURCES.remove(ROOT / "models" / "reasons.py")


def wording(language: str) -> dict[str, str]:
    return {key: text for key, text in catalogue(language).items() if not key.startswith(WORDS_OF_THE_CODE)}


def translated(language: str, section: str) -> dict[str, str]:
    """Sentences that stand in the code in English, by code."""
    start = f"{section}."
    return {key.removeprefix(start): text for key, text in catalogue(language).items() if key.startswith(start)}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def errors() -> dict[str, type[Explained]]:
    for package in (app, ingest, models):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part in module.name for part in NOT_IMPORTABLE):
                importlib.import_module(module.name)
    return {cls.code: cls for cls in subclasses(Explained) if cls.__module__.split(".")[0] != "tests"}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a module, with the name of what is called."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", ""), node


def codes_in(path: Path) -> Iterator[str]:
    """The codes of the reasons that a module gives; of one that takes them from a table, all that it holds."""
    given = [call.args[0] for name, call in calls(path) if name == "because"]
    if all(isinstance(code, ast.Constant) for code in given):
        yield from (str(code.value) for code in given if isinstance(code, ast.Constant))
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and node.value in REASONS:
            yield str(node.value)


def words_in(path: Path) -> Iterator[str]:
    """English that a module puts where a reason or a kind belongs, or into one; in place of values stands 7."""
    for name, call in calls(path):
        given = [word.value for word in call.keywords if word.arg in ("reason", "kind") or name == "because"]
        given += call.args if name in ("quoted", "Reason") else []
        yield from (said for each in given for said in spoken(each) if re.search("[a-z]{2} ", said))


def spoken(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    elif isinstance(node, ast.Constant):
        yield str(node.value)
    elif not isinstance(node, ast.Call):
        for part in ast.iter_child_nodes(node):
            yield from spoken(part)


def subclasses(cls: type[Explained]) -> Iterator[type[Explained]]:
    for each in cls.__subclasses__():
        yield each
        yield from subclasses(each)


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_messages(language: str) -> None:
    assert set(wording(language)) == set(wording("en"))


@pytest.mark.parametrize("language", OTHERS)
def test_translations_take_the_same_parameters(language: str) -> None:
    english = wording("en")
    wrong = {key for key, text in wording(language).items() if placeholders(text) != placeholders(english[key])}
    assert not wrong


def test_traditional_holds_no_simplified_characters() -> None:
    simplified = set("这为说问题请设还档库选择删关闭对话页码权错误时间边从会显")
    assert not {key for key, text in catalogue("zh-Hant").items() if simplified & set(text)}


def test_every_message_is_used_and_every_used_one_exists() -> None:
    paths = [
        *(ROOT / "templates").glob("*.html"),
        *(ROOT / "static" / "js").glob("*.js"),
        *(ROOT / "app").rglob("*.py"),
    ]
    source = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    # A key may be put together: `chat.stage_${name}` in a script, "status." ~ status in a template.
    prefixes = tuple(re.findall(r"`([a-z]+\.[a-z_]*)\$\{", source) + re.findall(r'"([a-z]+\.[a-z_]*)" ~', source))
    keys = set(wording("en"))
    unused = {
        key for key in keys if f'"{key}"' not in source and f"'{key}'" not in source and not key.startswith(prefixes)
    }
    assert not unused
    sections = {key.split(".")[0] for key in keys}
    named = {
        key for key in re.findall(r'\bt\(["\']([a-z]+\.[a-z_]+)["\'](?! ~)', source) if key.split(".")[0] in sections
    }
    assert named <= keys
    assert all(any(key.startswith(prefix) for key in keys) for prefix in prefixes)


def test_no_error_sentence_is_written_twice_in_english() -> None:
    assert wording("en") == dict(catalogue("en"))


@pytest.mark.parametrize("language", OTHERS)
def test_every_error_is_translated_with_its_parameters(language: str) -> None:
    known, there = errors(), translated(language, "error")
    assert set(known) - set(there) == set(), "errors without a translation"
    assert set(there) - set(known) - {"error"} == set(), "translations of no error"
    wrong = {code for code, cls in known.items() if placeholders(there[code]) != placeholders(cls.template)}
    assert not wrong


@pytest.mark.parametrize("language", OTHERS)
def test_every_notice_is_translated_with_its_parameters(language: str) -> None:
    there = translated(language, "notice")
    assert set(there) == set(TEMPLATES)
    assert not {code for code, text in TEMPLATES.items() if placeholders(there[code]) != placeholders(text)}


def test_a_notice_is_told_in_the_readers_language() -> None:
    notice = Notice("pages-empty", {"pages": "2-3"})
    assert tell(notice, Audience("en")) == str(notice) == "Pages without text: 2-3."
    assert tell(notice, Audience("zh-Hans")) == "以下页没有文字：2-3。"
    assert tell(Notice("earlier", {"text": "Said before {codes}."}), Audience("zh-Hant")) == "Said before {codes}."


def test_no_english_sentence_is_wrong_for_one() -> None:
    """There is one form a sentence: a number stands where it fits one thing as well as many, as in “Files: 1”."""
    told = {**catalogue("en"), **TEMPLATES, **{code: cls.template for code, cls in errors().items()}}
    numbers = "bases|count|documents|images|originals|seconds|waiting|works"
    counted = re.compile(rf"\{{(?:{numbers})\}} (?!of |still |min |[hs]\b)[a-z]+")
    # No limit is so low.
    high = {"parse-timeout", "page-timeout", "page-not-drawn", "drawing-busy", "too-few-questions"}
    assert {code: text for code, text in told.items() if counted.search(text)}.keys() <= high


def test_an_error_is_explained_in_the_readers_language() -> None:
    error = EmptyFile(name="{甲}.pdf")
    assert explain(error, Audience("en")) == str(error)
    assert explain(error, Audience("zh-Hans")).startswith("{甲}.pdf 是空文件")
    assert explain(error, Audience("zh-Hant")).startswith("{甲}.pdf 是空檔案")


@pytest.mark.parametrize("language", OTHERS)
def test_every_reason_is_translated_with_its_values(language: str) -> None:
    there = translated(language, "reason")
    assert set(there) == set(REASONS)
    assert not {code for code, text in REASONS.items() if placeholders(there[code]) != placeholders(text)}


def test_every_reason_in_the_code_is_one_of_those_that_are_translated() -> None:
    codes = {code for path in SOURCES for code in codes_in(path)}
    assert codes <= set(REASONS)
    licences = {weights.licence for weights in load_catalog() if " " in weights.licence.removesuffix(" License")}
    assert not [said for said in licences if recognised(said) is None and not said.endswith(" License")]
    labels = {each.label for each in FORMATS.values()}
    said_so = {found[0] for said in licences | labels if (found := recognised(said))}
    assert set(REASONS) - codes - said_so == {"licence-unknown"}, "reasons that nobody gives"


def test_no_reason_is_free_english_which_the_type_checker_cannot_tell_from_words_of_others() -> None:
    assert not [(path.name, said) for path in SOURCES for said in words_in(path) if recognised(said) is None]
    assert not [path.name for path in SOURCES if any(name == "Reason" for name, _ in calls(path))]


def test_what_would_be_free_english_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "Broken(path=path, reason='it is broken')\n"
        "Broken(reason=quoted(error.strerror or 'no idea'))\n"
        "Broken(reason=because('head-damaged', what=f'the length is {length}'))\n"
        "Broken(reason=quoted(f'{type(error).__name__}: {error}'))\n"
    )
    assert sorted(words_in(module)) == ["it is broken", "no idea", "the length is 7"]


def test_several_reasons_are_told_each_in_the_readers_language() -> None:
    silent = because("host-silent", host="hub.example", error="timed out")
    both = [because("source-failed", source=because("package-index"), reason=silent), because("no-source")]
    error = PullFailed(name="m3e", reason=listed(both))
    assert "From the package index: hub.example did not answer (timed out).\nNo source is known" in str(error)
    told = explain(error, Audience("zh-Hans"))
    assert "从软件包索引获取：hub.example 没有回应（timed out）。\n没有已知的来源。" in told


def test_a_reason_is_told_in_the_readers_language_also_one_that_was_kept_in_english() -> None:
    error = CorruptFile(name="坏.pdf", kind="PDF", reason=because("structure-damaged"))
    assert str(error) == explain(error, Audience("en"))
    assert "its structure is damaged" in str(error)
    assert explain(error, Audience("zh-Hans")).startswith("坏.pdf 无法作为 PDF 打开：文件结构已损坏。")
    kept = restore("corrupt-file", {"name": "a ZIP archive", "kind": "DOCX", "reason": "its content is a ZIP archive"})
    assert explain(kept, Audience("zh-Hant")).startswith("a ZIP archive 無法當作 DOCX 開啟：其內容是「ZIP 壓縮檔」。")
    notice = Notice("page-damaged", {"page": 3, "reason": "its structure is damaged"})
    assert tell(notice, Audience("zh-Hans")) == "第 3 页：文件结构已损坏。"
    foreign = CorruptFile(name="a.pdf", kind="PDF", reason=quoted("Permission denied {x}"))
    assert "Permission denied {x}" in explain(foreign, Audience("zh-Hans"))


FOLDER = Path("/home/li wei/.知文 data")
# What of a folder may stand in an error: a path, as it is or as it was kept, words of the system, an address.
PLACES = (
    FOLDER / "a b.db",
    f"{FOLDER}/a b.db",
    str(FOLDER),
    f"no such file: '{FOLDER}/a b.db'",
    f"[Errno 2] {FOLDER}: permission denied",
    f"C:\\Users{str(FOLDER).replace('/', chr(92))}\\a b.db",
    f"unable to open file:{FOLDER}",
    because("network-unloadable", file="a.onnx", error=f"load of {FOLDER}/a.onnx failed"),
    because("source-failed", source="ModelScope", reason=f"{FOLDER} is full"),
)


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_error_tells_others_than_the_owner_where_things_lie(language: str, place: Path | str) -> None:
    for code, kind in errors().items():
        needed = dict.fromkeys(placeholders(kind.template), place)
        error = kind(**needed)
        told = explain(error, Audience(language))
        assert not [part for part in FOLDER.parts[1:-1] if part in told], (code, told)
        assert not needed or "li wei" in explain(error, Audience(language, owner=True))
        assert not needed or "li wei" in str(error)


def test_no_notice_does_either_and_what_documents_say_stays() -> None:
    notice = Notice("ocr-unavailable", {"reason": f"det.onnx: no such file: '{FOLDER}/det.onnx'"})
    assert "li wei" not in tell(notice, Audience("zh-Hant"))
    assert "li wei" in tell(notice, Audience("zh-Hant", owner=True))
    assert "/usr/bin/env" in tell(Notice("repeats-left-out", {"count": 1, "text": "#!/usr/bin/env"}), Audience("en"))


def test_an_unsupported_file_names_families_of_formats_also_one_that_was_kept_with_all_endings() -> None:
    kept = restore("unsupported-file", {"name": "a.zip", "kind": "a ZIP archive", "supported": ".pdf, .docx"})
    for language in LANGUAGES:
        told = explain(kept, Audience(language))
        assert "PowerPoint" in told
        assert not re.search(r" \.[a-z]{2,}", told)
    assert "ZIP 压缩文件" in explain(kept, Audience("zh-Hans"))


def test_an_id_is_quoted() -> None:
    assert "“nowhere”" in explain(UnknownDocument(id="nowhere"), Audience("en"))
    assert "“nowhere”" in explain(UnknownDocument(id="nowhere"), Audience("zh-Hans"))
    assert "「nowhere」" in explain(UnknownDocument(id="nowhere"), Audience("zh-Hant"))


def test_words_on_licences_are_in_the_readers_language() -> None:
    assert reworded("see the model card (research use)", "zh-Hans") == "见模型说明页（供研究使用）"
    assert reworded("see the model card (research use)", "en") == "see the model card (research use)"
    assert reworded("Apache-2.0", "zh-Hans") == "Apache-2.0"


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        (None, None, "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        (None, "zh-TW", "zh-Hant"),
        (None, "zh-Hant-HK", "zh-Hant"),
        (None, "zh-HK;q=0.5, en;q=0.4", "zh-Hant"),
        (None, "zh-Hans-HK", "zh-Hans"),
        (None, "zh", "zh-Hans"),
        (None, "fr, en-GB;q=0.3, zh-CN;q=0.7", "zh-Hans"),
        (None, "fr", "en"),
        (None, "zh-CN;q=0, en", "en"),
        (None, ";;q=x,zh;q=oops, zh-MO;q=0.1", "zh-Hant"),
        ("en", "zh-CN", "en"),
        ("../../etc", "zh-CN", "zh-Hans"),
    ],
)
def test_language_is_the_chosen_one_else_the_browsers(cookie: str | None, header: str | None, language: str) -> None:
    assert pick_language(cookie, header) == language


def test_translate_fills_in_parameters() -> None:
    assert translate("zh-Hant", "common.page", page=3) == "第 3 頁"
    with pytest.raises(KeyError):
        translate("en", "no.such")
