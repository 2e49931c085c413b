"""A server that is killed again and again, and what is to be seen of its data folder in between and afterwards."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import httpx
import psutil

from app.settings import ROOT
from tests.support.processes import environment

PATIENCE = 120.0
QUESTIONS = (
    "灯塔是什么时候建成的？",
    "船有多长？",
    "How long did the ferry take?",
    "第7号记录的付款期限",
    "仓库 湿度 编号",
    "kites",
)
ENDED = {"ready", "failed", "needs_password"}
_SERVER = (sys.executable, "-m", "tests.support.fault_server")
_MARK = "FAULT_TEST"
# How long the processes that a killed server had begun may take to notice.
_CHILDREN_SECONDS = 20.0


class Site:
    """A data folder, and the process that serves it now, if any does.

    `prefix` is what the command of that process begins with, `more` goes into its environment. Without
    ZHIWEN_DATA_DIR in it the data folder is `folder`/data.
    """

    def __init__(self, folder: Path, *, prefix: Sequence[str] = (), **more: str) -> None:
        self.folder = folder
        self._log = folder / "log"
        self.started_at = 0.0
        self._mark = uuid.uuid4().hex
        # The environment of processes that belong to this site: by the mark in it they are known.
        self.variables = environment(folder) | {_MARK: self._mark} | more
        self.data = Path(self.variables["ZHIWEN_DATA_DIR"])
        self._command = (*prefix, *_SERVER)
        self._process: subprocess.Popen[bytes] | None = None
        address = f"http://127.0.0.1:{self.variables['ZHIWEN_PORT']}"
        self._client = httpx.Client(base_url=address, timeout=PATIENCE, trust_env=False)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Begin to serve; what it says of itself goes to `folder`/log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.started_at = time.monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self.variables, stderr=log, cwd=ROOT)

    def kill(self) -> None:
        """SIGKILL, to the server alone."""
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """Stop in good order."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(PATIENCE) == 0, self.log()

    def wait_ended(self) -> int:
        """The exit status, once it has ended; nothing that it began may be left then."""
        assert self._process is not None
        status = self._process.wait(PATIENCE)
        deadline = time.monotonic() + _CHILDREN_SECONDS
        while left := self.processes():
            assert time.monotonic() < deadline, f"left alive: {left}"
            time.sleep(0.02)
        return status

    def processes(self) -> list[str]:
        """The command lines of everything alive that belongs to this site."""
        return list(self._alive())

    def _alive(self) -> Iterator[str]:
        for process in psutil.process_iter():
            try:
                if process.environ().get(_MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    yield " ".join(process.cmdline())
            except (psutil.Error, OSError):
                continue

    def close(self) -> None:
        """End whatever is still there."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._client.close()

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Raises httpx.TransportError when the server is gone."""
        return self._client.request(method, f"/api/v1{path}", **arguments)

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """The JSON of what must be answered. Raises httpx.TransportError when the server is gone."""
        response = self.request(method, path, **arguments)
        assert response.is_success, f"{response.text}\n{self.log()}"
        return response.json()

    def wait_listening(self) -> None:
        """Raises httpx.TransportError when it was killed before."""
        assert self._process is not None
        while True:
            try:
                self._client.get("/healthz")
                return
            except httpx.TransportError:
                if self._process.poll() is not None:
                    raise
                assert time.monotonic() - self.started_at < PATIENCE, self.log()
                time.sleep(0.02)

    def upload(self, files: Mapping[str, bytes]) -> None:
        """Every one of them is answered with 202 when this returns."""
        parts = [("files", (name, content)) for name, content in files.items()]
        whole = self._client.build_request("POST", "/", files=parts)
        body, headers = whole.read(), {"Content-Type": whole.headers["Content-Type"]}
        answers = self.ask("POST", "/bases/default/documents", content=_slowly(body), headers=headers)
        assert [answer["name"] for answer in answers] == list(files)
        assert all("id" in answer for answer in answers), answers

    def offer(self, name: str, content: bytes) -> tuple[int, str]:
        """The status of the answer to an upload, and the type of its problem."""
        response = self.request("POST", "/bases/default/documents", files={"files": (name, content)})
        return response.status_code, "" if response.is_success else response.json()["title"]

    def documents(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "/bases/default/documents", params={"per_page": 500})["items"]
        return found

    def settled(self) -> bool:
        return all(document["status"] in ENDED for document in self.documents())

    def hurry(self) -> None:
        """Let everything that waits for its next try be tried now."""
        for document in self.documents():
            if document["next_try"] is not None:
                self.ask("POST", f"/documents/{document['id']}/retry")

    def wait_settled(self) -> None:
        deadline = time.monotonic() + 2 * PATIENCE
        while not self.settled():
            assert time.monotonic() < deadline, f"{self.documents()}\n{self.log()}"
            time.sleep(0.1)


def _slowly(body: bytes) -> Iterator[bytes]:
    """In pieces with pauses between them, so that kills come in the middle too."""
    piece = len(body) // 16 + 1
    for start in range(0, len(body), piece):
        yield body[start : start + piece]
        time.sleep(0.03)


@contextmanager
def site_in(folder: Path, *, prefix: Sequence[str] = (), **more: str) -> Iterator[Site]:
    site = Site(folder, prefix=prefix, **more)
    try:
        yield site
    finally:
        site.close()


@dataclass(frozen=True)
class Kill:
    """When a server is killed: so many seconds after it was begun, or after it listens."""

    seconds: float
    starting: bool = False


@dataclass
class Figures:
    """What was done to a server, and what it cost. Recovery: from its start until all that it had is there again."""

    kills: int = 0
    during_start: int = 0
    unanswered_uploads: int = 0
    documents: int = 0
    documents_lost: int = 0
    duplicates: int = 0
    longest_recovery_seconds: float = 0.0
    seconds: float = 0.0


@dataclass
class Ordeal:
    """Files taken in by a server that is killed meanwhile; what got no 202 is sent again."""

    site: Site
    files: Mapping[str, bytes]
    kills: Sequence[Kill] = ()
    figures: Figures = field(default_factory=Figures)
    _accepted: set[str] = field(default_factory=set)
    _recovered: bool = False

    def run(self, together: Callable[[int], int]) -> None:
        """Through all kills, until everything is taken in. `together` says how many of so many go into one upload."""
        begun = time.monotonic()
        for number, kill in enumerate([*self.kills, None]):
            # Files come in all along, so that there is work under way at every kill.
            upto = math.ceil(len(self.files) * (number + 1) / (len(self.kills) + 1))
            self._recovered = False
            self.site.start()
            if kill is None:
                self._recover()
                self._send(upto, together)
                self.site.wait_settled()
            else:
                self._live_until(kill, upto, together)
        self.figures.documents = len(self._accepted)
        self.figures.seconds = round(time.monotonic() - begun, 1)

    def _live_until(self, kill: Kill, upto: int, together: Callable[[int], int]) -> None:
        timer = Timer(kill.seconds, self.site.kill)
        try:
            if kill.starting:
                timer.start()
            self.site.wait_listening()
            if not kill.starting:
                timer.start()
            self._recover()
            self._send(upto, together)
        except httpx.TransportError:
            self.figures.during_start += not self._recovered
        status = self.site.wait_ended()
        timer.join()
        assert status == -signal.SIGKILL, self.site.log()
        self.figures.kills += 1

    def _recover(self) -> None:
        """What was accepted is there once the server answers."""
        self.site.wait_listening()
        names = Counter(document["name"] for document in self.site.documents())
        self._recovered = True
        figures, seconds = self.figures, round(time.monotonic() - self.site.started_at, 2)
        figures.longest_recovery_seconds = max(figures.longest_recovery_seconds, seconds)
        figures.documents_lost += len(self._accepted - set(names))
        figures.duplicates += sum(names.values()) - len(names)

    def _send(self, upto: int, together: Callable[[int], int]) -> None:
        waiting = [name for name in list(self.files)[:upto] if name not in self._accepted]
        while waiting:
            number = together(len(waiting))
            batch, waiting = waiting[:number], waiting[number:]
            try:
                self.site.upload({name: self.files[name] for name in batch})
            except httpx.TransportError:
                self.figures.unanswered_uploads += 1
                raise
            self._accepted.update(batch)


@dataclass(frozen=True)
class Seen:
    """What a base holds, told by names: ids of documents differ from one run to the next."""

    documents: dict[str, dict[str, Any]]
    chunks: dict[str, list[tuple[str, str]]]
    hits: dict[str, list[tuple[float, frozenset[str]]]]


def seen(site: Site) -> Seen:
    documents = site.documents()
    assert len({document["name"] for document in documents}) == len(documents)
    return Seen(
        {document["name"]: _told(document) for document in documents},
        {document["name"]: _chunks(site, document["id"]) for document in documents},
        {question: _hits(site, question) for question in QUESTIONS},
    )


def _told(document: dict[str, Any]) -> dict[str, Any]:
    told = ("size", "media_type", "status", "stage", "error", "pages", "chunks", "characters", "revision", "warnings")
    return {key: document[key] for key in told}


def _chunks(site: Site, document: str) -> list[tuple[str, str]]:
    return [(chunk["id"], chunk["text"]) for chunk in site.ask("GET", f"/documents/{document}/chunks")]


def _hits(site: Site, question: str) -> list[tuple[float, frozenset[str]]]:
    """What is found, in order, as sets of what is found equally well; the last set may be cut off."""
    hits = site.ask("POST", "/search", json={"question": question, "k": 15})["hits"]
    ties: dict[float, set[str]] = {}
    for hit in hits:
        ties.setdefault(round(hit["score"], 5), set()).add(hit["chunk"])
    return [(score, frozenset(chunks)) for score, chunks in ties.items()][:-1]


def files_of(folder: Path) -> list[str]:
    """Every file and folder below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def check_catalog(catalog: Path) -> None:
    """Whether SQLite finds everything in order, the keyword index included. The catalog must be in use by nobody."""
    with closing(sqlite3.connect(catalog)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.execute("INSERT INTO keywords (keywords) VALUES ('integrity-check')")
        (keywords,) = connection.execute("SELECT count(*) FROM keywords").fetchone()
        (chunks,) = connection.execute("SELECT count(*) FROM chunks").fetchone()
        assert keywords == chunks
