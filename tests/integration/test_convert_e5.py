"""The converted folder says what the quantised file says: same token ids, same vectors."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from models.convert_e5 import convert
from models.errors import WeightsUnusable
from models.fetch_http import sha256_of
from tests.support.e5_file import tiny_e5s1
from tests.support.e5_reference import E5Reference

CHINESE = [
    "知识库问答系统可以在本地运行，不需要联网。",
    "银行的资本充足率不得低于百分之八；核心一级资本充足率另有规定。",
    "请问这份合同的违约责任是如何约定的？",
    "第三条　本办法所称“个人信息”，是指以电子或者其他方式记录的各种信息。",
    "他说：“今天天气真好！”然后就出门去了……",
    "《红楼梦》第一回：甄士隐梦幻识通灵，贾雨村风尘怀闺秀",
    "股东权益合计１２，３４５．６７万元，同比增长８．９％。",
    "臺灣的圖書館學與資訊科學研究，內容豐富，請參閱後記。",
    "國務院關於實施《中華人民共和國增值稅法》若干問題的決定",
    "南瓜切丝，加盐腌制十分钟；热锅冷油，下葱花爆香。",
    "温度范围：-20℃～60℃，湿度≤85％ＲＨ。",
    "①打开电源②按下“开始”键③等待３秒",
]
ENGLISH = [
    "How do I cite a page of a scanned document?",
    "The quick brown fox jumps over the lazy dog.",
    "Basel III requires a minimum CET1 ratio of 4.5% of risk-weighted assets.",
    "naïve café, Zürich, São Paulo, Ærøskøbing; cafe\u0301 with a combining accent",
    "def f(x): return x ** 2  # e-mail: someone@example.org",
    "ﬁnancial oﬃce ½ ² ™ № Ⅷ ㎏",
]
MIXED = [
    "用 Python 调用 FAISS 做向量检索，top-k=10。",
    "2024年Q3营收为$1,234.5M（同比+12.3%）",
    "模型 Qwen2.5-Coder-1.5B 的 context 是 32K",
    "emoji 😀🎉👍🏽 和 👨‍👩‍👧 家庭，还有 ❤️ 与 🇨🇳",
    "ＡＢＣ　ｄｅｆ　１２３ ｶﾀｶﾅ ハンカク 한국어",
]
ODD = [
    "",
    " ",
    "  前后都有空格   中间    也有   ",
    "tab\tand\nnew\r\nline\u3000ideographic\u00a0no-break\u200bzero\ufeffwidth",
    "\x01\x02control\x07bell\x1fcharacters",
    "𠮷野家𡃁𪚥 rare ideographs \ue000\uf8ff private use",
    "～～～~~~——……———",
    "▁▁metaspace▁in▁text",
]
LONG = [
    "本行坚持稳健经营。" * 120,
    "long english sentence about nothing in particular " * 90,
    "混合 mixed 文本 text。" * 130,
]
REAL_SHA256 = {
    "config.json": "1fe540d3ae9f653d8f22daf4a0103de39275972bbe4ed84fa4760669b57ae79e",
    "model.safetensors": "cd1caf1812415a43f1fa3b3f4203ce9c98af475df075d1e4d5aeeb34f82fac59",
    "tokenizer.json": "b11e27e0d6ecd4570c57cd47dd8f4a2a81db82a1ff482f7ada27c7e636b612fa",
}


def sentences() -> list[str]:
    """200 texts: the ones above, and pieces of them put together anew (always the same)."""
    source = random.Random(20)
    texts = [*CHINESE, *ENGLISH, *MIXED, *ODD, *LONG]
    while len(texts) < 200:
        parts = source.sample([*CHINESE, *ENGLISH, *MIXED], source.randint(1, 3))
        cut = source.randint(0, 12)
        texts.append(source.choice(["", " ", "，", "\n", "  "]).join(parts)[cut:])
    return texts


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("e5")
    (folder / "tiny.bin").write_bytes(tiny_e5s1())
    convert(folder / "tiny.bin", folder / "converted")
    return folder / "tiny.bin", folder / "converted"


def compare(source: Path, folder: Path, every: int = 1) -> None:
    """Hold ids of all texts and the vectors of every so many against the reference."""
    from sentence_transformers import SentenceTransformer
    from transformers import AutoTokenizer

    reference = E5Reference(source)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    texts = sentences()
    assert len(texts) == 200
    prefixed = [prefix + text for prefix, text in zip(itertools.cycle(["passage: ", "query: "]), texts, strict=False)]
    ids = tokenizer(prefixed, truncation=True, max_length=reference.positions)["input_ids"]
    expected = [reference.token_ids(text) for text in prefixed]
    assert ids == expected
    assert max(map(len, ids)) == reference.positions
    some = prefixed[::every]
    found = model.encode(some, batch_size=8, show_progress_bar=False)
    wanted = np.stack([reference.embed(text) for text in some])
    assert found.dtype == np.float32
    assert (found * wanted).sum(axis=1).min() >= 0.999


def test_a_tiny_model_computes_what_its_file_says(tiny: tuple[Path, Path]) -> None:
    compare(*tiny)


@pytest.mark.weights
def test_the_real_model_computes_what_its_file_says(weights_dir: Path, full: bool) -> None:
    folder = weights_dir / "multilingual-e5-small"
    source = folder / "source" / "e5-small-q4.bin"
    if not source.exists():
        pytest.skip(f"{folder} was not made from the quantised file, so there is nothing to hold it against")
    compare(source, folder, every=1 if full else 5)


@pytest.mark.weights
def test_the_real_conversion_gives_the_same_bytes_everywhere(weights_dir: Path) -> None:
    folder = weights_dir / "multilingual-e5-small"
    if not (folder / "source").exists():
        pytest.skip(f"{folder} was not made from the quantised file")
    assert {name: sha256_of(folder / name) for name in REAL_SHA256} == REAL_SHA256


def test_converting_twice_gives_the_same_bytes(tiny: tuple[Path, Path], tmp_path: Path) -> None:
    source, folder = tiny
    convert(source, tmp_path)
    names = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    assert len(names) == 9
    assert all((folder / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


def test_the_folder_loads_without_a_complaint(tiny: tuple[Path, Path], caplog: pytest.LogCaptureFixture) -> None:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.enable_propagation()
    model = SentenceTransformer(str(tiny[1]), device="cpu", local_files_only=True)
    logging.disable_propagation()
    assert [record.message for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == []
    assert model.prompts == {"query": "query: ", "passage": "passage: ", "document": "passage: "}
    assert model.max_seq_length == 48


@pytest.mark.parametrize("kept", [0, 3, 40, 5000, -1])
def test_a_file_that_is_cut_short_is_refused(kept: int, tmp_path: Path) -> None:
    (tmp_path / "cut.bin").write_bytes(tiny_e5s1()[:kept])
    with pytest.raises(WeightsUnusable, match=r"cut\.bin"):
        convert(tmp_path / "cut.bin", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF" + bytes(5000))
    with pytest.raises(WeightsUnusable, match="does not begin as such a file does"):
        convert(tmp_path / "x.gguf", tmp_path / "out")
