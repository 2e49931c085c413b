"""OCR beside the one thread that runs MuPDF: pages as images go in, lines come out, a few pages at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from ingest.pdf.scan import Picture
from models.base import OCR, OcrLine
from models.errors import OcrUnavailable
from models.reasons import Reason, quoted

Lines = list[OcrLine]
# While the lines of one page are read, those of the next are looked for.
_AT_ONCE = 2
_PATIENCE = 4


def load_ocr() -> OCR:
    """The networks of OCR. Raises OcrUnavailable."""
    from models.ocr import PaddleOCR

    return PaddleOCR()


class OcrQueue:
    """Loads OCR when the first page needs it. `failure` says why it cannot be had, None as long as it can.

    It also remembers for each kind of doubt whether OCR ever confirmed it in this document.
    """

    def __init__(self, load: Callable[[], OCR] = load_ocr) -> None:
        self.failure: Reason | None = None
        self._load = load
        self._ocr: OCR | None = None
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="page")
        self._verdicts: list[tuple[int, str, bool]] = []

    def read(self, picture: Picture) -> Future[Lines] | None:
        """Begin to read a page; None when OCR cannot be had."""
        if self.failure:
            return None
        try:
            ocr = self._ocr = self._ocr or self._load()
        except OcrUnavailable as error:
            self.failure = quoted(error.params["reason"])
            return None
        return self._threads.submit(ocr.read, picture.image)

    def lines(self, reading: Future[Lines]) -> Lines:
        """What was read, in the end."""
        try:
            return reading.result()
        except OcrUnavailable as error:
            self.failure = quoted(error.params["reason"])
            return []

    def judged(self, page: int, doubt: str, confirmed: bool) -> None:
        """Remember whether a page in doubt was garbled."""
        self._verdicts.append((page, doubt, confirmed))

    def worth(self, doubt: str, before: int) -> bool:
        """Whether such a doubt still needs an answer: not where it was unfounded on page after page before this one.

        What is asked about is the same in every run only if all pages before that one were judged, however fast OCR is.
        """
        found = [confirmed for page, what, confirmed in self._verdicts if what == doubt and page < before]
        return any(found) or len(found) < _PATIENCE

    def close(self) -> None:
        """End the threads; pages that nobody waits for are not read."""
        self._threads.shutdown(cancel_futures=True)
        if self._ocr is not None:
            self._ocr.close()
