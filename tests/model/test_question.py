from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from meridian.model.name import parse
from meridian.model.question import (
    BadQuestion,
    read_address,
    read_check,
    read_draw,
    read_name,
    read_subnet,
    read_type,
    subnet_of,
)


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (read_name, "WWW.example.com", parse("www.example.com")),
        (read_type, "aaaa", 28),
        (read_type, "ANY", 255),
        (read_address, "192.0.2.1", "192.0.2.1"),
        (read_address, "2001:DB8::0:1", "2001:db8::1"),
        (read_subnet, "192.0.2.0/26", ("192.0.2.0", 26)),
        (read_subnet, "192.0.2.44", ("192.0.2.44", 24)),
        (read_subnet, "2001:db8::1", ("2001:db8::1", 64)),
        (read_subnet, "2001:db8::/128", ("2001:db8::", 128)),
        (read_subnet, "0.0.0.0/0", ("0.0.0.0", 0)),
        (read_draw, "18446744073709551615", 2**64 - 1),
        (read_check, "7", 7),
        (read_check, "01234567-89AB-4cde-8f01-23456789abcd", "01234567-89ab-4cde-8f01-23456789abcd"),
    ],
)
def test_parts(read: Callable[[str], Any], text: str, expected: object) -> None:
    """A subnet without length has 24 bits, or 64 of IPv6 (R-ECS-9); types and names are read in any case."""
    assert read(text) == expected


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_name, "a..example.com", "'a..example.com' is no domain name: Domain name is empty"),
        (read_type, "LOC", "'LOC' is no type that a zone can hold; choose from A"),
        (read_address, "192.0.2.256", "'192.0.2.256' is no IP address"),
        (read_address, "fe80::1%eth0", "'fe80::1%eth0' is no IP address"),
        (read_subnet, "192.0.2.0/33", "'33' is no prefix length of 192.0.2.0: it is 0 to 32"),
        (read_subnet, "192.0.2.0/", "'' is no prefix length"),
        (read_subnet, "2001:db8::/129", "'129' is no prefix length of 2001:db8::: it is 0 to 128"),
        (read_subnet, "2001:db8::/-1", "'-1' is no prefix length"),
        (read_draw, "18446744073709551616", "is no draw: it is 0 to"),
        (read_draw, "\u00b2", "is no draw"),
        (read_check, "0", "'0' is no health check: give its id, or its slot, 1 to 4294967295"),
        (read_check, "4294967296", "is no health check"),
        (read_check, "01234567-89ab-4cde-8f01-23456789abc", "is no health check"),
    ],
)
def test_parts_that_are_none(read: Callable[[str], Any], text: str, message: str) -> None:
    """What cannot be is refused with what it may be."""
    with pytest.raises(BadQuestion) as raised:
        read(text)
    assert message in str(raised.value)


def test_subnet_in_two_parts() -> None:
    """TestDNSAnswer gives address and mask apart."""
    assert subnet_of("192.0.2.44", None) == ("192.0.2.44", 24)
    assert subnet_of("192.0.2.44", "0") == ("192.0.2.44", 0)
