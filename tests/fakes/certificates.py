"""Certificates for endpoints in tests: an authority, and what it signs."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Authority:
    """Signs certificates. `folder` is where their files are kept, as `ssl` reads only files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Test authority")
        now = datetime.now(UTC)
        self._certificate = (
            x509.CertificateBuilder(self._name, self._name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + 3650 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def root(self) -> bytes:
        """Its own certificate, as PEM."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def trusting(self) -> ssl.SSLContext:
        """A client's context that trusts this authority alone, and leaves names to the caller."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(cadata=self._certificate.public_bytes(serialization.Encoding.DER))
        return context

    def certificate(
        self, names: Iterable[str] = (), *, common: str = "", days: float = 365.0, alternative: bool = True
    ) -> tuple[bytes, bytes]:
        """A certificate for these names and addresses and its key, as PEM, with so many days left."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder(self._name, _name(common), key.public_key(), x509.random_serial_number())
            .not_valid_before(now - 3650 * DAY)
            .not_valid_after(now + days * DAY)
        )
        if alternative:
            builder = builder.add_extension(x509.SubjectAlternativeName(map(_general, names)), critical=False)
        signed = builder.sign(self._key, hashes.SHA256())
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return signed.public_bytes(serialization.Encoding.PEM), secret

    def serving(self, *names: str, common: str = "", days: float = 365.0) -> ssl.SSLContext:
        """A server's context with a new certificate for these names."""
        self._count += 1
        file = self._folder / f"{self._count}.pem"
        file.write_bytes(b"".join(self.certificate(names, common=common, days=days)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else [])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
