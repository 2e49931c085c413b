"""PDFs whose pages need OCR, and those that do not: what is read, from where, and what the report says."""

import time
from pathlib import Path

import pymupdf
import pytest

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import NoText, OcrNeeded
from ingest.pdf.ocr_queue import OcrQueue
from ingest.pdf.reader import PdfParser
from models.errors import OcrUnavailable
from tests.support.pictures import page_of
from tests.support.scripted_ocr import ScriptedOCR, no_ocr, ocr_line

CHINESE = ["知文回答关于自己文档的问题，每一句都指出页码。", "没有联网也可以使用，文件不会离开这台电脑。"]
SCANNED = [ocr_line(f"扫描出来的第{n}行文字", 100, 300 + 70 * i, 500, 340 + 70 * i) for i, n in enumerate("一二三四")]


def save(document: pymupdf.Document, path: Path) -> Path:
    document.save(path)
    document.close()
    return path


def fill(page: pymupdf.Page, rect: tuple[float, ...] | None = None) -> None:
    """A picture that looks like print from afar, on the whole page or a part of it."""
    pixels = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 600, 800))
    pixels.clear_with(250)
    pixels.set_rect(pymupdf.IRect(50, 300, 400, 320), (0,))
    page.insert_image(rect or page.rect, pixmap=pixels)


def scan(path: Path, pages: int = 1) -> Path:
    document = pymupdf.open()
    for _ in range(pages):
        fill(document.new_page(width=600, height=800))
    return save(document, path)


def read(path: Path, load: object, **limits) -> ParsedDocument:
    return PdfParser(load).parse(path, path.name, None, ParseLimits(**limits))


def lines(document: ParsedDocument) -> list[str]:
    return [line.text for block in document.blocks for line in block.lines]


def test_a_scan_is_read_by_ocr_with_boxes_and_confidence(tmp_path):
    ocr = ScriptedOCR(SCANNED)
    document = read(scan(tmp_path / "a.pdf"), ocr)
    assert lines(document) == [line.text for line in SCANNED]
    (page,) = document.pages
    assert (page.read_as, page.text_chars, page.images, page.garbled) == ("ocr", 0, 1, "")
    assert page.confidence == pytest.approx(0.95)
    block = document.blocks[0]
    assert (block.read_as, block.confidence) == ("ocr", pytest.approx(0.95))
    scale = 600 / ocr.pictures[0].shape[1]
    box = block.lines[0].box
    assert box.x0 == pytest.approx(100 * scale, abs=16)
    assert box.y0 < 320 * scale < box.y1
    assert ocr.closed


def test_pages_stay_in_order_while_several_are_read(tmp_path):
    def numbered(image):
        return [ocr_line(f"第{len(ocr.pictures)}次读取的页面", 100, 300, 600, 350)]

    ocr, seen = ScriptedOCR(numbered), []
    document = PdfParser(ocr).parse(
        scan(tmp_path / "a.pdf", 7), "a.pdf", None, ParseLimits(), lambda done, total: seen.append((done, total))
    )
    assert seen == [(i, 7) for i in range(8)]
    assert [block.page for block in document.blocks] == list(range(1, 8))


def test_text_pages_never_load_ocr(tmp_path):
    path = save(page_of(CHINESE), tmp_path / "a.pdf")
    assert lines(read(path, no_ocr)) == CHINESE


def test_a_text_page_with_a_figure_stays_text(tmp_path):
    document = page_of(CHINESE * 6, width=600, height=800)
    fill(document[0], (50, 500, 550, 780))
    assert read(save(document, tmp_path / "a.pdf"), no_ocr).pages[0].read_as == "text"


def test_a_scan_under_a_header_of_text_is_read_as_well(tmp_path):
    document = pymupdf.open()
    page = document.new_page(width=600, height=800)
    fill(page, (0, 180, 600, 800))
    page.insert_text((50, 140), "Archive of the printing office, volume 12", fontsize=11)
    document = read(save(document, tmp_path / "a.pdf"), ScriptedOCR(SCANNED))
    assert lines(document) == ["Archive of the printing office, volume 12", *(line.text for line in SCANNED)]
    assert [block.read_as for block in document.blocks] == ["text", "ocr"]


def test_letters_drawn_as_outlines_are_read(tmp_path):
    document = pymupdf.open()
    page = document.new_page(width=600, height=800)
    for i in range(40):
        page.draw_rect((50 + 10 * i, 100, 56 + 10 * i, 112), fill=(0, 0, 0))
    assert read(save(document, tmp_path / "a.pdf"), ScriptedOCR(SCANNED)).pages[0].read_as == "ocr"


def test_blank_pages_need_no_ocr(tmp_path):
    document = page_of(CHINESE)
    document.new_page()
    parsed = read(save(document, tmp_path / "a.pdf"), no_ocr)
    assert [page.read_as for page in parsed.pages] == ["text", "none"]


def test_ocr_can_be_off_and_always(tmp_path):
    path = save(page_of(CHINESE), tmp_path / "a.pdf")
    assert lines(read(path, ScriptedOCR(SCANNED), ocr="always")) == [line.text for line in SCANNED]
    with pytest.raises(NoText):
        read(scan(tmp_path / "b.pdf"), ScriptedOCR(SCANNED), ocr="off")


def test_scans_on_which_nothing_is_found_are_no_text(tmp_path):
    with pytest.raises(NoText, match=r"pages: 1, images only: 1"):
        read(scan(tmp_path / "a.pdf"), ScriptedOCR())


def test_without_its_networks_text_is_read_and_images_are_named(tmp_path):
    document = page_of(CHINESE, width=600, height=800)
    fill(document.new_page(width=600, height=800))
    parsed = read(save(document, tmp_path / "a.pdf"), no_ocr)
    assert lines(parsed) == CHINESE
    assert [str(notice) for notice in parsed.warnings] == [
        "Text in images was not read: det.onnx is missing.",
        "Pages that are images without text, not read: 2.",
    ]
    with pytest.raises(OcrNeeded, match=r"b\.pdf holds images only.*det\.onnx is missing"):
        read(scan(tmp_path / "b.pdf"), no_ocr)


def test_a_network_that_breaks_while_it_reads_is_told(tmp_path):
    def breaks(image):
        raise OcrUnavailable(reason="out of memory")

    with pytest.raises(OcrNeeded, match="out of memory"):
        read(scan(tmp_path / "a.pdf"), ScriptedOCR(breaks))


def test_low_confidence_is_told(tmp_path):
    document = read(scan(tmp_path / "a.pdf"), ScriptedOCR([ocr_line("看不清的字迹", 100, 300, 400, 350, 0.6)]))
    assert [str(notice) for notice in document.warnings] == ["Pages that OCR read with low confidence: 1."]


def garbled(path: Path, pages: int = 1) -> Path:
    """Pages of English whose text layer has every letter shifted."""
    text = "".join(
        chr(ord(char) + 7) if char.isalpha() else char for char in "the rest of this sentence is about nothing"
    )
    document = pymupdf.open()
    for _ in range(pages):
        page = document.new_page(width=600, height=800)
        for i in range(5):
            page.insert_text((50, 100 + 20 * i), text, fontsize=12)
    return save(document, path)


def test_a_garbled_layer_is_replaced(tmp_path):
    def right(image):
        scale = image.shape[1] / 600
        text = "the rest of this sentence is about nothing"
        return [
            ocr_line(text, 50 * scale, (88 + 20 * i) * scale, 270 * scale, (104 + 20 * i) * scale) for i in range(5)
        ]

    document = read(garbled(tmp_path / "a.pdf"), ScriptedOCR(right))
    assert set(lines(document)) == {"the rest of this sentence is about nothing"}
    assert (document.pages[0].garbled, document.pages[0].read_as) == ("wrong-map", "ocr")
    assert "not what they show" in str(document.warnings[0])


def test_doubts_that_prove_unfounded_are_not_asked_again():
    queue = OcrQueue(no_ocr)
    for page in range(1, 5):
        assert queue.worth("wrong-map", page)
        queue.judged(page, "wrong-map", False)
    assert not queue.worth("wrong-map", 5)
    assert queue.worth("wrong-map", 4), "what comes of later pages is told sooner in one run than in another"
    assert queue.worth("mojibake", 5)
    queue.judged(5, "wrong-map", True)
    assert queue.worth("wrong-map", 6)
    queue.close()


def test_ocr_is_let_go_where_pages_do_not_need_it_and_loaded_again(tmp_path):
    document = pymupdf.open(scan(tmp_path / "cover.pdf"))
    for _ in range(12):
        document.insert_pdf(page_of(CHINESE))
    document.insert_pdf(pymupdf.open(scan(tmp_path / "back.pdf")))
    loaded = []

    def load():
        loaded.append(ScriptedOCR(SCANNED))
        return loaded[-1]

    closed_after = []
    parsed = PdfParser(load).parse(
        save(document, tmp_path / "book.pdf"),
        "book.pdf",
        None,
        ParseLimits(),
        lambda done, _: closed_after.append(done) if loaded and loaded[0].closed else None,
    )
    assert [page.read_as for page in parsed.pages] == ["ocr", *["text"] * 12, "ocr"]
    assert [ocr.closed for ocr in loaded] == [True, True]
    assert closed_after[0] < 14, "its memory is wanted while the rest is read"


@pytest.mark.parametrize("seconds", [0.0, 0.1])
def test_what_is_checked_does_not_depend_on_how_fast_ocr_is(tmp_path, seconds):
    def finds_nothing(image):
        time.sleep(seconds)
        return []

    document = read(garbled(tmp_path / "a.pdf", 12), ScriptedOCR(finds_nothing))
    assert [page.number for page in document.pages if page.checked] == list(range(1, 9))


def test_real_networks_read_a_real_scan(tmp_path):
    with page_of(CHINESE, width=420, height=300) as source:
        pixels = source[0].get_pixmap(dpi=200)
    document = pymupdf.open()
    document.new_page(width=420, height=300).insert_image((0, 0, 420, 300), pixmap=pixels)
    path = save(document, tmp_path / "a.pdf")
    parsed = PdfParser().parse(path, "a.pdf", None, ParseLimits())
    assert "".join(lines(parsed)).replace(" ", "") == "".join(CHINESE)
    assert parsed.pages[0].confidence > 0.95


def layered(path: Path, texts: list[str]) -> Path:
    """A scan with an invisible text layer where the script of OCR has its lines."""
    document = pymupdf.open()
    page = document.new_page(width=600, height=800)
    fill(page)
    for i, text in enumerate(texts):
        page.insert_text((100, 335 + 70 * i), text, fontsize=40, fontname="china-s", render_mode=3)
    return save(document, path)


def test_a_bad_hidden_layer_is_read_again(tmp_path):
    bad = ["扫苗岀耒旳苐一彳丁文", "日苗出耒白勺第二行乂", "才苗岀来旳苐三彳亍文", "扫曲出米的弟四行乂孑"]
    document = read(layered(tmp_path / "a.pdf", bad), ScriptedOCR(SCANNED))
    assert lines(document) == [line.text for line in SCANNED]
    assert document.pages[0].garbled == "bad-ocr"


def test_a_good_hidden_layer_is_kept(tmp_path):
    document = read(layered(tmp_path / "a.pdf", [line.text for line in SCANNED]), ScriptedOCR(SCANNED))
    assert lines(document) == [line.text for line in SCANNED]
    assert (document.pages[0].garbled, document.pages[0].read_as) == ("", "text")
    assert document.pages[0].checked


def test_a_page_that_nobody_doubts_is_not_checked(tmp_path):
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "An ordinary page of text that nothing speaks against.")
    assert not read(save(document, tmp_path / "a.pdf"), ScriptedOCR([])).pages[0].checked


def test_a_table_in_a_scan_is_a_table(tmp_path):
    xs, ys = [60, 200, 340, 480], [200, 240, 280, 320]
    texts = ["项目", "本期", "上期", "营业收入", "1,205", "998", "净利润", "310", "287"]

    def placed(i, text):
        x, y = xs[i % 3] + 15, ys[i // 3] + 9
        return x, y, x + sum(22 if char > "z" else 11 for char in text), y + 22

    def seen(image):
        scale = image.shape[1] / 600
        return [ocr_line(text, *(scale * at for at in placed(i, text)), 0.9) for i, text in enumerate(texts)]

    with pymupdf.open() as drawn:
        page = drawn.new_page(width=600, height=800)
        for x in xs:
            page.draw_line((x, ys[0]), (x, ys[-1]))
        for y in ys:
            page.draw_line((xs[0], y), (xs[-1], y))
        pixels = page.get_pixmap(dpi=200)
    document = pymupdf.open()
    document.new_page(width=600, height=800).insert_image((0, 0, 600, 800), pixmap=pixels)
    parsed = read(save(document, tmp_path / "a.pdf"), ScriptedOCR(seen))
    (block,) = parsed.blocks
    assert block.table.grid() == [texts[:3], texts[3:6], texts[6:]]
    assert (block.read_as, block.confidence, parsed.pages[0].tables) == ("ocr", pytest.approx(0.9), 1)
    assert block.table.rows[1].cells[1].box.x0 == pytest.approx(200, abs=20)


def grid_picture() -> pymupdf.Pixmap:
    with pymupdf.open() as drawn:
        page = drawn.new_page(width=600, height=800)
        for x in (60, 300, 540):
            page.draw_line((x, 200), (x, 320))
        for y in (200, 260, 320):
            page.draw_line((60, y), (540, y))
        return page.get_pixmap(dpi=150)


@pytest.mark.parametrize(("render_mode", "tables"), [(3, 1), (0, 0)])
def test_only_a_scan_has_its_rules_in_its_picture(tmp_path, render_mode, tables):
    document = pymupdf.open()
    page = document.new_page(width=600, height=800)
    page.insert_image((0, 0, 600, 800), pixmap=grid_picture())
    texts = ["revenue of the year", "1,205 million", "profit of the year", "310 million"]
    for i, text in enumerate(texts):
        at = (75 + 240 * (i % 2), 235 + 60 * (i // 2))
        page.insert_text(at, text, fontsize=14, render_mode=render_mode)
    path = save(document, tmp_path / "a.pdf")
    assert read(path, no_ocr).pages[0].tables == tables
