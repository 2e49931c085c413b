"""Libraries that could call home are told not to, whatever a person's environment says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import ROOT
from models.offline import ANSWERS
from tests.support.file_server import serving
from tests.support.processes import environment, zhiwen

WANTED_ELSEWHERE = {
    "LANGSMITH_TRACING_V2": "true",
    "LANGSMITH_TRACING": "true",
    "LANGCHAIN_TRACING_V2": "true",
    "HF_HUB_OFFLINE": "0",
    "TRANSFORMERS_OFFLINE": "0",
    "HF_HUB_DISABLE_TELEMETRY": "0",
    "DO_NOT_TRACK": "0",
    "ORT_DISABLE_TELEMETRY": "0",
    "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
    "OTEL_SDK_DISABLED": "false",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
}
# What the libraries themselves believe, once a command has run.
ASKED = """
import json, os, sys
from app.cli import main
assert main(["models", "list"]) == 0
from fastapi import FastAPI
from huggingface_hub import constants
from langchain_core.tracers.context import _tracing_v2_is_enabled
from transformers.utils.hub import http_user_agent
print(json.dumps({
    "langchain": _tracing_v2_is_enabled(),
    "hub": constants.is_offline_mode(),
    "hub telemetry": not constants.HF_HUB_DISABLE_TELEMETRY,
    "transformers": http_user_agent(),
    "fastapi": FastAPI()._telemetry["auto_configure"],
}))
print(json.dumps(dict(os.environ)))
"""


def test_a_persons_environment_sends_nothing_away(tmp_path: Path) -> None:
    variables = environment(tmp_path) | WANTED_ELSEWHERE
    done = subprocess.run([sys.executable, "-c", ASKED], env=variables, stdout=subprocess.PIPE, check=True, cwd=ROOT)
    told, left = (json.loads(line) for line in done.stdout.splitlines()[-2:])
    agent = told.pop("transformers")
    assert agent.endswith("telemetry/off")
    assert told == {"langchain": False, "hub": True, "hub telemetry": False, "fastapi": False}
    assert {name: left[name] for name in ANSWERS} == ANSWERS


BENCHES = sorted(path.stem for path in (ROOT / "bench").glob("*.py") if " = bootstrap(" in path.read_text("utf-8"))
MEASURING = """
import json, os, runpy, sys
try:
    runpy.run_module(sys.argv.pop(1), run_name="__main__")
except SystemExit:
    print(json.dumps(dict(os.environ)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("bench", BENCHES)
def test_what_measures_sends_nothing_away_and_shares_the_cores(tmp_path: Path, bench: str) -> None:
    variables = environment(tmp_path) | WANTED_ELSEWHERE
    command = [sys.executable, "-c", MEASURING, f"bench.{bench}", "--help"]
    told = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout
    left = json.loads(told.splitlines()[-1])
    assert {name: left[name] for name in ANSWERS} == ANSWERS
    assert "GOMP_SPINCOUNT" in left or "OMP_WAIT_POLICY" in left


def test_weights_that_are_asked_for_come_all_the_same(tmp_path: Path) -> None:
    with serving() as server:
        server.files["/tiny.gguf"] = b"GGUF" + bytes(1000)
        done = zhiwen(environment(tmp_path), "models", "pull", f"{server.url}/tiny.gguf")
    assert (done.returncode, "tiny is installed" in done.stdout) == (0, True), done.stderr


def at_home(folder: Path) -> dict[str, str]:
    """An environment with an empty home and nothing that a library could take for a machine that only tests."""
    (folder / "home").mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}


OCR = "from models.ocr_sessions import *; Network(network_folder() / DETECTION)"
LAYOUT = "from ingest.pdf.layout_model import _model; _model()"


@pytest.mark.parametrize("statement", [OCR, LAYOUT], ids=["ocr", "layout"])
def test_networks_are_loaded_without_a_trace_in_the_home_folder(tmp_path: Path, statement: str) -> None:
    """ONNX Runtime would begin with an identifier of the machine and a store of what is to be sent."""
    subprocess.run([sys.executable, "-c", statement], env=at_home(tmp_path), check=True, cwd=ROOT)
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []
