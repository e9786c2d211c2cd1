"""Blocks of CIDR collections."""

from ipaddress import IPv4Network, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.model.cidr import LONGEST, BadBlock, Block, from_octets, parse, to_octets
from tests.changes.blocks import BLOCKS


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("192.0.2.0/24", IPv4Network("192.0.2.0/24")),
        ("0.0.0.0/1", IPv4Network("0.0.0.0/1")),
        ("128.0.0.0/1", IPv4Network("128.0.0.0/1")),
        ("2001:db8::/32", IPv6Network("2001:db8::/32")),
        ("2001:DB8:0:0::/48", IPv6Network("2001:db8::/48")),
        ("8000::/1", IPv6Network("8000::/1")),
        ("2001:0db8:000a::/48", IPv6Network("2001:db8:a::/48")),
    ],
)
def test_blocks_are_read(text: str, block: Block) -> None:
    """R-CID-3: IPv4 of 1 to 24 bits, IPv6 of 1 to 48 bits, in any spelling."""
    assert parse(text) == block


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a CIDR block"),
        ("x", "is not a CIDR block"),
        ("/24", "is not a CIDR block"),
        ("192.0.2.0", "is not a CIDR block"),
        ("192.0.2.0/", "is not a CIDR block"),
        ("192.0.2.0/x", "is not a CIDR block"),
        ("192.0.2.0/+24", "is not a CIDR block"),
        ("192.0.2.0/-1", "is not a CIDR block"),
        ("192.0.2.0/٢٤", "is not a CIDR block"),
        ("192.0.2.0/255.255.255.0", "is not a CIDR block"),
        ("192.0.2.0/24/24", "is not a CIDR block"),
        (" 192.0.2.0/24", "is not a CIDR block"),
        ("192.0.2/24", "is not a CIDR block"),
        ("192.0.02.0/24", "is not a CIDR block"),
        ("192.0.2.0/33", "is not a CIDR block"),
        ("2001:db8::/129", "is not a CIDR block"),
        ("fe80::%1/10", "is not a CIDR block"),
        ("*", "is not a CIDR block"),
        ("0.0.0.0/0", "must have a prefix length of 1 to 24 bits, as it is IPv4"),
        ("192.0.2.0/25", "must have a prefix length of 1 to 24 bits, as it is IPv4"),
        ("192.0.2.1/32", "must have a prefix length of 1 to 24 bits, as it is IPv4"),
        ("::/0", "must have a prefix length of 1 to 48 bits, as it is IPv6"),
        ("2001:db8::/49", "must have a prefix length of 1 to 48 bits, as it is IPv6"),
        ("192.0.2.1/24", "has address bits set behind its prefix; '192.0.2.0/24' has not"),
        ("2001:db8::1/32", "has address bits set behind its prefix; '2001:db8::/32' has not"),
    ],
)
def test_other_text_is_refused(text: str, reason: str) -> None:
    """The reason names the text and what is wrong with it; a block for everyone is the location `*` (R-CID-3)."""
    with pytest.raises(BadBlock) as refused:
        parse(text)

    assert str(refused.value).startswith(f"'{text}' {reason}")


@given(st.text(max_size=50))
def test_no_text_does_anything_else(text: str) -> None:
    """Whatever a client sends is a block within the limits, or BadBlock."""
    try:
        block = parse(text)
    except BadBlock:
        return
    assert 1 <= block.prefixlen <= LONGEST[block.version]


@given(BLOCKS)
def test_text_and_octets_lead_back_to_the_block(block: Block) -> None:
    """The text that is shown, and the octets that are stored, each stand for one block."""
    assert parse(str(block)) == block
    assert from_octets(to_octets(block)) == block


@given(BLOCKS, BLOCKS)
def test_octets_sort_as_blocks_do(one: Block, other: Block) -> None:
    """IPv4 before IPv6, then by address, then wider blocks first."""

    def order(block: Block) -> tuple[int, int, int]:
        return block.version, int(block.network_address), block.prefixlen

    assert (to_octets(one) < to_octets(other)) == (order(one) < order(other))
