"""From tokens' bytes to pieces of an answer, for any cut of the stream."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class AnswerText:
    """Decodes UTF-8 as it comes, drops white space before the answer, holds back stop strings.

    A character whose last bytes never come is not shown.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self._begun = False
        self.stopped = False

    def feed(self, data: bytes) -> str:
        """The text that can be shown now; sets `stopped` once a stop string has come."""
        self._held += self._decoder.decode(data)
        if not self._begun:
            self._held = self._held.lstrip()
            self._begun = bool(self._held)
        found = [at for at in map(self._held.find, self._stops) if at >= 0]
        if found:
            self.stopped = True
            shown, self._held = self._held[: min(found)], ""
            return shown
        keep = max((_overlap(self._held, stop) for stop in self._stops), default=0)
        shown, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return shown

    def rest(self) -> str:
        """What was held back for a stop string that did not come."""
        shown, self._held = self._held, ""
        return shown


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` may be the beginning of `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)
