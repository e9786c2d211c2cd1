"""
The serial that secondaries go by (RFC 1996 §3.11, RFC 1982).

Route 53 leaves the serial of the SOA record as it is, whatever changes (R-APX-2). A secondary asks for a zone when its
serial has grown; so a zone that somebody may take has on the wire the record's serial *plus the zone's version*. It
grows with each change, and by raising the record's serial it can be put beyond any that a secondary has seen before.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from meridian.model.record import RecordSet

_NUMBERS = 20  # octets of the five numbers with which an SOA record ends; the serial is the first (RFC 1035 §3.3.13)


def following(record_sets: Iterable[RecordSet], version: int) -> list[RecordSet]:
    """The record sets as secondaries shall see them at this version of the zone: the SOA's serial follows it."""
    return [soa_following(each, version) if each.type == "SOA" else each for each in record_sets]


def soa_following(soa: RecordSet, version: int) -> RecordSet:
    """An SOA record set whose serial is its own and the version, modulo 2³²."""
    return replace(soa, rdata=tuple(_with_serial(rdata, serial(rdata) + version) for rdata in soa.rdata))


def serial(rdata: bytes) -> int:
    """The serial of an SOA record in wire form."""
    return int.from_bytes(rdata[-_NUMBERS : 4 - _NUMBERS], "big")


def _with_serial(rdata: bytes, number: int) -> bytes:
    return rdata[:-_NUMBERS] + (number % (1 << 32)).to_bytes(4, "big") + rdata[4 - _NUMBERS :]
