"""Automatic numbers stand in no text of a Word file: they are counted as Word counts them."""

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from ingest.document import ParseLimits
from ingest.parsers.docx import DocxParser

LAW = [("chineseCounting", "第%1条", 1), ("decimal", "（%2）", 1), ("lowerLetter", "%3)", 1)]
OUTLINE = [("decimal", "%1", 1), ("decimal", "%1.%2", 1), ("upperRoman", "%1.%2.%3", 1)]


def level(depth, number_format, text, start, extra=""):
    return (
        f"<w:lvl w:ilvl='{depth}'><w:start w:val='{start}'/><w:numFmt w:val='{number_format}'/>{extra}"
        f"<w:lvlText w:val='{text}'/></w:lvl>"
    )


class Numbered:
    """A document with lists of our own."""

    def __init__(self):
        self.document = docx.Document()
        self.tree = self.document.part.numbering_part.element

    def add_list(self, levels, number, *, abstract=None, overrides="", extra=None):
        if levels:
            abstract = 900 + number
            inner = "".join(level(i, *one, (extra or {}).get(i, "")) for i, one in enumerate(levels))
            tag = f"<w:abstractNum {nsdecls('w')} w:abstractNumId='{abstract}'>{inner}</w:abstractNum>"
            self.tree.insert(0, parse_xml(tag))
        self.tree.append(
            parse_xml(
                f"<w:num {nsdecls('w')} w:numId='{number}'><w:abstractNumId w:val='{abstract}'/>{overrides}</w:num>"
            )
        )
        return abstract

    def add(self, text, number=None, depth=0, style=None):
        paragraph = self.document.add_paragraph(text, style=style)
        if number is not None:
            inner = f"<w:ilvl w:val='{depth}'/><w:numId w:val='{number}'/>"
            paragraph._p.get_or_add_pPr().append(parse_xml(f"<w:numPr {nsdecls('w')}>{inner}</w:numPr>"))
        return paragraph


@pytest.fixture
def made():
    return Numbered()


@pytest.fixture
def lines(made, tmp_path):
    def save_and_parse():
        path = tmp_path / "a.docx"
        made.document.save(path)
        parsed = DocxParser().parse(path, "a.docx", None, ParseLimits())
        return [line.text for block in parsed.blocks for line in block.lines]

    return save_and_parse


def test_levels_count_and_begin_anew_below_a_higher_one(made, lines):
    made.add_list(LAW, 61)
    for text, depth in (("a", 0), ("b", 1), ("c", 1), ("d", 2), ("e", 0), ("f", 1)):
        made.add(text, 61, depth)
    assert lines() == ["第一条 a", "  （1） b", "  （2） c", "    a) d", "第二条 e", "  （1） f"]


def test_a_number_names_the_numbers_above_it(made, lines):
    made.add_list(OUTLINE, 61)
    for text, depth in (("a", 0), ("b", 1), ("c", 2), ("d", 1)):
        made.add(text, 61, depth)
    assert lines() == ["1 a", "  1.1 b", "    1.1.I c", "  1.2 d"]


def test_a_level_that_was_skipped_counts_as_begun(made, lines):
    made.add_list(OUTLINE, 61)
    made.add("deep", 61, 1)
    assert lines() == ["  1.1 deep"]


def test_legal_numbers_are_plain_digits(made, lines):
    levels = [("chineseCounting", "第%1章", 1), ("decimal", "%1.%2", 1)]
    made.add_list(levels, 61, extra={1: "<w:isLgl/>"})
    made.add("a", 61)
    made.add("b", 61, 1)
    assert lines() == ["第一章 a", "  1.1 b"]


def test_two_lists_of_one_kind_go_on_unless_one_starts_anew(made, lines):
    abstract = made.add_list([("decimal", "%1.", 1)], 61)
    made.add_list(None, 62, abstract=abstract)
    restart = "<w:lvlOverride w:ilvl='0'><w:startOverride w:val='7'/></w:lvlOverride>"
    made.add_list(None, 63, abstract=abstract, overrides=restart)
    for text, number in (("a", 61), ("b", 62), ("c", 63), ("d", 63)):
        made.add(text, number)
    assert lines() == ["1. a", "2. b", "7. c", "8. d"]


def test_text_may_follow_without_a_space(made, lines):
    made.add_list([("decimal", "%1", 1)], 61, extra={0: "<w:suff w:val='nothing'/>"})
    made.add_list([("decimal", "%1\u3000", 1)], 62, extra={0: "<w:suff w:val='nothing'/>"})
    made.add("范围", 61)
    made.add("范围", 62)
    assert lines() == ["1范围", "1 范围"]


def test_bullets_and_lists_without_a_mark(made, lines):
    made.add_list([("bullet", "\uf0b7", 1), ("bullet", "o", 1)], 61)
    made.add_list([("none", "", 1)], 62)
    made.add("a", 61)
    made.add("b", 61, 1)
    made.add("c", 62)
    made.add("d", 0)
    assert lines() == ["- a", "  - b", "c", "d"]


def test_numbers_that_come_with_a_style_and_its_base(made, lines):
    made.add_list(LAW, 61)
    styles = made.document.styles
    base = styles.add_style("条", 1)
    numbers = f"<w:numPr {nsdecls('w')}><w:numId w:val='61'/></w:numPr>"
    base.element.get_or_add_pPr().append(parse_xml(numbers))
    styles.add_style("新条", 1).base_style = base
    made.add("a", style="条")
    made.add("b", style="新条")
    made.add("not this one", 0, style="条")
    assert lines() == ["第一条 a", "第二条 b", "not this one"]


def test_a_list_that_points_to_a_style_of_lists(made, lines):
    made.add_list(LAW, 61)
    abstract = made.tree.find(qn("w:abstractNum"))
    abstract.insert(0, parse_xml(f"<w:styleLink {nsdecls('w')} w:val='Law'/>"))
    made.tree.insert(
        0,
        parse_xml(f"<w:abstractNum {nsdecls('w')} w:abstractNumId='990'><w:numStyleLink w:val='Law'/></w:abstractNum>"),
    )
    made.add_list(None, 62, abstract=990)
    made.add("a", 62)
    assert lines() == ["第一条 a"]


def test_headings_have_their_numbers_and_places_too(made, tmp_path):
    made.add_list([("chineseCounting", "第%1章", 1)], 61)
    made.add("总则", 61, style="Heading 1")
    made.add("正文")
    made.document.save(tmp_path / "a.docx")
    parsed = DocxParser().parse(tmp_path / "a.docx", "a.docx", None, ParseLimits())
    assert [(block.level, block.location) for block in parsed.blocks] == [(1, "第一章 总则"), (0, "第一章 总则")]
