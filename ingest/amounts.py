"""Whether a figure with thousands separators is an amount, told by what stands around it and in its column.

13,812,345,678 may be a mobile number in a sheet with such a number format, or a turnover.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

_CURRENCY = r"RMB|CNY|USD|HKD|TWD|EUR|GBP|JPY|人民币|人民幣|港币|港幣"
_COUNTED = r"[十百千]?[万萬亿億]?(?:[美港欧歐日澳]?[元圆圓円]|股)|[万萬亿億]"
_BEFORE = re.compile(rf"(?:{_CURRENCY}|[¥￥$€£])\s?[-−]?\Z", re.IGNORECASE)
_AFTER = re.compile(
    rf"[.,][0-9]{{1,6}}(?![0-9])|\s?(?:[%‰％€]|{_COUNTED}|(?:{_CURRENCY}|yuan|dollars?|euros?|pounds?|yen|shares)\b)",
    re.IGNORECASE,
)
# What follows a decimal fraction that measures something; Chinese characters alone may also begin a name.
_MEASURE = re.compile(
    rf"[eE][+-]?[0-9]|[ ]?(?:[%‰％€℃°×]|(?:{_COUNTED})整?(?![\u3400-\u9fff])|{_CURRENCY}|[千厘毫微纳]米|公里"
    r"|[千毫]克|公斤|毫秒|分钟|小时|平方|立方|毫升|[米克吨秒升倍](?![\u3400-\u9fff])|(?:[KMGT]i?B|[kmµμ]?[gGLm]|[cnd]m|[mµμn]?s"
    r"|[kMG]?Hz|[kMm]?[VW]|[kM]?Wh|mA|k?J|[kMG]?eV|[kMG]?Pa|k?mol|dB|rad|min|ppm|bytes?|yuan|dollars?|euros?|pounds?"
    r"|yen|shares)(?![A-Za-z.]))|[ACFKN](?![A-Za-z.\u3400-\u9fff])"
)
_UNIT = re.compile(
    rf"[(（【\[,，/:：\s](?:{_CURRENCY}|[¥￥$€£%‰％]|{_COUNTED}|[百千]+[万萬亿億]?)\s*[)）】\]]?\Z", re.IGNORECASE
)
_SUMS = re.compile(
    r"\A(?:(?:19|20)[0-9]{2}\s*年?(?:度|\s*[0-9]{1,2}\s*月.*)?|(?:本|上)(?:期|年|年度|月)|期[末初]|(?:年|期)[末初]余额)\Z"
    r"|(?:合计|合計|总计|總計|金额|金額|余额|餘額|收入|成本|利润|利潤|总额|總額)\Z|\b(?:amount|total|balance|revenue)s?\Z",
    re.IGNORECASE,
)
# Names of columns and rows that hold no amounts, whatever the figures look like.
_LABEL = re.compile(
    r"(?:(?:电话|電話|手机号|手機號|联系方式|聯繫方式|聯絡方式|热线|熱線|身份证|身分證|证件号|證件號|卡号|卡號)[码碼]?"
    r"|(?:号码|號碼)|\A(?:联系|聯繫|移动|移動|个人|個人|本人)?(?:手机|手機)"
    r"|\A(?:contact\s)?(?:mobile|cell)|(?<![a-z])(?:(?:tele|cell|mobile\s)?phone|tel|(?:id|card|mobile)\s(?=n))\.?)"
    r"(?:号码|號碼|号|號)?\s*(?:numbers?|nos?\.?)?\s*(?:[(（][^()（）]*[)）])?\s*[:：]?\Z",
    re.IGNORECASE,
)
_CELL = re.compile(r"(?<!\\)\|")
_FIGURE = re.compile(r"[^0-9]{0,8}([0-9]{1,3}(?:[,. ][0-9]{3})+)(?:[.,][0-9]+)?[^0-9]{0,8}")

Looks = Callable[[str], bool]


def is_measured(text: str, start: int, end: int) -> bool:
    """Whether a currency stands before the decimal fraction at [start, end), or a currency or unit behind it."""
    if _BEFORE.search(text, max(0, start - 8), start):
        return True
    return _MEASURE.match(text, end) is not None


class Amounts:
    """The figures of one text, in which tables are lines of Markdown. `looks` tells personal numbers by form."""

    def __init__(self, text: str, looks: Looks) -> None:
        self._text = text
        self._looks = looks
        self._block: _Block | None = None

    def hold(self, start: int, end: int) -> bool:
        """Whether the figure at [start, end) is an amount. Where nothing tells, it is not."""
        if _BEFORE.search(self._text, max(0, start - 8), start) or _AFTER.match(self._text, end):
            return True
        if not _FIGURE.fullmatch(self._text, start, end):
            return False
        if self._block is None or not self._block.start <= start < self._block.end:
            self._block = self._around(start)
        return self._block.is_table and self._block.names_amount(start)

    def fills_cell(self, start: int, end: int) -> bool:
        """Whether nothing else stands in a cell of a table."""
        return self._text.startswith("| ", max(0, start - 2)) and self._text.startswith(" |", end)

    def _around(self, at: int) -> _Block:
        above, below = self._text.rfind("\n\n", 0, at), self._text.find("\n\n", at)
        start, end = above + 2 if above >= 0 else 0, below if below >= 0 else len(self._text)
        return _Block(self._text, start, end, self._looks)


class _Block:
    """A block of text and, once it is asked, what stands in its columns if it is a table."""

    def __init__(self, text: str, start: int, end: int, looks: Looks) -> None:
        self.start, self.end = start, end
        self.is_table = text.startswith("|", start)
        self._text, self._looks = text, looks
        self._heads: list[str] | None = None
        self._figures: Counter[int] = Counter()
        self._personal: Counter[int] = Counter()

    def names_amount(self, at: int) -> bool:
        """What its column or row is called tells, or else what most figures of the column are."""
        if self._heads is None:
            self._heads = self._read()
        line = self._text.rfind("\n", self.start, at) + 1 or self.start
        left = _cells(self._text[line:at])
        column = len(left)
        head = self._heads[column] if column < len(self._heads) else ""
        name = next((cell for cell in reversed(left) if cell), "")
        if _LABEL.search(head) or _LABEL.search(name):
            return False
        return bool(_UNIT.search(head) or _SUMS.search(head)) or 2 * self._personal[column] < self._figures[column]

    def _read(self) -> list[str]:
        lines = self._text[self.start : self.end].split("\n")
        for line in lines:
            for column, cell in enumerate(_cells(line)):
                if figure := _FIGURE.fullmatch(cell):
                    self._figures[column] += 1
                    self._personal[column] += self._looks(figure[1])
        return _cells(lines[0])


def _cells(line: str) -> list[str]:
    """The cells of a row that are closed."""
    return [cell.strip() for cell in _CELL.split(line)[1:-1]]
