"""Plain text: encodings, paragraphs, chapters."""

import pytest

from ingest.document import ParseLimits
from ingest.errors import NoText, UnsupportedFile
from ingest.parsers.encodings import decode
from ingest.parsers.text import TextParser

SIMPLIFIED = "第一章 总则\r\n\r\n第一条 为了规范公司的组织和行为，保护公司、股东和债权人的合法权益，制定本法。\r\n"
TRADITIONAL = "第一章 總則\n\n第一條 為了規範公司的組織和行為，保護公司、股東和債權人的合法權益，制定本法。\n"


def parse(path, data: bytes):
    path.write_bytes(data)
    return TextParser().parse(path, path.name, None, ParseLimits())


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_simplified_chinese(encoding):
    decoded = decode(SIMPLIFIED.encode(encoding))
    assert decoded is not None
    assert decoded.text == SIMPLIFIED
    assert decoded.unreadable == 0


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "big5hkscs", "gb18030", "utf-16-le"])
def test_traditional_chinese(encoding):
    assert decode(TRADITIONAL.encode(encoding)).text == TRADITIONAL


def test_four_byte_characters_of_gb18030():
    text = SIMPLIFIED + "\U00021d53"
    assert decode(text.encode("gb18030")).text == text


def test_other_languages():
    text = "Это обычный русский текст, записанный в старой кодировке. " * 5
    assert decode(text.encode("cp1251")).text == text


def test_a_file_cut_inside_a_character_is_read_and_says_so(tmp_path):
    document = parse(tmp_path / "a.txt", SIMPLIFIED.encode()[:-4])
    assert document.blocks[-1].lines[0].text.startswith("第一条 为了规范")
    assert [str(warning) for warning in document.warnings] == ["Characters that could not be read as utf-8: 1."]


@pytest.mark.parametrize(
    "text",
    [
        "naïve café",
        "été",
        "Résumé of the café: naïve façade, 25 °C, 10 µm",
        "Die Straße nach München führt über eine schöne Brücke. Größe: 5 m², Übung.",
        "El niño pequeño comió una piña; ¿qué pasó? ¡Adiós!",
        "A informação não está disponível; as opções são três.",
        "Rødgrød med fløde på en ø nær København, blåbær og æbler.",
        "It’s a “quote” – really… and it costs €5.",
        "plain words " * 200 + "and a naïve one",
    ],
)
def test_western_languages(text):
    decoded = decode(text.encode("cp1252"))
    assert (decoded.text, decoded.encoding, decoded.unreadable) == (text, "cp1252", 0)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Zażółć gęślą jaźń. Kraków jest pięknym miastem nad Wisłą, które odwiedziło wielu gości.", "cp1250"),
        ("Příliš žluoučký kůň úpěl dábelské ódy. Město je krásné a řeka teče pomalu.", "cp1250"),
        ("Árvíztűrő tükörfúrógép. A város nagyon szép, és a folyó lassan folyik.", "cp1250"),
        ("Это русский текст для проверки кодировки.", "cp1251"),
        ("한국어 텍스트입니다. 테스트 문서.", "cp949"),
        ("これは日本語のテキストです。第一章 はじめに", "cp932"),
    ],
)
def test_what_is_not_western(text, encoding):
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5hkscs"])
@pytest.mark.parametrize(("bad", "unreadable"), [(b"\0", 1), (b"\xff\xff\xff\xff", 4), (b"\0\xff", 2)])
def test_a_few_bad_bytes_are_counted_and_the_rest_is_read(encoding, bad, unreadable):
    text = TRADITIONAL if encoding == "big5hkscs" else SIMPLIFIED
    head, tail = text[:20].encode(encoding), text[20:].encode(encoding)
    decoded = decode(head + bad + tail)
    assert (decoded.encoding, decoded.unreadable) == (encoding, unreadable)
    assert decoded.text.replace("\ufffd", "") == text


def test_a_file_of_plain_letters_cut_inside_a_sign():
    decoded = decode("price in €".encode()[:-1])
    assert (decoded.text, decoded.encoding, decoded.unreadable) == ("price in \ufffd", "utf-8", 1)


def test_a_zero_in_a_text_is_left_out_and_said(tmp_path):
    document = parse(tmp_path / "a.txt", "有\0空字符的文本\n".encode())
    assert document.blocks[0].lines[0].text == "有空字符的文本"
    assert [str(warning) for warning in document.warnings] == ["Characters that could not be read as utf-8: 1."]


def test_binary_is_no_text(tmp_path):
    with pytest.raises(UnsupportedFile):
        parse(tmp_path / "b.txt", b"words and \0\1\2\3\4\5" * 20)
    with pytest.raises(UnsupportedFile):
        parse(tmp_path / "a.txt", bytes(range(256)) * 20)


def test_blank_is_no_text(tmp_path):
    with pytest.raises(NoText):
        parse(tmp_path / "a.txt", b" \n\n \n")


def test_chapters_and_articles_are_places(tmp_path):
    document = parse(tmp_path / "a.txt", SIMPLIFIED.replace("第一条", "　　**第一条**").encode("gbk"))
    heading, article = document.blocks
    assert (heading.kind, heading.level, heading.location) == ("heading", 2, "第一章 总则")
    assert (article.kind, article.location) == ("text", "第一章 总则 > 第一条")


def test_paragraph_numbers_without_headings(tmp_path):
    document = parse(tmp_path / "a.txt", b"one\ntwo\n\nthree\n")
    assert [[line.text for line in block.lines] for block in document.blocks] == [["one", "two"], ["three"]]
    assert [block.location for block in document.blocks] == ["¶1", "¶2"]


def test_a_long_line_is_a_paragraph(tmp_path):
    long = "很长的一行，" * 20
    document = parse(tmp_path / "a.txt", f"{long}\n{long}\n".encode())
    assert [len(block.lines) for block in document.blocks] == [1, 1]


def test_a_sentence_about_a_chapter_is_no_heading(tmp_path):
    (block,) = parse(tmp_path / "a.txt", "第三章规定了董事会的职权，本节不再重复。".encode()).blocks
    assert block.kind == "text"


def test_rules_part_paragraphs_and_are_not_text(tmp_path):
    document = parse(tmp_path / "a.txt", "床前明月光\n%\n空山不见人\n- - - - -\nlist:\n- item\n=====\nend\n".encode())
    lines = [[line.text for line in block.lines] for block in document.blocks]
    assert lines == [["床前明月光"], ["空山不见人"], ["list:", "- item"], ["end"]]
