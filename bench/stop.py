"""How soon a stopped answer frees the model: `python -m bench.stop [--rounds 10]`, with the configured weights.

Over REST, as a browser does it: a question is asked about a made document, another one waits behind it, and the first
is stopped at some moment while the model reads its prompt, or while it writes. Measured is the time from the request to
stop until the stopped answer says that it is done, and until the next one has begun. Each question names another part
of the document, so that no prompt is known from the one before.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import httpx

from app.bootstrap import Services, bootstrap
from app.server import create_app
from app.settings import load_settings
from app.web_server import server_of
from models.offline import stay_offline
from models.threads import share_cores

PARTS, SENTENCES = 12, 40
GOAL_MS = 200
_PATIENCE = 600.0
Events = Iterator[tuple[str, dict[str, object]]]


def main() -> None:
    """Print median and largest of both times, for stops while reading and while writing."""
    stay_offline()
    share_cores()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="stops of each kind")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    options = parser.parse_args()
    moments = random.Random(options.seed)  # noqa: S311  nothing here is secret
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as client:
        print(
            "| stopped while | times | ms until it is done: median, largest | until the next begins: median, largest |"
        )
        print("|---|---|---|---|")
        for stage, doing in (("read", "reading the prompt"), ("write", "writing")):
            times = [stopped(client, stage, number % PARTS, moments) for number in range(options.rounds)]
            measured = [each for each in times if each is not None]
            columns = [f"{statistics.median(some):.0f}, {max(some):.0f}" for some in zip(*measured, strict=True)]
            print(f"| {doing} | {len(measured)} of {options.rounds} | {' | '.join(columns or ['-', '-'])} |")
        print(f"\nThe goal is {GOAL_MS} ms. An answer that had ended before it was stopped is not counted.")


def stopped(client: httpx.Client, stage: str, part: int, moments: random.Random) -> tuple[float, float] | None:
    """Milliseconds until the first question is done, and until the second begins; None if the first had ended."""
    with ExitStack() as streams:
        run, events = streams.enter_context(asked(client, f"第{part}号码头的货物怎样登记？"))
        later, later_events = streams.enter_context(asked(client, f"第{(part + 1) % PARTS}号码头几点开门？"))
        if until(events, "stage", stage)["ended"]:
            return None
        time.sleep(moments.uniform(0.05, 1.0))
        begin = time.perf_counter()
        client.post(f"/api/v1/runs/{run}/stop").raise_for_status()
        finish = until(events, "done").get("finish")
        done = time.perf_counter() - begin
        until(later_events, "stage")
        begun = time.perf_counter() - begin
        client.post(f"/api/v1/runs/{later}/stop").raise_for_status()
        until(later_events, "done")
    return (1000 * done, 1000 * begun) if finish == "cancelled" else None


@contextmanager
def asked(client: httpx.Client, question: str) -> Iterator[tuple[str, Events]]:
    """The run of a question, and its events as they come."""
    with client.stream("POST", "/api/v1/ask", json={"question": question, "stream": True}) as response:
        events = _events(response.raise_for_status().iter_lines())
        yield str(next(events)[1]["run"]), events


def until(events: Events, wanted: str, stage: str | None = None) -> dict[str, object]:
    """The next event of this name (and stage), or the last one; `ended` says which."""
    for name, data in events:
        ended = name in ("done", "failed")
        if ended or (name == wanted and stage in (None, data.get("stage"))):
            return data | {"ended": ended}
    raise RuntimeError("the stream broke off")


def _events(lines: Iterator[str]) -> Events:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@contextmanager
def served(folder: Path, **settings: object) -> Iterator[httpx.Client]:
    """A client of the application on a port of this machine, with the made document in it."""
    services = bootstrap(load_settings().model_copy(update={"data_dir": folder, **settings}))
    listener = socket.create_server(("127.0.0.1", 0))
    server = server_of(create_app(services), lambda: None)
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=_PATIENCE) as client:
            _fill(client, services)
            yield client
    finally:
        services.closing.set()
        server.should_exit = True
        thread.join()
        services.close()


def _fill(client: httpx.Client, services: Services) -> None:
    files = {"files": ("码头.md", made().encode())}
    document = client.post("/api/v1/bases/default/documents", files=files).raise_for_status().json()[0]["id"]
    version = 0
    while (status := client.get(f"/api/v1/documents/{document}").json()["status"]) != "ready":
        if status == "failed":
            raise RuntimeError("the made document could not be read")
        version, _ = services.progress.wait(version, 1.0)


def made() -> str:
    """A document of so many parts, each with more than fits into one answer."""
    rules = "第{part}号码头的货物第{n}条：到港后由{n}名管理员在{n}小时内登记，登记簿第{n}页写明船名、件数与重量。"
    parts = []
    for part in range(PARTS):
        lines = [rules.format(part=part, n=n) for n in range(1, SENTENCES + 1)]
        parts.append(f"# 第{part}号码头\n\n第{part}号码头早上{part % 4 + 6}点开门。\n\n" + "\n\n".join(lines))
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
