"""The bill of materials, and the licences it is made from."""

from __future__ import annotations

import hashlib
import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.spdx import is_expression, is_supported_id

from models.catalog import load_catalog
from tools import licences, pins, sbom

STATED = licences.stated(licences.PAGE.read_text("utf-8"))
# What may be combined into a work under the AGPL-3.0-or-later.
FITTING = set(
    """0BSD AGPL-3.0-only Apache-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 CC0-1.0 CNRI-Python ISC MIT MIT-0 MIT-CMU MPL-2.0
    PSF-2.0 Zlib""".split()
)


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return sbom.bill()


def parts(bill: dict[str, Any], prefix: str) -> dict[str, dict[str, Any]]:
    return {part["bom-ref"]: part for part in bill["components"] if part["bom-ref"].startswith(prefix)}


def test_the_bill_is_as_its_schema_wants_it(bill: dict[str, Any]) -> None:
    assert sbom.faults(json.dumps(bill)) == []
    broken = {**bill, "components": [{"name": "no type"}]}
    assert sbom.faults(json.dumps(broken)) == ["'type' is a required property"]


def test_every_pin_stands_in_it_with_its_hashes_and_its_licence(bill: dict[str, Any]) -> None:
    packages = parts(bill, "pkg:pypi/")
    assert set(packages) == {f"pkg:pypi/{pin.name}@{pin.version}" for path in pins.FILES for pin in pins.read(path)}
    for path in pins.FILES:
        for pin in pins.read(path):
            part = packages[f"pkg:pypi/{pin.name}@{pin.version}"]
            (fetched,) = part["externalReferences"]
            assert set(pin.hashes) <= {entry["content"] for entry in fetched["hashes"]}
            assert part["licenses"] == sbom.licence(STATED[pin.name])


def test_what_the_application_runs_on_is_told_from_what_tests_it(bill: dict[str, Any]) -> None:
    scope = {part["name"]: part["scope"] for part in parts(bill, "pkg:pypi/").values()}
    assert (scope["fastapi"], scope["nvidia-cublas"], scope["pytest"], scope["cmake"]) == (
        "required",
        "optional",
        "excluded",
        "excluded",
    )
    # Building needs these as well; that makes them no less a part of what runs.
    assert scope["setuptools"] == scope["packaging"] == "required"


def test_the_browser_libraries_are_those_on_disk(bill: dict[str, Any]) -> None:
    files = [file for part in parts(bill, "pkg:npm/").values() for file in part["components"]]
    there = {path.relative_to(sbom.VENDOR).as_posix(): path for path in sbom.VENDOR.glob("*/**/*") if path.is_file()}
    assert {file["name"] for file in files} == set(there)
    for file in files:
        assert file["hashes"][0]["content"] == hashlib.sha256(there[file["name"]].read_bytes()).hexdigest()


def test_a_browser_library_that_nothing_names_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("| `known` | `known-dist` 1.2 | MIT | why |\n", "utf-8")
    for name in ("known", "unknown"):
        (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match="differ in: unknown"):
        sbom.vendored(tmp_path)


def test_the_default_weights_stand_in_it_with_what_they_must_hash_to(bill: dict[str, Any]) -> None:
    models = parts(bill, "weights:")
    assert set(models) == {f"weights:{entry.name}" for entry in load_catalog().defaults()}
    for part in models.values():
        assert part["licenses"]
        assert [file["hashes"][0]["alg"] for file in part["components"]] == ["SHA-256"]


def test_references_lead_somewhere_and_are_unique(bill: dict[str, Any]) -> None:
    inner = [file for part in bill["components"] for file in part.get("components", ())]
    known = [part["bom-ref"] for part in [bill["metadata"]["component"], *bill["components"], *inner]]
    assert len(set(known)) == len(known)
    (root,) = bill["dependencies"]
    named = {root["ref"], *root["dependsOn"]}
    for entry in bill["compositions"]:
        named |= {*entry.get("assemblies", ()), *entry.get("dependencies", ())}
    assert named <= set(known)


def test_a_package_without_a_licence_is_named() -> None:
    with pytest.raises(ValueError, match=r"no licence of: numpy, numpy$"):
        sbom.packages({name: licence for name, licence in STATED.items() if name != "numpy"})


def test_the_page_states_licences_of_what_is_pinned_and_of_nothing_else() -> None:
    assert set(STATED) == {pin.name for path in pins.FILES for pin in pins.read(path)}


def test_licences_are_such_as_spdx_knows() -> None:
    unknown = {text for text in STATED.values() if not is_supported_id(text) and not is_expression(text)}
    assert unknown == {"LicenseRef-NVIDIA-Proprietary"}


def test_only_the_cuda_libraries_have_a_licence_that_does_not_fit_ours() -> None:
    """Zhiwen's own licence: whatever is combined with it must let itself be."""
    others = {
        name: licence
        for name, licence in STATED.items()
        if not any(
            set(re.findall(r"[\w.-]+", way)) - {"AND", "WITH", "LLVM-exception"} <= FITTING for way in ways(licence)
        )
    }
    assert set(others.values()) == {"LicenseRef-NVIDIA-Proprietary"}
    assert set(others) <= {pin.name for pin in pins.read(pins.CUDA)}


def ways(licence: str) -> list[str]:
    """What of an expression may be chosen from: `OR` at its end, alone or in brackets."""
    start, bracket, choice = licence.rstrip(")").rpartition("(")
    return [start + way for way in choice.split(" OR ")] if bracket else licence.split(" OR ")


def test_the_page_agrees_with_what_installed_packages_say() -> None:
    """A new version may come under another licence: the page must follow."""
    differing = {}
    for path in (pins.RUNTIME, pins.TEST):
        for pin in pins.read(path):
            try:
                about = metadata.metadata(pin.name)
            except metadata.PackageNotFoundError:
                continue
            said = about.get("License-Expression")
            if about["Version"] == pin.version and said and said != STATED[pin.name]:
                differing[pin.name] = (said, STATED[pin.name])
    assert differing == {}


def test_two_licences_of_one_package_are_an_error() -> None:
    assert licences.stated("| one-pkg | MIT | why |\n\n- ISC: two,\n  three\n") == {
        "one-pkg": "MIT",
        "two": "ISC",
        "three": "ISC",
    }
    with pytest.raises(ValueError, match="one_pkg stands under two licences: MIT and ISC"):
        licences.stated("| one-pkg | MIT | why |\n\n- ISC: one_pkg\n")
