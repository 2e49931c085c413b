"""With which network an embedder computes: in which form, how that is made, and where another is taken instead."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from app.settings import ROOT
from app.tuning import Tuning
from models.embed_forms import Measured, remember
from models.embed_sentence_transformers import SentenceTransformersEmbedder
from models.encoder_child import MAKE, make_apart, time_bfloat16
from models.encoder_choice import Choice
from models.encoder_files import OtherShape, read_encoder
from models.encoder_int8 import Int8Encoder, Made, MadeFile, make_int8
from models.errors import WeightsUnusable
from models.local_transformers import Torch, sound
from models.reasons import quoted
from models.sample_texts import OTHERS
from models.token_ids import TokenIds
from tests.support.e5_file import tiny_embedder
from tests.support.texts import TEXTS


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_embedder(tmp_path_factory.mktemp("embedder"))


class Remembers:
    """A memo that knows one answer to everything, and keeps what it is told."""

    def __init__(self, form: str | None) -> None:
        self._found = {"form": form, "speedup": 2.0, "cosine": 1.0} if form else None
        self.told: list[tuple[str, object]] = []

    def read(self, _: str) -> dict[str, object] | None:
        return self._found

    def keep(self, key: str, values: dict[str, object]) -> None:
        self.told.append((key, values["form"]))


def test_the_form_that_was_measured_is_taken_without_measuring_again(tiny_folder: Path) -> None:
    memo = Remembers("bfloat16")
    half = SentenceTransformersEmbedder(tiny_folder, name="tiny", device="cpu", form="auto", memo=memo)
    assert half.form == "bfloat16"
    assert memo.told == []
    plain = SentenceTransformersEmbedder(tiny_folder, name="tiny", device="cpu", form="auto", memo=Remembers("float32"))
    assert plain.form == "float32"
    assert half.fingerprint == plain.fingerprint
    likeness = (half.embed_passages(TEXTS).vectors * plain.embed_passages(TEXTS).vectors).sum(axis=1)
    assert likeness.min() > 0.999


def test_what_is_measured_is_told_once(tiny_folder: Path) -> None:
    memo = Remembers(None)
    made = SentenceTransformersEmbedder(tiny_folder, name="tiny", device="cpu", form="auto", memo=memo)
    told = [(key.split(" ", 1)[0], form) for key, form in memo.told]
    assert told == [("fastest", made.form)]
    given = SentenceTransformersEmbedder(tiny_folder, name="tiny", device="cpu", form="float32", memo=memo)
    assert given.form == "float32"
    assert len(memo.told) == 1


@dataclass
class Half:
    """A processor that multiplies bfloat16, in which an encoder finds the same so much faster than float32.

    `integers` is what comes of integers there, where it is not measured.
    """

    seconds: float
    fails: bool = False
    matrices: bool = True
    products: bool = True
    integers: Measured | None = None
    asked: int = 0

    def choice(self, folder: Path, made: Path, form: Literal["auto", "int8"] = "auto") -> Choice:
        return Choice(
            *(folder, "tiny", lambda _: "f1"),
            device="cpu",
            form=form,
            memo=Tuning(made),
            made=made,
            products=lambda: self.products,
            matrices=lambda: self.matrices,
            make=self._make,
            time_bfloat16=self._time,
        )

    def _make(self, folder: Path, threads: int) -> tuple[Made, Measured]:
        made, measured = make_int8(read_encoder(folder), threads)
        return made, self.integers or measured

    def _time(self, folder: Path, threads: int) -> tuple[Measured, float]:
        self.asked += 1
        if self.fails:
            raise OtherShape(quoted("signal 9"))
        return Measured("bfloat16", 2.0, 0.9999), self.seconds


def test_bfloat16_is_taken_where_it_is_faster_than_integers(tiny_folder: Path, tmp_path: Path) -> None:
    fast = Half(1e-9)
    for start in ("the first", "a later"):
        assert fast.choice(tiny_folder, tmp_path).network().form == "bfloat16", start
    assert fast.asked == 1
    assert not list(tmp_path.glob("*.made"))
    # Whoever wants integers is not asked what else there is.
    assert fast.choice(tiny_folder, tmp_path, "int8").network().form == "int8"
    assert fast.asked == 1


TAKEN, REFUSED = Measured("int8", 2.0, 0.999), Measured("float32", 2.0, 0.9)


@pytest.mark.parametrize(
    ("half", "form", "asked"),
    [
        (Half(1e-9, matrices=False, integers=REFUSED), "bfloat16", 1),
        # Twice as many integers are multiplied in a vector.
        (Half(1e-9, matrices=False, integers=TAKEN), "int8", 0),
        (Half(1e-9, matrices=False, products=False, integers=REFUSED), "float32", 0),
    ],
)
def test_where_bfloat16_is_multiplied_in_vectors_it_is_measured_when_integers_are_not_taken(
    tiny_folder: Path, tmp_path: Path, half: Half, form: str, asked: int
) -> None:
    for start in ("the first", "a later"):
        assert half.choice(tiny_folder, tmp_path).network().form == form, start
    assert half.asked == asked
    kept = json.loads((tmp_path / "tuning.json").read_text("utf-8")).values()
    assert [values["form"] for values in kept] == [form]


@pytest.mark.parametrize("half", [Half(60.0), Half(1e-9, fails=True)])
def test_integers_stay_where_bfloat16_is_slower_or_cannot_be_measured(
    tiny_folder: Path, tmp_path: Path, half: Half
) -> None:
    integers = Measured("int8", 2.0, 0.999)
    choice = half.choice(tiny_folder, tmp_path)
    network = half.choice(tiny_folder, tmp_path, "int8").network()
    assert choice._beside_bfloat16(network, integers) == integers
    assert half.asked == 1


def test_what_was_measured_of_integers_alone_is_measured_again_beside_bfloat16(
    tiny_folder: Path, tmp_path: Path
) -> None:
    remember(Tuning(tmp_path), "int8 f1", Measured("int8", 2.0, 0.999))
    assert Half(1e-9).choice(tiny_folder, tmp_path).network().form == "bfloat16"


def test_bfloat16_is_measured_in_a_process_of_its_own(tiny_folder: Path, tmp_path: Path) -> None:
    measured, seconds = time_bfloat16(tiny_folder)
    assert measured.cosine > 0.99
    assert 0 < seconds < 60
    shutil.copytree(tiny_folder, tmp_path / "cut")
    path = tmp_path / "cut" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(OtherShape, match="does not load"):
        time_bfloat16(tmp_path / "cut")


def test_a_network_in_integers_is_made_once_and_kept(tiny_folder: Path, tmp_path: Path) -> None:
    memo = Remembers(None)
    options = {"name": "tiny", "device": "cpu", "form": "int8", "made": tmp_path / "made"}
    made = SentenceTransformersEmbedder(tiny_folder, memo=memo, **options)  # type: ignore[arg-type]
    (kept,) = (tmp_path / "made").iterdir()
    assert len(memo.told) == 1
    known = Remembers("int8")
    again = SentenceTransformersEmbedder(tiny_folder, memo=known, **options)  # type: ignore[arg-type]
    assert known.told == []
    np.testing.assert_array_equal(again.embed_query("你好"), made.embed_query("你好"))
    # What is damaged is made again, and takes the place of the old.
    kept.write_bytes(kept.read_bytes()[:-1])
    SentenceTransformersEmbedder(tiny_folder, memo=known, **options)  # type: ignore[arg-type]
    assert len(known.told) == 1
    assert MadeFile(tmp_path / "made", made.fingerprint).read() is not None
    assert len(list((tmp_path / "made").iterdir())) == 1


def test_what_is_no_encoder_of_the_family_is_left_to_sentence_transformers(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "odd")
    path = tmp_path / "odd" / "sentence_bert_config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"do_lower_case": True}), "utf-8")
    odd = SentenceTransformersEmbedder(tmp_path / "odd", name="odd", device="cpu", form="auto")
    assert odd.form in ("float32", "bfloat16")
    with pytest.raises(WeightsUnusable, match="cannot compute in integers: it lower-cases texts itself"):
        SentenceTransformersEmbedder(tmp_path / "odd", name="odd", device="cpu", form="int8")


def test_a_tokenizer_that_marks_no_ends_is_left_to_sentence_transformers(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "odd")
    path = tmp_path / "odd" / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"post_processor": None}), "utf-8")
    with pytest.raises(WeightsUnusable, match="does not put one token before a text and one behind it"):
        SentenceTransformersEmbedder(tmp_path / "odd", name="odd", device="cpu", form="int8")


@pytest.mark.parametrize("ending", ["os.kill(os.getpid(), 9)", "os._exit(3)"])
def test_where_the_process_that_makes_a_network_dies_it_is_said_why(tiny_folder: Path, ending: str) -> None:
    with pytest.raises(OtherShape, match=r"signal 9|exit status 3"):
        make_apart(tiny_folder, command=(sys.executable, "-c", f"import os; {ending}"))


def test_the_process_that_makes_a_network_ends_with_who_waits_for_it(tiny_folder: Path) -> None:
    # As Popen leaves it: what it would make takes longer than the end of its input does.
    child = subprocess.Popen((*MAKE, str(tiny_folder), "1"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    network, _ = child.communicate(timeout=60)
    assert (child.returncode, network) == (1, b"")


def test_one_tokenizer_counts_and_reads_and_is_held_once(tiny_folder: Path) -> None:
    files = read_encoder(tiny_folder)
    made, _ = make_int8(files)
    assert Int8Encoder(files, Made(made.network)).tokens is files.tokens


def test_what_the_network_is_made_with_is_read_text_by_text(tiny_folder: Path) -> None:
    """What all layers make of all of it takes as much memory as everything else."""
    files, read = read_encoder(tiny_folder), []

    class Recording:
        def ids(self, texts: Sequence[str], of: TokenIds = files.tokens) -> list[list[int]]:
            read.append(tuple(texts))
            return of.ids(texts)

    vars(files)["tokens"] = Recording()
    make_int8(files)
    assert {(text,) for text in OTHERS} <= set(read)
    assert tuple(OTHERS) not in read


def test_a_vocabulary_that_was_made_leaves_the_library_unloaded(tiny_folder: Path) -> None:
    made, _ = make_int8(read_encoder(tiny_folder))
    files = read_encoder(tiny_folder)
    ours = Int8Encoder(files, made)
    texts = [sound(text) for text in TEXTS]
    counted, (vectors, _) = ours.tokens.ids(texts), ours.encode(texts)
    assert "tokens" not in vars(files)
    assert counted == files.tokens.ids(texts)
    np.testing.assert_array_equal(vectors, Int8Encoder(files, Made(made.network)).encode(texts)[0])


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_integers_give_the_vectors_of_the_whole_network(tiny_folder: Path, tmp_path: Path, pooling: str) -> None:
    folder = tmp_path / pooling
    shutil.copytree(tiny_folder, folder)
    path = folder / "1_Pooling" / "config.json"
    kept = {key: value for key, value in json.loads(path.read_text("utf-8")).items() if "pooling_mode" not in key}
    path.write_text(json.dumps(kept | {"pooling_mode": pooling}), "utf-8")
    both = [
        SentenceTransformersEmbedder(folder, name="tiny", device="cpu", form=form)
        for form in ("int8", "float32")  # type: ignore[arg-type]
    ]
    assert both[0].fingerprint == both[1].fingerprint
    assert both[0].count_tokens(TEXTS) == both[1].count_tokens(TEXTS)
    whole, plain = (each.embed_passages([*TEXTS, "字" * 500]) for each in both)
    assert float((whole.vectors * plain.vectors).sum(axis=1).min()) > 0.99
    assert [len(each) for each in whole.windows] == [len(each) for each in plain.windows]
    assert whole.truncated == plain.truncated


def test_what_onnx_runtime_does_not_take_is_no_network(tiny_folder: Path) -> None:
    with pytest.raises(OtherShape, match="ONNX Runtime does not take it"):
        Int8Encoder(read_encoder(tiny_folder), Made(b"no graph"))


@pytest.mark.parametrize("form", ["auto", "int8"])
def test_where_torch_has_no_gpu_after_all_integers_are_used(
    tiny_folder: Path, tmp_path: Path, form: Literal["auto", "int8"]
) -> None:
    """It was asked, for a driver had spoken of one."""
    options = {"name": "tiny", "memo": Remembers("int8"), "made": tmp_path}
    SentenceTransformersEmbedder(tiny_folder, device="cpu", form="int8", **options)  # type: ignore[arg-type]
    torch = Torch(may_have_gpu=lambda: True, choose=lambda device, folder: "cpu")
    found = SentenceTransformersEmbedder(tiny_folder, form=form, torch=torch, **options)  # type: ignore[arg-type]
    assert found.form == "int8"


def test_where_there_is_surely_no_gpu_torch_is_asked_for_what_integers_cannot_do(tiny_folder: Path) -> None:
    """It may have a GPU of AMD's."""
    asked: list[str] = []

    def choose(device: str, folder: Path) -> str:
        asked.append(device)
        return "cpu"

    torch = Torch(may_have_gpu=lambda: False, choose=choose)
    assert SentenceTransformersEmbedder(tiny_folder, name="tiny", form="int8", torch=torch).form == "int8"
    assert asked == []
    assert SentenceTransformersEmbedder(tiny_folder, name="tiny", form="float32", torch=torch).form == "float32"
    assert asked == ["auto"]
