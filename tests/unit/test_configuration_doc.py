"""`docs/configuration.md` says exactly what the settings are."""

from pathlib import Path

import pytest

from app.settings import ROOT, Settings

TEXT = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_as_it_is(name: str) -> None:
    field = Settings.model_fields[name]
    default = field.default
    if isinstance(default, Path):
        default = default.relative_to(ROOT).as_posix()
    if isinstance(default, bool):
        default = str(default).lower()
    shown = f"`{default}`" if default not in ("", None) else "empty"
    assert f"| `ZHIWEN_{name.upper()}` | {shown} | {field.description} |" in TEXT


def test_nothing_else_is_documented() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `ZHIWEN_")]
    assert len(rows) == len(Settings.model_fields)
