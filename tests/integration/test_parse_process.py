"""The parser process: answers, errors, and ends that leave nothing behind."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pymupdf
import pytest

from ingest.child import start
from ingest.document import Block, Box, Cell, Line, PageReport, ParsedDocument, ParseLimits, Row, Table
from ingest.errors import (
    CorruptFile,
    NoText,
    PageTimeout,
    ParseCrash,
    ParserKilled,
    ParseStopped,
    ParseTimeout,
    PasswordNeeded,
    PasswordWrong,
    TooManyCells,
)
from ingest.notices import Notice
from ingest.parse import _ask, parse
from ingest.store.errors import CatalogUnusable
from ingest.wire import pack, unpack
from tests.support.hostile import doubling


def python(script: str) -> tuple[str, ...]:
    """A process in the parser's place."""
    return (sys.executable, "-c", script)


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "blob"
    path.write_text("第一章 总则\n\n正文。", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before = set(children())
    yield
    assert set(children()) == before


def test_a_process_asks_for_large_pages_beside_what_the_user_tunes(monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.check=0")
    child = start(python("import os; print(os.environ['GLIBC_TUNABLES'])"))
    told, _ = child.communicate()
    assert told.decode().strip() == "glibc.malloc.check=0:glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4194304"


def test_a_text_file(note):
    document = parse(note, "笔记.txt")
    assert [block.lines[0].text for block in document.blocks] == ["第一章 总则", "正文。"]


def test_progress_of_a_pdf(tmp_path):
    pdf = pymupdf.open()
    for i in range(3):
        pdf.new_page().insert_text((72, 300), f"what stands on leaf {i}")
    pdf.save(tmp_path / "a.pdf")
    seen = []
    document = parse(tmp_path / "a.pdf", "a.pdf", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert document.blocks[0].lines[0].box is not None


def test_passwords_go_to_the_process(tmp_path):
    pdf = pymupdf.open()
    pdf.new_page().insert_text((72, 72), "secret")
    pdf.save(tmp_path / "a", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="pw")
    with pytest.raises(PasswordNeeded) as caught:
        parse(tmp_path / "a", "锁.pdf")
    assert caught.value.params == {"name": "锁.pdf"}
    with pytest.raises(PasswordWrong):
        parse(tmp_path / "a", "锁.pdf", password="no")
    assert parse(tmp_path / "a", "锁.pdf", password="pw").blocks[0].lines[0].text == "secret"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "\u200b\n\n\ufeff\u200d"),
        ("a.md", "# \u200b\n\n| \u200b |\n|---|\n| \u200b |"),
        ("a.html", "<p>\u200b</p>"),
    ],
)
def test_characters_that_nobody_sees_are_no_text(tmp_path, name, content):
    path = tmp_path / "blob"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(NoText, match=f"{name} holds no text"):
        parse(path, name)


def test_errors_come_back_with_their_parameters(note):
    with pytest.raises(CorruptFile) as caught:
        parse(note, "x.pdf")
    assert caught.value.params == {
        "name": "x.pdf",
        "kind": "PDF",
        "reason": "it does not begin as a PDF does",
    }


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT])
def test_a_signal(note, number):
    """Whoever sent it: the next time it may get through."""
    with pytest.raises(ParserKilled, match=f"signal {number}") as caught:
        parse(note, "a.txt", command=python(f"import os; os.kill(os.getpid(), {number})"))
    assert not caught.value.permanent


def test_an_end_before_the_request_was_written():
    """Nothing of the request may be left, to be written in vain when the pipe is closed."""
    child = start(python("import os; os.kill(os.getpid(), 9)"))
    child.wait()
    _ask(child, {"name": "a.txt"})
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.close()
    child.stdout.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a file that answers every reader with EIO")
def test_a_disk_that_cannot_be_read():
    with pytest.raises(CatalogUnusable, match=r"Input/output error|Permission denied") as caught:
        parse(Path("/proc/self/mem"), "a.txt")
    assert not caught.value.permanent


def test_an_unforeseen_exception(note):
    script = "import sys; sys.stdin.readline(); raise RuntimeError('broken inside')"
    with pytest.raises(ParseCrash, match="broken inside"):
        parse(note, "a.txt", command=python(script))


def test_a_silent_end(note):
    with pytest.raises(ParseCrash, match="exit status 3"):
        parse(note, "a.txt", command=python("import sys; sys.exit(3)"))


def test_a_hang(note):
    started = time.monotonic()
    with pytest.raises(ParseTimeout, match="1 seconds"):
        parse(note, "a.txt", limits=ParseLimits(seconds=1), command=python("while True: pass"))
    assert time.monotonic() - started < 30


def test_a_slow_document_goes_on_as_long_as_pages_are_done(note):
    answer = pack(ParsedDocument((Block("text", (Line("done"),)),)))
    script = (
        "import json, time\n"
        "for done in range(5):\n"
        "    time.sleep(0.6)\n"
        "    print(json.dumps({'progress': [done, 5]}), flush=True)\n"
        f"print(json.dumps({{'document': {answer!r}}}), flush=True)"
    )
    document = parse(note, "a.txt", limits=ParseLimits(seconds=2), command=python(script))
    assert document.blocks[0].lines[0].text == "done"


def test_a_page_that_hangs(tmp_path):
    path = tmp_path / "hostile"
    path.write_bytes(doubling())
    started = time.monotonic()
    with pytest.raises(PageTimeout) as caught:
        parse(path, "hostile.pdf", limits=ParseLimits(page_seconds=2))
    assert caught.value.params == {"name": "hostile.pdf", "done": 0, "pages": 1, "seconds": 2}
    assert time.monotonic() - started < 30


def test_the_limit_of_a_page_is_none_for_what_comes_after_the_last_one(note):
    answer = pack(ParsedDocument((Block("text", (Line("done"),)),)))
    script = (
        "import json, time\n"
        "print(json.dumps({'progress': [2, 2]}), flush=True)\n"
        "time.sleep(2)\n"
        f"print(json.dumps({{'document': {answer!r}}}), flush=True)"
    )
    document = parse(note, "a.txt", limits=ParseLimits(page_seconds=1), command=python(script))
    assert document.blocks[0].lines[0].text == "done"


def test_too_much_memory(tmp_path):
    path = tmp_path / "large"
    path.write_text("很大的文件。\n" * 6_000_000, encoding="utf-8")
    with pytest.raises(ParseCrash, match="150 MB"):
        parse(path, "large.txt", limits=ParseLimits(memory_mb=150))


def test_a_stop(note):
    stop = threading.Event()
    script = "import json, time; print(json.dumps({'progress': [1, 2]}), flush=True); time.sleep(600)"
    with pytest.raises(ParseStopped):
        parse(note, "a.txt", stop=stop, progress=lambda *_: stop.set(), command=python(script))


def test_the_process_ends_with_the_one_that_started_it(note):
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, threading; from ingest.parse_child import _end_with_pipe\n"
            "threading.Thread(target=_end_with_pipe, args=(sys.stdin,), daemon=True).start()\n"
            "print('there', flush=True)\n"
            "threading.Event().wait()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdout as stdout:
        assert stdout.readline() == b"there\n"
        child.stdin.close()
        assert child.wait(timeout=30) == 1


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "sys.exit(3)", "time.sleep(60)"])
def test_no_temporary_file_outlives_the_process(note, tmp_path, end):
    """A decrypted copy, say, of a document whose parser is killed."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    script = (
        "import os, subprocess, sys, tempfile, time\n"
        "folder = tempfile.mkdtemp(); open(os.path.join(folder, 'plain'), 'w').write('秘密')\n"
        "inner = 'import tempfile; open(tempfile.mkstemp()[1], chr(119)).write(chr(97))'\n"
        "subprocess.run([sys.executable, '-c', inner], check=True)\n"
        f"print('{{\"progress\": [0, 1]}}', flush=True); {end}"
    )
    seen = []

    def look(*_):
        seen.extend(path.name for path in scratch.rglob("*") if path.is_file())
        stop.set()

    stop = threading.Event()
    with pytest.raises((ParserKilled, ParseCrash, ParseStopped)):
        parse(note, "a.txt", scratch=scratch, command=python(script), progress=look, stop=stop)
    assert "plain" in seen
    assert len(seen) == 2
    assert not list(scratch.iterdir())


def test_the_password_is_not_on_the_command_line(note):
    seen = []

    def look(*_):
        seen.extend(child.cmdline() for child in children())

    script = "import json; print(json.dumps({'progress': [1, 1]}), flush=True); input(); input()"
    stop = threading.Event()
    with pytest.raises(ParseStopped):
        parse(
            note,
            "a.txt",
            password="geheim",
            stop=stop,
            progress=lambda *_: (look(), stop.set()),
            command=python(script),
        )
    assert seen
    assert not any("geheim" in part for line in seen for part in line)


def test_nothing_changes_on_the_wire():
    document = ParsedDocument(
        blocks=(
            Block("heading", (Line("a\u2028b", Box(1.25, 2, 3, 4)),), page=1, level=2),
            Block("text", (Line("\ud800"),), location="¶1", read_as="ocr", confidence=0.5, continues=True),
            Block("table", (), table=Table((Row((Cell("x", 1, 2, 3, Box(1, 2, 3, 4)), Cell("y", 4)), "S!A1"),), 0)),
        ),
        pages=(PageReport(1, 10, 20, 90, 5, 1, "ocr", "unmapped", 0.9, removed=("1",)),),
        title="标题",
        warnings=(Notice("page-damaged", {"page": 1, "reason": "r"}),),
    )
    assert unpack(pack(document)) == document


HUGE_GRIDS = {
    "spans.html": "<table><tr><td rowspan=65000 colspan=1000>甲</td><td>丙</td></tr>"
    + "<tr><td colspan=1000 rowspan=60000>乙</td></tr>" * 300
    + "</table>",
    "long-row.csv": ",".join("1" * 2) + "\n" + ",".join(["1"] * 90_000) + "\n" + "1\n" * 200,
}


@pytest.mark.parametrize("name", HUGE_GRIDS)
def test_a_grid_without_end_is_an_error_of_its_document(tmp_path, name):
    """What is read goes on to be cleaned and cut where no limit of the parser's holds."""
    path = tmp_path / name
    path.write_text(HUGE_GRIDS[name], encoding="utf-8")
    with pytest.raises(TooManyCells, match=name):
        parse(path, name)


CHILD = """
import os, re, sys
from ingest.child import end_with_parent
end_with_parent()
print(os.getpid(), flush=True)
re.match("(a+)+b", "a" * 60)
"""
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
print(child.stdout.readline().decode(), flush=True)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
def test_a_child_that_never_runs_python_again_ends_with_its_parent():
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE)
    assert parent.stdout
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    with contextlib.suppress(psutil.NoSuchProcess):
        child.wait(timeout=20)
    assert not child.is_running()
