"""Server-sent events, as a client reads them (html.spec.whatwg.org, 9.2.6)."""

from __future__ import annotations

import codecs

_LONGEST = 1_000_000


class EventTooLong(Exception):
    """An event went on for a million characters: this is no stream of events."""


class EventData:
    """Decodes the `data` of events from bytes that may be cut anywhere. Other fields are ignored."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[str]:
        """The data of the events that are complete now. Raises EventTooLong."""
        lines = (self._line + self._decoder.decode(chunk)).split("\n")
        self._line = lines.pop()
        if len(self._line) + sum(map(len, self._data)) > _LONGEST:
            raise EventTooLong
        events = []
        for line in lines:
            events += self._take(line.removesuffix("\r"))
        return events

    def rest(self) -> list[str]:
        """The last event of a stream that ended without a blank line."""
        line, self._line = self._line, ""
        return [*self._take(line.removesuffix("\r")), *self._take("")]

    def _take(self, line: str) -> list[str]:
        if line:
            if line.startswith("data:"):
                self._data.append(line[5:].removeprefix(" "))
            return []
        data, self._data = self._data, []
        return ["\n".join(data)] if data else []
