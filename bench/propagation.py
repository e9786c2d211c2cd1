"""
How soon a change is answered: from the API's reply to the new answer on the wire.

Starts the whole of Meridian in a temporary folder, makes a zone of N names through the API, and then
changes single records with boto3. In one half of the trials a client asks the name server over UDP
without pause from the moment the reply arrives, until the answer is the new one. In the other half
GetChange is called without pause until it says INSYNC; what boto3's waiter would have found at its
first poll is what the first of these calls says.
"""

from __future__ import annotations

import argparse
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dns.message
import msgspec

from bench.machine import Machine
from tests.peers.server import exchange
from tests.peers.service import Service

SIZES = (10, 100_000)
_BATCH = 1000  # changes a call when the zone is made
_PATIENCE = 30.0  # seconds after which a change counts as never seen


class NeverSeen(RuntimeError):
    """A change that did not show within the patience of the bench."""


class Times(msgspec.Struct, frozen=True):
    """Of all trials, in milliseconds."""

    median: float
    p90: float
    worst: float

    @classmethod
    def of(cls, seconds: list[float]) -> Times:
        """Summarise by nearest ranks."""
        ordered = sorted(seconds)
        rank = (len(ordered) - 1) * 0.5, (len(ordered) - 1) * 0.9, len(ordered) - 1
        return cls(*(ordered[round(each)] * 1000 for each in rank))

    def __str__(self) -> str:
        return f"{self.median:>10.2f}{self.p90:>10.2f}{self.worst:>10.2f}"


class Result(msgspec.Struct, frozen=True):
    """
    One zone size.

    Attributes:
        reply: How long the API took to reply.
        answer: From the reply to the new answer.
        insync: From the reply to the first GetChange that says INSYNC.
        first_answer: Share of trials in which the first answer after the reply was the new one.
        first_insync: Share of trials in which the first GetChange said INSYNC.
    """

    names: int
    trials: int
    reply: Times
    answer: Times
    insync: Times
    first_answer: float
    first_insync: float


class _Zone:
    """A zone of N names under change."""

    def __init__(self, service: Service, names: int) -> None:
        self._route53 = service.client()
        self._draw = random.Random(names)
        self._apex = f"n{names}.bench.test."
        self._names = names
        made = self._route53.create_hosted_zone(Name=self._apex, CallerReference=f"bench-{names}")
        self._id: str = made["HostedZone"]["Id"]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(service.address)
        self._socket.settimeout(_PATIENCE)
        self._fill()

    def change(self) -> tuple[bytes, bytes, str, float]:
        """Give a random name a new address: the question, the address, the change's id, seconds to the reply."""
        name = self._name(self._draw.randrange(self._names))
        address = f"203.0.{self._draw.randrange(256)}.{self._draw.randrange(256)}"
        before = time.perf_counter()
        reply = self._submit([one_change("UPSERT", name, address)])
        took = time.perf_counter() - before
        query = dns.message.make_query(name, "A", use_edns=0, payload=1232).to_wire()
        return query, socket.inet_aton(address), reply, took

    def until_answered(self, query: bytes, address: bytes) -> tuple[float, bool]:
        """Ask without pause until the answer ends in this address: seconds it took, whether the first did."""
        return until(lambda: address in exchange(self._socket, query))

    def until_insync(self, change: str) -> tuple[float, bool]:
        """Call GetChange without pause until it says INSYNC: seconds it took, whether the first did."""
        return until(lambda: self._route53.get_change(Id=change)["ChangeInfo"]["Status"] == "INSYNC")

    def close(self) -> None:
        """Close the socket; the zone goes with the service's folder."""
        self._socket.close()

    def _fill(self) -> None:
        """Make the names, in batches, and wait until the last is answered."""
        change = ""
        for start in range(0, self._names, _BATCH):
            batch = range(start, min(start + _BATCH, self._names))
            change = self._submit([one_change("CREATE", self._name(index), "192.0.2.1") for index in batch])
        self.until_insync(change)

    def _submit(self, changes: list[dict[str, Any]]) -> str:
        reply = self._route53.change_resource_record_sets(HostedZoneId=self._id, ChangeBatch={"Changes": changes})
        change: str = reply["ChangeInfo"]["Id"]
        return change

    def _name(self, index: int) -> str:
        return f"host{index}.{self._apex}"


def measure(service: Service, names: int, trials: int) -> Result:
    """Make a zone of so many names and run the trials of both kinds, in turns."""
    zone = _Zone(service, names)
    replies, answers, insyncs = [], [], []
    for _ in range(trials):
        query, address, _, took = zone.change()
        answers.append(zone.until_answered(query, address))
        replies.append(took)
        *_, change, took = zone.change()
        insyncs.append(zone.until_insync(change))
        replies.append(took)
    zone.close()
    return Result(
        names,
        trials,
        Times.of(replies),
        Times.of([seconds for seconds, _ in answers]),
        Times.of([seconds for seconds, _ in insyncs]),
        sum(first for _, first in answers) / trials,
        sum(first for _, first in insyncs) / trials,
    )


def until(is_there: Callable[[], bool]) -> tuple[float, bool]:
    """
    Look without pause: seconds until it is there, and whether it was at the first look.

    Raises:
        NeverSeen: It was not, for as long as the bench has patience.
    """
    start = time.perf_counter()
    polls = 1
    while not is_there():
        polls += 1
        if time.perf_counter() - start > _PATIENCE:
            raise NeverSeen(f"a change has not shown after {_PATIENCE:.0f} s and {polls:,} polls")
    return time.perf_counter() - start, polls == 1


def one_change(action: str, name: str, address: str) -> dict[str, Any]:
    """A change of a batch, of one address."""
    record_set = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address}]}
    return {"Action": action, "ResourceRecordSet": record_set}


def table(results: list[Result]) -> str:
    """Lay out the results for people, in milliseconds."""
    lines = [f"{'names':>8}  {'from … to':<22}{'median':>10}{'p90':>10}{'worst':>10}{'first poll':>12}"]
    for result in results:
        lines += [
            f"{result.names:>8}  {'request … reply':<22}{result.reply}",
            f"{'':>8}  {'reply … new answer':<22}{result.answer}{result.first_answer:>12.0%}",
            f"{'':>8}  {'reply … INSYNC':<22}{result.insync}{result.first_insync:>12.0%}",
        ]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.propagation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--names", type=int, nargs="+", default=list(SIZES), help="zone sizes (default: %(default)s)")
    parser.add_argument("--trials", type=int, default=200, help="trials of each kind (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    given = parser.parse_args()
    if min(given.names) < 1 or given.trials < 1:
        parser.error("--names and --trials are at least 1")
    return given


def main() -> None:
    """Measure, and print a table."""
    given = _arguments()
    machine = Machine.here()
    print(f"{machine}; {given.trials} trials of each kind, milliseconds", flush=True)
    results = []
    quota = str(max(given.names) + 10)
    with Service({"quotas_record_sets_per_zone": quota}) as service:
        for names in given.names:
            results.append(measure(service, names, given.trials))
    print(f"\n{table(results)}\n\n{Service.version()}")
    if given.json is not None:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode((machine, results)), indent=2))


if __name__ == "__main__":
    main()
