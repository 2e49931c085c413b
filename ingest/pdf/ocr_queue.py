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
# More pages than are begun at once, so that nothing is being read by then.
_IDLE_PAGES = 8


def load_ocr() -> OCR:
    """The networks of OCR. Raises OcrUnavailable."""
    from models.ocr import PaddleOCR

    return PaddleOCR()


class OcrQueue:
    """Loads OCR when the first page needs it. `failure` says why it cannot be had, None as long as it can.

    After some pages in a row that do not need it OCR is let go: it holds hundreds of megabytes, and is loaded again in
    a fifth of a second. It also remembers for each kind of doubt whether OCR ever confirmed it in this document.
    """

    def __init__(self, load: Callable[[], OCR] = load_ocr) -> None:
        self.failure: Reason | None = None
        self._load = load
        self._ocr: OCR | None = None
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="page")
        self._verdicts: list[tuple[int, str, bool]] = []
        self._idle = 0

    def read(self, picture: Picture) -> Future[Lines] | None:
        """Begin to read a page; None when OCR cannot be had."""
        self._idle = 0
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

    def skip(self) -> None:
        """A page does not need OCR."""
        self._idle += 1
        if self._idle == _IDLE_PAGES:
            self._let_go()

    def close(self) -> None:
        """End the threads; pages that nobody waits for are not read."""
        self._threads.shutdown(cancel_futures=True)
        self._let_go()

    def _let_go(self) -> None:
        if self._ocr is not None:
            self._ocr.close()
            self._ocr = None
