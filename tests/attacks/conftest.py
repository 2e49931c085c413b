"""A server that is attacked, and still answers after every attack."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.live import live
from tests.support.raw import LIMIT
from tests.support.scripted_llm import ScriptedLLM


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with live(tmp_path_factory.mktemp("attacked"), ScriptedLLM({"": "好。"})) as address:
        yield address


@pytest.fixture
def unharmed(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every attack on the shared server it still answers."""
    yield
    if "address" in request.fixturenames:
        assert httpx.get(request.getfixturevalue("address") + "/healthz", timeout=LIMIT).status_code == 200
