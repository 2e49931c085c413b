"""Office files with a password, old and new: opened with it, then read like any other."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from xml.parsers.expat import ExpatError

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import CorruptFile, PasswordNeeded, PasswordWrong
from ingest.parsers.formats import extensions_of

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


def _unlock(path: Path, name: str, password: str | None, to: Path) -> None:
    """Write the file without its password."""
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

    try:
        with path.open("rb") as source, to.open("wb") as target:
            file = msoffcrypto.OfficeFile(source)
            # The old formats always check the password; the new ones do so if they are asked.
            checked = {"verify_password": True} if file.format == "ooxml" else {}
            file.load_key(password=password or _NO_SECRET, **checked)
            file.decrypt(target)
    except (InvalidKeyError, DecryptionError) as error:
        raise (PasswordWrong if password else PasswordNeeded)(name=name) from error
    except (FileFormatError, ParseError, *_DAMAGED) as error:
        raise CorruptFile(name=name, kind="Office", reason="its protection cannot be read") from error
