"""Lines that begin with a label: 姓名：李四, 问：如何安装？, Phone: 555-1234."""

from __future__ import annotations

import re

_HAN = r"[\u3400-\u9fff][\u3400-\u9fff（）()/、·\s]{0,11}"
_LATIN = r"[A-Z][\w.'’-]*(?: [\w.'’/&()-]+){0,3}"
_LABEL = re.compile(rf"(?:{_HAN}|{_LATIN})\s*(?:：|:(?!//|\d))\s*(?=\S|$)")


def labelled(text: str) -> bool:
    """Whether a line begins with a few words and a colon. Where two follow each other, each stands for itself."""
    return _LABEL.match(text) is not None
