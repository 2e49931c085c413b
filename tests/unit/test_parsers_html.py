"""Web pages: their main content, in order, with tables, lists and code; what belongs to the site is left out."""

import pytest

from ingest.clean import clean
from ingest.document import ParseLimits
from ingest.errors import CorruptFile, NoText
from ingest.parsers.html import HtmlParser
from ingest.parsers.mhtml import MhtmlParser
from ingest.parsers.xml import XmlParser


@pytest.fixture
def parse(tmp_path):
    def write_and_parse(text, parser=HtmlParser, encoding="utf-8"):
        path = tmp_path / "a.html"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return parser().parse(path, "a.html", None, ParseLimits())

    return write_and_parse


def shown(document):
    return [
        (block.kind, block.level, block.table.grid() if block.table else [line.text for line in block.lines])
        for block in document.blocks
    ]


def test_headings_paragraphs_and_places(parse):
    page = "<title> T </title><h1>One</h1>first<p>second <b>bold</b>\n line<br>next<div>third</div><h2>Two</h2><p>end"
    document = parse(page)
    assert document.title == "T"
    assert shown(document) == [
        ("heading", 1, ["One"]),
        ("text", 0, ["first"]),
        ("text", 0, ["second bold line", "next"]),
        ("text", 0, ["third"]),
        ("heading", 2, ["Two"]),
        ("text", 0, ["end"]),
    ]
    assert [block.location for block in document.blocks][-2:] == ["One > Two", "One > Two"]


def test_chinese_has_no_spaces_where_the_source_breaks_a_line(parse):
    assert shown(parse("<p>数据安全\n   法第一条 <i>为了</i>\n规范 API\n的使用"))[0][2] == [
        "数据安全法第一条 为了规范 API 的使用"
    ]


def test_lists_keep_their_markers_depth_and_order(parse):
    page = "<ol start=3><li>c<li>d<ul><li>deep<p>more</ul><li>e</ol><dl><dt>term<dd>meaning</dl>"
    assert shown(parse(page)) == [
        ("text", 0, ["3. c", "4. d", "  - deep", "    more", "5. e"]),
        ("text", 0, ["term", "  meaning"]),
    ]


def test_code_and_tables_inside_a_list(parse):
    page = "<ul><li>run<pre>make\n    -j\n</pre>then<li>see</ul>"
    assert shown(parse(page)) == [
        ("text", 0, ["- run"]),
        ("code", 0, ["make", "    -j"]),
        ("text", 0, ["  then", "- see"]),
    ]


def test_code_is_not_touched(parse):
    page = "<pre><code>ａ＝１；\n\tb  =  <b>２</b>\n</code></pre>"
    assert clean(parse(page)).text == "ａ＝１；\n\tb  =  ２"


def test_tables_with_spans_and_caption(parse):
    page = """<table><caption>表 1 销量</caption>
      <thead><tr><th rowspan=2>year<th colspan=2>sold</tr><tr><th>a<th>b</tr></thead>
      <tr><td>2024<td>1<br>2<td>3</tr><tr><td colspan=99999999>all"""
    caption, table = parse(page).blocks
    assert (caption.kind, caption.lines[0].text) == ("caption", "表 1 销量")
    assert table.table.header_rows == 2
    assert [[c.text for c in row.cells] for row in table.table.rows] == [
        ["year", "sold"],
        ["a", "b"],
        ["2024", "1 2", "3"],
        ["all"],
    ]
    first, second = table.table.rows[0].cells[0], table.table.rows[1].cells[0]
    assert (first.rows, first.columns, second.column) == (2, 1, 1)


def test_layout_tables_are_read_as_text(parse):
    page = "<table><tr><td><table><tr><td>a<td>b<tr><td>1<td>2</table><td><p>beside</table><table><tr><td>alone</table>"
    assert shown(parse(page)) == [
        ("table", 0, [["a", "b"], ["1", "2"]]),
        ("text", 0, ["beside"]),
        ("text", 0, ["alone"]),
    ]


SITE = """<body><script>evil()</script><style>p{}</style><header>Site name</header><nav><a>Home</a></nav>
<div class="cookie-consent">We use cookies</div><p hidden>hidden</p><p style="display: none">also hidden</p>
<div id="navheader">Prev Next</div><div role="complementary">related</div>
<div class="content"><p>The real text is here and it is long enough.</p><!-- note -->tail of the note</div>
<footer>Copyright</footer><noscript>enable scripts</noscript></body>"""


def test_what_belongs_to_the_site_is_left_out_and_said(parse):
    document = parse(SITE)
    assert clean(document).text == "The real text is here and it is long enough.\n\ntail of the note"
    furniture, unseen = document.warnings
    assert furniture.code == "furniture-left-out"
    assert furniture.params["count"] > 50
    assert (unseen.code, unseen.params) == ("unseen-left-out", {"count": len("hidden" + "also hidden")})


def test_a_part_named_like_a_menu_that_is_the_text_stays(parse):
    assert "everything" in clean(parse("<div class=sidebar><p>everything there is to say</p></div>")).text


def test_the_main_part_alone_is_read_where_the_page_names_it(parse):
    page = "<div>teaser</div><main><h1>A</h1><p>body of the page</p><footer>sources</footer></main><div>more</div>"
    assert clean(parse(page)).text == "A\n\nbody of the page\n\nsources"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ('<meta charset="gb2312">', "gb18030"),
        ("<meta charset=big5>", "big5"),
        ("", "gb18030"),
        ("", "utf-16"),
        ('<meta http-equiv=Content-Type content="text/html; charset=utf-8">', "gb18030"),
        ("<meta charset=no-such-code>", "utf-8"),
        ("<meta charset=iso-8859-1>", "utf-8"),
    ],
)
def test_encodings(parse, declared, encoding):
    text = "網頁的編碼不同，但是文字都一樣，可以讀出來。" * 3
    assert clean(parse(f"<html><head>{declared}</head><p>{text}", encoding=encoding)).text == text


def test_images_formulas_and_footnotes(parse):
    page = """<p>see <img alt="a red house" src="http://example.com/x.png"><img alt=icon width=16 height=16>
    <math alttext="x^2"><mi>x</mi></math></p><aside role="doc-footnote">1. note</aside>
    <figure><img alt=""><figcaption>图 1</figcaption></figure>"""
    assert shown(parse(page)) == [
        ("text", 0, ["see a red house x^2"]),
        ("footnote", 0, ["1. note"]),
        ("caption", 0, ["图 1"]),
    ]


def test_raised_and_lowered_figures(parse):
    page = """<h1>km<sup>2</sup></h1><p>10<sup><b>8</b></sup> H<sub>2</sub>O 1<sup>st</sup>
    <table><tr><th>m<sup>3</sup> <i>a <b>b</b></i> c<td>x<tr><td>1<td>10<sup>-3</sup></table>"""
    assert shown(parse(page)) == [
        ("heading", 1, ["km²"]),
        ("text", 0, ["10⁸ H₂O 1st"]),
        ("table", 0, [["m³ a b c", "x"], ["1", "10⁻³"]]),
    ]


@pytest.mark.parametrize(
    "mark",
    [
        '<sup><a href="#fn1">1</a></sup>',
        '<a href="#fn1"><sup>1</sup></a>',
        '<sup class="reference">1</sup>',
        '<sup epub:type="noteref">1</sup>',
        '<sup id="fnref1">1</sup>',
    ],
)
def test_marks_of_notes_are_no_powers(parse, mark):
    assert shown(parse(f"<p>面积{mark}"))[0][2] == ["面积1"]


def test_formulas_without_a_source_keep_powers_and_fractions(parse):
    power = "<msup><mn>10</mn><mn>8</mn></msup>"
    fraction = "<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>"
    root = "<msqrt><msub><mi>x</mi><mn>1</mn></msub></msqrt>"
    page = (
        f"<p><math>{power}<mo>=</mo>{fraction}<mo>+</mo>{root}</math><table><tr><td>a<td><math>{power}</math><tr><td>b"
    )
    assert shown(parse(page)) == [("text", 0, ["10⁸=(a+b)/2+√(x₁)"]), ("table", 0, [["a", "10⁸"], ["b", ""]])]


def test_readings_above_characters_are_left_out(parse):
    ruby = "<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>"
    page = f"<h1>{ruby}の本</h1><p>{ruby}を読む<ruby>明<rt>あ"
    assert shown(parse(page)) == [("heading", 1, ["漢字の本"]), ("text", 0, ["漢字を読む明"])]


@pytest.mark.parametrize("page", ["", "<html></html>", "<script>x</script>", "<!-- a -->"])
def test_pages_without_text(parse, page):
    with pytest.raises(NoText):
        parse(page or " ")


def test_a_page_nested_deeply_is_read_and_one_nested_without_end_is_told(parse):
    assert "deep" in clean(parse("<div>" * 1500 + "deep")).text
    with pytest.raises(CorruptFile, match="nested"):
        parse("<div>" * 5000 + "deep")
    with pytest.raises(CorruptFile, match="nested"):
        parse("<a>" * 5000 + "deep" + "</a>" * 5000, XmlParser)


def test_a_page_saved_as_one_file(parse):
    page = (
        'From: x\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n--b\nContent-Type: text/html; '
        "charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<title>T</title><p>=E7=BD=91=E9=A1=B5</p>\n--b\n"
        "Content-Type: image/png\n\nxx\n--b--\n"
    )
    assert clean(parse(page, MhtmlParser)).text == "网页"
    with pytest.raises(CorruptFile):
        parse("Subject: x\n\nno page", MhtmlParser)


def test_feeds_give_titles_values_and_their_html(parse):
    feed = """<?xml version="1.0" encoding="gb2312"?><rss><channel><title>博客</title><link>http://a.b</link>
    <item><title>第一篇</title><date>2005-12-21</date><description>&lt;p&gt;正文在这里&lt;/p&gt;&lt;ul&gt;&lt;li&gt;一
    </description></item></channel></rss>"""
    assert shown(parse(feed, XmlParser, "gb18030")) == [
        ("heading", 1, ["博客"]),
        ("text", 0, ["- link: http://a.b"]),
        ("heading", 2, ["第一篇"]),
        ("text", 0, ["- date: 2005-12-21"]),
        ("text", 0, ["正文在这里"]),
        ("text", 0, ["- 一"]),
    ]


def test_xml_entities_are_not_followed(parse, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", encoding="utf-8")
    bomb = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    page = f'<!DOCTYPE a [<!ENTITY f SYSTEM "file://{secret}"><!ENTITY e0 "lol">{bomb}]><a><b>text &f; &e11;</b></a>'
    document = parse(page, XmlParser)
    assert "secret" not in clean(document).text
    assert len(clean(document).text) < 1000
