"""`zhiwen serve`: the web application."""

from __future__ import annotations

import argparse
import contextlib
import errno
import signal
import socket
from pathlib import Path
from typing import Any

from app.bootstrap import Services, bootstrap
from app.settings import Settings, check_address, exposed, listed, load_settings
from app.tls import check_pair, fingerprint, own_addresses, own_certificate, own_names
from models.errors import Explained
from models.reasons import quoted

# The page that a browser opens at once is answered in this time, in seconds; then models are loaded, and reading the
# words of a tokenizer alone holds up all of Python for half a second.
HEAD_START = 0.2
# Every address of this machine, in the two ways to write it.
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  compared, not bound


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
    parser.add_argument("--tls", action="store_true", default=None, help="speak HTTPS")
    parser.add_argument("--cert", type=Path, dest="tls_cert", help="its certificate (PEM), for one of your own")
    parser.add_argument("--key", type=Path, dest="tls_key", help="the private key of that certificate (PEM)")
    parser.set_defaults(run=run)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not between 1 and 65535")
    return port


def run(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    keys = ("host", "port", "tls", "tls_cert", "tls_key")
    given = {key: value for key in keys if (value := getattr(options, key)) is not None}
    settings = load_settings()
    settings = settings.model_copy(update=given)
    check_address(settings)
    with listen(settings) as listener:
        url = address(settings)
        services = bootstrap(settings, url=url)
        try:
            tls = _certificate(settings)
            if tls is not None:
                services.lock.announce(url, tls[0].read_text(encoding="ascii"))
            _greet(services, url, tls)
            serve(services, listener, tls)
        finally:
            services.close()
    return 0


def _certificate(settings: Settings) -> tuple[Path, Path] | None:
    """What HTTPS is spoken with; None for plain HTTP. Raises CertificateUnusable, DiskFull, CatalogUnusable."""
    if not settings.tls:
        return None
    if settings.tls_cert is None and settings.tls_key is None:
        names = (*own_names(), *own_addresses(), *listed(settings.hosts), settings.host)
        pair = own_certificate(settings.data_dir, tuple(name for name in names if name not in _EVERYWHERE))
    else:
        pair = settings.tls_cert or Path("--cert"), settings.tls_key or Path("--key")
    check_pair(*pair)
    return pair


def _greet(services: Services, url: str, tls: tuple[Path, Path] | None) -> None:
    print(f"Zhiwen 知文 is at {url} (Ctrl+C stops it)", flush=True)
    if services.settings.host in _EVERYWHERE and exposed(services.settings):
        scheme, port = url.partition("://")[0], services.settings.port
        print(f"In the network: {scheme}://{own_names()[0]}:{port}", flush=True)
    if tls is not None and services.settings.tls_cert is None:
        print(f"Its certificate is its own; browsers warn of it. SHA-256 {fingerprint(tls[0])}", flush=True)
    if services.accounts.needed and (token := services.accounts.setup.new_token()) is not None:
        print(f"There is no owner yet. Make the owner's account at {url}/setup with this token: {token}", flush=True)


def address(settings: Settings) -> str:
    """Where a browser on this machine finds the server."""
    host = "127.0.0.1" if settings.host in _EVERYWHERE else settings.host
    scheme = "https" if settings.tls else "http"
    return f"{scheme}://[{host}]:{settings.port}" if ":" in host else f"{scheme}://{host}:{settings.port}"


def serve(services: Services, listener: socket.socket, tls: tuple[Path, Path] | None = None) -> None:
    """Answer requests until a signal says to stop, then end what was started."""
    from app.server import create_app
    from app.web_server import server_of

    # The server ends in good order and then raises its signal again: nothing is left to interrupt.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        app = create_app(services, head_start=HEAD_START)
        server_of(app, services.end_soon, tls, proxied=services.settings.plain_http).run(sockets=[listener])


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
        raise AddressUnusable(host=settings.host, reason=quoted(error.strerror or error)) from error
    return listener
