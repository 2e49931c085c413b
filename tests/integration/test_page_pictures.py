"""Pictures of pages: those of protected PDFs outlive the password, those of images are their own, all show places."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import pytest
from PIL import Image

from ingest import parse as parsing
from ingest.document import Block, Box, Line, PageReport, ParsedDocument
from ingest.draw import Drawer
from ingest.errors import PageMissing, PasswordNeeded
from ingest.page_view import draw_page
from ingest.pdf.page_image import render_page
from ingest.store.records import BaseSettings, Document
from tests.support.ingesting import Bench, bench


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    drawer = Drawer()
    yield drawer
    drawer.close()


def protected(rotation: int = 0, *, password: str = "geheim", cropped: bool = False) -> bytes:
    document = pymupdf.open()
    page = document.new_page(width=400, height=600)
    page.insert_text((72, 100), "Revenue was 300 dollars.")
    if cropped:
        page.set_cropbox(pymupdf.Rect(40, 60, 390, 560))
    page.set_rotation(rotation)
    document.new_page().insert_text((72, 100), "The second page says little.")
    options = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": password, "owner_pw": "owner"} if password else {}
    content: bytes = document.tobytes(**options)
    document.close()
    return content


def taken_in(made: Bench, content: bytes, password: str = "geheim", name: str = "locked.pdf") -> Document:
    document, _ = made.library.add("default", name, io.BytesIO(content))
    made.work()
    if password:
        assert made.document(document).status == "needs_password"
        made.library.give_password(document.id, password)
        made.work()
    return made.document(document)


def marked(picture: np.ndarray) -> np.ndarray:
    return (picture[..., 0] > 200) & (picture[..., 2] < 190) & (picture[..., 1] > 180)


def dark(picture: np.ndarray) -> np.ndarray:
    return picture.sum(axis=2) < 300


def yellow(png: bytes) -> tuple[float, ...]:
    return bounds(png, marked)


def bounds(png: bytes, chosen: Callable[[np.ndarray], np.ndarray]) -> tuple[float, ...]:
    """Where the chosen pixels are, as shares of the picture."""
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    rows, columns = np.nonzero(chosen(picture))
    height, width = picture.shape[:2]
    return columns.min() / width, rows.min() / height, columns.max() / width, rows.max() / height


@pytest.mark.slow
@pytest.mark.parametrize("cropped", [False, True], ids=["whole", "cropped"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_kept_picture_of_a_protected_page_shows_the_place_after_a_restart(
    tmp_path: Path, drawer: Drawer, rotation: int, cropped: bool
) -> None:
    made = bench(tmp_path, parse=parsing.parse)
    document = taken_in(made, protected(rotation, cropped=cropped))
    assert document.status == "ready"
    (anchor, *_) = made.library.catalog.anchors(document.id, 0, 5)
    assert anchor.box is not None
    original = made.library.original(document.id)
    drawn = render_page(original, 1, boxes=[anchor.box], password="geheim")
    made.close()
    again = bench(tmp_path)
    assert again.library.password(document.id) is None
    kept = draw_page(again.library, drawer, document, 1, boxes=[anchor.box])
    assert Image.open(io.BytesIO(kept)).size == Image.open(io.BytesIO(drawn)).size
    assert yellow(kept) == pytest.approx(yellow(drawn), abs=0.01)
    assert bounds(kept, dark) == pytest.approx(bounds(drawn, dark), abs=0.01)
    assert draw_page(again.library, drawer, document, 2).startswith(b"\x89PNG")
    with pytest.raises(PageMissing):
        draw_page(again.library, drawer, document, 3)
    again.close()


def test_pictures_go_with_the_document_and_strays_are_swept(tmp_path: Path) -> None:
    made = bench(tmp_path, parse=parsing.parse)
    other = made.library.catalog.create_base("other")
    document = taken_in(made, protected())
    folder = made.library.pictures.path(document.sha256, 1).parent
    assert sorted(path.name for path in folder.iterdir()) == ["1.webp", "2.webp"]
    assert (folder.stat().st_mode | folder.parent.stat().st_mode) & 0o077 == 0
    second, _ = made.library.add(other.id, "same.pdf", io.BytesIO(protected_bytes(made, document)))
    made.library.delete(document.id)
    assert folder.is_dir(), "another document has the same bytes"
    made.library.delete(second.id)
    assert list(made.library.pictures.folder.iterdir()) == []
    stray = made.library.pictures.folder / ("0" * 64)
    unfinished = made.library.pictures.folder / "new-1"
    for left in (stray, unfinished):
        left.mkdir()
        (left / "1.webp").touch()
    made.close()
    again = bench(tmp_path)
    assert list(again.library.pictures.folder.iterdir()) == []
    again.close()


def protected_bytes(made: Bench, document: Document) -> bytes:
    return made.library.original(document.id).read_bytes()


def test_pictures_are_kept_only_where_they_are_needed_and_wanted(tmp_path: Path) -> None:
    made = bench(tmp_path, parse=parsing.parse)
    taken_in(made, protected(password=""), password="", name="open.pdf")
    assert list(made.library.pictures.every()) == []
    made.library.configure("default", BaseSettings(keep_originals=False))
    document = taken_in(made, protected())
    assert (document.status, document.kept) == ("ready", False)
    assert document.sha256 not in made.library.blobs.every()
    assert list(made.library.pictures.folder.iterdir()) == []
    made.close()


def test_without_a_kept_picture_the_password_is_asked_for(tmp_path: Path, drawer: Drawer) -> None:
    made = bench(tmp_path, parse=parsing.parse)
    document = taken_in(made, protected())
    made.library.pictures.remove(document.sha256)
    assert draw_page(made.library, drawer, document, 1).startswith(b"\x89PNG")
    made.library.forget_password(document.id)
    with pytest.raises(PasswordNeeded):
        draw_page(made.library, drawer, document, 1)
    made.close()


def parse_scan(path: Path, name: str, **_: Any) -> ParsedDocument:
    """What a parser of images gives: pages in points, boxes at 72 to the inch."""
    line = Line("Revenue was 300 dollars.", Box(20, 30, 100, 45))
    pages = tuple(PageReport(n, 200, 100, images=1, read_as="ocr", confidence=0.97) for n in (1, 2))
    return ParsedDocument(tuple(Block("text", (line,), page=page.number, read_as="ocr") for page in pages), pages)


def test_images_are_their_own_pictures(tmp_path: Path, drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.new("RGB", (800, 400), color) for color in ("white", "#ddddff")]
    file = io.BytesIO()
    frames[0].save(file, "TIFF", save_all=True, append_images=frames[1:], dpi=(288, 288))
    for module in ("ingest.page_view", "ingest.library"):
        monkeypatch.setattr(f"{module}.detect", lambda *_: "image")
    made = bench(tmp_path, parse=parse_scan)
    document = taken_in(made, file.getvalue(), password="", name="scan.tiff")
    assert document.status == "ready"
    png = draw_page(made.library, drawer, document, 1, boxes=[Box(20, 30, 100, 45)], scale=2)
    assert Image.open(io.BytesIO(png)).size == (400, 200)
    assert yellow(png) == pytest.approx((0.1, 0.3, 0.5, 0.45), abs=0.01)
    second = Image.open(io.BytesIO(draw_page(made.library, drawer, document, 2))).convert("RGB")
    assert second.getpixel((5, 5)) == (0xDD, 0xDD, 0xFF)
    made.close()


CHILD = """
import os, signal, sys
from pathlib import Path
from tests.support.ingesting import bench, parse_text
def parse(path, name, **options):
    parsed = parse_text(path, name, **options)
    os.kill(os.getpid(), signal.SIGKILL)
made = bench(Path(sys.argv[1]), parse=parse)
(document,) = made.library.catalog.documents("default").items
made.library.give_password(document.id, "xyzzy42")
made.work()
"""


def test_a_protected_document_whose_reading_was_killed_asks_again(tmp_path: Path) -> None:
    made = bench(tmp_path)
    document = made.taken_in("SECRET xyzzy42 这是秘密。")
    made.close()
    environment = {**os.environ, "PYTHONPATH": "."}
    child = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path)], env=environment, check=False)
    assert child.returncode == -signal.SIGKILL
    again = bench(tmp_path)
    assert again.document(document).status == "processing", "it was left in the middle"
    again.work()
    again.work_after(2)
    waiting = again.document(document)
    assert (waiting.status, waiting.error_code) == ("needs_password", "password-needed")
    assert again.worker.step() is False
    again.library.give_password(document.id, "xyzzy42")
    again.work()
    assert again.document(document).status == "ready"
    again.close()
