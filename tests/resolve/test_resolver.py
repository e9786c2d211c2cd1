"""Asking resolvers, on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import ip_network

import dns.rcode
import pytest

from meridian.errors import SettingsError
from meridian.model.name import parse
from meridian.resolve.resolver import Found, NoAnswer, Resolver, Server, servers
from tests.fakes.name_server import NameServer

ONE, TWO = bytes([203, 0, 113, 1]), bytes([203, 0, 113, 2])


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer() as running:
        yield running


def ask(*asked: NameServer, name: str = "lb.fake.test", rtype: str = "A", subnet: str | None = None) -> Found:
    block = None if subnet is None else ip_network(subnet)
    resolver = Resolver([Server(*one.address) for one in asked], timeout=1.0)
    return asyncio.run(resolver.ask(parse(name), rtype, block))


def test_records_and_their_ttl(server: NameServer) -> None:
    """All records in wire form, sorted, with their TTL."""
    server.set("lb.fake.test", "A", "203.0.113.2", "203.0.113.1", ttl=17)
    assert ask(server) == Found((ONE, TWO), 17, 0)


@pytest.mark.parametrize("follows", [True, False])
def test_a_chain_has_the_lowest_ttl(server: NameServer, follows: bool) -> None:
    """Along CNAMEs the lowest TTL counts, whether one answer has the chain or the asker follows it."""
    server.follows = follows
    server.set("lb.fake.test", "CNAME", "a.fake.test.", ttl=300)
    server.set("a.fake.test", "CNAME", "b.fake.test.", ttl=9)
    server.set("b.fake.test", "A", "203.0.113.1", ttl=60)
    assert ask(server) == Found((ONE,), 9, 0)


def test_a_name_that_is_gone_is_an_answer(server: NameServer) -> None:
    """NXDOMAIN and NODATA are answers without records, for as long as the SOA says (RFC 2308 §5)."""
    server.negative_ttl = 42
    assert ask(server) == Found((), 42, 0)
    server.set("lb.fake.test", "AAAA", "2001:db8::1")
    assert ask(server) == Found((), 42, 0)


def test_the_next_resolver_is_asked_where_one_fails(server: NameServer) -> None:
    """SERVFAIL and silence are no answers; the next one in the list may have one."""
    with NameServer() as broken, NameServer() as silent:
        broken.rcode, silent.silent = dns.rcode.SERVFAIL, True
        server.set("lb.fake.test", "A", "203.0.113.1", ttl=17)
        assert ask(broken, silent, server) == Found((ONE,), 17, 0)
        with pytest.raises(NoAnswer, match=r"127\.0\.0\.1: SERVFAIL, 127\.0\.0\.1: Timeout"):
            ask(broken, silent)


def test_silence_is_told_from_errors(server: NameServer) -> None:
    """A resolver that replies with an error is heard; where none replies, we may be cut off ourselves."""
    server.rcode = dns.rcode.SERVFAIL
    with NameServer() as silent:
        silent.silent = True
        for asked, heard in (([server], True), ([silent, server], True), ([silent], False), ([], False)):
            resolver = Resolver([Server(*one.address) for one in asked], timeout=1.0)
            with pytest.raises(NoAnswer) as caught:
                asyncio.run(resolver.ask(parse("lb.fake.test"), "A"))
            assert (caught.value.heard, asyncio.run(resolver.is_heard())) == (heard, heard)


def test_no_resolver_is_no_answer() -> None:
    """Without any resolver the error says which setting names some."""
    with pytest.raises(NoAnswer, match="resolvers"):
        ask()


def test_cnames_round_and_round_are_no_answer(server: NameServer) -> None:
    """A loop of CNAMEs ends."""
    server.follows = False
    server.set("lb.fake.test", "CNAME", "a.fake.test.")
    server.set("a.fake.test", "CNAME", "lb.fake.test.")
    with pytest.raises(NoAnswer, match="CNAMEs in a row"):
        ask(server)


def test_a_client_subnet_is_asked_for(server: NameServer) -> None:
    """The answer is the subnet's, its scope at most what was asked (RFC 7871 §7.3)."""
    server.set("lb.fake.test", "A", "203.0.113.1", near={"198.51.0.0/16": "203.0.113.2"})
    assert ask(server, subnet="198.51.100.0/24") == Found((TWO,), 60, 16)
    assert ask(server, subnet="192.0.2.0/24") == Found((ONE,), 60, 1)
    assert ask(server) == Found((ONE,), 60, 0)
    assert [subnet for *_, subnet in server.asked] == ["198.51.100.0/24", "192.0.2.0/24", None]


def test_addresses_of_resolvers() -> None:
    """With and without port, both families; anything else names the setting."""
    assert servers(["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353"]) == [
        Server("192.0.2.1", 53),
        Server("192.0.2.1", 5353),
        Server("2001:db8::1", 53),
        Server("2001:db8::1", 5353),
    ]
    with pytest.raises(SettingsError, match="resolvers: '"):
        servers(["dns.example"])
