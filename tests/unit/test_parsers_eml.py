"""Mails: their heads, their text in plain or HTML, and the attached files that can be read."""

from email.message import EmailMessage
from email.mime.image import MIMEImage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from ingest.clean import clean
from ingest.document import Block, Line, ParsedDocument, ParseLimits
from ingest.errors import CorruptFile
from ingest.notices import Notice
from ingest.parsers import reading
from ingest.parsers.eml import EmlParser


def message(text="正文第一段。\n\n第二段。", **headers) -> EmailMessage:
    mail = EmailMessage()
    named = {"Subject": "关于合同", "From": "张三 <zhang@example.com>", "To": "li@example.com", **headers}
    for name, value in named.items():
        mail[name] = value
    mail.set_content(text)
    return mail


@pytest.fixture
def parse(tmp_path):
    def write_and_parse(mail, **limits):
        path = tmp_path / "a.eml"
        path.write_bytes(mail if isinstance(mail, bytes) else mail.as_bytes())
        return EmlParser().parse(path, "a.eml", None, ParseLimits(**limits))

    return write_and_parse


def told(document):
    return {notice.code: dict(notice.params) for notice in document.warnings}


def multipart(kind, *parts):
    mail = MIMEMultipart(kind)
    mail["Subject"] = "outer"
    for part in parts:
        mail.attach(part)
    return mail.as_bytes()


def named(part, name, disposition="attachment"):
    part.add_header("Content-Disposition", disposition, filename=name)
    return part


def test_head_and_text(parse):
    document = parse(message(Cc="王五 <w@example.com>", Date="Mon, 24 Nov 2025 09:00:00 +0800"))
    assert document.title == "关于合同"
    text = clean(document).text
    assert text.startswith(
        "关于合同\n\nFrom: 张三 <zhang@example.com>\nTo: li@example.com\nCc: 王五 <w@example.com>\nDate: Mon"
    )
    assert text.endswith("正文第一段。\n\n第二段。")
    assert {block.location for block in document.blocks} == {"关于合同"}


def test_html_alone_is_read_as_a_page(parse):
    mail = message()
    mail.set_content("<p>Hello</p><table><tr><th>a<th>b<tr><td>1<td>2</table><script>x</script>", subtype="html")
    assert clean(parse(mail)).text.endswith("Hello\n\n| a | b |\n|---|---|\n| 1 | 2 |")


def test_attached_files_are_read_in_their_place(parse):
    mail = message()
    mail.add_attachment("# 条款\n\n| a | b |\n|---|---|\n| 1 | 2 |\n".encode(), "text", "markdown", filename="合同.md")
    mail.add_attachment(b"\0\1\2", "application", "octet-stream", filename="data.bin")
    mail.add_attachment(message("deep inside", Subject="Fwd"))
    mail.add_attachment(b"png", "image", "png", cid="<logo>", disposition="inline")
    document = parse(mail)
    text = clean(document).text
    assert "Attachments: 合同.md, data.bin, Fwd.eml" in text
    assert "deep inside" in text
    places = {block.kind: block.location for block in document.blocks if block.location.startswith("合同.md")}
    assert places["heading"] == "合同.md > 条款"
    assert places["table"] == "合同.md > 条款"
    assert told(document) == {"pictures-unread": {"count": 1}, "parts-unread": {"names": "data.bin"}}


def test_mails_in_mails_have_an_end(parse):
    mail = message("innermost")
    for depth in range(6):
        outer = message(f"depth {depth}")
        outer.add_attachment(mail)
        mail = outer
    text = clean(parse(mail)).text
    assert "depth 5" in text
    assert "depth 2" in text
    assert "innermost" not in text


def test_attached_files_are_bounded(parse):
    mail = message()
    mail.add_attachment(b"text " * 300_000, "text", "plain", filename="large.txt")
    assert parse(mail, unpacked_mb=1).warnings[0].params == {"names": "large.txt"}


def test_old_mails_with_raw_bytes_and_unknown_encodings(parse):
    raw = "Subject: 年度预算会议通知\nFrom: 财务部门的同事\n\n请各部门于月底之前提交明年的预算，谢谢配合。\n".encode(
        "gb18030"
    )
    assert "年度预算会议通知" in clean(parse(raw)).text
    part = MIMEText("请各部门于月底之前提交明年的预算，谢谢。", "plain", "gb18030")
    part["Subject"] = "x"
    unknown = part.as_bytes().replace(b'charset="gb18030"', b'charset="no-such"')
    assert "提交明年的预算" in clean(parse(unknown)).text


def test_what_is_no_mail(parse):
    with pytest.raises(CorruptFile):
        parse(b"just some text\n")


def test_the_alternative_that_says_more_is_read(parse):
    page = "<table><tr><th>a<th>b<tr><td>1<td>2</table><p>Pay it before the end of the month, please.</p>"
    stub = "See https://example.com/a/very/long/link/to/the/same/message/in/a/browser"
    text = clean(parse(multipart("alternative", MIMEText(stub), MIMEText(page, "html")))).text
    assert "Pay it before" in text
    assert "See" not in text


def test_plain_text_that_says_as_much_is_read(parse):
    plain, page = "The same in plain text.", "<p>The same in a web page.</p><ul><li></ul>"
    invitation = MIMEText("BEGIN:VCALENDAR", "calendar")
    document = parse(multipart("alternative", MIMEText(plain), MIMEText(page, "html"), invitation))
    assert clean(document).text == "outer\n\nSubject: outer\n\nThe same in plain text."
    assert not document.warnings


def test_files_of_every_alternative_are_kept(parse):
    rich = MIMEMultipart("mixed")
    for part in (
        MIMEText("<p>Hello</p>", "html"),
        named(MIMEText("in the file"), "a.txt"),
        MIMEText("<p>x</p>", "html"),
    ):
        rich.attach(part)
    text = clean(parse(multipart("alternative", MIMEText("Hello x"), rich))).text
    assert "Attachments: a.txt" in text
    assert text.count("Hello") == 1
    assert "in the file" in text


def test_texts_around_an_attachment_are_all_read_in_order(parse):
    file = named(MIMEText("in the file"), "a.txt", "inline")
    last = MIMEText("<p>third</p>", "html")
    text = clean(parse(multipart("mixed", MIMEText("first"), file, MIMEText("second"), last))).text
    assert "Attachments: a.txt" in text
    assert text.index("first") < text.index("second") < text.index("third") < text.index("in the file")


def test_a_mail_that_is_another_mail(parse):
    inner = b"From: x@y.z\nSubject: inner\n\nWhat came back."
    document = parse(b"From: a@b.c\nSubject: outer\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n" + inner)
    assert "What came back." in clean(document).text
    assert document.blocks[-1].location == "inner.eml > inner"


def test_a_mail_attached_under_any_name(parse):
    inner = named(MIMEMessage(message("deep inside")), "forwarded")
    assert "deep inside" in clean(parse(multipart("mixed", MIMEText("outer text"), inner))).text


def test_a_multipart_without_its_boundary_is_text(parse):
    assert "What it says." in clean(parse(b"Subject: x\nContent-Type: multipart/mixed\n\nWhat it says.\n")).text


def test_what_attached_files_warn_of_is_told(parse, monkeypatch):
    def read(path, name, password, limits, load):
        warnings = [Notice("pictures-unread", {"count": 2}), Notice("pages-empty", {"pages": "3"})]
        return ParsedDocument((Block("text", (Line("x"),)),), warnings=tuple(warnings))

    monkeypatch.setattr(reading, "read", read)
    files = [named(MIMEText("x"), "a.pdf"), named(MIMEText("x"), "b.pdf")]
    document = parse(multipart("mixed", MIMEText("text"), *files))
    assert [(notice.code, dict(notice.params)) for notice in document.warnings] == [
        ("pages-empty", {"pages": "a.pdf > 3"}),
        ("pages-empty", {"pages": "b.pdf > 3"}),
        ("pictures-unread", {"count": 4}),
    ]


def test_what_an_attached_mail_could_not_read_is_told(parse):
    inner = message("inner text", Subject="inner")
    inner.add_attachment(b"\0\1\2", "application", "octet-stream", filename="data.bin")
    mail = message()
    mail.add_attachment(inner)
    assert told(parse(mail)) == {"parts-unread": {"names": "inner.eml > data.bin"}}


def test_mails_too_deep_in_mails_are_named(parse):
    mail = message("innermost", Subject="4")
    for depth in (3, 2, 1, 0):
        outer = message(f"depth {depth}", Subject=str(depth))
        outer.add_attachment(mail)
        mail = outer
    assert told(parse(mail)) == {"parts-unread": {"names": "1.eml > 2.eml > 3.eml > 4.eml"}}


@pytest.mark.parametrize("body", ["", "See the picture."])
def test_pictures_are_read_where_there_is_no_text_and_else_counted(parse, body, monkeypatch):
    words = ParsedDocument((Block("text", (Line("in the picture"),)),))
    monkeypatch.setattr(reading, "read", lambda *_, load: words)
    picture = named(MIMEImage(b"x", "png"), "scan.png", "inline")
    document = parse(multipart("related", MIMEText(f"<p>{body}</p><img src='cid:x'>", "html"), picture))
    assert ("in the picture" in clean(document).text) == (not body)
    assert told(document) == ({"pictures-unread": {"count": 1}} if body else {})


def test_a_picture_that_cannot_be_read_is_named(parse):
    picture = named(MIMEImage(b"x", "png"), "scan.png", "inline")
    assert told(parse(multipart("related", MIMEText("<img>", "html"), picture))) == {
        "parts-unread": {"names": "scan.png"}
    }


def nested(count):
    heads = (f'Content-Type: multipart/mixed; boundary="{i}"\n\n--{i}\n' for i in range(count))
    return f"Subject: x\n{''.join(heads)}\ntext\n".encode()


@pytest.mark.parametrize("mail", [nested(1500), b"Subject: x\nTo: " + b"(" * 100_000 + b"\n\ntext\n"])
def test_endless_nesting_is_damage(parse, mail):
    with pytest.raises(CorruptFile, match="too deep"):
        parse(mail)
