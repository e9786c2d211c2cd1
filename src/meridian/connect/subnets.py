"""For whom outside targets are asked: a few client subnets that stand for many clients."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_network

import msgspec

from meridian.connect.answer import NOWHERE, Area
from meridian.errors import SettingsError
from meridian.model.cidr import Block

_LONGEST = {4: 24, 6: 56}  # bits that may be told of anyone (RFC 7871 §11.1)
_CONTINENT = re.compile(r"continent/(A[FNS]|EU|NA|OC|SA)")
_COUNTRY = re.compile(r"country/([A-Z]{2})(?:-([A-Z0-9]{1,3}))?")


class Subnet(msgspec.Struct, frozen=True):
    """A block of client addresses, and the area that it stands for."""

    block: Block
    area: Area = NOWHERE


def read(texts: Iterable[str]) -> tuple[Subnet, ...]:
    """
    Read the setting `resolver_subnets`: `continent/EU=192.0.2.0/24`, `country/US-TX=…`, or a subnet alone.

    Raises:
        SettingsError: One cannot be read; names it.
    """
    return tuple(_subnet(text) for text in texts)


def _subnet(text: str) -> Subnet:
    area, _, block = text.rpartition("=")
    try:
        return Subnet(_block(block.strip()), _area(area.strip()))
    except ValueError:
        raise SettingsError(
            f"resolver_subnets: '{text}' is not AREA=SUBNET or SUBNET, such as continent/EU=192.0.2.0/24, "
            "country/US-TX=192.0.2.0/24 or 192.0.2.0/24, of up to 24 bits for IPv4 and 56 for IPv6"
        ) from None


def _block(text: str) -> Block:
    block = ip_network(text)
    if not 1 <= block.prefixlen <= _LONGEST[block.version]:
        raise ValueError(text)
    return block


def _area(text: str) -> Area:
    if not text:
        return NOWHERE
    if found := _CONTINENT.fullmatch(text):
        return found[1], "", ""
    if found := _COUNTRY.fullmatch(text):
        return "", found[1], found[2] or ""
    raise ValueError(text)
