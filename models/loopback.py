"""Whether an address stays on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback_host(host: str) -> bool:
    """True for `localhost` with all names below it, and the loopback ranges of IPv4 and IPv6."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_loopback_url(url: str) -> bool:
    """Whether what is sent to an address stays on this machine; False for one that is none."""
    try:
        return is_loopback_host(urlsplit(url).hostname or "")
    except ValueError:
        return False
