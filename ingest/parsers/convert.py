"""Old and open Office formats, by way of LibreOffice where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ingest.document import ParsedDocument, ParseLimits
from ingest.errors import ConversionFailed, ConverterMissing
from ingest.parsers.formats import FORMATS, Kind, load_parser
from ingest.parsers.packages import check_package
from models.reasons import Reason, because, quoted

_PROGRAMS = ("soffice", "libreoffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")
# No macro runs, no link is updated, and what would still go out ends at a port where nobody listens.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{items}</oor:items>
"""
_ITEM = (
    '<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
    "<value>{value}</value></prop></item>\n"
)
_SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Calc/Content/Update", "Link", "2"),
    ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


@dataclass(frozen=True)
class _Converted:
    """A family of formats that LibreOffice turns into another that is read here."""

    kind: Kind
    to: Kind
    ending: str

    @property
    def extensions(self) -> tuple[str, ...]:
        return FORMATS[self.kind].extensions

    def parse(self, path: Path, name: str, password: str | None, limits: ParseLimits) -> ParsedDocument:
        """See `Parser.parse`. Raises ConverterMissing, ConversionFailed and what the other parser raises."""
        instead = self.ending.upper()
        program = next((found for each in _PROGRAMS if (found := shutil.which(each))), None)
        if program is None:
            raise ConverterMissing(name=name, kind=Path(name).suffix or FORMATS[self.kind].label, instead=instead)
        with tempfile.TemporaryDirectory(prefix="zhiwen-") as folder:
            source = Path(folder) / f"document{Path(name).suffix.lower()}"
            shutil.copyfile(path, source)
            result = _run(program, source, self.ending)
            made = Path(folder) / "out" / f"document.{self.ending}"
            if not made.is_file():
                raise ConversionFailed(name=name, reason=result, instead=instead)
            check_package(made, name, FORMATS[self.to].label, limits)
            parsed: ParsedDocument = load_parser(self.to).parse(made, name, password, limits)
        return parsed


def _run(program: str, source: Path, ending: str) -> Reason:
    """Convert into the folder `out` beside the source, with a profile of its own; returns its last words."""
    folder = source.parent
    _write_profile(folder / "profile")
    command = [
        program,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--convert-to", ending, "--outdir", str(folder / "out")),
        str(source),
    ]
    environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder), "http_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False)
    lines = done.stderr.decode(errors="replace").replace(str(folder), "").strip().splitlines()
    return quoted(lines[-1][:200]) if lines else because("exit-status", status=done.returncode)


def _write_profile(folder: Path) -> None:
    (folder / "user").mkdir(parents=True)
    items = "".join(_ITEM.format(path=path, name=name, value=value) for path, name, value in _SETTINGS)
    (folder / "user" / "registrymodifications.xcu").write_text(_PROFILE.format(items=items), encoding="utf-8")


def old_text_parser() -> _Converted:
    """Word 97-2003, RTF, OpenDocument text."""
    return _Converted("old-text", "docx", "docx")


def old_slides_parser() -> _Converted:
    """PowerPoint 97-2003, OpenDocument presentations."""
    return _Converted("old-slides", "pptx", "pptx")


def old_sheets_parser() -> _Converted:
    """Workbooks that no reader of ours opens."""
    return _Converted("old-sheets", "xlsx", "xlsx")
