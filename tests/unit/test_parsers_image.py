"""Photos, scans and screenshots as documents."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, NoText, TooLargeUnpacked, TooManyPages
from ingest.parsers.image import ImageParser
from ingest.parsers.kinds import detect
from ingest.parsers.reading import read as read_any
from tests.support.pictures import picture_of
from tests.support.scripted_ocr import ScriptedOCR, ocr_line

LINE = ocr_line("图片里的一行文字", 100, 300, 600, 350)


def read(path: Path, ocr: object, **limits) -> ParsedDocument:
    return ImageParser(ocr).parse(path, path.name, None, ParseLimits(**limits))


def white(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height), "white")


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp", "bmp"])
def test_every_format_is_known_by_its_content(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    white(300, 400).save(path)
    assert detect(path, "upload") == "image"
    document = read(path, ScriptedOCR([LINE]))
    assert [line.text for block in document.blocks for line in block.lines] == [LINE.text]
    assert document.pages[0].read_as == "ocr"


def test_a_picture_of_text_is_read_from_the_file_to_the_page(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(picture_of(["今天的会议改到下午三点。"], dpi=150)).save(path, dpi=(150, 150))
    document = read_any(path, "a.png", None, ParseLimits())
    (block,) = document.blocks
    assert block.lines[0].text.replace(" ", "") == "今天的会议改到下午三点。"
    assert (document.pages[0].width, document.pages[0].height) == pytest.approx((420, 200), abs=1)
    assert 20 < block.lines[0].box.x0 < 40
    assert 25 < block.lines[0].box.y0 < 45


@pytest.mark.parametrize(("dpi", "size"), [((300, 300), (720, 960)), ((96, 96), (631.5, 842)), ((1, 1), (631.5, 842))])
def test_pages_have_the_size_of_the_paper_where_the_file_knows_it(tmp_path, dpi, size):
    white(3000, 4000, "L").save(tmp_path / "a.png", dpi=dpi)
    page = read(tmp_path / "a.png", ScriptedOCR([LINE])).pages[0]
    assert (page.width, page.height) == pytest.approx(size, abs=0.5)


def test_frames_of_a_tiff_are_pages(tmp_path):
    frames = [white(200, 300, "L"), white(300, 200, "L"), white(200, 300, "1")]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    document = read(tmp_path / "a.tif", ScriptedOCR([LINE]))
    assert [page.width > page.height for page in document.pages] == [False, True, False]
    with pytest.raises(TooManyPages, match="3 pages"):
        read(tmp_path / "a.tif", ScriptedOCR([LINE]), pages=2)


def test_a_photo_stands_as_the_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = np.full((200, 300), 255, np.uint8)
    picture[:100, :100] = 0
    Image.fromarray(picture).save(tmp_path / "a.jpg", exif=exif)
    ocr = ScriptedOCR([LINE])
    page = read(tmp_path / "a.jpg", ocr).pages[0]
    assert page.width < page.height
    (shown,) = ocr.pictures
    assert shown[10, -10] < 60 < 200 < shown[10, 10]


def test_what_is_transparent_is_white(tmp_path):
    Image.new("RGBA", (200, 300), (0, 0, 0, 0)).save(tmp_path / "a.png")
    ocr = ScriptedOCR([LINE])
    read(tmp_path / "a.png", ocr)
    assert ocr.pictures[0].min() == 255


def test_large_pictures_are_made_smaller(tmp_path):
    white(9000, 6000, "L").save(tmp_path / "a.png")
    ocr = ScriptedOCR([LINE])
    read(tmp_path / "a.png", ocr)
    assert ocr.pictures[0].size <= 9_100_000


def test_bombs_are_refused(tmp_path):
    white(9000, 6000, "1").save(tmp_path / "a.png")
    with pytest.raises(TooLargeUnpacked):
        read(tmp_path / "a.png", ScriptedOCR([LINE]), unpacked_mb=100)


def test_damage_is_told(tmp_path):
    white(900, 900).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\xff" + b"no picture at all" * 20)
    for name in ("a.png", "b.jpg"):
        with pytest.raises(CorruptFile, match="cut off or damaged"):
            read(tmp_path / name, ScriptedOCR([LINE]))


def test_a_picture_without_text_is_no_document(tmp_path):
    white(200, 300).save(tmp_path / "a.png")
    with pytest.raises(NoText):
        read(tmp_path / "a.png", ScriptedOCR())


def test_text_that_begins_like_a_bitmap_is_text(tmp_path):
    (tmp_path / "a.txt").write_text("BM 是一个缩写，本文说明它的由来和用法。", encoding="utf-8")
    assert detect(tmp_path / "a.txt", "a.txt") == "text"
