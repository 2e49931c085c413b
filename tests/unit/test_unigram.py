"""Unigram vocabularies in a trie: the same tokens as the library's, from a file of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models.token_ids import LibraryTokens
from models.unigram import Unigram, UnigramTokens, read_unigram, unigram_from

_METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
_WORDS = [
    ("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -3.0), ("▁a", -4.0), ("a", -4.5), ("ab", -5.0),
    ("abab", -9.25), ("b", -4.75), ("▁中", -5.5), ("中", -6.0), ("国", -6.0), ("中国", -8.0), ("国人", -8.5),
    ("人", -6.5), ("-", -5.0), ("--", -7.5), ("---", -10.0), ("----", -12.5), ("s", -6.0), ("<", -9.0), (">", -9.0),
]  # fmt: skip
_LETTERS = st.sampled_from([*"ab中国人- \t▁sx/\u3000é🙂", "<s>", "</s>", "<mask>", "<pad>", "e\u0301", "----"])


def described(**other: Any) -> dict[str, Any]:
    """A tokenizer.json of the family, small."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    special = {0: "<s>", 1: "<pad>", 2: "</s>", 3: "<unk>"}
    added = [{"id": number, "content": content, **flags, "special": True} for number, content in special.items()]
    mask = {"id": len(_WORDS), "content": "<mask>", **flags, "lstrip": True, "special": True}
    around = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    around.append({"SpecialToken": {"id": "</s>", "type_id": 0}})
    ids = {name: {"id": name, "ids": [number], "tokens": [name]} for number, name in ((0, "<s>"), (2, "</s>"))}
    template = {"type": "TemplateProcessing", "single": around, "pair": around, "special_tokens": ids}
    return {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": None,
        "added_tokens": [*added, mask],
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": _METASPACE,
        "post_processor": template,
        "decoder": _METASPACE,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": _WORDS, "byte_fallback": False},
    } | other


def both(path: Path, about: dict[str, Any]) -> tuple[LibraryTokens, UnigramTokens]:
    """The library's, and ours as it comes out of a file."""
    path.write_text(json.dumps(about), "utf-8")
    found = read_unigram(path)
    assert found is not None
    return LibraryTokens(Tokenizer.from_file(str(path))), UnigramTokens(unigram_from(found.as_bytes()))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[LibraryTokens, UnigramTokens]]:
    """With the splitters that models of the family have."""
    folder = tmp_path_factory.mktemp("tokenizers")
    spaced = {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, _METASPACE]}
    found = [described(), described(pre_tokenizer=spaced), described(normalizer=None, added_tokens=[])]
    return [both(folder / f"{number}.json", about) for number, about in enumerate(found)]


@given(st.lists(_LETTERS, max_size=20).map("".join))
def test_tokens_are_those_of_the_library(small: list[tuple[LibraryTokens, UnigramTokens]], text: str) -> None:
    for library, ours in small:
        assert ours.ids([text, text]) == library.ids([text, text])


def test_of_segmentations_the_likeliest_is_found_and_unknown_characters_are_one(tmp_path: Path) -> None:
    _, ours = both(tmp_path / "tokenizer.json", described())
    words = {word: number for number, (word, _) in enumerate(_WORDS)}
    # ▁中 and 国人 have -14 together, ▁, 中国 and 人 -17.5.
    assert ours.ids(["中国人"]) == [[0, words["▁中"], words["国人"], 2]]
    assert ours.ids(["abab"]) == [[0, words["▁"], words["abab"], 2]]
    assert ours.ids(["xyzéa"]) == [[0, words["▁"], 3, words["a"], 2]]
    assert ours.ids(["  <mask>a</s>"]) == [[0, len(_WORDS), words["▁a"], 2, 2]]
    assert ours.ids([""]) == [[0, 2]]


@pytest.mark.parametrize(
    "other",
    [
        {"pre_tokenizer": None},
        {"pre_tokenizer": {**_METASPACE, "prepend_scheme": "first"}},
        {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}},
        {"model": {"type": "Unigram", "unk_id": 3, "vocab": _WORDS, "byte_fallback": True}},
        {"model": {"type": "Unigram", "unk_id": None, "vocab": _WORDS, "byte_fallback": False}},
        {"model": {"type": "Unigram", "unk_id": 3, "vocab": [*_WORDS, ["a", -1.0]], "byte_fallback": False}},
        {"model": {"type": "Unigram", "unk_id": 3, "vocab": [*_WORDS, ["", -1.0]], "byte_fallback": False}},
        {"model": {"type": "WordPiece", "vocab": {"a": 0}}},
        {"added_tokens": [{**described()["added_tokens"][0], "normalized": True}]},
        {"added_tokens": [{**described()["added_tokens"][0], "single_word": True}]},
    ],
)
def test_what_it_does_not_know_is_left_to_the_library(tmp_path: Path, other: dict[str, Any]) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(described(**other)), "utf-8")
    assert read_unigram(path) is None


def test_what_a_file_may_leave_out_is_not_missed(tmp_path: Path) -> None:
    bare = {key: value for key, value in described().items() if key != "added_tokens"}
    library, ours = both(tmp_path / "bare.json", bare)
    assert ours.ids(["中国人 ab"]) == library.ids(["中国人 ab"])
    unsplit = {key: value for key, value in bare.items() if key != "pre_tokenizer"}
    (tmp_path / "unsplit.json").write_text(json.dumps(unsplit), "utf-8")
    assert read_unigram(tmp_path / "unsplit.json") is None


def test_what_is_kept_comes_back_and_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(described()), "utf-8")
    found = read_unigram(path)
    assert isinstance(found, Unigram)
    again = unigram_from(found.as_bytes())
    assert (again.frame, again.trie) == (found.frame, found.trie)
    with pytest.raises((ValueError, OSError, KeyError)):
        unigram_from(b"damaged")


@pytest.mark.weights
def test_the_default_embedder_reads_as_the_library_does(weights_dir: Path) -> None:
    path = weights_dir / "multilingual-e5-small" / "tokenizer.json"
    found = read_unigram(path)
    assert found is not None
    library, ours = LibraryTokens(Tokenizer.from_file(str(path))), UnigramTokens(found)
    characters = [chr(code) for code in range(1, 0x30000, 7) if not 0xD800 <= code < 0xE000]
    lines = ["".join(characters[place : place + 23]) for place in range(0, len(characters), 23)]
    texts = [
        *lines,
        "+----------+-----+" * 9,
        "ﬁ① e\u0301 ～ <s>x</s>  <mask>",
        "今天天气很好，We went for a walk in the park。",
    ]
    assert ours.ids(texts) == library.ids(texts)
