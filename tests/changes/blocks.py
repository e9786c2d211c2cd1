"""Blocks and locations of CIDR collections, as hypothesis draws them."""

from __future__ import annotations

from ipaddress import ip_network

from hypothesis import strategies as st

from meridian.model.cidr import LONGEST, Block


@st.composite
def _blocks(draw: st.DrawFn) -> Block:
    version, width = draw(st.sampled_from([(4, 32), (6, 128)]))
    length = draw(st.integers(1, LONGEST[version]))
    address = draw(st.integers(0, 2**length - 1)) << (width - length)
    return ip_network((address.to_bytes(width // 8, "big"), length))


BLOCKS = _blocks()

# So few that random changes meet: blocks beside, above and below each other.
FEW_BLOCKS: list[Block] = [
    ip_network(text) for text in ("10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16", "192.0.2.0/24", "2001:db8::/32")
]
LOCATIONS = ["berlin", "oslo", "rome"]
