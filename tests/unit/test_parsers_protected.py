"""Office files with a password open with it, and with no other."""

import io

import docx
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from ingest.document import ParseLimits
from ingest.errors import CorruptFile, PasswordNeeded, PasswordWrong
from ingest.parsers.kinds import detect
from ingest.parsers.reading import read

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.fixture
def protect(tmp_path):
    """Write a Word file that needs a password."""

    def write(password):
        plain = io.BytesIO()
        document = docx.Document()
        document.add_paragraph("秘密")
        document.save(plain)
        path = tmp_path / "a.docx"
        with path.open("wb") as target:
            OOXMLFile(plain).encrypt(password, target)
        return path

    return write


def test_the_password_opens_it(protect):
    document = read(protect("mima"), "a.docx", "mima", ParseLimits())
    assert [block.lines[0].text for block in document.blocks] == ["秘密"]
    assert document.warnings == ()


def test_without_it_or_with_another(protect):
    path = protect("mima")
    with pytest.raises(PasswordNeeded, match=r"a\.docx"):
        read(path, "a.docx", None, ParseLimits())
    with pytest.raises(PasswordWrong):
        read(path, "a.docx", "mime", ParseLimits())


def test_a_lock_against_changes_is_not_asked_for(protect):
    assert read(protect("VelvetSweatshop"), "a.docx", None, ParseLimits()).blocks


def test_damaged_protection(protect):
    path = protect("mima")
    data = path.read_bytes()
    for start in (600, 1100, 2100):
        path.write_bytes(data[:start] + bytes(1500) + data[start + 1500 :])
        with pytest.raises((CorruptFile, PasswordWrong)):
            read(path, "a.docx", "mima", ParseLimits())


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (b"\xec\xa5\xc1\x00\x00\x00\x00\x00\x00\x00\x00\x01", "protected"),
        (b"\xec\xa5\xc1\x00\x00\x00\x00\x00\x00\x00\x00\x12", "old-text"),
        (b"\x14\x00\x00\x00\xdf\xc4\xd1\xf3", "protected"),
    ],
)
def test_old_files_tell_by_their_first_records(tmp_path, record, kind):
    path = tmp_path / "blob"
    path.write_bytes(OLE + record.ljust(512, b"\0") + "WordDocument\0".encode("utf-16-le"))
    assert detect(path, "a.doc") == kind
