"""What a start must not import: each takes a good part of a second, and memory, and is needed later or never."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi.testclient import TestClient

from app.cli import COMMANDS, build_parser
from app.server import create_app
from app.settings import ROOT
from models.base import LLM, Embedder
from tests.support.e5_file import tiny_embedder
from tests.support.fakes import HashEmbedder
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import services_in

# Deep learning, statistics, plots, and what reads documents, in child processes.
HEAVY = (
    "torch transformers sentence_transformers sklearn scipy pandas matplotlib onnx onnxruntime cv2 rapidocr faiss "
    "langchain_core langchain_text_splitters jieba llama_cpp tokenizers httpx cryptography pymupdf pdfplumber docx "
    "pptx openpyxl PIL huggingface_hub"
).split()
# What an encoder in integers is there to do without.
LEARNING = ("torch", "transformers", "sentence_transformers", "onnx", "sklearn")

REPORTS = "print(*sorted(sys.modules))"
# All that `zhiwen serve` imports before it listens.
START = """
from app.cli import build_parser
from app.settings import Settings
build_parser("serve").parse_args(["serve"])
from app.bootstrap import bootstrap
from app.server import create_app
from app.web_server import server_of
services = bootstrap(Settings(data_dir=sys.argv[1]))
server_of(create_app(services), services.end_soon)
services.close()
"""
OURS = {"app", "ingest", "models"}
# What others wrote and a start needs: the web and its pages; the catalog; numbers; passwords, Chinese, the machine.
NEEDED = set(
    "annotated_doc annotated_types anyio click dotenv fastapi h11 jinja2 markupsafe opentelemetry orjson pydantic "
    "pydantic_core pydantic_settings python_multipart sniffio starlette typing_extensions typing_inspection uvicorn "
    "sqlalchemy filelock numpy _argon2_cffi_bindings _cffi_backend argon2 opencc psutil".split()
)
# The first start of a data folder makes the catalog.
MIGRATING = {"alembic", "mako", "pygments"}
# About 8 % above what they were by Python 3.11, 1034 and 900: other versions of Python have some modules more.
MOST_AT_FIRST, MOST_LATER = 1115, 970
TIMED = re.compile(r"^import time: +(\d+) \| +(\d+) \| +(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Imported:
    """A module, and the microseconds of its import: its own, and with all that was imported for it."""

    name: str
    own: int
    whole: int

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]


def test_the_application_is_built_without_what_a_start_does_not_need(tmp_path: Path) -> None:
    loaded = modules_after(START, tmp_path)
    assert "app.routes.ask" in loaded
    assert "numpy" in loaded
    assert not loaded & set(HEAVY)
    assert {name for name in loaded if name.startswith("app.commands.")} == {"app.commands.serve"}


def test_a_start_imports_no_more_than_its_budget(tmp_path: Path) -> None:
    """So many modules, and of nobody else than is named above: what one of them brings along shows, too."""
    for most, allowed in ((MOST_AT_FIRST, NEEDED | MIGRATING), (MOST_LATER, NEEDED)):
        imports = imports_of(START, tmp_path)
        names = {each.name for each in imports}
        assert {"app.routes.ask", "numpy", "sqlalchemy"} <= names
        more = strangers(imports) - allowed
        assert not more, f"{sorted(more)} came in\n{largest(imports)}"
        assert len(names) <= most, f"{len(names)} modules\n{largest(imports)}"


def test_what_breaks_the_budget_is_told(tmp_path: Path) -> None:
    (tmp_path / "newcomer").mkdir()
    (tmp_path / "newcomer" / "__init__.py").write_text("import newcomer.part")
    (tmp_path / "newcomer" / "part.py").write_text("try: import nowhere\nexcept ImportError: pass")
    imports = imports_of("sys.path.append(sys.argv[1]); import newcomer", tmp_path)
    # Who imports another is there after it; what was not found is not there.
    part, whole = imports[-2:]
    assert (part.name, whole.name) == ("newcomer.part", "newcomer")
    assert whole.whole >= part.whole
    assert strangers(imports) == {"newcomer"}
    assert f"{(part.own + whole.own) / 1000:.1f} ms itself" in largest(imports)
    many = [Imported(f"p{number}.a", number, 2 * number) for number in range(12)]
    assert [line.split()[0] for line in largest(many).splitlines()] == [f"p{number}" for number in range(11, 1, -1)]


def test_every_command_is_known_by_its_own_name() -> None:
    """A command that is not found under its name costs the import of all."""
    for names in COMMANDS.values():
        assert [commands_of(build_parser(name)) for name in names] == [list(names)] * len(names)
    assert commands_of(build_parser()) == [name for names in COMMANDS.values() for name in names]


def commands_of(parser: argparse.ArgumentParser) -> list[str]:
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return list(commands.choices)


def test_a_question_is_embedded_in_integers_without_deep_learning(tmp_path: Path) -> None:
    """Nor is the network made here that does it: what that takes would stay with the server until its end."""
    tiny_folder, data = tiny_embedder(tmp_path), tmp_path / "data"
    data.mkdir()
    code = """
from pathlib import Path
from app.tuning import Tuning
from models.embed_sentence_transformers import SentenceTransformersEmbedder
folder, data = Path(sys.argv[2]), Path(sys.argv[1])
embedder = SentenceTransformersEmbedder(
    folder, name="tiny", device="cpu", form="int8", memo=Tuning(data), made=data / "made"
)
assert embedder.embed_query("第七号码头几点开门？").shape == (embedder.dimensions,)
"""
    for start in ("the first", "a later"):
        loaded = modules_after(code, data, tiny_folder)
        assert "onnxruntime" in loaded, start
        assert not loaded & set(LEARNING), start
    assert len(list((data / "made").iterdir())) == 1


def test_until_the_head_start_is_over_models_load_only_for_who_needs_one(tmp_path: Path) -> None:
    loaded: list[str] = []

    def embedder() -> Embedder:
        loaded.append("embedder")
        return HashEmbedder()

    def llm() -> LLM:
        loaded.append("llm")
        return ScriptedLLM({})

    with (
        services_in(tmp_path, embedder=embedder, llm=llm) as services,
        TestClient(create_app(services, head_start=3600.0), base_url="http://127.0.0.1:8000") as client,
    ):
        assert client.get("/healthz").json()["llm"]["state"] == "loading"
        assert client.get("/library").status_code == 200
        assert loaded == []
        services.embedder.get()
        assert loaded == ["embedder"]
    # It was ended before it began.
    assert loaded == ["embedder"]


def imports_of(code: str, *arguments: Path) -> list[Imported]:
    """What a process of its own imported that ran this, in the order in which it was there.

    But for what the interpreter itself does before, which depends on how it is installed.
    """
    done = ran(code, *arguments, options=("-X", "importtime"))
    found = [Imported(name, int(own), int(whole)) for own, whole, name in TIMED.findall(done.stderr)]
    start = [each.name for each in found].index("site") + 1
    loaded = set(done.stdout.split())
    return [each for each in found[start:] if each.name in loaded]


def strangers(imports: Iterable[Imported]) -> set[str]:
    """The packages of others. A module of the standard library is named after the platform."""
    packages = {each.package for each in imports} - OURS - sys.stdlib_module_names
    return {name for name in packages if not name.startswith("_sysconfigdata")}


def largest(imports: Iterable[Imported]) -> str:
    """The ten packages whose own modules took longest, a line each."""
    by_package: dict[str, list[Imported]] = {}
    for each in imports:
        by_package.setdefault(each.package, []).append(each)
    own = {name: sum(each.own for each in modules) for name, modules in by_package.items()}
    return "\n".join(
        f"{name:20} {own[name] / 1000:7.1f} ms itself, its longest import with all that it imported "
        f"{max(each.whole for each in by_package[name]) / 1000:.1f} ms, {len(by_package[name])} modules"
        for name in sorted(own, key=lambda name: -own[name])[:10]
    )


def modules_after(code: str, *arguments: Path) -> set[str]:
    """The modules of a process of its own that ran this."""
    return set(ran(code, *arguments).stdout.split())


def ran(code: str, *arguments: Path, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """A process that ran this and printed its modules."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ZHIWEN_")}
    done = subprocess.run(
        [sys.executable, *options, "-c", f"import sys\n{code}\n{REPORTS}", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done
