"""How soon the server answers after it was told to start: `python -m bench.start [--rounds 5] [--against FOLDER]`.

With the configured weights, and a data folder that was in use before: one document is in it, and what is measured once
a machine was measured. Each round starts a server, and takes the seconds until `/healthz` answers, until a search that
was sent then is answered, and until the language model is loaded too. With `--against` each round starts another
checkout as well, first this one and next time the other, with a data folder of its own; the last column is the ratio.

With `--memory` servers are started on an empty folder and, later, on the same one: what they and their children take of
memory, shared pages divided among who shares them, once the models are loaded, after a document of 12 parts was read,
and after a question about it was answered.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import median

import httpx

from bench.loading.memory import MB, look
from bench.loading.server import Server, starting
from bench.parsing.run import ROOT
from bench.stop import made

_PATIENCE = 600.0
_PAUSE = 0.01
_TEXT = "# 码头\n\n第七号码头早上六点开门，货物到港后在两小时内登记。\n\nPier seven opens at six in the morning.\n"
_QUESTION = {"question": "第七号码头几点开门？", "k": 5}


@dataclass(frozen=True)
class Start:
    """Seconds since the process was started."""

    listening: float
    searched: float
    ready: float


def main() -> None:
    """Print a row for each of the three moments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", type=Path, help="another checkout of this program")
    parser.add_argument("--folder", type=Path, help="keeps the data folders, for runs in parts")
    parser.add_argument("--memory", action="store_true", help="measure memory instead")
    options = parser.parse_args()
    roots = [ROOT, *([options.against.resolve()] if options.against else [])]
    with tempfile.TemporaryDirectory() as temporary:
        if options.memory:
            print(memory(options.folder or Path(temporary)))
            return
        folders = [(options.folder or Path(temporary)) / str(number) for number in range(len(roots))]
        for folder, root in zip(folders, roots, strict=True):
            use(folder, root)
        taken: list[list[Start]] = [[] for _ in roots]
        for number in range(options.rounds):
            for which in (range(len(roots)), reversed(range(len(roots))))[number % 2]:
                taken[which].append(measured(folders[which], roots[which]))
        print(table(taken))


def table(taken: list[list[Start]]) -> str:
    """Median, least and most of each moment, for one checkout or two; with the ratio of the medians for two."""
    names = ["this", "the other"][: len(taken)]
    columns = ["seconds until", *names, *(["ratio"] if len(names) > 1 else [])]
    lines = [columns, ["---"] * len(columns)]
    for at, field in enumerate(fields(Start)):
        seconds = [[astuple(start)[at] for start in starts] for starts in taken]
        cells = [f"{median(some):.2f} ({min(some):.2f} to {max(some):.2f})" for some in seconds]
        ratio = [f"{median(seconds[0]) / median(seconds[1]):.2f}"] if len(names) > 1 else []
        lines.append([field.name, *cells, *ratio])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def use(folder: Path, root: Path) -> None:
    """Make a data folder one that was in use before: a document is read, and searched for."""
    if (folder / "data").exists():
        return
    with starting(_made(folder), root=root) as (server, _), _client(server) as client:
        _wait(client, "/readyz")
        _add(client, "pier.md", _TEXT)
        _search(client)


def measured(folder: Path, root: Path) -> Start:
    """One start."""
    began = time.perf_counter()
    with starting(folder, root=root) as (server, _), _client(server) as client:
        _wait(client, "/healthz")
        listening = time.perf_counter() - began
        _search(client)
        searched = time.perf_counter() - began
        _wait(client, "/readyz")
        return Start(listening, searched, time.perf_counter() - began)


def memory(folder: Path) -> str:
    """A row for each of two servers, one after the other on the same data folder: MB at three moments."""
    lines = ["| server | models loaded | document read | question answered |", "| --- | --- | --- | --- |"]
    for name in ("first", "later"):
        with starting(_made(folder / "memory")) as (server, process), _client(server) as client:
            _wait(client, "/readyz")
            taken = [look(process.pid, 0.0).total]
            _add(client, "piers.md", made())
            taken.append(look(process.pid, 0.0).total)
            answer = (
                client.post("/api/v1/ask", json={"question": "第3号码头的货物怎样登记？"}).raise_for_status().json()
            )
            if answer["refused"]:
                raise RuntimeError("the question was not answered")
            taken.append(look(process.pid, 0.0).total)
        lines.append(f"| {name} | {' | '.join(f'{each / MB:.0f}' for each in taken)} |")
    return "\n".join(lines)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _add(client: httpx.Client, name: str, text: str) -> None:
    """Bring a document, unless it is there, and wait until it is read."""
    response = client.post("/api/v1/bases/default/documents", files={"files": (name, text.encode())})
    document = response.raise_for_status().json()[0]["id"]
    _wait(client, f"/api/v1/documents/{document}", lambda answer: answer.json()["status"] == "ready")


def _client(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.address, trust_env=False, timeout=_PATIENCE)


def _search(client: httpx.Client) -> None:
    found = client.post("/api/v1/search", json=_QUESTION).raise_for_status().json()
    if not found["hits"] or found["partial"]:
        raise RuntimeError(f"the search did not find the document by its meaning: {found}")


def _wait(client: httpx.Client, path: str, good: Callable[[httpx.Response], bool] = lambda _: True) -> None:
    """Ask until the answer is a good one with 200; who does not listen yet is asked again."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            answer = client.get(path)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 200 and good(answer):
            return
        time.sleep(_PAUSE)
    raise TimeoutError(f"{path} has no good answer after {_PATIENCE:.0f} s")


if __name__ == "__main__":
    main()
