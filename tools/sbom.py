"""Writes the bill of materials: everything that Zhiwen is made of, as CycloneDX in JSON.

It is told from the pin files, the licences in docs/dependencies.md, the libraries in static/vendor and the catalogue
of weights, so it is the same on every machine: what this one happens to have installed plays no part.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.spdx import is_expression, is_supported_id
from cyclonedx.validation.json import JsonStrictValidator

from app import __version__
from models.catalog import Weights, load_catalog
from tools import licences, pins

OUTPUT = pins.ROOT / "sbom.cdx.json"
VENDOR = pins.ROOT / "static" / "vendor"

# CycloneDX says "excluded" of what tests and builds use and the application does not.
SCOPES = {pins.RUNTIME: "required", pins.CUDA: "optional", pins.BUILD: "excluded", pins.TEST: "excluded"}

_VENDORED = re.compile(
    r"^\| `(?P<folder>[^`]+)` \| `(?P<package>[^`]+)` (?P<version>\S+) \| (?P<licence>[^|]+) \|", re.M
)

Component = dict[str, Any]


def licence(text: str) -> list[dict[str, Any]]:
    """A licence as CycloneDX wants it: an identifier of SPDX, an expression of several, or else a name."""
    if is_supported_id(text):
        return [{"license": {"id": text}}]
    if is_expression(text):
        return [{"expression": text}]
    return [{"license": {"name": text}}]


def packages(stated: Mapping[str, str]) -> list[Component]:
    """Every pinned package once, by name and version. Raises ValueError naming those without a licence."""
    found: dict[str, Component] = {}
    for path, scope in SCOPES.items():
        for pin in pins.read(path):
            purl = f"pkg:pypi/{pin.name}@{pin.version}"
            part = found.setdefault(purl, _package(pin, purl, scope, stated.get(pin.name, "")))
            files = part["externalReferences"][0]["hashes"]
            files += [entry for entry in _hashes(pin.hashes) if entry not in files]
    bare = [part["name"] for part in found.values() if not part["licenses"]]
    if bare:
        raise ValueError(f"docs/dependencies.md states no licence of: {', '.join(bare)}")
    return list(found.values())


def _package(pin: pins.Pin, purl: str, scope: str, stated: str) -> Component:
    part = {
        "type": "library",
        "bom-ref": purl,
        "name": pin.name,
        "version": pin.version,
        "scope": scope,
        "licenses": licence(stated) if stated else [],
        "purl": purl,
        # A release is several files, of which a machine takes one: the hashes are those of what can be fetched.
        "externalReferences": [{"type": "distribution", "url": purl, "hashes": _hashes(pin.hashes)}],
    }
    if pin.marker:
        part["properties"] = [{"name": "zhiwen:marker", "value": pin.marker}]
    return part


def vendored(folder: Path) -> list[Component]:
    """The browser libraries in a folder, by its README.md. Raises ValueError where the two disagree."""
    rows = list(_VENDORED.finditer((folder / "README.md").read_text("utf-8")))
    named, there = {row["folder"] for row in rows}, {path.name for path in folder.iterdir() if path.is_dir()}
    if named != there:
        raise ValueError(f"{folder / 'README.md'} and the folders beside it differ in: {', '.join(named ^ there)}")
    return [
        {
            "type": "library",
            "bom-ref": f"pkg:npm/{row['package']}@{row['version']}",
            "name": row["package"],
            "version": row["version"],
            "scope": "required",
            "licenses": licence(row["licence"].strip()),
            "purl": f"pkg:npm/{row['package']}@{row['version']}",
            "components": [
                _file(path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
                for path in sorted((folder / row["folder"]).rglob("*"))
                if path.is_file()
            ],
        }
        for row in rows
    ]


def weights(chosen: Iterable[Weights]) -> list[Component]:
    """Weights as components, with the files that are fetched for them and what these must hash to."""
    return [
        {
            "type": "machine-learning-model",
            "bom-ref": f"weights:{entry.name}",
            "name": entry.name,
            "scope": "required",
            "licenses": licence(entry.licence),
            **({"purl": f"pkg:huggingface/{entry.huggingface}"} if entry.huggingface else {}),
            "components": [_file(f"{entry.name}/{file.path}", file.sha256) for file in _fetched(entry) if file.sha256],
        }
        for entry in chosen
    ]


def _fetched(entry: Weights) -> Iterable[Any]:
    return entry.files or (entry.wheels.files if entry.wheels else ())


def _file(name: str, sha256: str) -> Component:
    return {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": _hashes([sha256])}


def _hashes(values: Iterable[str]) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": value} for value in values]


def bill() -> dict[str, Any]:
    """The bill of materials of this checkout."""
    bought = packages(licences.stated(licences.PAGE.read_text("utf-8")))
    parts = [*bought, *vendored(VENDOR), *weights(load_catalog().defaults())]
    zhiwen = f"zhiwen@{__version__}"
    project = tomllib.loads((pins.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {pins.normal(re.split(r"[^\w.-]", line)[0]) for line in project["dependencies"]}
    others = [part for part in parts if part not in bought]
    direct = [part["bom-ref"] for part in bought if part["name"] in wanted] + [part["bom-ref"] for part in others]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid4().urn,
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {
                "type": "application",
                "bom-ref": zhiwen,
                "name": "zhiwen",
                "version": __version__,
                "licenses": licence(project["license"]),
            },
        },
        "components": parts,
        "dependencies": [{"ref": zhiwen, "dependsOn": direct}],
        # All parts are here; which package brings which along, pins do not say.
        "compositions": [
            {"aggregate": "complete", "assemblies": [zhiwen]},
            {"aggregate": "unknown", "dependencies": [part["bom-ref"] for part in bought]},
        ],
    }


def faults(text: str) -> list[str]:
    """What in a bill of materials is not as its schema wants it."""
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text, all_errors=True)
    return [str(fault.data.message) for fault in found or ()]


def main() -> int:
    """Write the bill of materials; 1 when it is not as its schema wants it."""
    text = json.dumps(bill(), ensure_ascii=False, indent=2) + "\n"
    wrong = faults(text)
    for line in wrong:
        print(f"not CycloneDX: {line}")
    if wrong:
        return 1
    OUTPUT.write_text(text, encoding="utf-8")
    print(f"{OUTPUT.name}: {len(json.loads(text)['components'])} components.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
