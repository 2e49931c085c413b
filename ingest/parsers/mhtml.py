"""Web pages saved as one file (MHTML): the page itself, without the pictures saved with it."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import CorruptFile
from ingest.parsers.formats import extensions_of
from ingest.parsers.html import decode_page, read_page
from models.reasons import because


class MhtmlParser:
    """Reads MHTML."""

    extensions = extensions_of("mhtml")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002 (all parsers are called alike)
        limits: ParseLimits,  # noqa: ARG002
    ) -> ParsedDocument:
        """See `Parser.parse`."""
        message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(path.read_bytes())
        page = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
        payload = page.get_payload(decode=True) if page is not None else None
        if not isinstance(payload, bytes):
            raise CorruptFile(name=name, kind="MHTML", reason=because("no-web-page"))
        text, notices = decode_page(payload, name)
        return read_page(text, name, notices)
