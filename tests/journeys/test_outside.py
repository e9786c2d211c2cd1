"""Aliases to names of others: a load balancer whose addresses change, at the apex of a zone (R-ALI-14)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import botocore.exceptions
import dns.rcode
import pytest

from tests.fakes.name_server import NameServer
from tests.journeys.site import Site, alias, create

pytestmark = pytest.mark.journey

ZONE, SERVICE, TARGET = "outside.example", "Z0FAKE", "lb.fake.test"
TTL = 5  # seconds: the least that is honoured
PATIENCE = 4.0  # seconds: less than a new target is waited for


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with NameServer() as running:
        running.negative_ttl = TTL  # so that what is said to be gone is soon asked for again
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, server: NameServer) -> Iterator[Site]:
    environ = {
        "MERIDIAN_RESOLVERS": "{}:{}".format(*server.address),
        "MERIDIAN_ALIAS_ZONE_IDS": f"{SERVICE}=fake.test",
        "MERIDIAN_RESOLVER_SUBNETS": "198.51.100.0/24",
    }
    with Site(tmp_path_factory.mktemp("outside") / "data", environ=environ) as running:
        yield running


@pytest.fixture(scope="module")
def zone(site: Site, server: NameServer) -> str:
    server.set(TARGET, "A", "203.0.113.1", ttl=TTL)
    server.set(TARGET, "AAAA", "2001:db8::1", ttl=TTL)
    zone = site.create_zone(ZONE)
    site.in_sync(site.change(zone, *(alias(ZONE, rtype, SERVICE, TARGET, healthy=True) for rtype in ("A", "AAAA"))))
    return zone


def test_the_apex_answers_what_the_target_has(site: Site, zone: str) -> None:
    """A and AAAA at the apex, under the zone's own name and with the target's TTL (R-TREE-11, R-TREE-12)."""
    site.eventually(lambda: site.answers(ZONE, "A") == {"203.0.113.1"})
    site.eventually(lambda: site.answers(ZONE, "AAAA") == {"2001:db8::1"})

    (rrset,) = site.ask(ZONE, "A").answer
    assert rrset.to_text() == f"{ZONE}. {TTL} IN A 203.0.113.1"


def test_new_addresses_are_seen(site: Site, zone: str, server: NameServer) -> None:
    """The target's addresses change, and clients are sent to the new ones; when is a matter of `tests/connect`."""
    server.set(TARGET, "A", "203.0.113.7", "203.0.113.8", ttl=TTL)
    site.eventually(lambda: site.answers(ZONE, "A") == {"203.0.113.7", "203.0.113.8"})


def test_the_last_answer_outlives_failures_and_restarts(site: Site, zone: str, server: NameServer) -> None:
    """SERVFAIL, NXDOMAIN, silence, and a start with no resolver in reach: the last addresses are still answered."""
    last = site.answers(ZONE, "A")
    for rcode, silent in ((dns.rcode.SERVFAIL, False), (dns.rcode.NXDOMAIN, False), (dns.rcode.NOERROR, True)):
        server.rcode, server.silent = rcode, silent
        asked = len(server.asked)
        site.eventually(lambda asked=asked: len(server.asked) > asked + 1)  # type: ignore[misc]  # A and AAAA
        assert site.answers(ZONE, "A") == last
    for roles in ("control,edge", "edge"):
        site.stop()
        with site.in_role(roles) as again:
            assert again.answers(ZONE, "A") == last
    server.silent = False
    site.start()
    server.set(TARGET, "A", "203.0.113.9", ttl=TTL)
    site.eventually(lambda: site.answers(ZONE, "A") == {"203.0.113.9"})


def test_a_near_client_gets_the_near_address(site: Site, zone: str, server: NameServer) -> None:
    """Where the target's operator answers by client subnet, so do we, with a scope (RFC 7871)."""
    server.set("near.fake.test", "A", "203.0.113.1", ttl=TTL, near={"198.51.100.0/24": "203.0.113.2"})
    site.in_sync(site.change(zone, alias(f"near.{ZONE}", "A", SERVICE, "near.fake.test")))

    site.eventually(lambda: site.answers(f"near.{ZONE}", "A") == {"203.0.113.1"})
    near = site.dig(f"near.{ZONE}", "A", "+subnet=198.51.100.0/24")
    assert "203.0.113.2" in near
    assert "CLIENT-SUBNET: 198.51.100.0/24/24" in near


class Reader(threading.Thread):
    """Asks for one name without pause, and keeps every different reply: its code and its addresses."""

    def __init__(self, site: Site, name: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, frozenset[str]]] = []
        self.done = threading.Event()
        self._site, self._name = site, name

    def run(self) -> None:
        """Ask until told to stop."""
        while not self.done.is_set():
            reply = self._site.ask(self._name, "A")
            addresses = frozenset(item.to_text() for rrset in reply.answer for item in rrset)
            found = dns.rcode.to_text(reply.rcode()), addresses
            if found not in self.seen:
                self.seen.append(found)

    def __enter__(self) -> Self:
        """Begin to ask."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Ask no more."""
        self.done.set()
        self.join()


def test_a_new_target_is_resolved_before_it_is_served(site: Site, zone: str, server: NameServer) -> None:
    """Nobody sees SERVFAIL while a slow resolver is asked for the first time, nor once the change is in sync."""
    server.set("slow.fake.test", "A", "203.0.113.20", ttl=TTL)
    server.delays["slow.fake.test."] = 0.5
    with Reader(site, f"slow.{ZONE}") as reader:
        site.eventually(lambda: bool(reader.seen))
        site.in_sync(site.change(zone, alias(f"slow.{ZONE}", "A", SERVICE, "slow.fake.test")))
        assert site.answers(f"slow.{ZONE}", "A") == {"203.0.113.20"}

    assert reader.seen == [("NXDOMAIN", frozenset()), ("NOERROR", frozenset({"203.0.113.20"}))]


def test_another_target_takes_over_without_a_gap(site: Site, zone: str, server: NameServer) -> None:
    """The old target is answered until the new one is resolved, though nothing stored leads to it any more."""
    for number in (1, 2):
        server.set(f"turn-{number}.fake.test", "A", f"203.0.113.3{number}", ttl=TTL)
    site.in_sync(site.change(zone, alias(f"turn.{ZONE}", "A", SERVICE, "turn-1.fake.test")))
    server.delays["turn-2.fake.test."] = 0.5
    with Reader(site, f"turn.{ZONE}") as reader:
        site.eventually(lambda: bool(reader.seen))
        again = alias(f"turn.{ZONE}", "A", SERVICE, "turn-2.fake.test")
        site.in_sync(site.change(zone, {**again, "Action": "UPSERT"}))

    assert reader.seen == [("NOERROR", frozenset({"203.0.113.31"})), ("NOERROR", frozenset({"203.0.113.32"}))]


def test_a_name_that_nobody_resolves_holds_nothing_up_for_long(site: Site, zone: str, server: NameServer) -> None:
    """It is waited for a while, and once; then there is SERVFAIL with Extended DNS Error 22 until it is resolved."""
    server.silent = True
    site.change(zone, alias(f"new.{ZONE}", "A", SERVICE, "new.fake.test"))
    other = site.create_zone("unheld.example")
    site.in_sync(site.change(other, create("www.unheld.example", "A", "192.0.2.1")))
    assert "status: NXDOMAIN" in site.dig(f"new.{ZONE}", "A")  # still waited for, and nobody else with it
    site.eventually(lambda: "status: SERVFAIL" in site.dig(f"new.{ZONE}", "A"))
    begun = time.monotonic()
    site.in_sync(site.change(zone, create(f"later.{ZONE}", "A", "192.0.2.1")))
    took = time.monotonic() - begun

    told = site.dig(f"new.{ZONE}", "A")
    server.silent = False
    assert "status: SERVFAIL" in told
    assert "EDE: 22" in told
    assert took < PATIENCE
    assert "outside.served_unresolved" in site.log


@pytest.mark.parametrize(("target", "service"), [("lb.elsewhere.test", SERVICE), ("lb.fake.test", "Z0OTHER")])
def test_other_names_are_refused(site: Site, zone: str, target: str, service: str) -> None:
    """A target has to be a name of the service whose id it is given with (R-ERR-20)."""
    with pytest.raises(botocore.exceptions.ClientError, match="does not lie within the target zone"):
        site.change(zone, alias(f"bad.{ZONE}", "A", service, target))
