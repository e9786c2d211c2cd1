"""
Which addresses may be probed: the public ones, and what the operator allows besides (R-HCF-22).

A health check makes this network connect to an address of somebody's choosing. Without a guard, a
customer of the API could look at what only the checkers can reach.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from meridian.errors import SettingsError
from meridian.model.cidr import Block

# The IANA special-purpose registries (RFC 6890) with multicast and what is reserved, each with where it comes from.
# Also blocks that are globally reachable in part: no server of anybody's is in them.
_SPECIAL_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # shared by carriers, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link-local, RFC 3927; clouds keep their metadata there
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "198.18.0.0/15",  # benchmarking, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, with the broadcast address, RFC 1112
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")  # all that is given out; mapped, translated and local addresses are outside it
_SPECIAL_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments with Teredo, RFC 2928
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, which holds IPv4 addresses of any kind, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
    )
)


def is_allowed(address: IPv4Address | IPv6Address, private_targets: Iterable[Block] = ()) -> bool:
    """
    Whether an address may be probed: it is a public unicast address, or in one of these blocks.

    An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is an IPv6 address here: no public one.
    """
    return _is_public(address) or any(address in block for block in private_targets)


def read(texts: Iterable[str]) -> tuple[Block, ...]:
    """
    Read the setting `private_targets`: blocks such as `10.0.0.0/8`, or single addresses.

    Raises:
        SettingsError: One cannot be read; names it.
    """
    return tuple(_block(text) for text in texts)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _SPECIAL_V4)
    return address in _GLOBAL_V6 and not any(address in block for block in _SPECIAL_V6)


def _block(text: str) -> Block:
    try:
        return ip_network(text)
    except ValueError:
        raise SettingsError(
            f"private_targets: '{text}' is not a block such as 10.0.0.0/8 or fd00::/8 with no bits behind its prefix"
        ) from None
