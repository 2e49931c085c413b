"""Pins, the set-up steps and the audit: what a fresh clone is made from."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import audit, install, machine, pins, pip

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def names(*paths: Path) -> set[str]:
    return {pin.name for path in paths for pin in pins.read(path)}


def wanted(requirements: list[str]) -> set[str]:
    return {pins.normal(re.match(r"[\w.-]+", line)[0]) for line in requirements}  # type: ignore[index]


# Pins


def test_every_dependency_is_pinned() -> None:
    assert wanted(PROJECT["project"]["dependencies"]) <= names(pins.RUNTIME)
    assert wanted(PROJECT["project"]["optional-dependencies"]["test"]) <= names(pins.RUNTIME, pins.TEST)
    assert wanted(PROJECT["dependency-groups"]["build"]) <= names(pins.BUILD)


def test_every_pin_has_hashes() -> None:
    bare = [pin.name for path in pins.FILES for pin in pins.read(path) if not pin.hashes]
    assert bare == []


@pytest.mark.parametrize("path", pins.FILES, ids=lambda path: path.name)
def test_no_host_and_no_option_stands_in_a_pin_file(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        assert "://" not in line
        assert "@" not in line
        assert line.startswith(("#", "    --hash=sha256:")) or re.match(r"[a-z0-9-]+==", line), line


def test_pins_of_one_name_never_apply_together() -> None:
    for path in pins.FILES:
        entries = [(pin.name, pin.marker) for pin in pins.read(path)]
        assert len(set(entries)) == len(entries)
        for name in {name for name, _ in entries}:
            markers = [marker for other, marker in entries if other == name]
            assert len(markers) == 1 or all(markers), name


def test_cuda_packages_are_kept_apart() -> None:
    assert not any(name.startswith(("nvidia-", "cuda-")) for name in names(pins.RUNTIME, pins.TEST))
    assert all("sys_platform == 'linux'" in pin.marker for pin in pins.read(pins.CUDA))


def test_torch_may_be_the_plain_or_the_cpu_build() -> None:
    from tools.compile_pins import TORCH_CPU

    (torch,) = [pin for pin in pins.read(pins.RUNTIME) if pin.name == "torch"]
    version, builds = TORCH_CPU
    assert torch.version == version
    assert set(builds.values()) < set(torch.hashes)


def test_a_line_that_pins_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="numpy>=2"):
        pins.parse("numpy>=2\n")


def test_a_pin_is_read_whole() -> None:
    (pin,) = pins.parse(f"Some_Pkg==1.0 ; python_full_version < '3.12' \\\n    --hash=sha256:{'a' * 64}\n")
    assert (pin.name, pin.version, pin.marker) == ("some-pkg", "1.0", "python_full_version < '3.12'")
    assert pin.hashes == ("a" * 64,)


# Set-up steps


def step(name: str, key: str, folder: Path) -> install.Step:
    return install.Step(name, name, key, lambda: None, folder / "stamps")


@pytest.fixture
def plan(tmp_path: Path) -> list[install.Step]:
    return [step(name, "1", tmp_path) for name in ("venv", "packages", "project")]


def test_a_finished_step_is_not_repeated(plan: list[install.Step]) -> None:
    for done in plan[:2]:
        done.finish()
    assert [left.name for left in install.pending(plan)] == ["project"]


def test_a_step_is_repeated_when_what_it_is_made_from_changes(plan: list[install.Step], tmp_path: Path) -> None:
    for done in plan:
        done.finish()
    changed = step("packages", "2", tmp_path)
    assert [left.name for left in install.pending([plan[0], changed, plan[2]])] == ["packages"]


def test_a_new_environment_needs_everything_again(plan: list[install.Step], tmp_path: Path) -> None:
    for done in plan:
        done.finish()
    other = step("venv", "2", tmp_path)
    assert [left.name for left in install.pending([other, *plan[1:]])] == ["venv", "packages", "project"]


def test_one_python_under_two_names_makes_one_environment(tmp_path: Path) -> None:
    """A shim is called python3 and .venv names what is behind it: that is no other Python."""
    python, other = Path(sys.executable).resolve(), tmp_path / "another-name"
    other.symlink_to(python)
    code = "from tools.install import steps; print(steps(test=False)[0].key)"
    keys = {
        subprocess.run([name, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in (python, other)
    }
    assert len(keys) == 1


def test_a_failed_command_says_which_and_that_work_is_kept() -> None:
    with pytest.raises(machine.Refused, match=r"(?s)-c raise SystemExit\(3\).*finished steps are kept"):
        pip.call(sys.executable, "-c", "raise SystemExit(3)")


# The machine


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    return tmp_path


def program(folder: Path, name: str, output: str = "", status: int = 0) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho '{output}'\nexit {status}\n")
    (folder / name).chmod(0o755)


def test_a_missing_compiler_is_told_with_what_to_install(programs: Path) -> None:
    with pytest.raises(machine.Refused, match=r"(?s)build-essential.*gcc-c\+\+.*xcode-select"):
        machine.c_compiler()


def test_any_usual_compiler_will_do(programs: Path) -> None:
    program(programs, "clang++")
    assert machine.c_compiler() == str(programs / "clang++")


def build_arguments(programs: Path, **environment: str) -> str:
    here = {"PATH": str(programs), **environment}
    return machine.llama_build(here, machine.wants_gpu(here))


def test_cuda_needs_a_compiler_and_a_gpu_that_answers(programs: Path) -> None:
    program(programs, "nvcc")
    assert build_arguments(programs) == ""
    program(programs, "nvidia-smi", "No devices were found", status=6)
    assert build_arguments(programs) == ""
    program(programs, "nvidia-smi", "GPU 0: NVIDIA H200")
    assert "-DGGML_CUDA=on" in build_arguments(programs)


def test_a_person_can_refuse_cuda_and_add_arguments(programs: Path) -> None:
    program(programs, "nvcc")
    program(programs, "nvidia-smi", "GPU 0: NVIDIA H200")
    assert build_arguments(programs, GPU="off", CMAKE_ARGS="-DX=1") == "-DX=1"
    assert build_arguments(programs, CMAKE_ARGS="-DX=1").startswith("-DX=1 -DGGML_CUDA=on")
    assert build_arguments(programs, CMAKE_ARGS="-DGGML_CUDA=off") == "-DGGML_CUDA=off"


def test_a_full_disk_is_told_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(machine.Refused, match="Free some space"):
        machine.check_room(tmp_path, needed_gb=10**9)


@pytest.mark.parametrize(("machine_type", "release"), [("x86_64", "15.1"), ("arm64", "13.6")])
def test_a_mac_without_packages_is_told(machine_type: str, release: str) -> None:
    machine.check_mac("arm64", "14.0")
    with pytest.raises(machine.Refused):
        machine.check_mac(machine_type, release)


# The audit


def answer(name: str, **facts: object) -> dict[str, object]:
    return {"name": name, **facts}


def test_the_audit_counts_what_it_could_not_check() -> None:
    asked = pins.parse("one==1\ntwo==2\nthree==3\nfour==4\n")
    flaw = {"id": "PYSEC-1", "fix_versions": ["1.1"]}
    known, unknown = audit.judge(
        asked,
        [answer("one", vulns=[flaw]), answer("two", vulns=[]), answer("three", skip_reason="not found")],
    )
    assert known == ["one 1: PYSEC-1 (fixed in: 1.1)"]
    assert unknown == ["three 3: not found", "four 4: not answered"]


def test_the_audit_asks_about_every_version_of_every_platform() -> None:
    found = pins.parse("numpy==1 ; python_full_version < '3.12'\nnumpy==2 ; python_full_version >= '3.12'\nx==1\n")
    asked = audit.rounds(found)
    assert [[(pin.name, pin.version) for pin in part] for part in asked] == [
        [("numpy", "1"), ("x", "1")],
        [("numpy", "2")],
    ]


# The rules of make


@pytest.mark.parametrize("rule", ["serve", "test", "test-all", "check", "audit", "sbom"])
def test_every_rule_sets_up_what_it_runs(rule: str) -> None:
    shown = subprocess.run(
        ["make", "--dry-run", rule], cwd=ROOT, capture_output=True, text=True, check=True, env=clean()
    ).stdout
    assert "-m tools.install" in shown
    assert ("--test" in shown) == (rule != "serve")


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def test_the_port_is_handed_to_the_server() -> None:
    rule = "show: ; @echo $$ZHIWEN_PORT $$ZHIWEN_HOST\n"
    shown = subprocess.run(
        ["make", "-f", "Makefile", "-f", "-", "show", "PORT=8123"],
        cwd=ROOT,
        input=rule,
        capture_output=True,
        text=True,
        check=True,
        env={**clean(), "HOST": "x"},
    )
    assert shown.stdout.split() == ["8123"]


def test_make_says_what_to_install_without_a_fitting_python() -> None:
    done = subprocess.run(
        ["make", "install", "PYTHON="], cwd=ROOT, capture_output=True, text=True, check=False, env=clean()
    )
    assert done.returncode != 0
    assert "Zhiwen needs Python 3.11" in done.stdout


@pytest.mark.parametrize(("status", "fails"), [(0, False), (1, True), (2, True), (3, False), (143, True)])
def test_the_guard_does_not_fail_where_nothing_can_be_said(tmp_path: Path, status: int, fails: bool) -> None:
    for name, code in (("zhiwen", 0), ("python", status)):
        (tmp_path / name).write_text(f"#!/bin/sh\necho told by {name}\nexit {code}\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    command = ["make", "bench-guard", f"BIN={tmp_path}", "PYTHON=true"]  # installs nothing
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=clean())
    assert "told by python" in done.stdout
    assert bool(done.returncode) is fails


def test_the_licence_is_the_whole_agpl() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in text
    assert "13. Remote Network Interaction" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_every_dependency_is_explained() -> None:
    """docs/dependencies.md names every package that is installed, so that none comes unseen."""
    page = set(re.findall(r"[a-z0-9-]+", (ROOT / "docs" / "dependencies.md").read_text("utf-8")))
    assert names(pins.RUNTIME) - page == set()
    assert wanted(PROJECT["project"]["optional-dependencies"]["test"]) - page == set()
