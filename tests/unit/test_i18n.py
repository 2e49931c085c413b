"""The catalogues agree with each other, with the pages and scripts that use them, and with the errors."""

from __future__ import annotations

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
from app.i18n import LANGUAGES, catalogue, explain, pick_language, tell, translate
from ingest.errors import EmptyFile
from ingest.notices import TEMPLATES, Notice
from models.errors import Explained

ROOT = Path(__file__).resolve().parents[2]
OTHERS = [language for language in LANGUAGES if language != "en"]
# Run by Alembic itself, inside a migration only.
NOT_IMPORTABLE = ("ingest.store.migrations.", "__main__")


def wording(language: str) -> dict[str, str]:
    return {key: text for key, text in catalogue(language).items() if not key.startswith(("error.", "notice."))}


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
    named = {key for key in re.findall(r'\bt\(["\']([a-z]+\.[a-z_]+)["\']', source) if key.split(".")[0] in sections}
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
    assert tell(notice, "en") == str(notice) == "Pages without text: 2-3."
    assert tell(notice, "zh-Hans") == "以下页没有文字：2-3。"
    assert tell(Notice("earlier", {"text": "Said before {codes}."}), "zh-Hant") == "Said before {codes}."


def test_an_error_is_explained_in_the_readers_language() -> None:
    error = EmptyFile(name="{甲}.pdf")
    assert explain(error, "en") == str(error)
    assert explain(error, "zh-Hans").startswith("{甲}.pdf 是空文件")
    assert explain(error, "zh-Hant").startswith("{甲}.pdf 是空檔案")


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
    assert translate("zh-Hant", "sources.page", page=3) == "第 3 頁"
    with pytest.raises(KeyError):
        translate("en", "no.such")
