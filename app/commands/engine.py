"""The engine a command runs on: this process, or the server that owns the data folder."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from app.bootstrap import Services, bootstrap
from app.settings import Settings
from ingest.store.lock import OwnerInfo, owner
from models.errors import Explained
from models.reasons import quoted

# A server answers a question in minutes at worst; it says that it lives at once.
TIMEOUT = httpx.Timeout(600.0, connect=5.0)


class ServerRefused(Explained):
    code = "server-refused"
    template = "{detail}"


class ServerGone(Explained):
    code = "server-gone"
    template = (
        "The server at {url} owns the data folder but does not answer ({reason}). Stop it or wait, then try again."
    )


class Server:
    """A running server, spoken to over its REST interface."""

    def __init__(self, found: OwnerInfo) -> None:
        self._url = found.url
        # trust_env off: a proxy of the environment has no business with loopback.
        self._client = httpx.Client(
            base_url=found.url + "/api/v1",
            headers={"Authorization": f"Bearer {found.secret}"} if found.secret else None,
            timeout=TIMEOUT,
            trust_env=False,
            verify=_trusting(found.certificate) if found.certificate else True,
        )

    def request(self, method: str, path: str, **arguments: object) -> httpx.Response:
        """The answer to a request. Raises ServerRefused with the server's own sentence, or ServerGone."""
        try:
            response = self._asked(method, path, **arguments)
        except httpx.HTTPError as error:
            raise ServerGone(url=self._url, reason=quoted(type(error).__name__)) from error
        if response.is_error:
            raise self._refusal(response)
        return response

    def _asked(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **arguments)
        except httpx.TransportError:
            # A server that was busy may close an idle connection just as it is used again.
            if method != "GET":
                raise
            return self._client.request(method, path, **arguments)

    def _refusal(self, response: httpx.Response) -> Explained:
        try:
            return ServerRefused(detail=response.json()["detail"])
        except (ValueError, KeyError, TypeError):
            return ServerGone(url=self._url, reason=quoted(f"HTTP {response.status_code}"))

    def close(self) -> None:
        self._client.close()


def _trusting(certificate: str) -> ssl.SSLContext:
    """Takes this very certificate, whatever names stand in it: the note in the data folder says that it is the one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context


@contextmanager
def engine(settings: Settings) -> Iterator[Services | Server]:
    """The server that owns the data folder, else services of this process's own. Closed at the end."""
    running = owner(settings.data_dir)
    if running is not None and running.url:
        server = Server(running)
        try:
            yield server
        finally:
            server.close()
        return
    services = bootstrap(settings)
    try:
        yield services
    finally:
        services.close()
