"""One person's browser: a few connections of its own, and every answer written down."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any

import httpx

from bench.loading.record import Kind, Record, Seen

# Only what hangs takes so long.
PATIENCE = 120.0
# As many connections as browsers keep to one server.
_CONNECTIONS = 6


class Browser:
    """Closed by leaving it. Names in braces of a route are filled in from `names`."""

    def __init__(self, address: str, record: Record) -> None:
        # Nothing here is encrypted: without `verify` every client would read the certificates of the machine.
        self._client = httpx.AsyncClient(
            base_url=address,
            timeout=PATIENCE,
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            trust_env=False,
            verify=False,  # noqa: S501  see above
        )
        self._record = record

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, kind: Kind, route: str, **names: str) -> httpx.Response | None:
        """What a GET is answered; None where the connection broke, which is a fault."""
        return await self.send(kind, "GET", route, names)

    async def send(
        self, kind: Kind, method: str, route: str, names: dict[str, str] | None = None, **arguments: Any
    ) -> httpx.Response | None:
        """What a request is answered, read to its end; None where the connection broke, which is a fault."""
        begin, writing = time.monotonic(), self._record.writing
        response = None
        try:
            response = await self._client.request(method, route.format(**names or {}), **arguments)
        except httpx.TransportError as error:
            self._record.fault(f"{method} {route}: {error!r}")
        self._saw(kind, f"{method} {route}", begin, 0 if response is None else response.status_code, writing)
        return response

    async def events(
        self, kind: Kind, method: str, route: str, **arguments: Any
    ) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
        """Events as (name, data) until their end. To close it breaks the connection, as closing a tab does.

        Raises httpx.HTTPStatusError for what is refused. A connection that breaks is a fault, and ends it.
        """
        begin, writing = time.monotonic(), self._record.writing
        status = 0
        try:
            async with self._client.stream(method, route, **arguments) as response:
                status = response.status_code
                self._saw(kind, f"{method} {route}", begin, status, writing)
                response.raise_for_status()
                name = ""
                async for line in response.aiter_lines():
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        yield name, json.loads(line.removeprefix("data: "))
        except httpx.TransportError as error:
            self._record.fault(f"{method} {route}: {error!r}")
            if not status:
                self._saw(kind, f"{method} {route}", begin, status, writing)

    def _saw(self, kind: Kind, route: str, begin: float, status: int, writing: bool) -> None:
        seconds = time.monotonic() - begin
        writing = writing or self._record.writing
        self._record.seen.append(Seen(kind, route, begin - self._record.begun, seconds, status, writing))
