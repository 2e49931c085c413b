"""Memory that was needed for a moment goes back to the system: what /proc tells of this process."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from models.encoder_files import read_encoder
from models.heap import give_back
from models.ocr import PaddleOCR
from tests.support.e5_file import tiny_embedder
from tests.support.ingesting import bench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc, and glibc")
MB = 1_000_000


def test_what_was_freed_is_given_back() -> None:
    # Below 128 kB a block is one among others, and what lies behind it keeps it.
    blocks = [b"x" * 65_536 for _ in range(2000)]
    del blocks[:-1]
    before = own_memory()
    give_back()
    assert own_memory() < before - 100 * MB
    assert len(blocks) == 1


def test_what_was_freed_goes_back_before_a_document_is_read(tmp_path: Path) -> None:
    made = bench(tmp_path)
    made.taken_in("先读一份，此后什么都已装好。", "first.txt")
    blocks = [b"x" * 65_536 for _ in range(2000)]
    del blocks[:-1]
    before = own_memory()
    made.taken_in("再读一份。", "second.txt")
    assert own_memory() < before - 100 * MB
    assert len(blocks) == 1
    made.close()


def test_ocr_keeps_little_of_what_a_page_took() -> None:
    ocr, page = PaddleOCR(), np.full((1200, 1200), 255, np.uint8)
    page[100:130, 100:800:9] = 0
    before = own_memory()
    ocr.read(page)
    assert own_memory() < before + 100 * MB
    ocr.close()


def test_rows_of_a_table_leave_none_of_it_in_memory(tmp_path: Path) -> None:
    folder = tiny_embedder(tmp_path)
    files, name = read_encoder(folder), "embeddings.word_embeddings.weight"
    which = np.array([[5, 3], [3, 0]])
    np.testing.assert_array_equal(files.rows(name, which), files.tensor(name)[which])
    assert mapped_memory(folder) > 0
    files.rows(name, which)
    assert mapped_memory(folder) == 0


def own_memory() -> int:
    """Bytes that this process alone holds."""
    return int(psutil.Process().memory_full_info().uss)


def mapped_memory(folder: Path) -> int:
    """Kilobytes of files in a folder that this process has mapped and in memory."""
    held, here = 0, False
    for line in Path("/proc/self/smaps").read_text("utf-8").splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            here = str(folder.resolve()) in line
        elif here and line.startswith("Rss:"):
            held += int(line.split()[1])
    return held
