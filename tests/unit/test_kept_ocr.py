"""OCR whose pages are kept: given back as they were, and trusted only where they are whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from ingest.pdf.kept_ocr import KeptOCR
from models.base import Image, OcrLine
from models.errors import OcrUnavailable
from tests.support.scripted_ocr import ScriptedOCR, no_ocr, ocr_line

LINES = [
    ocr_line("灯塔建成于1922年", 100 / 3, 0.1 + 0.2, 700, 40, 0.1**7),
    OcrLine("\ud800\u2028", ((1, 2), (3, 4), (5, 6), (7.5, 8)), 1.0, ((0.0, 1 / 3), (1 / 3, 1.0))),
    OcrLine("", ((0, 0), (0, 0), (0, 0), (0, 0)), 0.0, ()),
]


def image(shade: int = 7, shape: tuple[int, ...] = (20, 30)) -> Image:
    return np.full(shape, shade, np.uint8)


def test_what_was_read_is_given_back_as_it_was(tmp_path: Path) -> None:
    ocr = ScriptedOCR(LINES)
    assert KeptOCR(ocr, tmp_path).read(image()) == LINES
    again = KeptOCR(ocr, tmp_path)
    assert again.read(image()) == LINES
    assert again.read(np.asfortranarray(image())) == LINES
    assert len(ocr.pictures) == 1
    assert (again.name, again.fingerprint) == (ocr.name, ocr.fingerprint)


def test_another_image_is_another_page(tmp_path: Path) -> None:
    ocr = ScriptedOCR(LINES)
    kept = KeptOCR(ocr, tmp_path)
    for different in (image(), image(8), image(shape=(30, 20)), image(shape=(20, 10, 3))):
        kept.read(different)
    assert len(ocr.pictures) == 4


def test_nothing_found_is_something_read(tmp_path: Path) -> None:
    ocr = ScriptedOCR()
    kept = KeptOCR(ocr, tmp_path)
    assert kept.read(image()) == kept.read(image()) == []
    assert len(ocr.pictures) == 1


def test_what_another_ocr_read_goes_and_so_does_what_is_half_written(tmp_path: Path) -> None:
    KeptOCR(ScriptedOCR(LINES), tmp_path).read(image())
    (tmp_path / "new-abc").write_bytes(b"half")
    other = ScriptedOCR()
    other.fingerprint = "newer"
    kept = KeptOCR(other, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert kept.read(image()) == []


@pytest.mark.parametrize("damage", [b"", b"\0" * 31, b"\0" * 90, b"[]"])
def test_a_damaged_file_is_written_anew(tmp_path: Path, damage: bytes) -> None:
    ocr = ScriptedOCR(LINES)
    kept = KeptOCR(ocr, tmp_path)
    kept.read(image())
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage)
    assert kept.read(image()) == LINES
    assert len(ocr.pictures) == 2
    assert file.read_bytes() == whole


def test_every_single_byte_is_checked(tmp_path: Path) -> None:
    ocr = ScriptedOCR(LINES[:1])
    kept = KeptOCR(ocr, tmp_path)
    kept.read(image())
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for at in range(len(whole)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
        assert kept.read(image()) == LINES[:1]
        assert len(ocr.pictures) == at + 2


def test_a_folder_that_is_gone_stays_gone(tmp_path: Path) -> None:
    """Its document was deleted while it was read."""
    folder = tmp_path / "pages"
    folder.mkdir()
    kept = KeptOCR(ScriptedOCR(LINES), folder)
    shutil.rmtree(folder)
    assert kept.read(image()) == LINES
    assert not folder.exists()


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.touch()
    with pytest.raises(NotADirectoryError):
        KeptOCR(ScriptedOCR(LINES), folder).read(image())


def test_without_networks_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(OcrUnavailable):
        KeptOCR(no_ocr, tmp_path)


def test_it_closes_the_other_one(tmp_path: Path) -> None:
    ocr = ScriptedOCR(LINES)
    KeptOCR(ocr, tmp_path).close()
    assert ocr.closed
