"""What a health check reads in an endpoint's certificate: for whom it is, and how long."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address

import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID


class Certificate(msgspec.Struct, frozen=True):
    """
    The part of a certificate that checks look at.

    Attributes:
        names: Of the subject alternative names and the common name, in lower case; wildcards as they stand.
        addresses: IP addresses of the subject alternative names, in the shortest text form.
        expires_at: In UTC.
    """

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    expires_at: datetime


NO_CERTIFICATE = "The endpoint has shown no certificate that can be read"


def read(der: bytes | None) -> Certificate:
    """
    Read a certificate.

    Raises:
        ValueError: It is none.
    """
    if der is None:
        raise ValueError(NO_CERTIFICATE)
    found = x509.load_der_x509_certificate(der)
    common = [str(one.value) for one in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        alternative = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        alternative = x509.SubjectAlternativeName([])
    names = *alternative.get_values_for_type(x509.DNSName), *common
    addresses = alternative.get_values_for_type(x509.IPAddress)
    return Certificate(tuple(name.lower() for name in names), tuple(map(str, addresses)), found.not_valid_after_utc)


def is_for(certificate: Certificate, host: str) -> bool:
    """
    Whether a certificate is for this host: a name, or an IP address.

    A wildcard stands for exactly one label, the first (RFC 9525 §6.3). The common name counts too, as
    R-HCP-7 has it.
    """
    try:
        return str(ip_address(host)) in certificate.addresses
    except ValueError:
        name = host.lower()
    above = "*." + name.partition(".")[2]
    return name in certificate.names or above in certificate.names


def days_left(certificate: Certificate, now: datetime) -> int:
    """Whole days until it expires; below 0 once it has."""
    return (certificate.expires_at - now).days
