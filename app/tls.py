"""HTTPS without a certificate authority: a certificate that this installation signs itself, kept in the data folder."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.store.files import disk_named, make_folder, write_durably
from models.errors import Explained
from models.reasons import because, quoted

if TYPE_CHECKING:  # who speaks HTTPS imports it, and most starts do not
    from cryptography import x509

# Browsers take no server's certificate that is for longer than 825 days; a year is enough.
VALID = timedelta(days=365)
# It is made anew so long before its end, at the next start.
RENEWED = timedelta(days=30)
_LOCAL = ("localhost", "127.0.0.1", "::1")


class CertificateUnusable(Explained):
    """A certificate or its key cannot be read, or they do not belong together."""

    code = "certificate-unusable"
    template = (
        "HTTPS cannot be spoken with {path}: {reason}. Give a PEM certificate and its key, or none for an own one."
    )


def own_names() -> tuple[str, ...]:
    """The names that this machine goes by in a local network."""
    name = socket.gethostname().lower()
    return tuple(dict.fromkeys((name, name.split(".")[0], f"{name.split('.')[0]}.local")))


def own_addresses() -> tuple[str, ...]:
    """The addresses that this machine has, as far as it knows its own name."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        return ()
    return tuple(dict.fromkeys(str(address[4][0]).partition("%")[0] for address in found))


def own_certificate_path(data: Path) -> Path:
    """Where in a data folder the own certificate is, once one was made."""
    return data / "tls" / "certificate.pem"


def own_certificate(data: Path, names: tuple[str, ...], now: datetime | None = None) -> tuple[Path, Path]:
    """Certificate and key for these names and addresses, made in a data folder if it has none that hold for them.

    Raises DiskFull, CatalogUnusable.
    """
    now = now or datetime.now(UTC)
    wanted = tuple(dict.fromkeys((*_LOCAL, *(as_browsers_write_it(name) for name in names if name.isprintable()))))
    certificate = own_certificate_path(data)
    key = certificate.with_name("key.pem")
    if not _holds(certificate, key, wanted, now):
        make_folder(certificate.parent)
        made, private = _signed(wanted, now)
        with disk_named(certificate.name, certificate.parent):
            key.unlink(missing_ok=True)
            # Nobody else may read the key, not for a moment either.
            with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(private)
        write_durably(certificate, made)
    return certificate, key


def check_pair(certificate: Path, key: Path) -> None:
    """Raises CertificateUnusable unless HTTPS can be spoken with these files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for path in (certificate, key):
        if not path.is_file():
            raise CertificateUnusable(path=str(path), reason=because("no-such-file"))
    try:
        # Without a person to ask for it, a password would be waited for on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError, ValueError) as error:
        reason = quoted(getattr(error, "reason", None) or error)
        raise CertificateUnusable(path=str(certificate), reason=reason) from error


def fingerprint(certificate: Path) -> str:
    """What a browser shows of a certificate as its SHA-256, for people to compare."""
    der = ssl.PEM_cert_to_DER_cert(_first(certificate.read_text(encoding="ascii")))
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def _first(pem: str) -> str:
    end = "-----END CERTIFICATE-----"
    return pem[pem.index("-----BEGIN CERTIFICATE-----") : pem.index(end) + len(end)]


def _holds(certificate: Path, key: Path, wanted: tuple[str, ...], now: datetime) -> bool:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    held = {str(name.value) for name in names}
    current = found.not_valid_before_utc <= now < found.not_valid_after_utc - RENEWED
    return current and private.public_key() == found.public_key() and set(wanted) <= held


def _signed(names: tuple[str, ...], now: datetime) -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Zhiwen")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of a household differ a little.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    return made.public_bytes(pem), private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)


def _general(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(as_browsers_write_it(name))


def as_browsers_write_it(name: str) -> str:
    """A name in the letters that travel: 知文.example is xn--5us09c.example. What cannot be, stays as it is."""
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name
