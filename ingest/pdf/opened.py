"""Opening a PDF: boxes of glyphs as MuPDF gives them, its complaints silenced, its errors translated into ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest.errors import CorruptFile, EmptyFile, OriginalMissing, PasswordNeeded, PasswordNotNeeded, PasswordWrong
from models.reasons import Reason, because, quoted


def mupdf_errors() -> tuple[type[Exception], ...]:
    """What PyMuPDF raises on damaged input: its own classes are not all under one root.

    IndexError is for a page that was counted and then lost when MuPDF repaired the file.
    """
    import pymupdf

    return (RuntimeError, ValueError, IndexError, pymupdf.mupdf.FzErrorBase)


@contextmanager
def open_pdf(path: Path, name: str, password: str | None = None) -> Iterator[Any]:
    """Yield a readable `pymupdf.Document` and close it afterwards.

    Raises EmptyFile, CorruptFile, OriginalMissing, PasswordNeeded or PasswordWrong.
    """
    import pymupdf

    if not path.is_file():
        raise OriginalMissing(name=name)
    if path.stat().st_size == 0:
        raise EmptyFile(name=name)
    # PyMuPDF would make them lower for fonts that it takes for wrong, unless its package for Markdown was imported.
    pymupdf.TOOLS.unset_quad_corrections(True)
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(path, filetype="pdf")
    except mupdf_errors() as error:
        raise CorruptFile(name=name, kind="PDF", reason=reason(error)) from error
    try:
        _unlock(document, name, password)
        _require_pages(document, name)
        yield document
    finally:
        document.close()


def _require_pages(document: Any, name: str) -> None:
    try:
        pages = document.page_count
    except mupdf_errors() as error:
        raise CorruptFile(name=name, kind="PDF", reason=reason(error)) from error
    if pages == 0:
        raise CorruptFile(name=name, kind="PDF", reason=because("no-readable-pages"))


def _unlock(document: Any, name: str, password: str | None) -> None:
    if not document.needs_pass:
        return
    if not password:
        raise PasswordNeeded(name=name)
    if not document.authenticate(password):
        raise PasswordWrong(name=name)


def require_password(path: Path, name: str, password: str) -> None:
    """Raises PasswordWrong, PasswordNotNeeded where the file opens without one, and as `open_pdf` does."""
    try:
        with open_pdf(path, name):
            raise PasswordNotNeeded(name=name)
    except PasswordNeeded:
        with open_pdf(path, name, password):
            return


def lacks_memory(error: Exception) -> bool:
    """Whether MuPDF gave up because it was given no more memory; it has no class for that."""
    return "alloc (" in str(error)


def reason(error: Exception) -> Reason:
    """MuPDF's sentence without the path of the file, which is ours and means nothing to people."""
    text = str(error)
    if "Failed to open file" in text:
        return because("structure-damaged")
    return quoted(text.removeprefix("code=7: ") or type(error).__name__)
