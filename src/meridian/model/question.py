"""A question that is asked to be explained or tested, and who asks it (R-ECS-9)."""

from __future__ import annotations

import ipaddress
import re

import msgspec

from meridian.model.name import Name, parse
from meridian.model.record import TYPES

QUESTION_TYPES = TYPES | {"ANY": 255, "DNSKEY": 48}

_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGITS = re.compile(r"[0-9]{1,20}")
_MAX_DRAW = 2**64 - 1
_MAX_SLOT = 2**32 - 1

Subnet = tuple[str, int]  # address and prefix length
Check = int | str  # a health check, by its slot in the health table or by its id


class Question(msgspec.Struct, frozen=True):
    """
    A question, and what is to be taken otherwise than it is.

    Attributes:
        type: Its number.
        client: The resolver's address.
        subnet: An EDNS client subnet (RFC 7871); None for a query without.
        draw: 64 random bits, to see the same choice again; None takes fresh ones.
        health: Health checks, by slot or id, and whether they are to be healthy.
        zone_id: The only zone to ask; None for the one that answers the name on the wire.
    """

    name: Name
    type: int
    client: str = "127.0.0.1"
    subnet: Subnet | None = None
    draw: int | None = None
    health: tuple[tuple[Check, bool], ...] = ()
    zone_id: str | None = None


class BadQuestion(ValueError):
    """Text that makes no question; says what is wrong with it."""


def read_name(text: str) -> Name:
    """
    Read the name asked for.

    Raises:
        BadQuestion: It is no domain name.
    """
    try:
        return parse(text)
    except ValueError as error:
        raise BadQuestion(f"'{text}' is no domain name: {getattr(error, 'explanation', error)}") from None


def read_type(text: str) -> int:
    """
    Read the type asked for.

    Raises:
        BadQuestion: No zone can hold it.
    """
    number = QUESTION_TYPES.get(text.upper())
    if number is None:
        raise BadQuestion(f"'{text}' is no type that a zone can hold; choose from {', '.join(TYPES)}")
    return number


def read_address(text: str) -> str:
    """
    Read an address.

    Raises:
        BadQuestion: It is none, or has a zone index.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        address = None
    if address is None or getattr(address, "scope_id", None):
        raise BadQuestion(f"'{text}' is no IP address")
    return str(address)


def read_subnet(text: str) -> Subnet:
    """
    Read `ADDRESS/LENGTH`, or an address alone for a subnet of the usual length (R-ECS-9).

    Raises:
        BadQuestion: It is neither, or the length is not the family's.
    """
    address, slash, length = text.partition("/")
    return subnet_of(address, length if slash else None)


def subnet_of(address: str, length: str | None) -> Subnet:
    """
    Make a subnet of an address and a number of bits: by default 24 of IPv4, 64 of IPv6 (R-ECS-9).

    Raises:
        BadQuestion: The address is none, or the number is not 0 to 32, or 0 to 128.
    """
    known = read_address(address)
    usual, most = (64, 128) if ":" in known else (24, 32)
    bits = _read_number(length, most) if length is not None else usual
    if bits is None:
        raise BadQuestion(f"'{length}' is no prefix length of {known}: it is 0 to {most}")
    return known, bits


def read_draw(text: str) -> int:
    """
    Read the draw of an earlier explanation.

    Raises:
        BadQuestion: It is not a number of 64 bits.
    """
    number = _read_number(text, _MAX_DRAW)
    if number is None:
        raise BadQuestion(f"'{text}' is no draw: it is 0 to {_MAX_DRAW}")
    return number


def read_check(text: str) -> Check:
    """
    Read a health check: its id, or its slot in the health table.

    Raises:
        BadQuestion: It is neither a UUID nor a number from 1 on.
    """
    if _ID.fullmatch(text):
        return text.lower()
    number = _read_number(text, _MAX_SLOT)
    if not number:
        raise BadQuestion(f"'{text}' is no health check: give its id, or its slot, 1 to {_MAX_SLOT}")
    return number


def _read_number(text: str, most: int) -> int | None:
    return number if _DIGITS.fullmatch(text) and (number := int(text)) <= most else None
