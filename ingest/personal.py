"""Finds personal data in a text: what it looks like, and the checks that tell it from other numbers.

Numbers may be full-width, grouped by spaces or hyphens, or parted by the end of a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

ID, CARD, PHONE, EMAIL = KINDS = ("ID", "CARD", "PHONE", "EMAIL")

_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_PLAIN |= dict.fromkeys((0x00A0, 0x2007, 0x2009, 0x202F, 0x3000), ord(" "))
_PLAIN |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212), ord("-"))
_GAPS = " -\n"
_EMAIL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,63})@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_GROUP = re.compile(r"(?<![0-9])[0-9]")
_CENTS = re.compile(r"\.[0-9]{1,2}(?![0-9])")
# What stands before a decimal point; longer than that it is a number of its own.
_WHOLE = re.compile(r"(?<![0-9])[0-9]{1,10}\.\Z")
_LONGEST = 19

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
_PHONE = re.compile(r"(?:(?:00)?86)?1[3-9][0-9]{9}")


@dataclass(frozen=True)
class Found:
    """Personal data at the characters [start, end)."""

    start: int
    end: int
    kind: str

    @property
    def mark(self) -> str:
        """What stands in its place, in any language."""
        return f"[REDACTED:{self.kind}]"


@dataclass(frozen=True)
class _Run:
    """Up to 19 digits from one place on, with at most one gap between two; the 18th may be an X."""

    text: str
    start: int
    digits: str
    places: Sequence[int]

    def gaps(self, length: int) -> list[int]:
        """After how many digits there are gaps among the first `length`."""
        return [n for n in range(1, length) if self.places[n] - self.places[n - 1] > 1]

    def line_ends(self, length: int) -> int:
        """At how many of these gaps a line ends."""
        return sum(self.text[self.places[n - 1] + 1] == "\n" for n in self.gaps(length))

    def ends(self, length: int) -> bool:
        """Whether a number of so many digits can end here, not within a longer one."""
        if length > len(self.digits):
            return False
        end = self.places[length - 1] + 1
        return self.digits[length - 1] in "Xx" or not self.text[end : end + 1].isdigit()


def find_emails(text: str) -> list[Found]:
    """E-mail addresses, in order."""
    if "@" not in text and "＠" not in text:
        return []
    return [Found(hit.start(), hit.end(), EMAIL) for hit in _EMAIL.finditer(text.translate(_PLAIN))]


def find_numbers(text: str) -> list[Found]:
    """Identity, card and telephone numbers, in order and apart."""
    plain = text.translate(_PLAIN)
    found: list[Found] = []
    at = 0
    while start := _GROUP.search(plain, at):
        hit = _number(_run(plain, start.start()))
        if hit is not None:
            found.append(hit)
        at = start.end() if hit is None else hit.end
    return found


def _is_amount(run: _Run, length: int) -> bool:
    """Whether the number stands behind a decimal point or before cents."""
    return _is_decimal(run.text, run.start) or _CENTS.match(run.text, run.places[length - 1] + 1) is not None


def _is_decimal(text: str, start: int) -> bool:
    """Whether digits follow a decimal point; `1.` at the beginning of a line counts lines."""
    whole = _WHOLE.search(text, max(0, start - 13), start)
    return whole is not None and text[whole.start() - 1 : whole.start()] != "\n"


def _run(text: str, start: int) -> _Run:
    places = list(_places(text, start))
    return _Run(text, start, "".join(text[place] for place in places), places)


def _places(text: str, start: int) -> Iterator[int]:
    place, count = start, 0
    while count < _LONGEST and place < len(text):
        if text[place] in _GAPS and place + 1 < len(text):
            place += 1
        if not ("0" <= text[place] <= "9" or (count == 17 and text[place] in "Xx")):
            return
        yield place
        place, count = place + 1, count + 1


def _number(run: _Run) -> Found | None:
    checks: Sequence[tuple[str, Sequence[int], Callable[[_Run, int], bool]]] = (
        (ID, (18, 15), _is_id),
        (CARD, range(19, 12, -1), _is_card),
        (PHONE, (15, 13, 11), _is_phone),
    )
    for kind, lengths, check in checks:
        for length in lengths:
            if run.ends(length) and check(run, length) and (kind == ID or not _is_amount(run, length)):
                return Found(_with_plus(run, length), run.places[length - 1] + 1, kind)
    return None


def _with_plus(run: _Run, length: int) -> int:
    """Where the number begins: a + before 86 belongs to it."""
    international = length == 13 and run.digits.startswith("86")
    return run.start - 1 if international and run.text[run.start - 1 : run.start] == "+" else run.start


def _is_id(run: _Run, length: int) -> bool:
    """GB 11643: region, birth and check digit; the old form has a year of two digits and no check digit."""
    digits = run.digits[:length]
    region = int(digits[1:3]) if digits[0] == "9" else int(digits[:2])
    if region not in _REGIONS or len(run.gaps(length)) > (4 if length == 18 else 0):
        return False
    if length == 15:
        return digits.isdigit() and _is_birth("19" + digits[6:12])
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return "10X98765432"[total % 11] == digits[17].upper() and _is_birth(digits[6:14])


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
    return digits.isdigit() and grouped and run.line_ends(length) < 2 and _luhn(digits)


def _is_phone(run: _Run, length: int) -> bool:
    if not _PHONE.fullmatch(run.digits[:length]):
        return False
    prefix = length - 11
    gaps = [gap - prefix for gap in run.gaps(length) if gap > prefix]
    # As people group it; one gap alone may be the end of a line.
    return gaps in ([], [3, 7], [4, 7], [3, 6]) or (len(gaps) == 1 and gaps[0] >= 3)


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
