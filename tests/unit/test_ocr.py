"""OCR as a whole: its files, its errors, and that it never fetches anything."""

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError

import numpy as np
import pytest

from models import ocr, ocr_sessions
from models.errors import OcrUnavailable
from models.ocr_sessions import DETECTION, RECOGNITION, Network, network_folder
from tests.support.pictures import picture_of


def test_the_networks_come_with_a_package_that_is_never_imported():
    code = (
        "import sys; from models.ocr import PaddleOCR; PaddleOCR(threads=1).close();"
        "assert 'rapidocr' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_is_asked_of_the_network(monkeypatch):
    def refuse(*given, **named):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    reader = ocr.PaddleOCR(threads=1)
    assert [line.text for line in reader.read(picture_of(["离线读取"]))] == ["离线读取"]
    reader.close()


@pytest.mark.parametrize("missing", [DETECTION, RECOGNITION])
def test_a_missing_network_is_named(tmp_path, monkeypatch, missing):
    for name in {DETECTION, RECOGNITION} - {missing}:
        (tmp_path / name).symlink_to(network_folder() / name)
    monkeypatch.setattr(ocr, "network_folder", lambda: tmp_path)
    with pytest.raises(OcrUnavailable, match=f"{missing} is missing.*rapidocr"):
        ocr.PaddleOCR()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(ocr_sessions, "find_spec", lambda name: None)
    with pytest.raises(OcrUnavailable, match="rapidocr is not installed"):
        network_folder()


def test_a_damaged_network_is_refused(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with pytest.raises(OcrUnavailable, match=r"bad\.onnx"):
        Network(tmp_path / "bad.onnx")


def test_a_network_that_cannot_compute_says_so():
    with pytest.raises(OcrUnavailable, match=RECOGNITION):
        Network(network_folder() / RECOGNITION).run(np.zeros((17, 64, 3), np.uint8))


def test_a_network_without_its_characters_is_refused():
    with pytest.raises(OcrUnavailable, match="character"):
        Network(network_folder() / DETECTION).metadata("character")


def test_a_single_digit_among_flat_lines_stands_upright():
    reader = ocr.PaddleOCR(threads=1)
    texts = {line.text for line in reader.read(picture_of(["这一页的页码写在下面。", "", "7"], size=14))}
    assert texts == {"这一页的页码写在下面。", "7"}
    reader.close()


def test_short_lines_turn_with_their_page():
    reader = ocr.PaddleOCR(threads=1)
    picture = picture_of(["这一页是倒着放进扫描仪的。", "它的页码在下面。", "86"], size=14, turn=180)
    assert {line.text.replace(" ", "") for line in reader.read(picture)} == {
        "这一页是倒着放进扫描仪的。",
        "它的页码在下面。",
        "86",
    }
    reader.close()


@pytest.mark.parametrize("large", [True, False])
def test_large_networks_have_one_run_at_a_time(large):
    network = Network(network_folder() / DETECTION, large=large)
    session, together, met = network._session, Barrier(2), []

    class Watched:
        def run(self, *given):
            try:
                # Where two may run at once the other comes, however late.
                together.wait(0.5 if large else 30)
                met.append(True)
            except BrokenBarrierError:
                met.append(False)
            return session.run(*given)

    network._session = Watched()
    with ThreadPoolExecutor(2) as threads:
        maps = list(threads.map(network.run, [np.zeros((64, 64, 3), np.uint8)] * 2))
    assert met == [not large] * 2
    assert [each.shape for each in maps] == [(1, 64, 64)] * 2
