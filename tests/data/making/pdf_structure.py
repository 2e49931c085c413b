"""PDFs with headings, running heads, notes, lists, broken words and what flows over pages."""

from __future__ import annotations

from collections.abc import Callable

from tests.data.making.paper import BOLD, SERIF, Made, Paper, width, wrap, wrap_han

_ORCHARD = (
    "果园在村子的北坡，四周种着一圈荆棘。每年三月由护林员检查水渠和篱笆，缺口用旧木板补好，并在册子上记下日期。",
    "果树之间保持四米的距离，行间可以种豆子，但不得种攀缘的瓜类。修剪下来的枝条当天运走，不堆放在树下。",
    "成熟的果实由三人小组采收，一人上梯，一人接筐，一人记数。当天的数目在日落以前写到仓库门口的木牌上。",
)


def headings_by_number() -> Made:
    """Chapters, sections in brackets of Chinese numbers, and articles; chapters are larger, sections are not."""
    paper = Paper().new_page()
    y = 70.0
    for chapter, sections in (
        ("第一章 果园的管理", ("一、水渠与篱笆", "二、行间的种植")),
        ("第二章 采收", ("一、采收小组",)),
    ):
        paper.centred(y, chapter, 16)
        y += 30
        for section in sections:
            paper.line(50, y, section, 12.5)
            text = _ORCHARD[("一、水渠与篱笆", "二、行间的种植", "一、采收小组").index(section)]
            y = paper.lines(50, y + 22, wrap_han("　　" + text, 28)) + 10
    return paper.made()


def headings_by_size() -> Made:
    """English headings with numbers of three levels, in bold and in falling sizes."""
    paper = Paper().new_page()
    y = 70.0
    for heading, size, text in (
        (
            "1 The Weather Station",
            17,
            "The station stands on a low hill south of the village.",
        ),
        ("1.1 Instruments", 14, "Every instrument hangs in a white box, a metre and a half above the grass."),
        ("1.1.1 The rain gauge", 12, "The gauge is emptied at eight in the morning, and the depth is written down."),
        ("1.2 Records", 14, "Records are kept in blue books. A book holds one year and is bound in December."),
        ("2 Visits", 17, "Schools may visit on Thursdays. The keeper shows how the barometer is read."),
    ):
        paper.line(50, y, heading, size, BOLD)
        y = paper.lines(50, y + 20, wrap(text, 320), face=SERIF, leading=15) + 16
    return paper.made()


def headings_by_bookmarks() -> Made:
    """Headings that look like the text around them: only the bookmarks tell."""
    paper = Paper()
    marks = []
    for number, (title, text) in enumerate(zip(("篱笆的修补", "豆子的行距", "木牌上的数目"), _ORCHARD, strict=True), 1):
        paper.new_page()
        paper.line(50, 70, title)
        paper.lines(50, 100, wrap_han(text, 28))
        marks.append([1 if number != 2 else 2, title, number])
    paper.document.set_toc(marks)
    return paper.made()


def running_heads_zh() -> Made:
    """Four pages with a running head, a page number and a watermark; the head is the title on the first page."""
    paper = Paper()
    texts = (
        *_ORCHARD,
        "册子每年冬天装订一次，存放在村公所的柜子里。借阅的人须在柜门上签名，逾期不还的由村公所派人取回。",
    )
    for number, text in enumerate(texts, 1):
        paper.new_page().across("仅供内部参阅", 46, 0.82)
        paper.centred(36, "北坡果园年度手册", 8)
        if number == 1:
            paper.centred(90, "北坡果园年度手册", 18)
        paper.lines(50, 126 if number == 1 else 84, wrap_han("　　" + text * 3, 28))
        paper.centred(568, f"第 {number} 页", 8)
    return paper.made()


def running_heads_en() -> Made:
    """Four pages with the book's title on the left ones, the chapter's on the right ones, and numbers outside."""
    paper = Paper()
    for number in range(1, 5):
        paper.new_page()
        head = "A Handbook for Ferrymen" if number % 2 == 0 else "Chapter Four: Ropes"
        paper.line(50 if number % 2 == 0 else 370 - width(head, 8, SERIF), 36, head, 8, SERIF)
        text = f"Rope number {number} is coiled on the left of the landing. It is tarred in May and dried in the loft. "
        text += f"A ferryman who finds a worn strand marks it with thread of colour {number} and tells the warden. "
        paper.lines(50, 84, wrap(text * 3, 320), face=SERIF)
        paper.line(50 if number % 2 == 0 else 350, 568, str(number + 40), 8, SERIF)
    return paper.made()


def footnotes_zh() -> Made:
    paper = Paper().new_page()
    for baseline, before, mark, after in (
        (70, "老桥建于镇志所称的丰水之年", "①", "，桥面用青石铺成，共有九孔，"),
        (130, "碑文后来风化，现存的文字是从拓片上抄来的", "②", "。拓片收在县城"),
    ):
        end = paper.line(50, baseline, before)
        end = paper.line(end, baseline - 4, mark, 7)
        paper.line(end, baseline, after)
    paper.lines(50, 88, ("中间一孔最高，可以通过运盐的木船。桥头的石碑记下了捐款人", "的姓名。"))
    paper.lines(50, 148, ("的书院里，每年秋天开放一次。",))
    paper.rule(50, 500, 150, 500)
    paper.line(50, 516, "① 丰水之年具体指哪一年，各家说法不一。", 8)
    paper.line(50, 530, "② 书院的开放日期以门口的告示为准。", 8)
    return paper.made()


def footnotes_en() -> Made:
    """Two pages with notes at their feet; the first page's text goes on above the second one's."""
    paper = Paper()
    for text, note in (
        ("The mill was moved twice before it burned, and the wheel that can be seen today came from a neighbouring "
         "valley. Carters tell that it was rolled over the pass in a single night by twelve men", "1 The carters' "
         "account was written down much later."),
        ("and that the millers paid them in flour. The stones are older than the wheel and carry the marks of three "
         "masons. None of these marks is found on any other building nearby.", "2 One mark may be a plain scratch."),
    ):  # fmt: skip
        paper.new_page()
        end = paper.lines(50, 400 if note[0] == "1" else 70, wrap(text, 320), face=SERIF)
        assert end < 520
        paper.rule(50, 525, 150, 525)
        paper.line(50, 540, note, 8, SERIF)
    return paper.made()


def lists_zh() -> Made:
    paper = Paper().new_page()
    paper.line(50, 70, "出船以前，船工按下面的顺序检查：")
    y = paper.lines(68, 92, ("1. 缆绳没有磨损，绳头缠紧。", "2. 船底的积水已经舀干。", "3. 灯油足够一夜使用。"))
    paper.line(50, y + 6, "船上必须带齐以下物品：")
    y = paper.lines(68, y + 28, ("• 备用的桨一支", "• 铜哨和火石", "• 写有乘客人数的木牌"))
    paper.line(50, y + 6, "遇到大雾时：")
    paper.lines(68, y + 28, ("（一）立即靠岸，敲钟三下；", "（二）等雾散到能看见对岸的柳树再走。"))
    return paper.made()


def lists_en() -> Made:
    paper = Paper().new_page()
    paper.line(50, 70, "Before the market opens, every stall holder makes sure of the following:", 10.5, SERIF)
    y = 92.0
    for mark, text in (
        ("(a)", "the awning is fastened at both ends, and no rope hangs over the path where people walk"),
        ("(b)", "the scale stands level;"),
        ("(c)", "prices are written on slates."),
    ):
        paper.line(64, y, mark, 10.5, SERIF)
        y = paper.lines(84, y, wrap(text, 280, 10.5), 10.5, SERIF)
    paper.line(50, y + 6, "What is sold by weight:", 10.5, SERIF)
    paper.lines(64, y + 28, ("•  apples and pears", "•  honey in jars", "•  dried mushrooms"), 10.5, SERIF)
    return paper.made()


def hyphenation() -> Made:
    """Words cut at the ends of lines, and compounds whose own hyphen stands there."""
    paper = Paper().new_page()
    text = (
        "The gar~dener of the mu~nic~i~pal nur~sery keeps a note~book for obser~va~tions. Seed~lings are trans~planted "
        "when tem~per~a~tures re~main above freez~ing. Neigh~bour~ing plots re~ceive com~post ac~cord~ing to a list "
        "that the com~mit~tee pub~lishes every au~tumn."
    )
    y = paper.lines(50, 70, wrap(text, 150), face=SERIF)
    # The compound stands whole elsewhere, so its hyphen is its own.
    paper.lines(50, y + 10, ("A well-known variety of pear is a well-", "known guest in the orchard."), face=SERIF)
    return paper.made()


def over_pages() -> Made:
    """A paragraph that goes on over a page break, between page numbers."""
    paper = Paper()
    lines = wrap_han("　　" + "".join(_ORCHARD) + "仓库的钥匙由两人分别保管，开门时须同时到场。", 28)
    for number, part in ((1, lines[:4]), (2, lines[4:])):
        paper.new_page().lines(50, 500 if number == 1 else 70, part)
        if number == 1:
            paper.line(50, 70, "仓库与果园的规矩", 16)
            paper.lines(50, 110, wrap_han("　　" + "管理果园的人先读完这一页，再到仓库签名。" * 18, 28))
        paper.centred(568, f"- {number} -", 8)
    return paper.made()


def contents() -> Made:
    """A table of contents with dot leaders: neither a table nor headings."""
    paper = Paper().new_page()
    paper.centred(70, "目录", 16)
    y = 104.0
    for title, number in (("第一章 果园的管理", 1), ("第二章 采收", 7), ("第三章 仓库", 12), ("附录 木牌的样式", 20)):
        end = 360 - width(str(number), 11)
        dots = "." * int((end - 54 - width(title, 11)) / width(".", 11))
        paper.line(50, y, f"{title}{dots}{number}")
        y += 20
    return paper.made()


def captions() -> Made:
    """A drawing with a caption below it; a sentence that begins with the same words is none."""
    paper = Paper().new_page()
    paper.lines(50, 70, wrap_han("　　水车由十二块木板组成，转一圈需要半刻钟。木板的尺寸见下面的图。", 28))
    for radius in (60, 45, 8):
        paper.page.draw_circle((210, 190), radius)
    paper.centred(275, "图1　水车的侧面", 9)
    paper.lines(50, 310, wrap_han("图1中的内圈是轮毂，外圈是水斗所在的位置，水从右侧流入，从左下方流出。", 28))
    return paper.made()


def unseen() -> Made:
    """White and invisible words beside words that can be seen."""
    paper = Paper().new_page()
    paper.line(50, 70, "The harbour office is open from nine to five.", face=SERIF)
    paper.line(50, 90, "Keywords in white that nobody sees on paper.", face=SERIF, grey=1)
    paper.line(50, 110, "Boats without a number are moored at the outer wall.", face=SERIF)
    paper.line(50, 130, "Words that are written but never painted.", face=SERIF, mode=3)
    paper.line(50, 150, "Fees are paid on arrival.", face=SERIF)
    return paper.made()


FILES: dict[str, Callable[[], Made]] = {
    "headings-numbers-zh.pdf": headings_by_number,
    "headings-sizes-en.pdf": headings_by_size,
    "headings-bookmarks-zh.pdf": headings_by_bookmarks,
    "running-heads-zh.pdf": running_heads_zh,
    "running-heads-en.pdf": running_heads_en,
    "footnotes-zh.pdf": footnotes_zh,
    "footnotes-en.pdf": footnotes_en,
    "lists-zh.pdf": lists_zh,
    "lists-en.pdf": lists_en,
    "hyphens-en.pdf": hyphenation,
    "page-break-zh.pdf": over_pages,
    "contents-zh.pdf": contents,
    "captions-zh.pdf": captions,
    "unseen-en.pdf": unseen,
}
