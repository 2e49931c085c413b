"""Files without pages that are text at heart: CSV, web pages, Markdown, an e-book, plain text, a mail."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

from tests.data.making.archive import package
from tests.data.making.paper import Made

_STAMPS = """编号,名称,数量,说明
001,玉兰,120,"白色，四月发行"
002,松鹤,85,"带有""样张""字样"
003,帆船,60,蓝色
"""
_HIVES = """Hive;Queen;Honey (kg);Remarks
Linden;2022;18,5;"strong; calm"
Meadow;2023;11,25;moved in May
Ridge;2021;7,0;
"""

_PAGE_EN = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Kites over the Bay</title>
<style>nav li { display: inline }</style><script>var visits = 12;</script></head><body>
<nav><ul><li><a href="/">Start</a></li><li><a href="/news">Newsletter</a></li>
<li><a href="/in">Log in</a></li></ul></nav>
<main><h1>Kites over the Bay</h1>
<p>The kite meeting takes place on the last Sunday of April, if the wind allows.
Visitors stand behind the white rope.</p>
<h2>Classes</h2>
<table><thead><tr><th>Class</th><th>Round</th><th>Line (m)</th></tr></thead>
<tbody><tr><td rowspan="2">Box kites</td><td>morning</td><td>60</td></tr><tr><td>afternoon</td><td>80</td></tr>
<tr><td>Deltas</td><td>afternoon</td><td>100</td></tr></tbody></table>
<h2>Rules</h2><ul><li>Lines are not crossed on purpose.</li><li>Judges decide at once.</li></ul>
<pre><code>start = 10:00
finish = 16:30</code></pre></main>
<footer><p>Imprint and privacy of the kite club</p></footer></body></html>
"""
_PAGE_ZH = """<html><head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><title>风筝会通知</title></head>
<body><div class="menu"><a href="a.htm">网站首页</a> | <a href="b.htm">友情链接</a></div>
<h1>风筝会通知</h1><p>今年的风筝会定于四月最后一个星期日在海湾举行，遇雨顺延一周。</p>
<h2>报名</h2><p>报名的人请在三月底以前把风筝的尺寸写在卡片上，投入码头的木箱。</p></body></html>
"""
_NOTES = """---
title: "潮汐观测手记"
tags: [draft, secret-tag]
---

# 潮汐观测手记

观测点设在*旧码头*的第三级台阶[^1]。

## 仪器

| 名称 | 数量 | 存放 |
|------|-----:|------|
| 水尺 | 2 | 船屋 |
| 浮标 | 5 | 仓库 |

## Script

```python
def level(reading):
    return reading - 0.35  # zero of the gauge
```

1. Read the gauge.
2. Write the **time** beside it.

[^1]: 台阶在退潮时露出水面。
"""
_POND_MD = """# 池塘记录

池塘的水量约 2.4×10<sup>5</sup> 升，水面 600 m<sup>2</sup><sup>[1](#source)</sup>，水里测得 H<sub>2</sub>S 的气味。

1. 每周运行一次
   ```sh
   ｒｅａｄ  --depth   ３
   ```
2. <ruby>鯉<rt>こい</rt></ruby>の数を書く

| 月份 | 水位 |
|---|---|
| 三月 | 1.2 | 结冰 |
"""
_POND_HTML = """<!doctype html><html><head><meta charset="utf-8"><title>Pond</title></head><body>
<h1>Pond of 600 m<sup>2</sup></h1>
<p>It holds 2.4×10<sup>5</sup> litres<sup id="ref1"><a href="#n1">1</a></sup>; on the 1<sup>st</sup> of May the
acid was 10<sup>&minus;7</sup> of it, and e<sup>0.5t</sup> fits the growth of CO<sub>2</sub>.</p>
<p><ruby>鯉<rp>(</rp><rt>こい</rt><rp>)</rp></ruby>を数える。</p>
<table><tr><th>Area (<b>m<sup>2</sup></b>) <i>now</i></th><th>Depth</th></tr>
<tr><td>6×10<sup>2</sup></td><td>3</td></tr></table>
<p>In all <math><msup><mn>10</mn><mn>8</mn></msup><mo>/</mo><msub><mi>V</mi><mn>0</mn></msub></math>.</p>
<pre>depth  =  ３；
\tcount()</pre></body></html>
"""
_LETTER = """第一章 来信

信是在雨季的第三天到的。
信封上没有署名，只画着一座灯塔。

第二章 回信

他把回信压在灯台底下，等邮船靠岸。
"""
_MENU = """The café by the pier

Crème brûlée and a naïve façade: the menu is the same as in the year before, at 25 °C in the shade.
"""
_LETTER_HANT = """第一章 舊書店

書店開在巷子盡頭，門口掛著一盞油燈。老闆說，凡是從這裡買走的書，都可以在十年之內送回來換另一本。

第二章 換書的人

換書的人多半在黃昏時候來，他們不說話，只把書放在櫃檯上，等老闆點頭。
"""
_CHAPTER = """<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head>
<body><h1>{title}</h1>{body}</body></html>
"""
_OPF = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">made-book</dc:identifier>
<dc:title>两个渡口</dc:title><dc:language>zh</dc:language></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="a"/><itemref idref="b"/></spine></package>
"""
_CONTAINER = """<?xml version="1.0"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>
<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>
"""


def _encoded(text: str, encoding: str) -> Callable[[], Made]:
    return lambda: Made(text.encode(encoding))


def flawed() -> Made:
    """UTF-8 with a zero and bytes of no character in it."""
    head, tail = _LETTER.split("只画着")
    return Made(head.encode() + b"\0\xff\xfe" + tail.encode())


def book() -> Made:
    """Two chapters, listed in the file in the other order than they are read."""
    nav = '<nav xmlns:epub="http://www.idpf.org/2007/ops" epub:type="toc"><ol><li><a href="a.xhtml">上游的渡口</a></li>'
    nav += '<li><a href="b.xhtml">下游的渡口</a></li></ol></nav>'
    upper = "<p>上游的渡口只有一条木船，船夫住在对岸的草屋里。</p><p>要过河的人敲三下铁片。</p>"
    lower = "<p>下游的渡口立着石柱，柱上刻着历年洪水的高度。</p><h2>石柱</h2><p>最高的一道刻痕比人还高。</p>"
    return Made(
        package(
            {
                "mimetype": "application/epub+zip",
                "META-INF/container.xml": _CONTAINER,
                "book/package.opf": _OPF,
                "book/nav.xhtml": _CHAPTER.format(title="目次", body=nav),
                "book/a.xhtml": _CHAPTER.format(title="上游的渡口", body=upper),
                "book/b.xhtml": _CHAPTER.format(title="下游的渡口", body=lower),
            }
        )
    )


def mail() -> Made:
    """A mail with a table attached as CSV, and a file that nobody can read."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "船务室 <office@harbour.example>"
    message["To"] = "keeper@lighthouse.example"
    message["Date"] = "Mon, 04 Mar 2024 09:30:00 +0800"
    message["Subject"] = "三月的油料清单"
    message.set_content("附件是三月的油料清单，请在周五以前核对。\n\nThe lamp oil arrives on Tuesday.\n")
    listed = "品名,桶数\n灯油,12\n机油,3\n"
    message.add_attachment(listed.encode(), maintype="text", subtype="csv", filename="oil.csv")
    message.add_attachment(bytes(range(256)), maintype="application", subtype="octet-stream", filename="seal.bin")
    message.set_boundary("made-mail-boundary")
    return Made(message.as_bytes())


FILES: dict[str, Callable[[], Made]] = {
    "stamps-gb18030.csv": _encoded(_STAMPS, "gb18030"),
    "hives-semicolon.csv": _encoded(_HIVES, "utf-8"),
    "kites-en.html": _encoded(_PAGE_EN, "utf-8"),
    "kites-gb2312.html": _encoded(_PAGE_ZH, "gb2312"),
    "tides-zh.md": _encoded(_NOTES, "utf-8"),
    "pond-zh.md": _encoded(_POND_MD, "utf-8"),
    "pond-en.html": _encoded(_POND_HTML, "utf-8"),
    "ferries-zh.epub": book,
    "letters-gb18030.txt": _encoded(_LETTER, "gb18030"),
    "letters-big5.txt": _encoded(_LETTER_HANT, "big5"),
    "letters-utf16.txt": _encoded(_LETTER, "utf-16"),
    "letters-flawed.txt": flawed,
    "menu-latin1.txt": _encoded(_MENU, "latin-1"),
    "oil-zh.eml": mail,
}
