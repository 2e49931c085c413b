"""`zhiwen tune`: what it measured is what the model computes with from then on."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path

import pytest

from app.cli import main
from app.settings import load_settings
from app.shelf import build_llm, llm_file
from app.tuning import Tuning
from ingest.store.lock import DataFolderLock
from models.llama import LlamaModel
from models.llama.layout import rows
from models.llama.library import native
from models.llama.tuned import Tuned, remember, remembered
from models.threads import MOST_THREADS, logical_cores
from tests.support.tiny_gguf import write_gguf


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for key, value in {"DATA_DIR": tmp_path / "data", "LLM": write_gguf(tmp_path / "tiny.gguf", "qwen2")}.items():
        monkeypatch.setenv(f"ZHIWEN_{key}", str(value))
    return tmp_path / "data"


def built() -> LlamaModel:
    settings = load_settings()
    model = build_llm(settings, settings.llm)
    assert isinstance(model, LlamaModel)
    return model


def test_what_was_measured_is_kept_and_used(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["tune"]) == 0
    told = capsys.readouterr().out
    assert re.findall(r"0, (\d): of the tokens both choose the same", told) == ["2", "3", "5", "8"]
    assert "kept for" in told
    (key, kept), *more = json.loads((data / "tuning.json").read_text()).items()
    assert not more
    assert key.startswith("llm tiny.gguf ")
    with closing(built()) as model:
        assert model.describe().tuned.block == kept["block"]
    # What is kept is used whatever it is, and what the settings say comes first.
    (data / "tuning.json").write_text(json.dumps({key: kept | {"block": 96, "draft": 3, "threads": 1}}))
    with closing(built()) as model:
        assert (model.describe().tuned.block, model.describe().tuned.draft, model.describe().threads) == (96, 3, 1)
    monkeypatch.setenv("ZHIWEN_LLM_THREADS", "2")
    with closing(built()) as model:
        assert model.describe().threads == 2


NONSENSE = ({"block": "many"}, {"unknown": 1}, {"block": 0}, {"threads": -1}, {"draft": 1 << 40}, {"cache": "f4"})


@pytest.mark.parametrize("damaged", [*NONSENSE, [1]])
def test_what_was_kept_and_makes_no_sense_is_left(data: Path, damaged: object) -> None:
    data.mkdir()
    path = llm_file(load_settings(), load_settings().llm)[0]
    remember(Tuning(data), path, Tuned(block=64, cache="q8_0"))
    kept = json.loads((data / "tuning.json").read_text())
    # Another build of llama.cpp is another machine.
    assert all(rows(native()) in key for key in kept)
    assert remembered(Tuning(data), path) == Tuned(block=64, cache="q8_0")
    (data / "tuning.json").write_text(json.dumps(dict.fromkeys(kept, damaged)))
    with closing(built()) as model:
        assert (model.describe().tuned.block, model.describe().tuned.cache) == (Tuned().block, "f16")


def test_what_computes_elsewhere_cannot_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "--llm", "none"]) == 1
    assert "none does not compute in this process" in capsys.readouterr().err


def test_a_running_server_is_not_disturbed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = DataFolderLock(data)
    lock.acquire()
    assert main(["tune"]) == 1
    lock.release()
    assert str(data) in capsys.readouterr().err
    assert not (data / "tuning.json").exists()


@pytest.mark.parametrize("which", ["threads", "prompt_threads"])
def test_more_threads_than_four_for_each_processor_are_nonsense(data: Path, which: str) -> None:
    path, memo = llm_file(load_settings(), load_settings().llm)[0], Tuning(data)
    data.mkdir()
    most = min(4 * logical_cores(), MOST_THREADS)
    for count, used in ((most, True), (most + 1, False)):
        remember(memo, path, Tuned(**{which: count}))
        assert (remembered(memo, path) is not None) == used
