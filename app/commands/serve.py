"""`zhiwen serve`: the web application."""

from __future__ import annotations

import argparse
import contextlib
import errno
import signal
import socket
from typing import Any

from app.bootstrap import Services, bootstrap
from app.settings import Settings, check_address, load_settings
from models.errors import Explained


class PortInUse(Explained):
    code = "port-in-use"
    template = "Port {port} of {host} is in use. Stop what uses it, or set ZHIWEN_PORT to another one."


class AddressUnusable(Explained):
    code = "address-unusable"
    template = "{host} is not an address that can be listened on: {reason}. Set ZHIWEN_HOST to 127.0.0.1."


def register(commands: Any) -> None:
    """Add `serve` to the command line."""
    parser = commands.add_parser("serve", help="start the web application")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=_port, help="port to listen on")
    parser.set_defaults(run=run)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not between 1 and 65535")
    return port


def run(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    given = {key: value for key in ("host", "port") if (value := getattr(options, key)) is not None}
    settings = load_settings()
    settings = settings.model_copy(update=given)
    check_address(settings)
    with listen(settings) as listener:
        url = address(settings)
        services = bootstrap(settings, url=url)
        try:
            print(f"Zhiwen 知文 is at {url} (Ctrl+C stops it)", flush=True)
            serve(services, listener)
        finally:
            services.close()
    return 0


def address(settings: Settings) -> str:
    """Where a browser on this machine finds the server."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  compared, not bound
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def serve(services: Services, listener: socket.socket) -> None:
    """Answer requests until a signal says to stop, then end what was started."""
    from app.server import create_app
    from app.web_server import server_of

    # The server ends in good order and then raises its signal again: nothing is left to interrupt.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        server_of(create_app(services), services.closing.set).run(sockets=[listener])


def listen(settings: Settings) -> socket.socket:
    """The socket that people connect to; who comes early waits. Raises PortInUse, AddressUnusable."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port=settings.port, host=settings.host) from error
        raise AddressUnusable(host=settings.host, reason=error.strerror or error) from error
    return listener
