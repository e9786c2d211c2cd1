"""Serials that follow a zone's version."""

from __future__ import annotations

import pytest

from meridian.compile.serial import following, serial
from meridian.model.name import parse
from meridian.model.rdata import encode
from meridian.model.record import RecordSet


@pytest.mark.parametrize(
    ("own", "version", "served"),
    [(1, 1, 2), (2026010107, 5, 2026010112), (4294967295, 1, 0), (4294967290, 10, 4), (0, 0, 0)],
)
def test_serial_and_version(own: int, version: int, served: int) -> None:
    """On the wire it is the record's serial plus the version, modulo 2³² (RFC 1982 §3.1, R-APX-2)."""
    value = f"ns1.example.com. hostmaster.example.com. {own} 7200 900 1209600 86400"
    soa = RecordSet(parse("example.com"), "SOA", ttl=900, values=(value,), rdata=(encode("SOA", value),))
    other = RecordSet(parse("example.com"), "A", ttl=60, values=("192.0.2.1",), rdata=(b"\xc0\0\2\1",))
    found, untouched = following([soa, other], version)
    assert serial(found.rdata[0]) == served
    assert found.rdata[0] == encode("SOA", value.replace(f" {own} ", f" {served} "))
    assert (found.values, found.ttl) == (soa.values, 900)
    assert untouched is other
