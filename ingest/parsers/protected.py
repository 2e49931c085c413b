"""Office files with a password, old and new: opened with it, then read like any other."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, PasswordNeeded, PasswordNotNeeded, PasswordWrong
from ingest.parsers.formats import extensions_of
from models.reasons import because

# With this one Excel locks workbooks against changes; it opens them without asking.
_NO_SECRET = "VelvetSweatshop"  # noqa: S105

_DAMAGED = (
    *(OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, OverflowError),
    *(struct.error, ExpatError),
)


class ProtectedParser:
    """Reads Office files that need a password."""

    extensions = extensions_of("protected")

    def parse(self, path: Path, name: str, password: str | None, limits: ParseLimits) -> ParsedDocument:
        """See `Parser.parse`."""
        from ingest.parsers.reading import read

        with tempfile.TemporaryDirectory(prefix="zhiwen-") as folder:
            opened = Path(folder) / "opened"
            _unlock(path, name, password, opened)
            return read(opened, name, None, limits)


def require_password(path: Path, name: str, password: str) -> None:
    """Raises PasswordWrong, PasswordNotNeeded where the file opens without one, CorruptFile."""
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

    with _explained(name, password), path.open("rb") as source:
        if not msoffcrypto.olefile.isOleFile(source) or not msoffcrypto.OfficeFile(source).is_encrypted():
            raise PasswordNotNeeded(name=name)
        try:
            _load_key(msoffcrypto.OfficeFile(source), _NO_SECRET)
        except (InvalidKeyError, DecryptionError):
            _load_key(msoffcrypto.OfficeFile(source), password)
        else:
            raise PasswordNotNeeded(name=name)


def _unlock(path: Path, name: str, password: str | None, to: Path) -> None:
    """Write the file without its password."""
    import msoffcrypto

    with _explained(name, password), path.open("rb") as source, to.open("wb") as target:
        file = msoffcrypto.OfficeFile(source)
        _load_key(file, password or _NO_SECRET)
        file.decrypt(target)


def _load_key(file: Any, password: str) -> None:
    # The old formats always check the password; the new ones do so if they are asked.
    file.load_key(password=password, **({"verify_password": True} if file.format == "ooxml" else {}))


@contextmanager
def _explained(name: str, password: str | None) -> Iterator[None]:
    """What msoffcrypto raises becomes an error of ours."""
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

    try:
        yield
    except (InvalidKeyError, DecryptionError) as error:
        raise (PasswordWrong if password else PasswordNeeded)(name=name) from error
    except (FileFormatError, ParseError, *_DAMAGED) as error:
        raise CorruptFile(name=name, kind="Office", reason=because("protection-unreadable")) from error
