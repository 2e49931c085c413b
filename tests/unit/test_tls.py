"""The certificate that an installation makes for itself, and one that is given."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app.tls import VALID, CertificateUnusable, check_pair, fingerprint, own_certificate, own_names

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = ("study.local", "192.168.1.5")


def names_in(certificate: Path) -> set[str]:
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def test_it_holds_for_this_machine_and_the_names_it_was_made_for(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path, NAMES)
    assert names_in(certificate) == {"localhost", "127.0.0.1", "::1", *NAMES}
    assert key.stat().st_mode & 0o077 == 0
    check_pair(certificate, key)
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert fingerprint(certificate).replace(":", "").lower() == found.fingerprint(found.signature_hash_algorithm).hex()  # type: ignore[arg-type]


def test_it_stays_until_it_is_nearly_over_or_does_not_hold(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, NAMES, NOW)[0].read_bytes()
    assert own_certificate(tmp_path, NAMES, NOW + timedelta(days=300))[0].read_bytes() == first
    assert own_certificate(tmp_path, NAMES[:1], NOW)[0].read_bytes() == first
    late = own_certificate(tmp_path, NAMES, NOW + VALID - timedelta(days=20))[0].read_bytes()
    assert late != first
    more = own_certificate(tmp_path, (*NAMES, "another.local"), NOW + VALID)[0]
    assert "another.local" in names_in(more)


@pytest.mark.parametrize("broken", ["certificate.pem", "key.pem"])
def test_a_broken_one_is_made_anew(tmp_path: Path, broken: str) -> None:
    pair = own_certificate(tmp_path, NAMES)
    (tmp_path / "tls" / broken).write_text("-----BEGIN NONSENSE-----")
    assert own_certificate(tmp_path, NAMES) == pair
    check_pair(*pair)


def test_what_is_given_must_be_a_pair(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path / "one", NAMES)
    other = own_certificate(tmp_path / "other", NAMES)[1]
    with pytest.raises(CertificateUnusable, match="MISMATCH"):
        check_pair(certificate, other)
    with pytest.raises(CertificateUnusable, match="no such file"):
        check_pair(certificate, tmp_path / "none.pem")
    with pytest.raises(CertificateUnusable):
        check_pair(key, key)


def test_this_machine_knows_its_names() -> None:
    assert any(name.endswith(".local") for name in own_names())
    assert all(name == name.lower() and name for name in own_names())
    assert ssl.HAS_TLSv1_3
