"""`docs/architecture.md` names what is there and nothing that is not."""

import re

from app.settings import ROOT

TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`((?:app|ingest|models)/[\w/.]+)`", TEXT))


def test_everything_named_exists() -> None:
    assert [name for name in sorted(NAMED) if not (ROOT / name).exists()] == []


def test_every_module_is_named() -> None:
    folders = {name.rstrip("/") for name in NAMED if name.endswith("/")}
    modules = {
        path.relative_to(ROOT).as_posix()
        for package in ("app", "ingest", "models")
        for path in (ROOT / package).rglob("*.py")
        if not path.name.startswith("__")
    }
    unnamed = {module for module in modules - NAMED if not any(module.startswith(folder + "/") for folder in folders)}
    assert sorted(unnamed) == []
