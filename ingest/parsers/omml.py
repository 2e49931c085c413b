"""Formulas of Office documents as one readable line: (a+b)/2, x^2, √(x), ∑_(i=1)^n."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SCRIPTED = frozenset(f"{_M}{name}" for name in ("sSup", "sSub", "sSubSup", "f"))
_ACCENTS = {"\u0302": "^", "\u0304": "¯", "\u0305": "¯", "\u20d7": "→", "\u0307": "˙", "\u0303": "~"}


def linear(element: Any) -> str:
    """The text of a formula or of a part of one."""
    text = ""
    scripted = False
    for child in element:
        piece = _piece(child) if isinstance(child.tag, str) else ""
        # The end of an exponent must be seen: x^k a, not x^ka.
        text += f" {piece}" if scripted and piece[:1].isalnum() else piece
        scripted = child.tag in _SCRIPTED if piece else scripted
    return text


def _piece(element: Any) -> str:
    name = element.tag.removeprefix(_M)
    if name == "t":
        return element.text or ""
    if name.endswith("Pr"):
        return ""
    shape = _SHAPES.get(name)
    return shape(element) if shape else linear(element)


def _part(element: Any, name: str) -> str:
    part = element.find(_M + name)
    return "" if part is None else linear(part).strip()


def _grouped(text: str) -> str:
    """In brackets, unless it is one sign, one number or in brackets already."""
    bracketed = text[:1] == "(" and text.find(")") == len(text) - 1
    return text if len(text) <= 1 or text.isdigit() or bracketed else f"({text})"


def _property(element: Any, name: str, otherwise: str) -> str:
    found = element.find(f"{_M}{element.tag.removeprefix(_M)}Pr/{_M}{name}")
    return otherwise if found is None else found.get(f"{_M}val") or ""


def _fraction(element: Any) -> str:
    over, under = _grouped(_part(element, "num")), _grouped(_part(element, "den"))
    return f"{over}/{under}" if _property(element, "type", "bar") != "noBar" else f"{over}¦{under}"


def _radical(element: Any) -> str:
    degree = _part(element, "deg")
    root = {"": "√", "3": "∛", "4": "∜"}.get(degree, f"√[{degree}]")
    return f"{root}({_part(element, 'e')})"


def _scripted(element: Any) -> str:
    below, above = _part(element, "sub"), _part(element, "sup")
    return _grouped(_part(element, "e")) + _marks(below, above)


def _scripted_before(element: Any) -> str:
    return _marks(_part(element, "sub"), _part(element, "sup")) + _grouped(_part(element, "e"))


def _marks(below: str, above: str) -> str:
    return (f"_{_grouped(below)}" if below else "") + (f"^{_grouped(above)}" if above else "")


def _sum(element: Any) -> str:
    sign = _property(element, "chr", "∫")
    return f"{sign}{_marks(_part(element, 'sub'), _part(element, 'sup'))} {_part(element, 'e')}"


def _delimited(element: Any) -> str:
    parts = [linear(part).strip() for part in element.findall(f"{_M}e")]
    inside = _property(element, "sepChr", "|").join(parts)
    return f"{_property(element, 'begChr', '(')}{inside}{_property(element, 'endChr', ')')}"


def _matrix(element: Any) -> str:
    rows = [", ".join(linear(cell).strip() for cell in row.findall(f"{_M}e")) for row in element.findall(f"{_M}mr")]
    return f"[{'; '.join(rows)}]"


def _array(element: Any) -> str:
    return "; ".join(linear(row).strip() for row in element.findall(f"{_M}e"))


def _function(element: Any) -> str:
    argument = _part(element, "e")
    return f" {_part(element, 'fName')}{argument if argument.startswith('(') else f' {argument}'}"


def _limit(mark: str) -> Callable[[Any], str]:
    return lambda element: _part(element, "e") + mark + _grouped(_part(element, "lim"))


def _accent(element: Any) -> str:
    sign = _property(element, "chr", "\u0302")
    return f"{_grouped(_part(element, 'e'))}{_ACCENTS.get(sign, sign)}"


_SHAPES: dict[str, Callable[[Any], str]] = {
    "f": _fraction,
    "rad": _radical,
    "sSup": _scripted,
    "sSub": _scripted,
    "sSubSup": _scripted,
    "sPre": _scripted_before,
    "nary": _sum,
    "d": _delimited,
    "m": _matrix,
    "eqArr": _array,
    "func": _function,
    "limLow": _limit("_"),
    "limUpp": _limit("^"),
    "acc": _accent,
}
