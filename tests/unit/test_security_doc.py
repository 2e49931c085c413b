"""docs/security.md names tests: each is there, and every test that attacks is named."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(test_\w+\.py)::(test_\w+)`", TEXT)


def test_every_named_test_is_there() -> None:
    assert len(NAMED) > 30
    files = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    assert not [name for name in NAMED if f"def {name[1]}(" not in files.get(name[0], "")]


def test_every_attack_is_named() -> None:
    """Or what it proves is not told to anybody."""
    files = [path.name for path in (ROOT / "tests" / "attacks").glob("test_*.py")]
    assert files
    assert not set(files) - {file for file, _ in NAMED}


def test_every_row_has_a_proof() -> None:
    table = TEXT.split("## Threats")[1].split("## Holes")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows
    assert not [row for row in rows if "::test_" not in row]
