"""Processes that read files have no network: whatever takes them over, and whatever a document asks for."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docx
import psutil
import pymupdf
import pytest

from app.settings import ROOT
from ingest import confine
from ingest.clean import clean
from ingest.draw import Drawer, Picture
from ingest.errors import CorruptFile, UnsupportedFile
from ingest.parse import parse
from tests.support import calling
from tests.support.escapes import OK, abstract_name
from tests.support.processes import environment

SYSTEM = Path("/proc/self/status")
pytestmark = pytest.mark.skipif(
    not SYSTEM.exists() or "Seccomp:" not in SYSTEM.read_text(), reason="only Linux with seccomp confines processes"
)
# A parser that does what its file's author wants, in the place of ours.
TAKEN_OVER = """
import sys
from ingest.document import Block, Line, ParsedDocument
from ingest.parse_child import main
from tests.support.escapes import report
main(lambda *_: ParsedDocument((Block("text", (Line(report(*sys.argv[1:])),)),)))
"""
FREE = {"pair": OK, "move": OK}
WITH_PROGRAMS = FREE | {"datagram pair": OK, "local socket": OK, "program": OK}
# How the attempts end that the filter does not answer itself: names are asked for by UDP, and Landlock says EACCES.
OTHERWISE = {"dns": "gaierror", "memory": "EACCES"}
OTHERWISE_WITH_PROGRAMS = OTHERWISE | {"foreign local socket": "EACCES"}
# Landlock's part: by the version of it that each needs.
LANDLOCK = {"memory": 4, "signal": 6, "abstract socket": 6}
LANDLOCK_WITH_PROGRAMS = {"foreign local socket": 9}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """On loopback, and open to be inherited by mistake."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        server.set_inheritable(True)
        yield server


@pytest.fixture
def aims(tmp_path: Path, listener: socket.socket) -> Iterator[tuple[str, str, str]]:
    """The port of the listener, this process, which waits at an abstract socket and at one with a path, and that path.

    What attempts are aimed at.
    """
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as at_path:
        for each, name in ((server, abstract_name(os.getpid())), (at_path, path)):
            each.bind(name)
            each.listen()
        yield str(port_of(listener)), str(os.getpid()), path


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def connections(listener: socket.socket) -> int:
    """How many have connected; the system takes them in without our help."""
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def refused(outcomes: dict[str, str], allowed: dict[str, str]) -> None:
    """Everything that is not allowed has failed, for the reason that is ours."""
    version, programs = confine.landlock_version(), "program" in allowed
    needed = LANDLOCK | LANDLOCK_WITH_PROGRAMS if programs else LANDLOCK
    otherwise = OTHERWISE_WITH_PROGRAMS if programs else OTHERWISE
    outcomes = {name: how for name, how in outcomes.items() if needed.get(name, 0) <= version}
    expected = {name: allowed.get(name, otherwise.get(name, "EPERM")) for name in outcomes}
    assert outcomes == expected


def python(script: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script, *arguments)


def states(process: psutil.Process) -> set[tuple[str, ...]]:
    """Of every thread: whether it may gain privileges, and how its calls are filtered."""
    wanted = ("NoNewPrivs:", "Seccomp:", "Seccomp_filters:")
    threads = Path(f"/proc/{process.pid}/task").glob("*/status")
    lines = ([line.split() for line in thread.read_text().splitlines()] for thread in threads)
    return {tuple(line[1] for line in status if line and line[0] in wanted) for status in lines}


def test_the_attempts_succeed_where_nothing_is_confined(listener: socket.socket, aims: tuple[str, str, str]) -> None:
    command = [sys.executable, "-m", "tests.support.escapes", *aims]
    told = json.loads(subprocess.check_output(command, cwd=ROOT, close_fds=False))
    expected = (
        "tcp",
        "udp",
        "netlink",
        "odd half",
        "signal",
        "abstract socket",
        "foreign local socket",
        *WITH_PROGRAMS,
    )
    assert {name: told["attempts"][name] for name in expected} == dict.fromkeys(expected, OK)
    assert [name for name in told["descriptors"] if name.startswith("socket:")]
    assert connections(listener) == 1


@pytest.mark.parametrize(("name", "allowed"), [("a.txt", FREE), ("a.eml", WITH_PROGRAMS)])
def test_a_parser_that_was_taken_over_reaches_nothing(
    tmp_path: Path, listener: socket.socket, aims: tuple[str, str, str], name: str, allowed: dict[str, str]
) -> None:
    path = tmp_path / "blob"
    path.write_bytes(calling.mail("http://127.0.0.1:9"))
    document = parse(path, name, command=python(TAKEN_OVER, *aims))
    told = json.loads(document.blocks[0].lines[0].text)
    refused(told["attempts"], allowed)
    assert [name for name in told["descriptors"] if name.startswith("socket:")] == []
    assert connections(listener) == 0


@pytest.fixture
def converter(tmp_path: Path, aims: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program on the path in the place of LibreOffice: it tries to get out, and then does its work.

    Gives the file where it writes what came of it.
    """
    document = docx.Document()
    document.add_paragraph("converted")
    document.save(tmp_path / "made.docx")
    program, outcomes = tmp_path / "soffice", tmp_path / "outcomes.json"
    program.write_text(
        f"""#!/bin/sh
for a in "$@"; do last=$a; done; out=$(dirname "$last")/out; mkdir -p "$out"
{sys.executable} -m tests.support.escapes {" ".join(aims)} > {outcomes}
cp {tmp_path}/made.docx "$out/document.docx"
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return outcomes


def test_a_program_that_a_parser_starts_reaches_nothing(
    tmp_path: Path, listener: socket.socket, converter: Path
) -> None:
    path = tmp_path / "blob"
    path.write_bytes(calling.rich_text("http://127.0.0.1:9"))
    assert clean(parse(path, "a.rtf")).text == "converted"
    told = json.loads(converter.read_text())
    refused(told["attempts"], WITH_PROGRAMS)
    assert [name for name in told["descriptors"] if name.startswith("socket:")] == []
    assert connections(listener) == 0


@pytest.mark.usefixtures("converter")
def test_an_attached_file_is_converted_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    attached = calling.rich_text("http://127.0.0.1:9").decode()
    head = "From: a@example.org\r\nSubject: Tides\r\nMIME-Version: 1.0\r\n"
    named = 'Content-Type: application/rtf\r\nContent-Disposition: attachment; filename="a.rtf"'
    body = f"--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x\r\n{named}\r\n\r\n{attached}\r\n--x--\r\n"
    path.write_text(f'{head}Content-Type: multipart/mixed; boundary="x"\r\n\r\n{body}')
    assert "converted" in clean(parse(path, "a.eml")).text


def test_every_thread_of_the_processes_is_confined(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        for _ in range(2):
            document.new_page().insert_text((72, 72), calling.TEXT)
        document.save(tmp_path / "a.pdf")
    seen: list[set[tuple[str, ...]]] = []

    def look(*_: int) -> None:
        seen.extend(states(child) for child in psutil.Process().children() if "ingest.parse_child" in child.cmdline())

    parse(tmp_path / "a.pdf", "a.pdf", progress=look)
    drawer = Drawer()
    try:
        drawer.draw(Picture(tmp_path / "a.pdf", "a.pdf", 1))
        drawing = [child for child in psutil.Process().children() if "ingest.draw_child" in child.cmdline()]
        seen.extend(map(states, drawing))
    finally:
        drawer.close()
    assert len(drawing) == 1
    assert len(seen) > len(drawing)
    assert {status[:2] for found in seen for status in found} == {("1", "2")}
    # Kernels before 5.11 do not tell how many filters there are.
    assert {status[2:] for found in seen for status in found} <= {("2",), ()}


@pytest.mark.parametrize("name", calling.READ_HERE)
def test_a_document_that_asks_for_something_is_read_without_it(
    tmp_path: Path, listener: socket.socket, name: str
) -> None:
    path = tmp_path / "blob"
    path.write_bytes(calling.READ_HERE[name](f"http://127.0.0.1:{port_of(listener)}"))
    assert calling.TEXT in clean(parse(path, name)).text
    assert connections(listener) == 0


@pytest.mark.parametrize("name", calling.REFUSED)
def test_a_document_that_is_refused_has_asked_for_nothing(tmp_path: Path, listener: socket.socket, name: str) -> None:
    path = tmp_path / "blob"
    path.write_bytes(calling.REFUSED[name](f"http://127.0.0.1:{port_of(listener)}"))
    with pytest.raises((CorruptFile, UnsupportedFile), match=name):
        parse(path, name)
    assert connections(listener) == 0


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("name", calling.READ_BY_LIBREOFFICE)
def test_libreoffice_asks_for_nothing(tmp_path: Path, listener: socket.socket, name: str) -> None:
    path = tmp_path / "blob"
    path.write_bytes(calling.READ_BY_LIBREOFFICE[name](f"http://127.0.0.1:{port_of(listener)}"))
    assert calling.TEXT in clean(parse(path, name)).text
    assert connections(listener) == 0


# As on a system that lets nobody filter calls: the call for it fails.
WITHOUT_FILTERS = """
import sys
from ingest import confine
from ingest.confined_calls import Rule
assert confine._install([Rule(confine._SECCOMP)]) == ""
from app.cli import main
from app.commands.doctor import _parsers
from app.settings import load_settings
main(["parse", sys.argv[1]])
print(*_parsers(load_settings()))
"""


def test_where_nothing_can_be_confined_files_are_read_and_doctor_tells(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(calling.TEXT)
    command = python(WITHOUT_FILTERS, str(tmp_path / "a.txt"))
    told = subprocess.check_output(command, text=True, cwd=ROOT, env=environment(tmp_path))
    assert told.startswith(calling.TEXT)
    assert "level='warning', text='the processes that read files have the network of this machine: Oper" in told
    assert confine.trial() == ""
