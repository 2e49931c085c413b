"""The root of everything that can go wrong on the way from a file to the index."""

from __future__ import annotations

from typing import ClassVar

from models.errors import Explained


class IngestError(Explained):
    """A document could not be taken in.

    `permanent` tells whether the same bytes will fail again: a corrupt file will, a full disk
    need not.
    """

    code = "ingest-error"
    permanent: ClassVar[bool] = True


class EmptyFile(IngestError):
    code = "empty-file"
    template = "{name} is empty (0 bytes). Check that it was saved or copied completely."


class UnsupportedFile(IngestError):
    code = "unsupported-file"
    template = (
        "{name} is of a kind that cannot be read ({kind}). What can be read: PDF, Word, PowerPoint, Excel, CSV, web "
        "pages, XML, Markdown, plain text, e-books (EPUB), mails (EML) and images."
    )


class CorruptFile(IngestError):
    code = "corrupt-file"
    template = "{name} cannot be opened as {kind}: {reason}. Open it in its own program and save it again."


class PasswordNeeded(IngestError):
    code = "password-needed"
    template = "{name} is protected. Give its password to read it."


class PasswordWrong(IngestError):
    code = "password-wrong"
    template = "The password given for {name} does not open it. Try again."


class NoText(IngestError):
    code = "no-text"
    template = "{name} holds no text that can be read (pages: {pages}, images only: {images})."


class NoTextInside(NoText):
    """The same of a format that has no pages."""

    code = "no-text-inside"
    template = "{name} holds no text that can be read; pictures inside such a file are not read."


def no_text(name: str, pages: int, images: int) -> NoText:
    """The error for a document without text, in the words that suit its format."""
    return NoText(name=name, pages=pages, images=images) if pages else NoTextInside(name=name)


class OcrNeeded(IngestError):
    code = "ocr-needed"
    permanent = False
    template = (
        "{name} holds images only, and text in images cannot be read: {reason}. "
        "Install the requirements again, then read it again."
    )


class FileTooLarge(IngestError):
    code = "file-too-large"
    template = "{name} is larger than {limit_mb} MB. Split it, or raise max_upload_mb."


class TooManyPages(IngestError):
    code = "too-many-pages"
    template = "{name} has {pages} pages, more than {limit}. Split it, or raise max_pages."


class TooLargeUnpacked(IngestError):
    code = "too-large-unpacked"
    template = "{name} unpacks to more than {limit_mb} MB. Split it, or raise parse_unpacked_mb."


class TooManyCells(IngestError):
    code = "too-many-cells"
    template = "{name} holds more than {limit} cells. Save the part that matters as a file of its own."


class CellsTooFar(IngestError):
    code = "cells-too-far"
    template = (
        "{name} has cells so far apart that more than {limit} blank ones lie between. "
        "Clear what stands far from the rest, and save it again."
    )


class CopyProtected(IngestError):
    code = "copy-protected"
    template = "{name} is locked by copy protection (DRM) and opens in its own reader only. Use a copy without it."


class ConverterMissing(IngestError):
    code = "converter-missing"
    permanent = False
    template = "{name} is {kind}, which is read through LibreOffice. Install LibreOffice, or save it as {instead}."


class ConversionFailed(IngestError):
    code = "conversion-failed"
    template = "LibreOffice could not convert {name} ({reason}). Open it in its own program and save it as {instead}."


class ParseTimeout(IngestError):
    code = "parse-timeout"
    template = "Reading {name} was stopped: nothing was done for {seconds} seconds. Split it, or raise parse_seconds."


class PageTimeout(IngestError):
    code = "page-timeout"
    template = (
        "Reading {name} was stopped after {done} of {pages} pages: the next one was not done in {seconds} seconds. "
        "Split it, or raise page_seconds."
    )


class ParseCrash(IngestError):
    code = "parse-crash"
    template = (
        "Reading {name} ended the parser ({reason}). The other documents are not affected; "
        "split the file or raise parse_memory_mb."
    )


class ParserKilled(ParseCrash):
    """A signal ended the parser: the next time it may get through."""

    code = "parser-killed"
    permanent = False
    template = (
        "The parser that read {name} was ended by {reason}: the machine may have run out of memory. "
        "Close other programs, split the file, or lower parse_memory_mb; then try it again."
    )


class DiskFull(IngestError):
    code = "disk-full"
    permanent = False
    template = "{name} could not be stored: the disk of {path} is full. Free some space and try again."


class OriginalMissing(IngestError):
    code = "original-missing"
    template = "The stored bytes of {name} are no longer in the data folder. Upload the file again."


class OriginalDamaged(IngestError):
    code = "original-damaged"
    template = "The stored bytes of {name} are not those that were uploaded. Upload the file again."


class OriginalNotKept(IngestError):
    code = "original-not-kept"
    template = (
        "The base of {name} keeps no originals: the file and the pictures of its pages were deleted once it was read. "
        "Upload the file again."
    )


class ParseStopped(IngestError):
    code = "parse-stopped"
    permanent = False
    template = "Reading {name} was stopped before it was done. Start it again."


class PageMissing(IngestError):
    code = "page-missing"
    template = "{name} has no page {page}: it has pages 1 to {pages}."


class PageNotDrawn(IngestError):
    """Drawing takes too long or too much memory, or ends the process that draws."""

    code = "page-not-drawn"
    template = (
        "Page {page} of {name} cannot be drawn in {seconds} seconds and {memory_mb} MB of memory. "
        "Look at it in the original file, or raise draw_seconds or draw_memory_mb."
    )


class DrawingBusy(IngestError):
    code = "drawing-busy"
    permanent = False
    template = "Too many pages are waiting to be drawn, among them one of {name}. Try again in {seconds} seconds."


class PasswordNotNeeded(IngestError):
    code = "password-not-needed"
    template = "{name} needs no password: nothing protects it."
