"""
What the servers are asked: each workload is one entry of `WORKLOADS`.

A workload makes its zones and its questions with the right answers. Add one by writing a function
that returns a `Workload` and naming it in the table.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from bench.loadgen import Question

APEX = "bench.test."
NAMES = 10_000
QUESTIONS = 20_000
_TTL = 300
_SOA = f"{APEX} 3600 IN SOA ns1.{APEX} hostmaster.{APEX} 1 7200 900 1209600 300\n"
_NS = "".join(
    f"{APEX} 3600 IN NS ns{i}.{APEX}\nns{i}.{APEX} 3600 IN A 192.0.2.{i}\n" for i in (1, 2)
)  # the servers' own names and addresses


class Workload(NamedTuple):
    """Zones by apex, as master files, and questions in the order in which they are asked, again and again."""

    zones: dict[str, str]
    questions: list[Question]


def static(seed: int) -> Workload:
    """10,000 names with one address each; questions for them in random order."""
    draw = random.Random(seed)
    hosts = [(f"host{i}.{APEX}", _address(i)) for i in range(NAMES)]
    return Workload(_zone(hosts), [_found(*draw.choice(hosts)) for _ in range(QUESTIONS)])


def nxdomain(seed: int) -> Workload:
    """The same zone; questions for names that are not in it."""
    draw = random.Random(seed)
    hosts = [(f"host{i}.{APEX}", _address(i)) for i in range(NAMES)]
    return Workload(_zone(hosts), [_missing(f"no{draw.randrange(10**6)}.{APEX}") for _ in range(QUESTIONS)])


WORKLOADS: dict[str, Callable[[int], Workload]] = {
    "static": static,
    "nxdomain": nxdomain,
}


def _zone(hosts: list[tuple[str, str]]) -> dict[str, str]:
    return {APEX: _SOA + _NS + "".join(_lines(hosts))}


def _lines(hosts: list[tuple[str, str]]) -> Iterator[str]:
    for name, address in hosts:
        yield f"{name} {_TTL} IN A {address}\n"


def _address(index: int) -> str:
    return f"10.{index >> 16 & 255}.{index >> 8 & 255}.{index & 255}"


def _found(name: str, address: str) -> Question:
    owner = dns.name.from_text(name)
    answer = dns.rrset.from_text(owner, _TTL, "IN", "A", address)
    return Question(owner, dns.rdatatype.A, dns.rcode.NOERROR, ((answer,),))


def _missing(name: str) -> Question:
    return Question(dns.name.from_text(name), dns.rdatatype.A, dns.rcode.NXDOMAIN, ((),))
