"""Every operation of the REST interface, asked with what its own description allows and with what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.auth.keys import SCOPES
from app.auth.passwords import Passwords
from app.server import create_app
from tests.support.accounts import PASSWORD, cheap
from tests.support.live import listening
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, services_in

# Streams without an end, and what would ask a hub for weights.
_LEFT_OUT = ("/api/v1/events", "/api/v1/models/pull", "/api/v1/models/{name}/pull")
# There are rules that a schema cannot tell: names on one line, questions of so many characters.
NOT_MEANT = [positive_data_acceptance]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Where everybody must say who they are: the address, and the header of a key that may do everything."""
    folder, llm = tmp_path_factory.mktemp("described"), ScriptedLLM({"": "营业收入为三百元。"})
    with services_in(folder, llm=lambda: llm, passwords=Passwords(cheap())) as services:
        owner = services.accounts.create_owner("", "owner", PASSWORD)
        header = {"Authorization": f"Bearer {services.accounts.keys.create(owner, 'all', SCOPES)[1]}"}
        with listening(create_app(services)) as address:
            files = {"files": ("年报.md", REPORT.encode())}
            sent = httpx.post(f"{address}/api/v1/bases/default/documents", files=files, headers=header)
            assert sent.status_code == 202
            yield address, header
            services.closing.set()


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.NEGATIVE, GenerationMode.POSITIVE], ids=["against it", "by it"])
def test_every_operation_answers_as_it_is_described(
    asked: tuple[str, dict[str, str]], mode: GenerationMode, full: bool
) -> None:
    address, header = asked
    described = httpx.get(f"{address}/openapi.json", headers=header).json()
    schema = schemathesis.openapi.from_dict(described)
    # The key is shown with every request; what happens without it, `ignored_auth` asks for itself.
    schema.config.generation.with_security_parameters = False
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in _LEFT_OUT:
            continue

        @settings(
            max_examples=60 if full else 6,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers(case: schemathesis.Case) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(base_url=address, headers=header, timeout=30, excluded_checks=NOT_MEANT)

        # What takes nothing cannot be asked against its description.
        with suppress(Unsatisfiable):
            answers()
    assert tried > 50
