"""Files as they arrive: of one that is larger than allowed, no more is written than it takes to know that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, cast

from fastapi import Depends, Request, UploadFile
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as ReceivedFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from app.auth.errors import PageStale
from app.auth.sessions import Session
from app.bootstrap import Services
from app.errors import NoFiles, RequestInvalid, TooManyFiles
from app.routes.access import CSRF_FIELD
from app.routes.given import Given
from ingest.errors import IngestError
from ingest.store.files import explain_os_error
from ingest.store.records import Document
from models.reasons import because, quoted

_FLAG = TypeAdapter(bool)
_MOST_FIELDS = 10
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "One or several files.",
                        },
                        "replace": {
                            "type": "boolean",
                            "default": False,
                            "description": "Make a file a new version of the one with its name.",
                        },
                    },
                }
            }
        },
    }
}


@dataclass(frozen=True)
class Kept:
    """A file that is stored now, or was before (not `created`)."""

    name: str
    document: Document
    created: bool


@dataclass(frozen=True)
class Refused:
    """A file that was not taken, and why."""

    name: str
    error: IngestError


@dataclass(frozen=True)
class Upload:
    """The files of a request. Each may have been cut off one byte above the limit."""

    files: tuple[UploadFile | ReceivedFile, ...]
    replace: bool


def keep(upload: Upload, base_id: str, services: Services) -> list[Kept | Refused]:
    """Store the files of a request, each by itself, in a base. What is kept will be indexed, whatever happens next."""
    found: list[Kept | Refused] = []
    for file in upload.files:
        name = file.filename or "unnamed"
        try:
            document, created = services.library.add(base_id, name, file.file, replace=upload.replace)
        except IngestError as error:
            found.append(Refused(name, error))
        else:
            services.announce(document)
            found.append(Kept(name, document, created))
    return found


class _CuttingParser(MultiPartParser):
    """Drops what comes of a part after `most` bytes and one; large files wait in `folder`.

    `latest` is the name of the file that began last. With a `session` no file is taken in before a field has shown its
    token: the request may be another site's.
    """

    most = 0
    most_files = 0
    folder = Path()
    complete = False
    session: Session | None = None
    latest = ""
    _left = 0

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._left = self.most + 1

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        if self._current_files > self.most_files:
            raise TooManyFiles(limit=self.most_files)
        if (part := self._current_part.file) is not None:
            self.check_token()
            self.latest = part.filename or ""
            # On the disk of the documents, not in a folder that all users of the machine share.
            part.file.close()
            own = SpooledTemporaryFile[bytes](max_size=self.spool_max_size, dir=str(self.folder))
            self._files_to_close_on_error[-1] = own
            part.file = cast(BinaryIO, own)

    def on_end(self) -> None:
        self.complete = True

    def check_token(self) -> None:
        """Raises PageStale where a token is asked for, and no field that came so far holds it."""
        fields = [value for name, value in self.items if name == CSRF_FIELD and isinstance(value, str)]
        if self.session is not None and not any(map(self.session.accepts, fields)):
            raise PageStale()

    def drop_unfinished(self) -> None:
        """Close the files of parts that never ended."""
        for file in self._files_to_close_on_error:
            file.close()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        end = min(end, start + self._left)
        self._left -= end - start
        if start < end:
            super().on_part_data(data, start, end)


async def _receive(request: Request, services: Given) -> AsyncIterator[Upload]:
    session: Session | None = getattr(request.state, "unproven", None)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise PageStale() if session is not None else RequestInvalid(reason=because("not-multipart"))
    parser = _CuttingParser(request.headers, request.stream(), max_files=float("inf"), max_fields=_MOST_FIELDS)
    parser.most_files = services.settings.max_upload_files
    parser.most = services.settings.max_upload_mb * 1_000_000
    parser.folder = services.library.blobs.incoming
    parser.session = session
    form = await _parsed(parser)
    try:
        parser.check_token()
        if not parser.complete:
            raise RequestInvalid(reason=because("file-cut-off"))
        yield _upload(form)
    finally:
        await form.close()
        parser.drop_unfinished()


async def _parsed(parser: _CuttingParser) -> FormData:
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise RequestInvalid(reason=quoted(error.message)) from error
    except ClientDisconnect as error:
        raise RequestInvalid(reason=because("upload-cut-off")) from error
    except OSError as error:
        if (ours := explain_os_error(error, parser.latest, parser.folder)) is not None:
            raise ours from error
        raise


def _upload(form: FormData) -> Upload:
    # A form without a choice sends a file that has neither a name nor content.
    given = (item for item in form.getlist("files") if isinstance(item, ReceivedFile))
    files = tuple(item for item in given if item.filename or item.size)
    if not files:
        raise NoFiles()
    try:
        return Upload(files, _FLAG.validate_python(form.get("replace", False)))
    except ValidationError as error:
        raise RequestInvalid(reason=because("replace-other")) from error


Received = Annotated[Upload, Depends(_receive)]
