"""What Zhiwen's code must not use: whatever runs code out of data, a shell, or a file name that others can take.

References are followed through imports, so that no alias hides one; what libraries do inside is not seen here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("app", "ingest", "models", "tools", "bench")

# Reading these formats runs what the file says, or trusts its bytes with the memory of the process.
MODULES = frozenset({"pickle", "_pickle", "cloudpickle", "dill", "jsonpickle", "marshal", "shelve", "joblib"})
NAMES = frozenset(
    """builtins.eval builtins.exec builtins.compile builtins.__import__ os.system os.popen pty.spawn
    subprocess.getoutput subprocess.getstatusoutput asyncio.create_subprocess_shell tempfile.mktemp yaml.load
    yaml.load_all yaml.full_load yaml.unsafe_load pandas.read_pickle torch.jit.load torch.package.PackageImporter
    runpy.run_path code.interact""".split()
)
# Calls that are right only with, or without, an argument.
UNLESS = {"torch.load": ("weights_only", True)}
NEVER = {"shell": False, "allow_pickle": False, "trust_remote_code": False}


def banned(source: str) -> list[str]:
    """What a source text uses of all that, each with its line."""
    tree = ast.parse(source)
    known = dict(_imported(tree))
    found: set[tuple[int, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(node.lineno, alias.name) for alias in node.names if _root(alias.name) in MODULES}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level and _root(node.module) in MODULES:
            found.add((node.lineno, node.module))
        elif isinstance(node, ast.Name | ast.Attribute):
            name = _dotted(node, known)
            if name in NAMES:
                found.add((node.lineno, name))
        elif isinstance(node, ast.Call):
            found |= {(node.lineno, fault) for fault in _arguments(node, _dotted(node.func, known))}
    return [f"{line}: {name}" for line, name in sorted(found)]


def _arguments(call: ast.Call, name: str) -> Iterator[str]:
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if name in UNLESS:
        argument, right = UNLESS[name]
        if not _is(given.get(argument), right):
            yield f"{name} without {argument}={right}"
    for argument, right in NEVER.items():
        if argument in given and not _is(given[argument], right):
            yield f"{argument}={ast.unparse(given[argument])}"


def _is(node: ast.expr | None, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Names as the source has them, and what they are names of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (
                (alias.asname or _root(alias.name), alias.name if alias.asname else _root(alias.name))
                for alias in node.names
            )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _dotted(node: ast.expr, known: dict[str, str]) -> str:
    """The full name that an expression of names and dots stands for; "" for any other."""
    if isinstance(node, ast.Name):
        return known.get(node.id, f"builtins.{node.id}")
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, known)
        return f"{before}.{node.attr}" if before else ""
    return ""


def _root(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import joblib.numpy_pickle as fine",
        "from marshal import loads",
        "def later():\n    import shelve",
        "eval('1')",
        "run = exec",
        "from builtins import eval as calculate\ncalculate('1')",
        "import builtins\nbuiltins.eval('1')",
        "compile('1', '', 'eval')",
        "__import__(name)",
        "import os\nos.system('ls')",
        "import os as fine\nfine.popen('ls')",
        "from os import system as fine\nfine('ls')",
        "import subprocess\nsubprocess.run('ls', shell=True)",
        "import subprocess\nsubprocess.run('ls', shell=maybe)",
        "import torch\ntorch.load(path)",
        "from torch import load\nload(path, weights_only=False)",
        "import numpy as np\nnp.load(path, allow_pickle=True)",
        "import yaml\nyaml.load(text, Loader=yaml.Loader)",
        "import tempfile\ntempfile.mktemp()",
        "import transformers\ntransformers.AutoModel.from_pretrained(path, trust_remote_code=True)",
    ],
)
def test_each_is_found(source: str) -> None:
    assert len(banned(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "model.eval()",
        "import re\nre.compile('x')",
        "import subprocess\nsubprocess.run(['ls'], shell=False)",
        "import torch\ntorch.load(path, weights_only=True)",
        "import numpy as np\nnp.load(path)\nnp.load(path, allow_pickle=False)",
        "import yaml\nyaml.safe_load(text)",
        "import tempfile\ntempfile.mkstemp()",
        "import os\nos.path.join('a', 'system')",
        "from .marshal import loads",
    ],
)
def test_what_only_looks_like_it_is_not(source: str) -> None:
    assert banned(source) == []


def test_our_code_uses_none_of_it() -> None:
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 250
    found = [f"{path.relative_to(ROOT).as_posix()}:{use}" for path in files for use in banned(path.read_text("utf-8"))]
    assert found == []
