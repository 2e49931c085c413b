"""Secrets that this program makes and others keep: only their hash stays here, and is what they are found by."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """32 random bytes, as text for addresses and headers."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """The SHA-256 of a token. What is random needs no slow hash, and how long a look-up takes tells nothing of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
