"""The embedder that reads a folder of a sentence-transformers model: what it takes, and what it makes of texts."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.catalog import Prompts
from models.convert_e5 import convert
from models.embed_sentence_transformers import SentenceTransformersEmbedder, batch_tokens
from models.encoder_files import read_encoder
from models.errors import WeightsMissing, WeightsUnusable
from models.gauge import Rate
from models.windows import WINDOW_TOKENS
from tests.support.e5_file import POSITIONS, tiny_e5s1, tiny_embedder


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_embedder(tmp_path_factory.mktemp("embedder"))


@pytest.mark.weights
def test_the_default_embedder_finds_meaning_across_languages(weights_dir: Path) -> None:
    name = "multilingual-e5-small"
    real = SentenceTransformersEmbedder(weights_dir / name, name=name, device="cpu")
    passages = ["猫坐在垫子上打盹。", "央行下调了贷款利率。", "如何在家里烤面包？"]
    likeness = real.embed_passages(passages).vectors @ real.embed_query("What did the central bank do?")
    assert int(likeness.argmax()) == 1


def test_prompts_stand_before_the_text(tiny_folder: Path) -> None:
    own = SentenceTransformersEmbedder(tiny_folder, name="x", device="cpu")
    bare = SentenceTransformersEmbedder(tiny_folder, name="x", device="cpu", prompts=Prompts())
    assert float(own.embed_query("你好") @ bare.embed_query("query: 你好")) > 0.9999
    assert float(own.embed_passages(["你好"]).vectors[0] @ bare.embed_query("passage: 你好")) > 0.9999
    assert own.count_tokens(["你好"]) == bare.count_tokens(["passage: 你好"])
    assert own.fingerprint != bare.fingerprint


def test_prompts_come_from_the_catalogue_when_the_folder_has_none(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "bge")
    (tmp_path / "bge" / "config_sentence_transformers.json").write_text("{}", "utf-8")
    bge = SentenceTransformersEmbedder(tmp_path / "bge", name="bge-small-zh-v1.5", device="cpu")
    bare = SentenceTransformersEmbedder(tmp_path / "bge", name="unheard-of", device="cpu")
    instructed = "为这个句子生成表示以用于检索相关文章：你好"
    assert float(bge.embed_query("你好") @ bare.embed_query(instructed)) > 0.9999
    assert bge.count_tokens(["你好"]) == bare.count_tokens(["你好"])


def test_batches_are_by_length_and_within_their_budget(tiny_folder: Path) -> None:
    small = SentenceTransformersEmbedder(tiny_folder, name="x", device="cpu", batch_tokens=60)
    large = SentenceTransformersEmbedder(tiny_folder, name="x", device="cpu", batch_tokens=4096)
    texts = ["字" * n for n in (1, 30, 2, 25, 3, 90)]
    np.testing.assert_allclose(small.embed_passages(texts).vectors, large.embed_passages(texts).vectors, atol=1e-4)


def test_truncation_is_logged(tiny_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    tiny = SentenceTransformersEmbedder(tiny_folder, name="tiny", device="cpu")
    with caplog.at_level(logging.WARNING):
        tiny.embed_passages(["字" * 500])
        tiny.embed_query("字" * 500)
    assert [record.message for record in caplog.records] == [
        f"tiny saw only the first {POSITIONS} tokens of 1 passages.",
        f"tiny saw only the first {POSITIONS} tokens of a question.",
    ]


def test_max_tokens_never_exceeds_the_position_table(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "bold")
    (tmp_path / "bold" / "sentence_bert_config.json").write_text('{"max_seq_length": 9000}', "utf-8")
    bold = SentenceTransformersEmbedder(tmp_path / "bold", name="bold", device="cpu")
    assert bold.max_tokens == POSITIONS
    assert bold.embed_passages(["字" * 500]).truncated == (0,)


def test_a_folder_that_sentence_transformers_saved_is_read_without_it(tiny_folder: Path, tmp_path: Path) -> None:
    """Whatever release did: the present one leaves the longest text to the tokenizer."""
    from sentence_transformers import SentenceTransformer

    whole = SentenceTransformer(str(tiny_folder), device="cpu")
    whole.max_seq_length = POSITIONS - 20
    whole.save(str(tmp_path / "saved"))
    assert "max_seq_length" not in (tmp_path / "saved" / "sentence_bert_config.json").read_text("utf-8")
    assert read_encoder(tmp_path / "saved").max_tokens == POSITIONS - 20


def test_the_fingerprint_changes_with_the_weights(tiny_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.bin").write_bytes(tiny_e5s1(seed=8))
    convert(tmp_path / "tiny.bin", tmp_path / "other")
    shutil.copytree(tiny_folder, tmp_path / "copy")
    one, same, other = (
        SentenceTransformersEmbedder(folder, name="x", device="cpu").fingerprint
        for folder in (tiny_folder, tmp_path / "copy", tmp_path / "other")
    )
    assert one == same != other


def test_weights_that_can_run_code_are_refused(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "old")
    (tmp_path / "old" / "model.safetensors").rename(tmp_path / "old" / "pytorch_model.bin")
    with pytest.raises(WeightsUnusable, match=r"pytorch_model\.bin can run code"):
        SentenceTransformersEmbedder(tmp_path / "old", name="old", device="cpu")


def test_a_folder_that_is_not_there_is_missing_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="zhiwen models pull gone"):
        SentenceTransformersEmbedder(tmp_path / "gone", name="gone")


def test_a_damaged_file_is_said_to_be_unusable(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "cut")
    path = tmp_path / "cut" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(WeightsUnusable, match="does not load"):
        SentenceTransformersEmbedder(tmp_path / "cut", name="cut", device="cpu")


def test_weights_that_lack_a_layer_are_refused_and_not_filled_with_chance(tiny_folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    shutil.copytree(tiny_folder, tmp_path / "thin")
    path = tmp_path / "thin" / "model.safetensors"
    tensors = {name: values for name, values in load_file(path).items() if ".layer.1." not in name}
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(WeightsUnusable, match=r"lack encoder\.layer\.1\."):
        SentenceTransformersEmbedder(tmp_path / "thin", name="thin", device="cpu")


def test_a_device_that_is_not_there_is_said_so(tiny_folder: Path) -> None:
    with pytest.raises(WeightsUnusable, match="no device abacus"):
        SentenceTransformersEmbedder(tiny_folder, name="x", device="abacus")


def test_a_long_passage_has_a_window_for_every_sentence_or_so(tiny_folder: Path) -> None:
    tiny = SentenceTransformersEmbedder(tiny_folder, name="tiny", device="cpu")
    text = "字" * (POSITIONS - 20)
    tokens = tiny.count_tokens([text])[0]
    (windows,) = tiny.embed_passages([text]).windows
    assert len(windows) == max(1, round(tokens / WINDOW_TOKENS))
    # The whole is the mean of all tokens, and so nearly the mean of its even windows.
    middle = windows.mean(axis=0)
    whole = tiny.embed_passages([text]).vectors[0]
    assert float(whole @ middle) / float(np.linalg.norm(middle)) > 0.99


def test_a_model_that_does_not_pool_by_mean_has_one_window_the_whole(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "cls")
    config = json.loads((tmp_path / "cls" / "1_Pooling" / "config.json").read_text("utf-8"))
    kept = {key: value for key, value in config.items() if not key.startswith("pooling_mode")}
    (tmp_path / "cls" / "1_Pooling" / "config.json").write_text(json.dumps(kept | {"pooling_mode": "cls"}), "utf-8")
    model = SentenceTransformersEmbedder(tmp_path / "cls", name="cls", device="cpu")
    embedded = model.embed_passages(["字" * (POSITIONS - 20)])
    np.testing.assert_array_equal(embedded.windows[0], embedded.vectors)


@pytest.mark.parametrize(("pace", "tokens"), [(None, 1024), (100.0, 256), (4000.0, 500), (90_000.0, 1024)])
def test_a_batch_is_as_long_as_a_question_may_wait(pace: float | None, tokens: int) -> None:
    assert batch_tokens(None if pace is None else Rate(pace, 1)) == tokens
