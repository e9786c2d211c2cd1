"""
Which addresses health checks may probe (R-HCF-22).

Whoever may make a check makes our machines send requests. So checks reach the public internet
alone: nothing behind the operator's own walls, unless the operator names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

# The IANA special-purpose registries (RFC 6890), less what they call globally reachable, and multicast.
SPECIAL_USE: tuple[Network, ...] = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network (RFC 791 §3.2)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared, behind carriers (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122 §3.2.1.3)
        "169.254.0.0/16",  # link-local (RFC 3927); clouds tell secrets there
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890 §2.1)
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.88.99.0/24",  # 6to4 relays, given up (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, and broadcast (RFC 1112 §4)
        "::/3",  # of IPv6, only 2000::/3 is in use for unicast (RFC 4291 §2.4); mapped addresses are here
        "4000::/2",
        "8000::/1",  # unique local (RFC 4193), link-local and multicast are here
        "2001::/23",  # protocol assignments (RFC 2928): Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4, given up (RFC 7526): leads to any IPv4 address
        "3fff::/20",  # documentation (RFC 9637)
    )
)


def is_allowed(address: str, private_targets: Iterable[Network] = ()) -> bool:
    """
    Tell whether checks may probe an address.

    Args:
        address: An IPv4 or IPv6 address; one with a zone index is never allowed.
        private_targets: Blocks of special use that the operator allows (`Settings.private_networks`).

    Raises:
        ValueError: `address` is none.
    """
    found = ip_address(address)
    if "%" in address:
        return False
    if any(found in block for block in private_targets):
        return True
    return not any(found in block for block in SPECIAL_USE)
