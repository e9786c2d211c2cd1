"""
What is served while Meridian soaks: a zone made with boto3, and what is asked of it.

Some names stay as they are; some move by changes, some by the health of endpoints, some with the data of places.
Each question goes by its line in the generator's file, and so does what is right to answer it.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple

import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import msgspec

from bench import loadgen
from bench.loadgen import Question, answer_hash
from bench.workloads import site
from tests.peers.groups import geo_table
from tests.peers.routing import Network, Routing
from tests.peers.server import HOST
from tests.peers.service import Service

APEX = "soak.test."
TTL = 60  # seconds
MOVING = 100  # names that changes move
CHECKS = 10  # endpoints, each with a failover pair and a weighted pair
_STABLE = 500
_MISSING = 200
_PLACES = 2  # names with addresses by country
_COUNTRIES_MOST = 99  # a name has up to a hundred record sets of one type, the default one among them
_CLIENTS = 1000  # networks asked for by client subnet
_OFTEN = 5  # lines of each name that moves, for one of each that stays
_BATCH = 500  # changes of a call


class Placed(NamedTuple):
    """A question for a client's network: its line, and the address that each table of places leads to."""

    line: int
    addresses: tuple[str, str]


class Asked:
    """
    The questions.

    Attributes:
        lines: By name, the lines that ask for it, without those of `placed`.
        placed: Questions by client subnet.
    """

    def __init__(self, tables: Sequence[Routing]) -> None:
        self._questions: list[Question] = []
        self.lines: defaultdict[str, list[int]] = defaultdict(list)
        self.placed: list[Placed] = []
        self._add([(stable(at), address(10, at)) for at in range(_STABLE)])
        self._add([(moving(at), address(11, at)) for at in range(MOVING)] * _OFTEN)
        for at in range(CHECKS):
            self._add([(pair(at), address(12, 2 * at))] * _OFTEN)
            self._add([(pool(at), address(13, 2 * at), address(13, 2 * at + 1))] * _OFTEN)
        for at in range(_MISSING):
            owner = dns.name.from_text(f"missing{at}.{APEX}")
            self._questions.append(Question(owner, dns.rdatatype.A, dns.rcode.NXDOMAIN, ((),)))
        self._add_placed(tables)

    def question(self, line: int) -> Question:
        """The question of a line, with what was right at first."""
        return self._questions[line]

    def write(self, file: Path) -> None:
        """Prepare them for the generator."""
        loadgen.write(self._questions, file)

    def _add(self, rows: Iterable[tuple[str, *tuple[str, ...]]]) -> None:
        for name, *addresses in rows:
            self.lines[name].append(len(self._questions))
            self._questions.append(_question(name, addresses))

    def _add_placed(self, tables: Sequence[Routing]) -> None:
        """Each client's country differs from table to table."""
        draw = random.Random(1)
        before, after = tables
        for own, other in draw.sample(list(zip(before.networks, after.networks, strict=True)), _CLIENTS):
            at = draw.randrange(_PLACES)
            found = tuple(country_address(at, code) for code in (own.country, other.country))
            self.placed.append(Placed(len(self._questions), (found[0], found[1])))
            subnet = str(ip_network(own.network).network_address)
            self._questions.append(_question(place(at), [found[0]], subnet))


def tables() -> tuple[Routing, Routing]:
    """Two tables of the same 20,000 networks: in the second, each is in another country."""
    routing = site().routing
    codes = sorted({network.country for network in routing.networks})
    following = dict(zip(codes, [*codes[1:], codes[0]], strict=True))
    one_of = {network.country: network for network in routing.networks}

    def moved(network: Network) -> Network:
        other = one_of[following[network.country]]
        return msgspec.structs.replace(other, network=network.network)

    return routing, msgspec.structs.replace(routing, networks=tuple(map(moved, routing.networks)))


def encoded(routing: Routing) -> bytes:
    """A table as an edge reads it."""
    return geo_table(routing)


def make(service: Service, port: int) -> str:
    """Make the zone, and its checks of endpoints on this port; returns the zone's id once all is answered."""
    route53 = service.client()
    zone: str = route53.create_hosted_zone(Name=APEX, CallerReference=APEX)["HostedZone"]["Id"]
    checks = [_check(service, route53, port, at) for at in range(CHECKS)]
    change = ""
    for batch in _batches(_record_sets(checks)):
        changes = [{"Action": "CREATE", "ResourceRecordSet": one} for one in batch]
        reply = route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
        change = reply["ChangeInfo"]["Id"]
    while route53.get_change(Id=change)["ChangeInfo"]["Status"] != "INSYNC":
        pass
    return zone


def _check(service: Service, route53: Any, port: int, at: int) -> str:
    """A check that looks each second at the endpoint of this number, and goes by one look."""
    config = {
        "Type": "HTTP",
        "IPAddress": HOST,
        "Port": port,
        "ResourcePath": f"/{at}",
        "RequestInterval": 10,
        "FailureThreshold": 1,
    }
    check: str = route53.create_health_check(CallerReference=f"soak-{at}", HealthCheckConfig=config)["HealthCheck"][
        "Id"
    ]
    service.api().native(f"/meridian/checks/{check}/options", {"interval": 1}, method="PATCH")
    return check


def _record_sets(checks: Sequence[str]) -> Iterator[dict[str, Any]]:
    for at in range(_STABLE):
        yield record_set(stable(at), address(10, at))
    for at in range(MOVING):
        yield record_set(moving(at), address(11, at))
    for at, check in enumerate(checks):
        own = {"HealthCheckId": check}
        yield record_set(pair(at), address(12, 2 * at), SetIdentifier="one", Failover="PRIMARY", **own)
        yield record_set(pair(at), address(12, 2 * at + 1), SetIdentifier="two", Failover="SECONDARY")
        yield record_set(pool(at), address(13, 2 * at), SetIdentifier="one", Weight=1, **own)
        yield record_set(pool(at), address(13, 2 * at + 1), SetIdentifier="two", Weight=1)
    for at in range(_PLACES):
        for code in ("*", *_countries()):
            location = {"CountryCode": code}
            yield record_set(place(at), country_address(at, code), SetIdentifier=code, GeoLocation=location)


@cache
def _countries() -> frozenset[str]:
    """Countries with an address of their own: half of those that clients are in."""
    codes = sorted({network.country for network in site().routing.networks})
    return frozenset(codes[::2][:_COUNTRIES_MOST])


def _batches(record_sets: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    waiting = iter(record_sets)
    while batch := list(itertools.islice(waiting, _BATCH)):
        yield batch


def record_set(name: str, own: str, **more: Any) -> dict[str, Any]:
    """A record set of one address, as boto3 takes it."""
    return {"Name": name, "Type": "A", "TTL": TTL, "ResourceRecords": [{"Value": own}], **more}


def answer(name: str, own: str) -> int:
    """What the generator knows an answer of one address by."""
    return answer_hash([dns.rrset.from_text(name, TTL, "IN", "A", own)])


def _question(name: str, addresses: Iterable[str], subnet: str | None = None) -> Question:
    owner = dns.name.from_text(name)
    answers = tuple((dns.rrset.from_text(owner, TTL, "IN", "A", own),) for own in addresses)
    return Question(owner, dns.rdatatype.A, dns.rcode.NOERROR, answers, subnet)


def stable(at: int) -> str:
    """A name that stays as it is."""
    return f"stable{at}.{APEX}"


def moving(at: int) -> str:
    """A name that changes move."""
    return f"moving{at}.{APEX}"


def pair(at: int) -> str:
    """A failover pair, whose primary has the check of this number."""
    return f"pair{at}.{APEX}"


def pool(at: int) -> str:
    """Two addresses with equal weights, of which the first has the check of this number."""
    return f"pool{at}.{APEX}"


def place(at: int) -> str:
    """A name with addresses by country."""
    return f"place{at}.{APEX}"


def address(first: int, number: int) -> str:
    """An address of 10.0.0.0/8 and so on."""
    return f"{first}.{number >> 16 & 0xFF}.{number >> 8 & 0xFF}.{number & 0xFF}"


def country_address(at: int, code: str) -> str:
    """The address of a country, by its code, of the name of this number; many have the default one."""
    return address(14, at << 16 | (int.from_bytes(code.encode()) if code in _countries() else 0))
