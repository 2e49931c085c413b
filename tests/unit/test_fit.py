"""Whether a model fits a machine."""

from pathlib import Path

import pytest

from app.fit import WORKING, fit, needed
from app.machine import Machine, _built_for, _container_limit
from models.catalog import Weights, load_catalog
from models.gpu import Gpu

GB = 1_000_000_000
LLM = Weights("m", "llm", "MIT", 4 * GB, context=8192, context_token=100_000)


def machine(available: int, memory: int = 8 * GB, *gpus: Gpu) -> Machine:
    return Machine(memory, available, own=0, disk_free=0, gpus=gpus, backends=())


def test_a_language_model_needs_its_weights_its_context_and_room_to_work() -> None:
    assert needed(LLM, 4096) == 4 * GB + 4096 * 100_000 + WORKING
    assert needed(LLM, 32768) == 4 * GB + 8192 * 100_000 + WORKING
    assert needed(Weights("e", "embedder", "MIT", GB), 4096) == GB + WORKING


def test_every_language_model_of_the_catalogue_tells_what_its_context_takes() -> None:
    assert [each.name for each in load_catalog() if each.kind == "llm" and not each.context_token] == []


def test_it_fits_is_tight_or_too_big() -> None:
    assert fit(LLM, machine(5 * GB), 4096).grade == "fits"
    assert fit(LLM, machine(4 * GB), 4096).grade == "tight"
    # The one that runs gives its memory back first.
    assert fit(LLM, machine(4 * GB), 4096, freed=GB).grade == "fits"
    assert fit(LLM, machine(4 * GB, 4 * GB), 4096).grade == "too_big"


def test_a_gpu_that_has_room_takes_it() -> None:
    found = fit(LLM, machine(GB, 2 * GB, Gpu("small", GB, GB), Gpu("large", 24 * GB, 20 * GB)), 4096)
    assert (found.grade, found.on_gpu) == ("fits", True)
    assert not fit(LLM, machine(GB, 2 * GB, Gpu("small", GB, GB)), 4096).on_gpu


@pytest.mark.parametrize(("limit", "expected"), [("max", None), ("1000", (1000, 500))])
def test_a_container_has_what_it_is_given(tmp_path: Path, limit: str, expected: tuple[int, int] | None) -> None:
    assert _container_limit(tmp_path) is None
    (tmp_path / "memory.max").write_text(limit + "\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 400\ninactive_file 200\n")
    assert _container_limit(tmp_path) == expected


def test_that_llama_cpp_does_not_load_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> tuple[str, ...]:
        raise RuntimeError("no shared library")

    assert [_built_for(broken), _built_for(broken)] == [(), ()]
    assert [record.getMessage() for record in caplog.records] == [
        "llama.cpp does not tell what it can compute on: no shared library"
    ]
