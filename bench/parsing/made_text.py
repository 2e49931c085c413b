"""Prose of any length for made pages: sentences with places to fill, so that none comes twice."""

from __future__ import annotations

import re
from random import Random

_ZH = """
{place}的仓库在{month}月收到{n}箱{thing}，验收人{name}当天完成了清点。
根据第{n}号通知，{place}的{trade}企业应当在{month}月底以前提交上一年度的报告。
{name}认为，{thing}的价格比去年上涨了百分之{m}，主要原因是运输成本增加。
调查组走访了{place}的{m}个村庄，共记录{n}户居民对{thing}的意见。
如果{thing}的含水量超过百分之{m}，就不能装入{place}的冷库，必须另行存放。
会议由{name}主持，讨论了第{n}号提案，最后以{m}票赞成获得通过。
{place}图书馆藏有{n}册关于{trade}的旧书，其中{m}册已经修复并对读者开放。
从{place}出发的列车经过{m}座桥梁，行程大约{n}公里，沿途可以看到大片稻田。
新的标准规定，{thing}的包装上必须写明产地、批号{n}以及保存期限{m}天。
{name}用{m}年时间整理了{place}的方言资料，编成一部共{n}页的词典。
为了减少误差，实验在{place}重复进行了{n}次，每次间隔{m}分钟。
{month}月的雨水使{place}的河道上涨{m}厘米，{trade}部门随即发布了第{n}号警报。
合同约定，{thing}应在签字后{m}日内交付，逾期每天支付货款千分之{k}的违约金。
{name}在信中写道，{place}的冬天很长，屋顶上的雪要到{month}月才会化完。
统计显示，从事{trade}的{n}家单位中，只有{m}家设立了专门的培训机构。
""".split("\n")[1:-1]

_EN = """
The warehouse in {place} received {n} crates of {thing} in {month}, and {name} counted them the same afternoon.
According to notice {n}, every {trade} company in {place} has to submit its annual report before the end of {month}.
{name} believes that the price of {thing} has risen by {m} percent because transportation became more expensive.
The committee visited {m} villages around {place} and recorded the opinions of {n} households about {thing}.
If the moisture of the {thing} exceeds {m} percent, the material must not be stored near {place}.
The meeting, chaired by {name}, discussed proposal {n} and finally adopted it with {m} votes in favour.
The library of {place} keeps {n} old volumes on {trade}, of which {m} have been restored for the public.
A train from {place} crosses {m} bridges on its journey of {n} kilometres through wide and empty meadows.
Under the new regulation a package of {thing} must carry its origin, the batch number {n} and a date.
It took {name} {m} years to collect the dialects of {place} in a dictionary of {n} pages.
To reduce uncertainty, the experiment at {place} was repeated {n} times at intervals of {m} minutes.
Heavy rain in {month} raised the river at {place} by {m} centimetres, whereupon warning {n} was published.
The agreement requires delivery of the {thing} within {m} days, with a penalty of {k} percent for every week.
In a letter, {name} remembered the long winters of {place} and the snow that stayed until {month}.
Statistics show that only {m} of the {n} organisations engaged in {trade} had established their own school.
""".split("\n")[1:-1]

_WORDS = {
    "zh": {
        "place": "青河 临江 石桥 南湾 云岭 北渡 长塘 白沙 东浦 凤山 柳园 金滩 永安 海门 松原 西岭".split(),
        "thing": "茶叶 棉布 陶瓷 钢材 水泥 药材 玻璃 木料 稻谷 电缆 纸张 橡胶 轴承 羊毛 豆油 石灰".split(),
        "trade": "印刷 造船 纺织 水利 养蚕 采矿 酿酒 园艺 测绘 冶金 气象 邮政".split(),
        "name": "王秀兰 李国强 赵文博 陈思远 周雅琴 孙立群 吴清源 郑海涛 冯玉梅 蒋晓东 沈家明 韩雪松".split(),
        "month": "一 二 三 四 五 六 七 八 九 十 十一 十二".split(),
    },
    "en": {
        "place": "Ashford Brindley Calverton Dunmore Farleigh Glenburn Hartwick Ivybridge Kelbrook Lindale".split(),
        "thing": "tea cotton porcelain steel cement medicine glass timber barley cable paper rubber machinery".split(),
        "trade": "printing shipbuilding weaving irrigation mining brewing gardening surveying forestry".split(),
        "name": "Margaret Oliver Benedict Cordelia Ferdinand Henrietta Leopold Penelope Theodora Wilhelmina".split(),
        "month": "January February March April May June July August September October November December".split(),
    },
}
_HEADS = {
    "zh": "概况 仓储与运输 价格变动 调查方法 实验记录 合同条款 气象与水文 图书与方言 人员培训 结论".split(),
    "en": "Overview/Storage and Transport/Prices/Method of the Survey/Records/Terms/Weather/Books/Training/End".split(
        "/"
    ),
}


class Prose:
    """Sentences, headings and words of one language, drawn with a seed."""

    def __init__(self, language: str, seed: int) -> None:
        self.language = language
        self._random = Random(f"{language}-{seed}")  # noqa: S311 - made pages must come out alike every time
        self._number = 100 * self._random.randrange(10, 90)
        self._waiting: list[str] = []

    def sentence(self) -> str:
        """The next sentence; all patterns come once before one comes again, each with a number of its own."""
        if not self._waiting:
            self._waiting = self._random.sample(_ZH if self.language == "zh" else _EN, len(_ZH))
        return self.fill(self._waiting.pop())

    def fill(self, pattern: str) -> str:
        """A pattern with words and numbers in its places."""
        self._number += self._random.randrange(1, 9)
        numbers = {"n": self._number, "m": self._random.randrange(3, 97), "k": self._random.randrange(2, 10)}
        words = {key: self._random.choice(words) for key, words in _WORDS[self.language].items()}
        return pattern.format(**numbers, **words)

    def paragraph(self, least: int = 3, most: int = 6) -> str:
        """Some sentences."""
        space = "" if self.language == "zh" else " "
        return space.join(self.sentence() for _ in range(self._random.randrange(least, most + 1)))

    def heading(self, number: int) -> str:
        """A numbered heading."""
        title = _HEADS[self.language][number % 10]
        return f"第{_counted(number + 1)}章　{title}" if self.language == "zh" else f"{number + 1}. {title}"

    def word(self, kind: str) -> str:
        """One word: place, thing, trade, name or month."""
        return self._random.choice(_WORDS[self.language][kind])

    def number(self, least: int, most: int) -> int:
        return self._random.randrange(least, most)


def _counted(number: int) -> str:
    """1 to 99 in Chinese."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    lead = "" if not tens else "十" if tens == 1 else digits[tens] + "十"
    return lead + (digits[ones] if ones or not tens else "")


def hyphenated(text: str) -> str:
    """English with soft hyphens where a word may be broken: between a vowel's syllable and the next."""
    return re.sub(
        r"\w{7,}", lambda found: re.sub(r"(?<=[a-z][aeiou])(?=[bcdfgklmnprstv][aeiou]\w)", "\u00ad", found[0]), text
    )
