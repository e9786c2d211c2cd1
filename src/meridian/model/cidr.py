"""CIDR collections: named locations, each a set of address blocks (routing.md §11)."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network

import msgspec

Block = IPv4Network | IPv6Network
"""A block of addresses. Its text is the one form that the API shows: the shortest, in lower case (RFC 5952)."""

DEFAULT_LOCATION = "*"  # what a record set names for clients in no other location (R-CID-2)
LONGEST = {4: 24, 6: 48}  # prefix length in bits by IP version (R-CID-3)


class BadBlock(ValueError):
    """Text that is no block a collection may hold; the message says why."""


class CidrCollection(msgspec.Struct, frozen=True):
    """
    One CIDR collection, without its blocks.

    Attributes:
        id: A lower-case UUID.
        name: 1 to 64 letters, digits, `_` and `-`; one collection of an account has it (R-CID-2).
        version: 1 at first; grows by one with each accepted change.
    """

    id: str
    account_id: str
    name: str
    caller_reference: str
    version: int


def parse(text: str) -> Block:
    """
    Read a block: an address, a slash, a length of 1 to 24 bits for IPv4, 1 to 48 bits for IPv6 (R-CID-3).

    Raises:
        BadBlock: It is none, it is too long or too short, or address bits behind the prefix are set.
    """
    try:
        given = ip_interface(text)
    except ValueError:
        raise _no_block(text) from None
    block = given.network
    length = text.partition("/")[2]
    if "%" in text or not length.isdigit():  # a scope, a netmask, or no length at all
        raise _no_block(text)
    longest = LONGEST[block.version]
    if not 1 <= block.prefixlen <= longest:
        raise BadBlock(f"'{text}' must have a prefix length of 1 to {longest} bits, as it is IPv{block.version}")
    if given.ip != block.network_address:
        raise BadBlock(f"'{text}' has address bits set behind its prefix; '{block}' has not")
    return block


def to_octets(block: Block) -> bytes:
    """Write a block as octets that sort by version, address, length: 6 octets for IPv4, 18 for IPv6."""
    return bytes((block.version,)) + block.network_address.packed + bytes((block.prefixlen,))


def from_octets(octets: bytes) -> Block:
    """Read what `to_octets` has written."""
    return ip_network((octets[1:-1], octets[-1]))


def _no_block(text: str) -> BadBlock:
    return BadBlock(f"'{text}' is not a CIDR block such as '192.0.2.0/24' or '2001:db8::/32'")
