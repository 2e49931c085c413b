"""docs/evaluation.md names every option of `zhiwen eval run`, and no other."""

import argparse
import re
from pathlib import Path

from app.cli import build_parser

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text("utf-8")


def inner(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    action = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return action.choices[name]


def test_every_option_is_explained() -> None:
    run = inner(inner(build_parser(), "eval"), "run")
    there = {option for action in run._actions for option in action.option_strings} - {"-h", "--help"}
    assert set(re.findall(r"^\| `(--[a-z-]+)", PAGE, re.MULTILINE)) == there


def test_the_baseline_takes_the_same_options_but_two() -> None:
    kinds = inner(build_parser(), "eval")
    options = [
        {option for action in inner(kinds, name)._actions for option in action.option_strings}
        for name in ("run", "baseline")
    ]
    assert options[0] - options[1] == {"--base", "--against"}
    assert not options[1] - options[0]
