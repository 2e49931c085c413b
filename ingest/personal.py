"""Finds personal data in a text: what it looks like, and the checks that tell it from other numbers.

Numbers may be in any digits, grouped by spaces, hyphens, dots or commas, as figures are too, or parted by the end of a
line; an address may be parted by one as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from unicodedata import category, decimal, normalize

from ingest.amounts import Amounts, is_measured

ID, CARD, PHONE, EMAIL = KINDS = ("ID", "CARD", "PHONE", "EMAIL")

# What stands for a space, a hyphen or an apostrophe and has no plain form of its own.
_SIGNS = dict.fromkeys("\u00a0\u2007\u2009\u202f\u3000", " ") | dict.fromkeys(
    "\u2010\u2011\u2012\u2013\u2014\u2212", "-"
)
_SIGNS["\u2019"] = "'"
_GAPS = frozenset("-., \n")
_GAP = re.compile(r" ?-[ \n]?|[.,]\n|[., \n]")
_LABEL = "[A-Za-z0-9-]{1,63}"
# A name that goes on after the end of a line, unless that is the end of a sentence.
_NAME_ABOVE = r"(?:(?<![A-Za-z]\s)(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,62}(?<=[._+-])\n)?"
_NAME = re.compile(rf"{_NAME_ABOVE}[A-Za-z0-9][A-Za-z0-9._%+'-]{{0,63}}\n?\Z")
# A Chinese name begins behind a word such as 到; where that leaves too little, its last four characters are taken.
_HAN = r"\u3400-\u9fff"
_HAN_NAMES = (
    re.compile(rf"(?:(?![到至箱件为是给系址的和或与及])[{_HAN}]){{2,8}}\Z"),
    re.compile(rf"[{_HAN}]{{1,4}}\Z"),
)
_LONGEST_NAME = 130
_HOST = re.compile(
    rf"\n?(?:(?:{_LABEL}\.){{1,8}}[A-Za-z]{{2,24}}(?:\n\.[A-Za-z]{{2,3}}(?![A-Za-z0-9]))?"
    rf"|{_LABEL}\.\n(?:{_LABEL}\.){{0,7}}[A-Za-z]{{2,24}}"
    rf"|{_LABEL}\n(?:\.(?:{_LABEL}\.){{0,8}}|(?:{_LABEL}\.){{1,8}})[A-Za-z]{{2,24}})"
)
_HAN_LABEL = rf"(?:{_LABEL}|[{_HAN}]{{1,30}}[A-Za-z0-9-]{{0,20}})"
_HAN_ENDINGS = "中国|中國|公司|网络|網絡|网址|網址|商城|网店|香港|台湾|台灣|在线|集团|集團|政务|公益|我爱你"
_HAN_HOSTS = (
    re.compile(rf"(?:{_HAN_LABEL}\.){{1,8}}(?:{_HAN_ENDINGS})"),
    _HOST,
    re.compile(rf"(?:{_HAN_LABEL}\.){{1,8}}[A-Za-z]{{2,24}}"),
)
_GROUP = re.compile(r"(?<![0-9])[0-9]")
# What is no list number such as `.2.` and no floor such as `.2楼`.
_CENTS = re.compile(r"\.[0-9]{1,2}(?!\.?[0-9]|\s?[楼樓层層号號室栋棟幢座])(?!\.[\u3400-\u9fff])")
# What stands before a decimal point; longer than that it is a number of its own.
_WHOLE = re.compile(r"(?<![0-9])[0-9]{1,10}\.\Z")
_LONGEST = 19
# Wider than a number with all its gaps, and what stands before it.
_REACH = 80
# Behind a list number: the codes 140 to 144 and 154 are no telephones of people, and 3.14159265359 is none.
_LISTED_PHONE = re.compile(r"(?!14[0-4]|154)1[3-9][0-9]{9}")
_LIST_NUMBER = re.compile(r"(?!0+\.)[0-9]{1,3}\.")
# Before a decimal fraction or a version.
_SIGNED = re.compile(r"[ |(=,]-\Z|[vV]\Z")
# Telephones with brackets, slashes or middle dots.
_PHONE_FORM = re.compile(
    r"(?<![0-9])(?<![0-9][-/·•・])(?:\(?(?:\+|00)?86\)?[ -]?)?"
    r"(?:\(1[3-9][0-9]\)[ -]?[0-9]{4}[ -]?[0-9]{4}|1[3-9][0-9][ -]?\([0-9]{4}\)[ -]?[0-9]{4}"
    r"|1[3-9][0-9]([/·•・])[0-9]{4}\1[0-9]{4})(?![0-9])(?![-/·•・.,][0-9])"
)
# Cells of a row of a table that hold one digit each.
_BOXES = re.compile(r"(?:(?<=\|)[ ]*[0-9Xx][ ]*\|){11,}")
_BOX = re.compile(r"[0-9Xx]")

_REGIONS = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46}
_REGIONS |= {50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_OLDEST_BIRTH = 1880
# The first digits of the cards that are in use, and how long they are.
_CARDS = (
    (re.compile(r"6[02]|9[0-9]"), range(16, 20)),
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|2[2-7]|35"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"3[068]"), (14,)),
)
# Two years side by side, or three round numbers, are columns rather than a telephone number.
_COLUMNS = re.compile(r"19[0-9]{2}(?:19|20)[0-9]{2}|1[3-9][0-9]0[1-9][0-9]{2}0[1-9][0-9]0")
_PHONE = re.compile(r"(?:(?:00)?86)?1[3-9][0-9]{9}")


@dataclass(frozen=True)
class Found:
    """Personal data at the characters [start, end)."""

    start: int
    end: int
    kind: str
    rest: bool = False  # a later box of a number that has one for each digit

    @property
    def mark(self) -> str:
        """What stands in its place, in any language."""
        return "" if self.rest else f"[REDACTED:{self.kind}]"


@dataclass(frozen=True)
class _Run:
    """Up to 19 digits from one place on, with at most one gap between two; the 18th may be an X."""

    text: str
    start: int
    digits: str
    places: Sequence[int]
    floor: int = 0  # where the personal number before it ends

    def gaps(self, length: int) -> list[int]:
        """After how many digits there are gaps among the first `length`."""
        return [n for n in range(1, length) if self.places[n] - self.places[n - 1] > 1]

    def signs(self, length: int) -> list[str]:
        """What stands in these gaps."""
        return [self.text[self.places[n - 1] + 1 : self.places[n]] for n in self.gaps(length)]

    def line_ends(self, length: int) -> int:
        """At how many of these gaps a line ends."""
        return sum("\n" in sign for sign in self.signs(length))

    def end(self, length: int) -> int:
        """Where the first `length` digits end."""
        return self.places[length - 1] + 1

    def ends(self, length: int) -> bool:
        """Whether a number of so many digits can end here, not within a longer one."""
        if length > len(self.digits):
            return False
        return self.digits[length - 1] in "Xx" or not "0" <= self.text[self.end(length) : self.end(length) + 1] <= "9"

    def is_figure(self, length: int) -> bool:
        """Whether it is written with thousands separators, as far as keyword search takes them out."""
        gaps, signs = self.gaps(length), {sign.rstrip("\n") for sign in self.signs(length)}
        if len(signs) != 1 or any((length - gap) % 3 for gap in gaps):
            return False
        sign = signs.pop()
        every = gaps == [n for n in range(1, length) if (length - n) % 3 == 0]
        if re.compile(rf"{re.escape(sign)}[0-9]{{3}}(?![0-9])").match(self.text, self.end(length)):
            return False
        return sign == "," or (every and sign in (".", " "))


def find_emails(text: str) -> list[Found]:
    """E-mail addresses, in order."""
    plain = _plain(text)
    found: list[Found] = []
    at = plain.find("@")
    while at >= 0:
        first = max(at - _LONGEST_NAME, found[-1].end if found else 0)
        name, host = _name(plain, first, at), _host(plain, at + 1)
        if name and host:
            found.append(Found(name.start(), host.end(), EMAIL))
        at = plain.find("@", at + 1)
    return found


def _name(plain: str, first: int, at: int) -> re.Match[str] | None:
    """What stands before the sign of an address that ends at `at`."""
    names = (pattern.search(plain, first, at) for pattern in (_NAME, *_HAN_NAMES))
    return next((name for name in names if name), None)


def _host(plain: str, at: int) -> re.Match[str] | None:
    """What stands behind the sign of an address."""
    hosts = (pattern.match(plain, at) for pattern in _HAN_HOSTS)
    return next((host for host in hosts if host), None)


def find_numbers(text: str) -> list[Found]:
    """Identity, card and telephone numbers, in order and apart."""
    found = _all_numbers(_plain(text))
    if any(category(char) == "No" for char in set(text)):
        # Keyword search takes ① and ¹ for 1. Behind a number they are notes, so they are not digits at first.
        hidden = [range(each.start, each.end) for each in found]
        more = _numbers(_plain(text, notes=True), [(0, len(text))])
        found += [each for each in more if not any(r.start < each.end and each.start < r.stop for r in hidden)]
        found.sort(key=lambda each: each.start)
    return found


def _all_numbers(plain: str) -> list[Found]:
    """Numbers of every form, looked for until none is left; what is hidden is no digit to its neighbours.

    Only near what was just hidden can there be another one now: a long row of numbers, each of which
    shows the next, would take as many readings of the whole text.
    """
    found: list[Found] = []
    near = [(0, len(plain))]
    while more := _numbers(plain, near) or _forms(plain):
        found += more
        plain = _masked(plain, more)
        near = [(max(0, each.start - _REACH), each.end + _REACH) for each in more]
    return sorted(found, key=lambda each: each.start)


def _masked(plain: str, found: Sequence[Found]) -> str:
    """The text without these numbers, every character in its place."""
    parts, last = [], 0
    for each in found:
        parts += [plain[last : each.start], "]" * (each.end - each.start)]
        last = each.end
    return "".join(parts) + plain[last:]


def _forms(plain: str) -> list[Found]:
    """Telephones with brackets or slashes, and numbers with a box for each digit, in order."""
    found = [Found(form.start(), form.end(), PHONE) for form in _PHONE_FORM.finditer(plain)]
    for boxes in _BOXES.finditer(plain):
        found += _boxed(plain, [box.start() for box in _BOX.finditer(plain, boxes.start(), boxes.end())])
    return sorted(found, key=lambda each: each.start)


def _boxed(plain: str, places: Sequence[int]) -> list[Found]:
    """The identity numbers in a row of boxes, and a telephone that fills what is left before or behind one."""
    digits = "".join(plain[place] for place in places)
    found: list[Found] = []
    at = last = 0
    while at + 18 <= len(digits):
        if digits[at : at + 17].isdigit() and _is_id(_run(digits[at : at + 18], 0), 18):
            found += _boxed_phone(digits[last:at], places[last:at]) + _hide_boxes(places[at : at + 18], ID)
            at = last = at + 18
        else:
            at += 1
    return found + _boxed_phone(digits[last:], places[last:])


def _boxed_phone(digits: str, places: Sequence[int]) -> list[Found]:
    return _hide_boxes(places, PHONE) if _LISTED_PHONE.fullmatch(digits) else []


def _hide_boxes(places: Sequence[int], kind: str) -> list[Found]:
    """The mark in the first box, nothing in the others."""
    return [Found(place, place + 1, kind, rest=n > 0) for n, place in enumerate(places)]


def _numbers(plain: str, spans: Iterable[tuple[int, int]]) -> list[Found]:
    """The numbers that begin in some spans of a text, which are in order and may overlap."""
    amounts = Amounts(plain, _looks_personal)
    found: list[Found] = []
    at = 0
    for first, last in spans:
        at = max(at, first)
        while start := _GROUP.search(plain, at, last):
            hit = _number(_run(plain, start.start(), found[-1].end if found else 0), amounts)
            if hit is not None:
                found.append(hit)
            at = start.end() if hit is None else hit.end
    return found


def _plain(text: str, *, notes: bool = False) -> str:
    """The text with plain digits and signs, every character in its place."""
    if text.isascii():
        return text
    table: dict[int, str] = {}
    for char in set(text):
        value = normalize("NFKC", char)
        if char in _SIGNS or (number := decimal(char, None)) is not None:
            table[ord(char)] = _SIGNS.get(char) or str(number)
        elif len(value) == 1 and value.isascii() and (notes or category(char) != "No"):
            table[ord(char)] = value
    return text.translate(table)


def _looks_personal(figure: str) -> bool:
    return _number(_run(figure, 0), None) is not None


def _is_amount(run: _Run, length: int, amounts: Amounts | None) -> bool:
    """Whether the number stands behind a decimal point or before cents, or is a figure of other things."""
    if _is_decimal(run, length):
        return True
    if not run.is_figure(length):
        return _CENTS.match(run.text, run.end(length)) is not None
    if amounts is None:
        return False
    # Spaces part the columns of plain text too.
    if " " in run.signs(length) and not amounts.fills_cell(run.start, run.end(length)):
        return True
    return amounts.hold(run.start, run.end(length))


def _is_decimal(run: _Run, length: int) -> bool:
    """Whether digits follow a decimal point; `1.` at the beginning of a line or before a telephone counts."""
    whole = _WHOLE.search(run.text, max(run.floor, run.start - 13), run.start)
    if whole is None or run.text[whole.start() - 1 : whole.start()] == "\n":
        return False
    if not _LIST_NUMBER.fullmatch(whole.group()) or not _LISTED_PHONE.fullmatch(run.digits[:length]):
        return True
    if run.gaps(length) not in ([], [3, 7]) or not set(run.signs(length)) <= {"-", " "}:
        return True
    is_signed = _SIGNED.search(run.text, max(0, whole.start() - 2), whole.start()) is not None
    return is_signed or is_measured(run.text, whole.start(), run.end(length))


def _run(text: str, start: int, floor: int = 0) -> _Run:
    places = list(_places(text, start))
    return _Run(text, start, "".join(text[place] for place in places), places, floor)


def _places(text: str, start: int) -> Iterator[int]:
    place, count = start, 0
    while count < _LONGEST:
        char = text[place : place + 1]
        if char in _GAPS and (gap := _GAP.match(text, place)):
            place = gap.end()
            char = text[place : place + 1]
        if not ("0" <= char <= "9" or (count == 17 and char in ("X", "x"))):
            return
        yield place
        place, count = place + 1, count + 1


def _number(run: _Run, amounts: Amounts | None) -> Found | None:
    checks: Sequence[tuple[str, Sequence[int], Callable[[_Run, int], bool]]] = (
        (ID, (18, 15), _is_id),
        (CARD, range(19, 12, -1), _is_card),
        (PHONE, (15, 13, 11), _is_phone),
    )
    for kind, lengths, check in checks:
        for length in lengths:
            if not run.ends(length) or run.signs(length) == ["."] or not check(run, length):
                continue
            certain = kind == ID and (length == 18 or not run.is_figure(length))
            if certain or not _is_amount(run, length, amounts):
                return Found(_with_plus(run, length), run.end(length), kind)
    return None


def _with_plus(run: _Run, length: int) -> int:
    """Where the number begins: a + before 86 belongs to it."""
    international = length == 13 and run.digits.startswith("86")
    return run.start - 1 if international and run.text[run.start - 1 : run.start] == "+" else run.start


def _is_id(run: _Run, length: int) -> bool:
    """GB 11643: region, birth and check digit; the old form has a year of two digits and no check digit."""
    digits = run.digits[:length]
    region = int(digits[1:3]) if digits[0] == "9" else int(digits[:2])
    if region not in _REGIONS or not _is_id_spacing(run, length):
        return False
    if length == 15:
        return digits.isdigit() and _is_birth("19" + digits[6:12])
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return "10X98765432"[total % 11] == digits[17].upper() and _is_birth(digits[6:14])


def _is_id_spacing(run: _Run, length: int) -> bool:
    return len(run.gaps(length)) <= (4 if length == 18 else 0) or run.is_figure(length)


def _is_birth(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born.year >= _OLDEST_BIRTH and born <= date.today()


def _is_card(run: _Run, length: int) -> bool:
    digits = run.digits[:length]
    if not any(length in lengths and first.match(digits) for first, lengths in _CARDS):
        return False
    gaps = run.gaps(length)
    # One number of ten passes the check digit: columns of numbers must not be taken for cards.
    grouped = set(gaps) <= {4, 8, 12, 16} or gaps == [4, 10] or (digits.startswith("62") and len(gaps) == 1)
    grouped = (grouped and run.signs(length) != [","]) or run.is_figure(length)
    return digits.isdigit() and grouped and run.line_ends(length) < 2 and _luhn(digits)


def _is_phone(run: _Run, length: int) -> bool:
    if not _PHONE.fullmatch(run.digits[:length]):
        return False
    prefix = length - 11
    spaced = [(gap - prefix, sign) for gap, sign in zip(run.gaps(length), run.signs(length), strict=True)]
    gaps = [gap for gap, _ in spaced if gap > 0]
    signs = {sign.rstrip("\n") for gap, sign in spaced if gap > 0}
    # As people group it; one gap alone may be the end of a line, but neither a decimal point nor the end of a number.
    if gaps in ([], [3, 7], [4, 7], [3, 6]):
        return len(signs) < 2 or not signs & {".", ","}
    if (gaps == [4, 8] and signs in ({" "}, {"-"})) or (gaps == [5, 8] and signs == {"-"}):
        return not _COLUMNS.match(run.digits[prefix:])
    return (len(gaps) == 1 and gaps[0] >= 3 and not signs & {".", ","}) or run.is_figure(length)


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
