"""Mails: their heads, their text in plain or HTML, and the attached files that can be read."""

from email.message import EmailMessage
from email.mime.text import MIMEText

import pytest

from ingest.clean import clean
from ingest.document import ParseLimits
from ingest.errors import CorruptFile
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
    assert [dict(w.params) for w in document.warnings] == [{"names": "data.bin"}]


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
