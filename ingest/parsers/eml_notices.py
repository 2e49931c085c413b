"""The notices of a mail, with those of the files attached to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingest.notices import Notice

# Parameters that name a place in a file, to which the name of the file belongs.
_PLACES = ("names", "places", "pages", "page")


@dataclass
class Notices:
    """Collects them: pictures are counted, and unread parts named, in one notice for all."""

    pictures: int = 0
    unread: list[str] = field(default_factory=list)
    others: list[Notice] = field(default_factory=list)

    def take(self, name: str, notices: Iterable[Notice]) -> None:
        """Add those of the attached file `name`."""
        for notice in notices:
            if notice.code == "pictures-unread":
                self.pictures += int(notice.params["count"])
            elif notice.code == "parts-unread":
                self.unread.append(f"{name} > {notice.params['names']}")
            else:
                self.others.append(_placed(name, notice))

    def all(self) -> Iterator[Notice]:
        """What there is to say."""
        yield from self.others
        if self.pictures:
            yield Notice("pictures-unread", {"count": self.pictures})
        if self.unread:
            yield Notice("parts-unread", {"names": ", ".join(self.unread)})


def _placed(name: str, notice: Notice) -> Notice:
    params = {key: f"{name} > {value}" if key in _PLACES else value for key, value in notice.params.items()}
    return Notice(notice.code, params)
