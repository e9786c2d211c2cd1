"""New zones: names, first record sets."""

import pytest

from meridian.changes.zone import (
    InvalidDomainName,
    default_record_sets,
    zone_name,
)
from meridian.model.name import parse
from meridian.model.rdata import BadValue, decode
from meridian.model.zone import DelegationSet
from meridian.settings import Settings

SETTINGS = Settings(reserved_names=("Reserved.example.",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("example.com", "example.com."),
        ("Example.COM.", "example.com."),
        ("*.example.com", r"\052.example.com."),
        ("2.0.192.in-addr.arpa", "2.0.192.in-addr.arpa."),
        ("sub.reserved.example", "sub.reserved.example."),
    ],
)
def test_a_name_fit_for_a_zone_is_read(text: str, expected: str) -> None:
    """Names of two labels or more, with `*` in the leftmost only (R-ZON-5, R-NAM-8)."""
    assert expected == zone_name(text, SETTINGS).text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("com", "com is not a valid domain name"),
        (".", ". is not a valid domain name"),
        ("", " is not a valid domain name"),
        ("a..com", "a..com is not a valid domain name"),
        ("a b.com", "a b.com is not a valid domain name"),
        ("www.*.example.com", "www.*.example.com is not a valid domain name"),
        ("www.a*.example.com", "www.a*.example.com is not a valid domain name"),
        ("RESERVED.example", "RESERVED.example is reserved by the operator"),
    ],
)
def test_a_name_unfit_for_a_zone_is_refused(text: str, message: str) -> None:
    """The text of the request is repeated as it was (R-ZON-5, R-NAM-8)."""
    with pytest.raises(InvalidDomainName) as refused:
        zone_name(text, SETTINGS)

    assert (refused.value.code, refused.value.message) == ("InvalidDomainName", message)


def test_an_operator_may_allow_zones_of_one_label() -> None:
    """But never the root (R-ZON-5)."""
    lenient = Settings(strict_names=False)

    assert zone_name("test", lenient) == parse("test")
    with pytest.raises(InvalidDomainName):
        zone_name(".", lenient)


def test_a_zone_begins_with_its_name_servers_and_its_start_of_authority() -> None:
    """NS with TTL 172800 and SOA with TTL 900, octets filled in (R-APX-1, R-APX-2)."""
    servers = DelegationSet(("ns-1.a.example.net", "ns-513.b.example.org"))

    ns, soa = default_record_sets(parse("example.com"), servers, "hostmaster.example.net")

    assert (ns.name.text, ns.type, ns.ttl) == ("example.com.", "NS", 172800)
    assert ns.values == ("ns-1.a.example.net.", "ns-513.b.example.org.")
    assert (soa.name.text, soa.type, soa.ttl) == ("example.com.", "SOA", 900)
    assert soa.values == ("ns-1.a.example.net. hostmaster.example.net. 1 7200 900 1209600 86400",)
    assert [decode("NS", octets) for octets in ns.rdata] == list(ns.values)
    assert [decode("SOA", octets) for octets in soa.rdata] == list(soa.values)


def test_a_hostmaster_that_is_no_name_is_refused() -> None:
    """The setting is written into every SOA record."""
    with pytest.raises(BadValue):
        default_record_sets(parse("example.com"), DelegationSet(("ns.example.net",)), "host master")
