"""Runs a curl line as a person pastes it into a shell, and sends it without curl, too."""

from __future__ import annotations

import argparse
import shlex
import shutil
import ssl
import subprocess
from pathlib import Path

import httpx


def answers(line: str, folder: Path) -> list[httpx.Response]:
    """What a server answers to the line run in `folder`: sent by httpx and, where there is one, by curl itself."""
    words = shlex.split(line)
    assert words[0] == "curl"
    found = [_sent(words[1:], folder)]
    if shutil.which("curl"):
        command = f"{line} --silent --show-error --noproxy '*' --write-out '\\n%{{http_code}}'"
        done = subprocess.run(["sh", "-c", command], cwd=folder, check=True, capture_output=True, text=True)
        body, _, status = done.stdout.rpartition("\n")
        found.append(httpx.Response(int(status), text=body))
    return found


def _sent(words: list[str], folder: Path) -> httpx.Response:
    parser = argparse.ArgumentParser()
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d")
    parser.add_argument("-F")
    parser.add_argument("--cacert", type=Path)
    parser.add_argument("url")
    given = parser.parse_args(words)
    headers = dict(header.split(": ", 1) for header in given.H)
    verify = ssl.create_default_context(cafile=str(folder / given.cacert)) if given.cacert else True
    with httpx.Client(verify=verify, trust_env=False, headers=headers, timeout=30) as client:
        if given.F:
            field, name = given.F.split("=@")
            return client.post(given.url, files={field: (name, (folder / name).read_bytes())})
        return client.post(given.url, content=given.d.encode()) if given.d else client.get(given.url)
