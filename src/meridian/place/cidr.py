"""A CIDR collection as the engine reads it: engine/core/src/place/locations.rs."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

import msgspec

FORMAT = 1


class _Collection(msgspec.Struct, frozen=True):
    """Blocks are address octets, prefix length, and the location's place in `locations`."""

    format: int
    locations: list[str]
    blocks: list[tuple[bytes, int, int]]


def encode(blocks: Iterable[tuple[str, str]]) -> bytes:
    """
    Write a collection.

    Args:
        blocks: Each block as text, such as `192.0.2.0/24`, with its location; equal lists make equal octets.
    """
    numbers: dict[str, int] = {}
    written = []
    for text, location in blocks:
        network = ip_network(text)
        number = numbers.setdefault(location, len(numbers))
        written.append((network.network_address.packed, network.prefixlen, number))
    return msgspec.msgpack.encode(_Collection(FORMAT, list(numbers), written))
