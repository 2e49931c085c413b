"""A hub on this machine that has two tiny models, which are all that the catalogue names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from app.bootstrap import Services, bootstrap
from app.settings import Settings
from models.catalog import Catalog, WeightFile, Weights
from tests.support.e5_file import tiny_embedder
from tests.support.file_server import FileServer, serving
from tests.support.tiny_gguf import write_gguf

LLM, EMBEDDER = "tiny-llm", "tiny-embedder"


def files_of(folder: Path) -> dict[str, dict[str, bytes]]:
    """The files of both models by path, made in a folder."""
    embedder = tiny_embedder(folder)
    gguf = write_gguf(folder / "tiny.gguf", "qwen2", context=8192).read_bytes()
    of_embedder = [path for path in embedder.rglob("*") if path.is_file()]
    return {
        LLM: {"tiny.gguf": gguf},
        EMBEDDER: {path.relative_to(embedder).as_posix(): path.read_bytes() for path in of_embedder},
    }


@contextmanager
def offering(files: dict[str, dict[str, bytes]]) -> Iterator[FileServer]:
    """The hub, with these files."""
    entries = []
    with serving() as server, pytest.MonkeyPatch.context() as patch:
        for name, content in files.items():
            offered = tuple(WeightFile(path, len(b), hashlib.sha256(b).hexdigest()) for path, b in content.items())
            size = sum(file.size for file in offered)
            kind: Literal["llm", "embedder"] = "llm" if name == LLM else "embedder"
            entries.append(Weights(name, kind, "MIT", size, default=True, files=offered, huggingface=f"zh/{name}"))
            listed = [{"type": "file", "path": path, "size": len(b), "oid": ""} for path, b in content.items()]
            server.files[f"/api/models/zh/{name}/tree/main?recursive=true"] = json.dumps(listed).encode()
            server.files |= {f"/zh/{name}/resolve/main/{path}": b for path, b in content.items()}
        for module in ("app.shelf", "models.installed"):
            patch.setattr(f"{module}.load_catalog", lambda: Catalog(tuple(entries)))
        patch.setenv("HF_ENDPOINT", server.url)
        yield server


@contextmanager
def without_weights(folder: Path) -> Iterator[Services]:
    """An installation that wants both models and has none."""
    own = {"data_dir": folder / "data", "weights_dir": folder / "weights", "llm": LLM, "embedder": EMBEDDER}
    services = bootstrap(Settings().model_copy(update=own))
    try:
        yield services
    finally:
        services.close()
