"""Originals: whole or not at all, each once."""

from __future__ import annotations

import errno
import hashlib
import io
from pathlib import Path

import pytest

from ingest.errors import EmptyFile, FileTooLarge
from ingest.store.blobs import Blobs, media_type


class Unplugged(io.BytesIO):
    """A stream from a disk that is taken away half-way."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(errno.EIO, "Input/output error", "报告.txt")
        return super().read(10)


def files(blobs: Blobs) -> list[str]:
    return [path.name for path in blobs.folder.rglob("*") if path.is_file()]


def test_bytes_are_kept_under_their_hash(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "originals")
    blob = blobs.store(io.BytesIO(b"x" * 3_000_000), "a.txt", 10_000_000)
    assert blob.sha256 == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert blob.size == 3_000_000
    assert blobs.path(blob.sha256) == tmp_path / "originals" / blob.sha256[:2] / blob.sha256
    assert blobs.path(blob.sha256).read_bytes() == b"x" * 3_000_000
    assert list(blobs.every()) == files(blobs) == [blob.sha256]
    assert blobs.store(io.BytesIO(b"x" * 3_000_000), "b.txt", 10_000_000).sha256 == blob.sha256
    assert len(files(blobs)) == 1
    blobs.remove(blob.sha256)
    blobs.remove(blob.sha256)
    assert files(blobs) == []


@pytest.mark.parametrize(
    ("stream", "error"),
    [(io.BytesIO(b""), EmptyFile), (io.BytesIO(b"x" * 101), FileTooLarge), (Unplugged(b"x" * 90), OSError)],
)
def test_what_is_refused_leaves_nothing(tmp_path: Path, stream: io.BytesIO, error: type[Exception]) -> None:
    blobs = Blobs(tmp_path / "originals")
    with pytest.raises(error, match=r"报告\.txt"):
        blobs.store(stream, "报告.txt", 100)
    assert files(blobs) == []


def test_the_limit_itself_is_allowed(tmp_path: Path) -> None:
    assert Blobs(tmp_path).store(io.BytesIO(b"x" * 100), "a", 100).size == 100


def test_uploads_that_never_ended_are_swept(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    blobs.receive(io.BytesIO(b"half"), "a.txt", 100)
    assert len(files(blobs)) == 1
    (blobs.incoming / "cache_of_a_library").mkdir()
    (blobs.incoming / "cache_of_a_library" / "file").touch()
    blobs.sweep()
    assert files(blobs) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.PDF", "application/pdf"),
        ("a.md", "text/markdown"),
        ("a.txt", "text/plain"),
        ("报告.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.xls", "application/vnd.ms-excel"),
        ("a.jpg", "image/jpeg"),
        ("a.rtf", "application/rtf"),
        ("信.eml", "message/rfc822"),
        ("book.epub", "application/epub+zip"),
        ("noending", "application/octet-stream"),
    ],
)
def test_media_types(name: str, kind: str) -> None:
    assert media_type(name) == kind
