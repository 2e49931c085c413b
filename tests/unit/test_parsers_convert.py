"""Old Office files go through LibreOffice: a stand-in on the path shows how it is called and how it may fail."""

import os
import shutil
import time
from pathlib import Path

import docx
import pytest

from ingest.document import ParseLimits
from ingest.errors import ConversionFailed, ConverterMissing, ParseTimeout
from ingest.parse import parse
from ingest.parsers import convert
from ingest.parsers.kinds import detect

RTF = rb"{\rtf1\ansi Hello from \b RTF\b0 .\par}"


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.rtf"
    path.write_bytes(RTF)
    return path


@pytest.fixture
def soffice(tmp_path, monkeypatch):
    """Put a shell script where LibreOffice is looked for first; `made` is what it may hand out."""
    folder = tmp_path / "bin"
    folder.mkdir()
    made = tmp_path / "made.docx"
    document = docx.Document()
    document.add_paragraph("converted")
    document.save(made)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def write(script: str) -> Path:
        program = folder / "soffice"
        program.write_text(f"#!/bin/sh\n{script.format(made=made)}\n", encoding="utf-8")
        program.chmod(0o755)
        return program

    return write


OUT = 'for a in "$@"; do last=$a; done; out=$(dirname "$last")/out; mkdir -p "$out"; '


def test_the_converted_document_is_read(old, soffice, tmp_path):
    soffice(f'echo "$@" > {tmp_path}/called; {OUT} cp {{made}} "$out/document.docx"')
    assert detect(old, "old.rtf") == "old-text"
    parsed = parse(old, "../旧 文件.rtf")
    assert [line.text for block in parsed.blocks for line in block.lines] == ["converted"]
    called = (tmp_path / "called").read_text(encoding="utf-8")
    assert "--headless" in called
    assert "--convert-to docx" in called
    assert "旧" not in called


def test_no_macros_no_links_no_network(old, soffice, tmp_path):
    keep = tmp_path / "kept.xcu"
    soffice(f'{OUT} cp "$(dirname "$last")/profile/user/registrymodifications.xcu" {keep}')
    with pytest.raises(ConversionFailed):
        convert.old_text_parser().parse(old, "old.rtf", None, ParseLimits())
    profile = keep.read_text(encoding="utf-8")
    assert '"DisableMacrosExecution" oor:op="fuse"><value>true<' in profile
    assert '"ooInetHTTPProxyName" oor:op="fuse"><value>127.0.0.1<' in profile


def test_a_failure_is_told_without_paths(old, soffice):
    soffice('for a in "$@"; do last=$a; done; echo "source file $last could not be loaded" >&2; exit 1')
    with pytest.raises(ConversionFailed, match="could not be loaded") as caught:
        convert.old_text_parser().parse(old, "old.rtf", None, ParseLimits())
    assert "/tmp" not in str(caught.value)
    assert "DOCX" in str(caught.value)


def test_without_libreoffice_it_says_what_to_do(old, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(convert, "_PROGRAMS", ("soffice",))
    with pytest.raises(ConverterMissing, match=r"Install LibreOffice, or save it as DOCX"):
        convert.old_text_parser().parse(old, "old.rtf", None, ParseLimits())


def test_a_program_that_hangs_ends_with_the_parser(old, soffice, tmp_path):
    soffice(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    with pytest.raises(ParseTimeout):
        parse(old, "old.rtf", limits=ParseLimits(seconds=3))
    program = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/exe")
    for _ in range(100):  # a killed process takes a moment to go
        if not program.exists():
            break
        time.sleep(0.05)
    assert not program.exists()


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_itself(old):
    parsed = parse(old, "old.rtf")
    assert [line.text for block in parsed.blocks for line in block.lines] == ["Hello from RTF."]
