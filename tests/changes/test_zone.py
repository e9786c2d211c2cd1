"""New zones: names, name servers, first record sets."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.changes.zone import (
    DelegationSetNotAvailable,
    InvalidDomainName,
    assign_delegation_set,
    default_record_sets,
    zone_name,
)
from meridian.model.name import Name, parse
from meridian.model.rdata import BadValue, decode
from meridian.model.zone import DelegationSet
from meridian.settings import Settings

SETTINGS = Settings(reserved_names=("Reserved.example.",))
FAMILIES = ["a.example.net", "b.example.org", "c.example.com", "d.example.info"]


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


@given(st.integers(2, 4), st.randoms(use_true_random=False))
def test_each_place_of_a_set_has_its_stripe_of_numbers(count: int, random: Random) -> None:
    """Four names over the families in turn, place i from i*512+1 to i*512+511: the first is for private zones."""
    found = assign_delegation_set(parse("example.com"), FAMILIES[:count], lambda name: (), random)

    assert len(set(found.name_servers)) == 4
    for place, server in enumerate(found.name_servers):
        label, _, family = server.partition(".")
        assert family == FAMILIES[place % count]
        assert place * 512 < int(label.removeprefix("ns-")) < (place + 1) * 512
    assert found.id is None


def test_overlapping_zones_share_no_name_server_until_none_is_left() -> None:
    """511 zones of one name have 2,044 different name servers; the next one is refused (R-ZON-6, R-DEL-2)."""
    random = Random(1)
    taken: list[str] = []
    asked: list[Name] = []

    def overlapping(name: Name) -> list[str]:
        asked.append(name)
        return taken

    for _ in range(511):
        taken += assign_delegation_set(parse("example.com"), FAMILIES, overlapping, random).name_servers

    assert len(set(taken)) == len(taken) == 4 * 511
    with pytest.raises(DelegationSetNotAvailable) as refused:
        assign_delegation_set(parse("example.com"), FAMILIES, overlapping, random)
    assert refused.value.code == "DelegationSetNotAvailable"
    assert set(asked) == {parse("example.com")}


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
