"""Where probes connect to: names asked of a name server on a real socket, and what may not be probed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import dns.rcode
import pytest

from meridian.health.connection import NoSight
from meridian.health.target import NoTarget, Target, Targets
from meridian.model.cidr import Block
from meridian.model.health import HealthCheckConfig
from meridian.resolve.resolver import Resolver, Server
from tests.fakes.clock import FakeClock
from tests.fakes.name_server import NameServer
from tests.health.probing import LOOPBACK

NAME = "www.fake.test"


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer() as running:
        yield running


class Finder:
    """Targets found with this name server, in a time of the test's own."""

    def __init__(self, *servers: NameServer, allowed: tuple[Block, ...] = (), patience: float = 5.0) -> None:
        self.clock = FakeClock()
        resolver = Resolver([Server(*server.address) for server in servers], timeout=patience)
        self._targets = Targets(resolver, self.clock, allowed, choose=lambda addresses: addresses[-1])

    def find(self, *, name: str | None = None, address: str | None = None) -> Target:
        config = HealthCheckConfig("TCP", ip_address=address, fully_qualified_domain_name=name, port=1)
        return asyncio.run(self._targets.find(config))

    def text(self, **config: str) -> str:
        with pytest.raises(NoTarget) as caught:
            self.find(**config)
        return str(caught.value)


def test_an_address_is_taken_as_it_is() -> None:
    """A check with an address has no use for its name (R-HCP-10)."""
    found = Finder().find(address="2606:4700::1111", name=NAME)
    assert (str(found.address), found.is_resolved) == ("2606:4700::1111", False)


def test_names_are_resolved_to_ipv4_alone(server: NameServer) -> None:
    """A is asked for and nothing else; a name with IPv6 alone fails (R-HCP-10)."""
    server.set(NAME, "A", "1.2.3.4")
    server.set("v6.fake.test", "AAAA", "2606:4700::1111")
    finder = Finder(server)
    found = finder.find(name=NAME)
    assert (str(found.address), found.is_resolved) == ("1.2.3.4", True)
    assert finder.text(name="v6.fake.test") == "DNS resolution failed: v6.fake.test has no IPv4 address"
    assert finder.text(name="gone.fake.test") == "DNS resolution failed: gone.fake.test has no IPv4 address"
    assert {rtype for _, rtype, _ in server.asked} == {"A"}


def test_one_of_several_addresses_is_used(server: NameServer) -> None:
    """Each probe goes to one address of the name."""
    server.set(NAME, "A", "1.2.3.4", "1.2.3.5")
    assert str(Finder(server).find(name=NAME).address) == "1.2.3.5"


def test_answers_are_kept_for_their_ttl(server: NameServer) -> None:
    """The next interval asks again once the TTL has passed, after a minute at the latest; denials are not kept."""
    server.set(NAME, "A", "1.2.3.4", ttl=15)
    server.set("long.fake.test", "A", "1.2.3.4", ttl=3600)
    finder = Finder(server)

    def asks(name: str) -> int:
        before = len(server.asked)
        finder.find(name=name)
        return len(server.asked) - before

    asked = []
    for _ in range(7):
        asked.append((asks(NAME), asks("long.fake.test")))
        finder.clock.forward(10)
    assert asked == [(1, 1), (0, 0), (1, 0), (0, 0), (1, 0), (0, 0), (1, 1)]
    assert finder.text(name="gone.fake.test") == finder.text(name="gone.fake.test")
    assert [name for name, *_ in server.asked].count("gone.fake.test.") == 2


def test_what_is_kept_does_not_grow_without_end(server: NameServer) -> None:
    """Answers that are out of date make room."""
    finder = Finder(server)
    for number in range(3000):
        server.set(f"n{number}.fake.test", "A", "1.2.3.4", ttl=1)
        finder.find(name=f"n{number}.fake.test")
        finder.clock.forward(1)
    assert len(finder._targets._kept) <= 1024


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:a00:1"])
def test_special_addresses_are_refused(address: str) -> None:
    """A checker asks its own setting, whatever the control plane let through (R-HCF-22)."""
    assert Finder().text(address=address) == (
        f"{address} is an address for special use, and the setting private_targets does not allow it"
    )


def test_special_addresses_are_refused_after_resolution(server: NameServer) -> None:
    """A name does not lead to where an address may not; of several addresses an allowed one is used (R-HCF-22)."""
    server.set(NAME, "A", "127.0.0.1")
    assert Finder(server).text(name=NAME) == (
        "Resolved IP: 127.0.0.1. 127.0.0.1 is an address for special use, "
        "and the setting private_targets does not allow it"
    )
    assert str(Finder(server, allowed=tuple(LOOPBACK)).find(name=NAME).address) == "127.0.0.1"
    server.set(NAME, "A", "1.2.3.4", "127.0.0.1")
    assert str(Finder(server).find(name=NAME).address) == "1.2.3.4"


def test_a_name_that_no_server_answers_for_fails(server: NameServer) -> None:
    """An error is the name's failure, and so is silence on this name alone."""
    server.rcode = dns.rcode.SERVFAIL
    assert Finder(server).text(name=NAME) == "DNS resolution failed: 127.0.0.1: SERVFAIL"
    assert Finder(server).text(name="a..b") == "DNS resolution failed: a..b: Domain name is empty"
    server.rcode = dns.rcode.NOERROR
    server.silent_for = {"www.fake.test."}
    assert Finder(server, patience=0.2).text(name=NAME) == "DNS resolution failed: 127.0.0.1: Timeout"


def test_resolvers_that_are_all_silent_are_our_own_fault(server: NameServer) -> None:
    """A checker that is cut off from its resolvers does not say that every name is down."""
    server.silent = True
    with pytest.raises(NoSight, match=r"no resolver replies: 127\.0\.0\.1: Timeout"):
        Finder(server, patience=0.2).find(name=NAME)
