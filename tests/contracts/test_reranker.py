"""What every reranker promises, held against every reranker there is."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from models.base import Reranker
from models.errors import GpuMemoryShort, WeightsMissing, WeightsUnusable
from models.rerank_cross_encoder import CrossEncoderReranker
from tests.support.e5_file import tiny_embedder
from tests.support.fakes import overlap_reranker
from tests.support.gpus import CUDA_SAYS, SmallGpu

TEXTS = ["银行的资本充足率不得低于百分之八。", "", "a", "lone \ud800 surrogate", "很长的一段话，" * 400]


def tiny_cross_encoder(folder: Path, labels: int = 1) -> Path:
    """A cross-encoder with chance for weights."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    tiny = tiny_embedder(folder)
    torch.manual_seed(3)
    config = AutoConfig.from_pretrained(tiny)
    config.num_labels = labels
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder / "cross")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny / name, folder / "cross" / name)
    return folder / "cross"


@pytest.fixture(scope="module", params=["overlap", "tiny"])
def reranker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reranker:
    if request.param == "overlap":
        return overlap_reranker()
    return CrossEncoderReranker(tiny_cross_encoder(tmp_path_factory.mktemp("reranker")), name="tiny", device="cpu")


def test_every_text_has_a_figure_in_its_place(reranker: Reranker) -> None:
    scores = reranker.score("资本充足率是多少？", TEXTS)
    assert scores.shape == (len(TEXTS),)
    assert scores.dtype == np.float32
    for text, score in zip(TEXTS, scores, strict=True):
        np.testing.assert_allclose(reranker.score("资本充足率是多少？", [text]), [score], atol=1e-4)


def test_nothing_gives_nothing(reranker: Reranker) -> None:
    assert reranker.score("问题", []).shape == (0,)
    assert reranker.name


def test_the_question_counts(reranker: Reranker) -> None:
    one, other = (reranker.score(question, TEXTS[:1])[0] for question in ("资本充足率是多少？", "weather"))
    assert one != other


def test_a_classifier_is_no_reranker(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnusable, match="gives 3 figures a pair"):
        CrossEncoderReranker(tiny_cross_encoder(tmp_path, labels=3), name="three", device="cpu")


def test_weights_that_can_run_code_are_refused(tmp_path: Path) -> None:
    folder = tiny_cross_encoder(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(WeightsUnusable, match="can run code"):
        CrossEncoderReranker(folder, name="old", device="cpu")


def test_a_folder_that_is_not_there_is_missing_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        CrossEncoderReranker(tmp_path / "gone", name="gone")


def test_where_a_gpu_has_no_room_the_processor_reranks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder, gpu = tiny_cross_encoder(tmp_path), SmallGpu(0, loads=False, kind="CrossEncoder")
    assert CrossEncoderReranker(folder, name="tiny", torch=gpu.torch()).score("问题", TEXTS).shape == (len(TEXTS),)
    assert f"tiny could not be loaded on the GPU ({CUDA_SAYS}); the processor is used." in caplog.messages
    with pytest.raises(GpuMemoryShort):
        CrossEncoderReranker(folder, name="tiny", device="cuda", torch=gpu.torch())
