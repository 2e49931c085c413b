"""What `zhiwen doctor` says of GPUs: what is set, what is used, and why not the GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.commands.doctor_gpu import Seen, gpu_findings, seen
from app.commands.finding import Finding
from app.settings import Settings
from models.gpu import Gpu
from models.local_transformers import Devices
from tests.support.tiny_gguf import write_gguf

GB = 1_000_000_000
ROOMY, FULL = Gpu("RTX 1", 8 * GB, 7 * GB), Gpu("RTX 1", 8 * GB, GB // 100)
NONE = Devices("2.13.0+cpu", built=False, gpus=(), mps=False)


def machine(
    *gpus: Gpu, torch: Devices | None = None, backends: tuple[str, ...] = ("CPU",), nvidia: bool = False
) -> Seen:
    """One where torch and llama.cpp see the same; or what is said of torch."""
    both = Devices("2.13.0+cu126", built=True, gpus=gpus, mps=False)
    return Seen(torch or both, "0.3", ("CUDA", "CPU") if gpus else backends, gpus, nvidia)


def told(folder: Path, there: Seen, *, judge_free: bool = True, **options: Any) -> list[Finding]:
    """With weights of both models that hardly take anything themselves."""
    (folder / "tiny").mkdir()
    (folder / "tiny" / "model.safetensors").write_bytes(b"x")
    llm = str(write_gguf(folder / "tiny.gguf", "llama"))
    settings = Settings(data_dir=folder, embedder=str(folder / "tiny"), **{"llm": llm, **options})
    return list(gpu_findings(settings, there, judge_free=judge_free))


def says(found: Finding, level: str, said: str, advice: str) -> None:
    """Advice comes with what is not well, and with nothing else."""
    assert found.level == level
    assert said in found.text
    assert advice in found.advice
    assert bool(found.advice) == (level != "ok")


@pytest.mark.parametrize(
    ("device", "there", "level", "said", "advice"),
    [
        ("auto", machine(ROOMY), "ok", "on the GPU RTX 1 (7000 MB free)", ""),
        ("cuda", machine(ROOMY), "ok", "on the GPU RTX 1", ""),
        ("cpu", machine(ROOMY), "ok", "on the CPU", ""),
        ("auto", machine(torch=NONE), "ok", "on the CPU: torch 2.13.0+cpu was built without CUDA", ""),
        ("auto", machine(), "ok", "on the CPU: torch 2.13.0+cu126 sees no GPU", ""),
        ("auto", machine(FULL), "warning", "on the CPU: it needs about 200 MB of the GPU RTX 1 (10 MB free)", "Close"),
        ("cuda", machine(FULL), "problem", "does not load: it needs about 200 MB", "ZHIWEN_EMBEDDER_DEVICE to auto"),
        ("cuda", machine(torch=NONE), "problem", "does not load: torch 2.13.0+cpu was built without CUDA", "Install"),
        ("cuda", machine(), "problem", "does not load: torch 2.13.0+cu126 sees no GPU", "nvidia-smi"),
        ("mps", machine(ROOMY), "problem", "does not load: there is no GPU of Apple's", "auto"),
        ("mps", machine(torch=Devices("2", built=False, gpus=(), mps=True)), "ok", "on Apple's GPU", ""),
        ("auto", machine(torch=Devices("2", built=False, gpus=(), mps=True)), "ok", "on Apple's GPU", ""),
        ("cuda", machine(torch=Devices("2", built=False, gpus=(), mps=True)), "problem", "built without CUDA", "auto"),
    ],
)
def test_where_the_embedder_computes_and_why(
    tmp_path: Path, device: str, there: Seen, level: str, said: str, advice: str
) -> None:
    found, _ = told(tmp_path, there, embedder_device=device)
    assert found.text.startswith(f"embedder (ZHIWEN_EMBEDDER_DEVICE={device}) ")
    says(found, level, said, advice)


@pytest.mark.parametrize(
    ("layers", "there", "level", "said", "advice"),
    [
        (-1, machine(ROOMY), "ok", "as a whole on the GPU RTX 1 (7000 MB free)", ""),
        (5, machine(FULL), "ok", "with 5 layers on the GPU RTX 1 (10 MB free)", ""),
        (0, machine(ROOMY), "ok", "on the CPU", ""),
        (-1, machine(FULL), "warning", "on the CPU: it needs about 200 MB of the GPU RTX 1", "as many layers as fit"),
        (-1, machine(), "ok", "on the CPU: llama.cpp 0.3 sees no GPU", ""),
        (5, machine(), "warning", "on the CPU: llama.cpp 0.3 sees no GPU", "ZHIWEN_LLM_GPU_LAYERS to -1"),
        (-1, machine(nvidia=True), "warning", "llama.cpp 0.3 was built without it", "nvcc"),
        (-1, machine(nvidia=True, backends=("CUDA", "CPU")), "ok", "llama.cpp 0.3 sees no GPU", ""),
    ],
)
def test_where_the_language_model_computes_and_why(
    tmp_path: Path, layers: int, there: Seen, level: str, said: str, advice: str
) -> None:
    _, found = told(tmp_path, there, llm_gpu_layers=layers)
    assert found.text.startswith(f"language model (ZHIWEN_LLM_GPU_LAYERS={layers}) ")
    says(found, level, said, advice)


def test_beside_a_server_that_holds_its_models_free_memory_is_not_judged(tmp_path: Path) -> None:
    assert [each.level for each in told(tmp_path, machine(FULL), judge_free=False)] == ["ok", "ok"]


def test_of_a_language_model_elsewhere_nothing_is_said(tmp_path: Path) -> None:
    assert len(told(tmp_path, machine(FULL), llm="none")) == 1


def test_weights_that_are_not_here_need_nothing(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, weights_dir=tmp_path, embedder="m3e-base", embedder_device="cuda")
    assert [each.level for each in gpu_findings(settings, machine(FULL))] == ["ok", "ok"]


def test_this_machine_is_looked_at() -> None:
    found = seen()
    assert found.torch.version
    assert "llama.cpp" in found.llama
    assert "CPU" in found.llama_backends
