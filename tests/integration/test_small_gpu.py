"""An embedder on a GPU that is too small or busy: what does not fit is halved, and at last the processor computes."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from models.embed_sentence_transformers import SentenceTransformersEmbedder
from models.errors import GpuMemoryShort
from tests.support.e5_file import tiny_embedder
from tests.support.gpus import CUDA_SAYS, SmallGpu

TEXTS = ["银行", "", "中国银行 bank", "第三条", "知识", "a"]


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_embedder(tmp_path_factory.mktemp("embedder"))


def embedder(folder: Path, gpu: SmallGpu, device: str = "auto") -> SentenceTransformersEmbedder:
    return SentenceTransformersEmbedder(folder, name="tiny", device=device, torch=gpu.torch())


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


# Where a GPU is full, CUDA's own libraries raise an ordinary error.
@pytest.mark.parametrize("says", [None, RuntimeError])
def test_a_model_that_does_not_fit_is_loaded_on_the_processor(
    tiny_folder: Path, caplog: pytest.LogCaptureFixture, says: type[RuntimeError] | None
) -> None:
    tiny = embedder(tiny_folder, SmallGpu(0, loads=False, says=says))
    assert tiny.device == "cpu"
    assert tiny.embed_passages(TEXTS).vectors.shape == (len(TEXTS), tiny.dimensions)
    assert warnings(caplog) == [f"tiny could not be loaded on the GPU ({CUDA_SAYS}); the processor is used."]


def test_a_model_that_does_not_fit_on_the_gpu_that_is_set_is_refused(tiny_folder: Path) -> None:
    with pytest.raises(GpuMemoryShort, match=r"too little free memory for tiny \(CUDA out of memory"):
        embedder(tiny_folder, SmallGpu(0, loads=False), "cuda")


def test_a_batch_that_does_not_fit_is_halved(tiny_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    gpu = SmallGpu(3)
    tiny = embedder(tiny_folder, gpu, "cuda")
    texts = [f"{text} {n}" for n in range(4) for text in TEXTS]
    found = tiny.embed_passages(texts)
    assert sum(gpu.batches) == len(texts)
    assert 1 <= max(gpu.batches) <= 3
    assert tiny.device == "cuda"
    assert warnings(caplog) == []
    plain = SentenceTransformersEmbedder(tiny_folder, name="tiny", device="cpu").embed_passages(texts)
    np.testing.assert_allclose(found.vectors, plain.vectors, atol=1e-4)
    assert [len(each) for each in found.windows] == [len(each) for each in plain.windows]
    # Memory that was short for a moment is asked for again.
    gpu.room = len(texts)
    tiny.embed_passages(texts)
    assert gpu.batches[-1] > 3


@pytest.mark.parametrize("asked", ["passages", "a question"])
def test_where_not_one_text_fits_the_processor_goes_on(
    tiny_folder: Path, caplog: pytest.LogCaptureFixture, asked: str
) -> None:
    gpu = SmallGpu(2)
    tiny = embedder(tiny_folder, gpu)
    before, fingerprint = tiny.embed_query("你好"), tiny.fingerprint
    gpu.room = 0
    if asked == "passages":
        assert tiny.embed_passages(TEXTS).vectors.any(axis=1).all()
    after = tiny.embed_query("你好")
    assert (tiny.device, tiny.form, tiny.fingerprint) == ("cpu", "float32", fingerprint)
    assert float(before @ after) > 0.9999
    assert warnings(caplog) == [f"tiny could not compute on the GPU ({CUDA_SAYS}); the processor is used."]
    assert gpu.batches == [1]


def test_where_not_one_text_fits_the_gpu_that_is_set_it_is_said_so(tiny_folder: Path) -> None:
    gpu = SmallGpu(2)
    tiny = embedder(tiny_folder, gpu, "cuda")
    gpu.room = 0
    for ask in (lambda: tiny.embed_query("你好"), lambda: tiny.embed_passages(TEXTS)):
        with pytest.raises(GpuMemoryShort, match="ZHIWEN_EMBEDDER_DEVICE to auto"):
            ask()
    gpu.room = 1
    assert tiny.embed_query("你好").shape == (tiny.dimensions,)


def test_another_error_of_a_gpu_is_not_taken_for_that(tiny_folder: Path) -> None:
    class Broken(SmallGpu):
        def take(self, texts: int) -> None:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")

    with pytest.raises(RuntimeError, match="illegal memory access"):
        embedder(tiny_folder, Broken(9)).embed_query("你好")
