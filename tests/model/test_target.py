"""Which addresses health checks may probe (R-HCF-22)."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.model.target import SPECIAL_USE, is_allowed

PUBLIC = [
    "1.1.1.1", "9.255.255.255", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1",
    "192.169.0.1", "192.175.48.1", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2600::1", "2001:200::1", "2a00:1450:4001::1", "2003::1", "3ffe::1", "2620:4f:8000::1",
]  # fmt: skip
SPECIAL = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:1.1.1.1", "64:ff9b::7f00:1", "100::1", "2001::1", "2001:1ff::1",
    "2001:db8::1", "2002:7f00:1::", "3fff::1", "4000::1", "5f00::1", "8000::1", "fc00::1", "fd12::1", "fe80::1",
    "fec0::1", "ff02::1",
]  # fmt: skip
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_allowed(address: str) -> None:
    """What lies beside a block of special use too, and what the registries call globally reachable."""
    assert is_allowed(address)


@pytest.mark.parametrize("address", SPECIAL)
def test_special_use_is_not(address: str) -> None:
    """Local, private, shared, link-local, multicast, documentation, and what leads to such by translation."""
    assert not is_allowed(address)


@given(ADDRESSES)
def test_what_python_calls_private_is_not_allowed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Another reading of the same registries agrees, wherever it refuses."""
    assert not is_allowed(str(address)) or not (address.is_private or address.is_multicast or address.is_reserved)


@given(st.sampled_from(SPECIAL_USE).flatmap(lambda block: st.ip_addresses(network=block)))
def test_the_operator_may_allow_blocks(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """A block allows its own addresses, and no other."""
    block, other = ipaddress.ip_network(address), ipaddress.ip_network("192.0.2.255" if address.version == 6 else "::1")

    assert is_allowed(str(address), (block,))
    assert not is_allowed(str(address), (other,))


@pytest.mark.parametrize("address", ["fe80::1%eth0", "2600::1%1"])
def test_no_zone_index_is_allowed(address: str) -> None:
    """It names an interface of the machine that probes, whatever the block."""
    assert not is_allowed(address, (ipaddress.ip_network("::/0"),))


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "1.1.1.1/32", "0x7f000001", "2130706433"])
def test_other_spellings_are_no_addresses(text: str) -> None:
    """No text that some resolver might take for 127.0.0.1 gets through as something else."""
    with pytest.raises(ValueError, match="does not appear to be"):
        is_allowed(text, (ipaddress.ip_network("0.0.0.0/0"),))
