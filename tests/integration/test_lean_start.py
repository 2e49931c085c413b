"""What a start must not import: each takes a good part of a second, and memory, and is needed later or never."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
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


def test_the_application_is_built_without_what_a_start_does_not_need(tmp_path: Path) -> None:
    """All that `zhiwen serve` imports before it listens."""
    loaded = modules_after(
        """
from app.cli import build_parser
from app.settings import Settings
build_parser("serve").parse_args(["serve"])
from app.bootstrap import bootstrap
from app.server import create_app
from app.web_server import server_of
services = bootstrap(Settings(data_dir=sys.argv[1]))
server_of(create_app(services), services.end_soon)
services.close()
""",
        tmp_path,
    )
    assert "app.routes.ask" in loaded
    assert "numpy" in loaded
    assert not loaded & set(HEAVY)
    assert {name for name in loaded if name.startswith("app.commands.")} == {"app.commands.serve"}


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


def modules_after(code: str, *arguments: Path) -> set[str]:
    """The modules of a process of its own that ran this."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ZHIWEN_")}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n{REPORTS}", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())
