"""Reading a file of whatever kind: what it is, whether it can be unpacked, and the parser for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import NoText, NoTextInside
from ingest.notices import Notice
from ingest.parsers.formats import FORMATS, Format, load_parser
from ingest.parsers.kinds import detect
from ingest.parsers.packages import check_package
from ingest.parsers.result import require_size, require_text
from ingest.parsers.strict import in_common_names

if TYPE_CHECKING:
    from models.base import OCR

Progress = Callable[[int, int], None]


def read(
    path: Path,
    name: str,
    password: str | None,
    limits: ParseLimits,
    progress: Progress | None = None,
    checkpoints: Path | None = None,
    *,
    load: Callable[[], OCR] | None = None,
) -> ParsedDocument:
    """Read the file at `path`, called `name` by its owner, as what its content says it is.

    What OCR reads of a page is kept in the folder `checkpoints`, and not read again. `load` gives OCR in the place of
    ours. Raises any IngestError. A notice tells where the name says something else.
    """
    found = FORMATS[detect(path, name)]
    parser = load_parser(found.kind, *((partial(_load, load, checkpoints),) if found.ocr else ()))
    further = (progress,) if found.paged else ()
    if found.package:
        check_package(path, name, found.label, limits)
    with in_common_names(path) if found.package else nullcontext(path) as file:
        try:
            parsed: ParsedDocument = parser.parse(file, name, password, limits, *further)
            require_text(parsed, name)
            require_size(parsed, name)
        except NoText as error:
            raise (error if error.params["pages"] else NoTextInside(name=name)) from None
    return replace(parsed, warnings=(*_misnamed(found, name), *parsed.warnings))


def _load(load: Callable[[], OCR] | None, checkpoints: Path | None) -> OCR:
    """OCR, when the first page needs it. Raises OcrUnavailable."""
    from ingest.pdf.kept_ocr import KeptOCR
    from ingest.pdf.ocr_queue import load_ocr

    load = load or load_ocr
    return load() if checkpoints is None else KeptOCR(load, checkpoints)


def _misnamed(found: Format, name: str) -> tuple[Notice, ...]:
    ending = Path(name).suffix
    if ending.lower() in found.extensions or not found.extensions:
        return ()
    return (Notice("name-disagrees", {"ending": ending or "-", "kind": found.label}),)
