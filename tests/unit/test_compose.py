"""docker-compose.yml keeps to the Compose Specification, and Zhiwen to this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "tests" / "data" / "compose" / "compose-spec.json"


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


def complaints(document: dict[str, Any]) -> list[str]:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(document)]


def test_the_file_follows_the_specification(compose: dict[str, Any]) -> None:
    assert complaints(compose) == []


def test_the_schema_refuses_a_misspelt_key(compose: dict[str, Any]) -> None:
    compose["services"]["zhiwen"]["port"] = ["8000:8000"]
    assert complaints(compose)


def test_there_is_one_service_per_profile(compose: dict[str, Any]) -> None:
    profiles = [tuple(service["profiles"]) for service in compose["services"].values()]
    assert sorted(profiles) == [("cpu",), ("gpu",)]


def test_ports_are_published_on_loopback_only(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["ports"] == ["127.0.0.1:8000:8000"]
        assert "network_mode" not in service
        assert service["environment"]["ZHIWEN_BEHIND_LOOPBACK_PUBLISH"] == "true"


def test_documents_and_weights_live_in_named_volumes(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        mounts = dict(volume.split(":") for volume in service["volumes"])
        assert mounts == {"data": "/app/data", "weights": "/app/models/weights"}
    assert set(compose["volumes"]) == {"data", "weights"}


def test_only_the_gpu_service_reserves_a_gpu(compose: dict[str, Any]) -> None:
    devices = compose["services"]["zhiwen-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices == [{"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}]
    assert "deploy" not in compose["services"]["zhiwen"]


def test_environment_names_are_settings(compose: dict[str, Any]) -> None:
    from app.settings import PREFIX, Settings

    for service in compose["services"].values():
        for name in service["environment"]:
            assert name.removeprefix(PREFIX).lower() in Settings.model_fields


def test_the_image_runs_without_rights_and_tells_its_health() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    stages = [index for index, line in enumerate(lines) if line.startswith("FROM ")]
    last = lines[stages[-1] :]
    assert len(stages) == 2
    assert "USER zhiwen" in last
    assert last.index("USER zhiwen") < next(i for i, line in enumerate(last) if line.startswith("CMD"))
    assert any(line.startswith("HEALTHCHECK") for line in last)
    assert not any("build-essential" in line for line in last)


def test_the_image_does_not_take_documents_or_weights_in() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {"data", "models/weights", ".venv", ".git"} <= set(ignored)


def test_every_file_that_the_image_copies_exists() -> None:
    for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (ROOT / name).exists(), name
