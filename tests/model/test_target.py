"""Which addresses may be probed."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from meridian.errors import SettingsError
from meridian.model.target import is_allowed, read

PUBLIC = [
    "1.2.3.4",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "223.255.255.255",
    "2001:200::1",
    "2606:4700::1111",
    "2a00:1450:4001::1",
]
SPECIAL = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # compatible with IPv4, deprecated
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",  # translated to an IPv4 address, which may be any
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_probed(address: str) -> None:
    """Public unicast addresses of both versions need no permission."""
    assert is_allowed(ip_address(address))


@pytest.mark.parametrize("address", SPECIAL)
def test_a_special_address_may_not_be_probed(address: str) -> None:
    """Private, loopback, link-local, shared, multicast and other special-use space is refused (R-HCF-22)."""
    assert not is_allowed(ip_address(address))


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.1.2.3", True),
        ("10.2.0.1", False),
        ("127.0.0.1", False),
        ("192.168.1.7", True),
        ("192.168.1.8", False),
        ("fd00::5", True),
        ("fd01::5", False),
        ("::ffff:10.1.2.3", False),
        ("8.8.8.8", True),
    ],
)
def test_the_operator_allows_blocks(address: str, allowed: bool) -> None:
    """What `private_targets` lists may be probed, and nothing beside it."""
    assert is_allowed(ip_address(address), read(["10.1.0.0/16", "192.168.1.7", "fd00::/16"])) == allowed


@pytest.mark.parametrize("text", ["10.0.0.1/8", "internal", "10.0.0.0/33", ""])
def test_a_block_that_cannot_be_read_is_named(text: str) -> None:
    """The error names the setting and the text."""
    with pytest.raises(SettingsError, match=f"private_targets: '{text}'"):
        read([text])
