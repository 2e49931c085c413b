"""Looks every pin up among the known vulnerabilities, and fails on any that could not be looked up.

pip-audit evaluates markers, so it would pass over what this machine does not install; here every
pin of every file is asked about, whatever platform or Python it is for.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import pins


def rounds(found: list[pins.Pin]) -> list[list[pins.Pin]]:
    """The pins in lists that hold each name once, as pip-audit wants them."""
    lists: list[dict[str, pins.Pin]] = []
    for pin in {(pin.name, pin.version): pin for pin in found}.values():
        place = next((names for names in lists if pin.name not in names), None)
        if place is None:
            lists.append({pin.name: pin})
        else:
            place[pin.name] = pin
    return [list(names.values()) for names in lists]


def ask(asked: list[pins.Pin]) -> tuple[list[str], list[str]]:
    """What is known against these pins, and which of them nothing could be learned about, with reasons."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in asked), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner=off"]
        done = subprocess.run(
            [*command, "--format=json", "-r", str(listed)], capture_output=True, text=True, check=False
        )
    try:
        answers = json.loads(done.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no answer"
        return [], [f"{pin.name} {pin.version}: {reason}" for pin in asked]
    return judge(asked, answers)


def judge(asked: list[pins.Pin], answers: list[dict[str, object]]) -> tuple[list[str], list[str]]:
    """Known vulnerabilities and unanswered pins, from pip-audit's JSON."""
    answered = {pins.normal(str(answer["name"])): answer for answer in answers}
    known: list[str] = []
    unknown: list[str] = []
    for pin in asked:
        answer = answered.get(pin.name, {"skip_reason": "not answered"})
        if "skip_reason" in answer:
            unknown.append(f"{pin.name} {pin.version}: {answer['skip_reason']}")
            continue
        for flaw in answer["vulns"]:  # type: ignore[attr-defined]
            fixed = ", ".join(flaw["fix_versions"]) or "none yet"
            known.append(f"{pin.name} {pin.version}: {flaw['id']} (fixed in: {fixed})")
    return known, unknown


def main() -> int:
    """Print what is known; 1 when there is a vulnerability or a pin that could not be checked."""
    asked = [pin for path in pins.FILES for pin in pins.read(path)]
    known: list[str] = []
    unknown: list[str] = []
    for part in rounds(asked):
        flaws, unanswered = ask(part)
        known += flaws
        unknown += unanswered
    for line in known:
        print(f"vulnerable: {line}")
    for line in unknown:
        print(f"unchecked:  {line}")
    if unknown:
        print(
            f"{len(unknown)} pins could not be checked, so this is not a pass: pip-audit asks a service "
            "over the network about each. Run `make audit` where it can be reached, or choose another one "
            "with PIP_AUDIT_VULNERABILITY_SERVICE=osv."
        )
    if not known and not unknown:
        print(f"{len(asked)} pins, no known vulnerability.")
    return 1 if known or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
