"""Who is told something: in which language, and whether the folders of this machine are for them to know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from models.reasons import because

# A path from the root, a drive or the home folder, or an address; not the strokes in and/or, 3/4 and a.md/b.md.
_PLACE = re.compile(r"(?<![\w.:/\\\])~])(?:~?/(?=[\w.])|[A-Za-z]:[\\/]|\\\\(?=\w))|[a-z]+:/")


@dataclass(frozen=True)
class Audience:
    """One or many people. The owner of the installation is told where things lie, others what they are called."""

    language: str
    owner: bool = False


# Whoever can type commands can read the data folder.
TERMINAL = Audience("en", owner=True)


def bared(text: str) -> str:
    """A value of a sentence without the folders and servers in it.

    Of a path its last part is left, of an address the host, and of words with such a thing in their midst nothing.
    """
    place = _PLACE.search(text)
    if place is None:
        return text
    if place.start() > 0:
        return because("owner-told")
    if "://" in place[0] + text[place.end() :][:1]:
        return urlsplit(text).hostname or because("owner-told")
    return re.split(r"[\\/]", text.rstrip("\\/"))[-1]
