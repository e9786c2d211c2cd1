"""
What the control plane bears: single changes from several clients at once, large batches, listings.

Starts the whole of Meridian in a temporary folder. Requests are signed ahead and sent over connections
that stay open, so that the clients take little of the cores that the server is measured on. Every reply
is looked at: a change counts when it was acknowledged, which is when it is on the disk.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import msgspec

from bench.imports import lines
from bench.machine import Machine, prefer
from tests.peers.server import HOST
from tests.peers.service import Service

_APEX = "api.bench.test."
_LISTED = "import.bench.test."
_XMLNS = "https://route53.amazonaws.com/doc/2013-04-01/"


class Request(NamedTuple):
    """A signed request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Figure(msgspec.Struct, frozen=True):
    """One row: what was done, how often, in how many seconds, and the server's CPU seconds meanwhile."""

    what: str
    count: int
    seconds: float
    cpu: float
    latencies_ms: list[float]


def batch(names: Sequence[str], action: str) -> bytes:
    """The body of ChangeResourceRecordSets with a change of each name."""
    changes = "".join(
        f"<Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name><Type>A</Type><TTL>60</TTL>"
        f"<ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>"
        "</ResourceRecordSet></Change>"
        for name in names
    )
    return (
        f'<ChangeResourceRecordSetsRequest xmlns="{_XMLNS}"><ChangeBatch><Changes>{changes}</Changes></ChangeBatch>'
        "</ChangeResourceRecordSetsRequest>"
    ).encode()


class Bench:
    """A running service, and requests to it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        text = (service.folder / "data" / "aws" / "credentials").read_text()
        pairs = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
        self._key = botocore.credentials.Credentials(pairs["aws_access_key_id"], pairs["aws_secret_access_key"])

    def signed(self, method: str, path: str, body: bytes = b"") -> Request:
        """A request as the stock client signs it."""
        url = f"http://{HOST}:{self._service.api_port}/2013-04-01{path}"
        request = botocore.awsrequest.AWSRequest(method, url, data=body)
        botocore.auth.SigV4Auth(self._key, "route53", "us-east-1").add_auth(request)
        return Request(method, f"/2013-04-01{path}", dict(request.headers), body)

    def send(self, what: str, requests: Sequence[Request], clients: int) -> Figure:
        """Send all requests from so many clients at once, each over a connection of its own."""
        shares = [requests[at::clients] for at in range(clients)]
        latencies: list[list[float]] = [[] for _ in range(clients)]
        failures: list[str] = []

        def run(at: int) -> None:
            connection = http.client.HTTPConnection(HOST, self._service.api_port, timeout=120)
            for request in shares[at]:
                begun = time.monotonic()
                connection.request(request.method, request.path, request.body, request.headers)
                reply = connection.getresponse()
                read = reply.read()
                latencies[at].append((time.monotonic() - begun) * 1000)
                if reply.status >= 300:
                    failures.append(f"{reply.status} {read[:500].decode()}")
                    return
            connection.close()

        threads = [threading.Thread(target=run, args=[at]) for at in range(clients)]
        cpu, begun = self._service.cpu().total, time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begun
        if failures:
            raise RuntimeError(f"{what}: {failures[0]}")
        every = sorted(latency for own in latencies for latency in own)
        return Figure(what, len(requests), took, self._service.cpu().total - cpu, every)


def measure(changes: int, listed: int, zones: int, database: str | None = None) -> Iterator[Figure]:
    """
    Every row, one after the other.

    Args:
        database: URL of an empty one; None for SQLite.
    """
    settings = {
        "quotas_record_sets_per_zone": str(max(listed, 100_000) + 10),
        "quotas_hosted_zones": str(zones + 10),
        "requests_per_second": "0",
    }
    if database is not None:
        settings["database"] = database
    with Service(settings) as service, tempfile.TemporaryDirectory() as folder:
        for process in (service.pid, os.getpid()):
            prefer(process)
        bench = Bench(service)
        zone = service.client().create_hosted_zone(Name=_APEX, CallerReference="bench")["HostedZone"]["Id"]
        rrset = f"{zone}/rrset"
        for clients in (1, 8):
            singles = [
                bench.signed("POST", f"{rrset}/", batch([f"one{clients}-{number}.{_APEX}"], "UPSERT"))
                for number in range(changes)
            ]
            yield bench.send(f"single changes, {clients} clients", singles, clients)
        # An UPSERT would count twice against what a batch may hold (R-CHG-9).
        sets = [[f"many{at}-{number}.{_APEX}" for number in range(1000)] for at in range(10)]
        batches = [bench.signed("POST", f"{rrset}/", batch(names, "CREATE")) for names in sets]
        yield bench.send("batches of 1,000 CREATEs", batches, 1)

        file = Path(folder) / "zone"
        with file.open("w") as stream:
            stream.writelines(lines(listed))
        service.import_zone(_LISTED, file)
        large = service.api().find_zone(_LISTED)
        assert large is not None
        first = bench.signed("GET", f"/hostedzone/{large[0]}/rrset?maxitems=100")
        inside = bench.signed("GET", f"/hostedzone/{large[0]}/rrset?maxitems=100&name=host{listed // 2}.{_LISTED}")
        yield bench.send(f"first page of {listed:,} names", [first] * 200, 1)
        yield bench.send(f"a page inside {listed:,} names", [inside] * 200, 1)

        made = [bench.signed("POST", "/hostedzone", _zone(number)) for number in range(zones)]
        yield bench.send("zones created, 8 clients", made, 8)
        yield bench.send(f"first page of {zones:,} zones", [bench.signed("GET", "/hostedzone?maxitems=100")] * 100, 1)


def _zone(number: int) -> bytes:
    return (
        f'<CreateHostedZoneRequest xmlns="{_XMLNS}"><Name>zone{number}.bench.test</Name>'
        f"<CallerReference>zone{number}</CallerReference></CreateHostedZoneRequest>"
    ).encode()


def row(figure: Figure) -> str:
    """Lay out one row for people."""
    last = len(figure.latencies_ms) - 1
    half, most = figure.latencies_ms[last // 2], figure.latencies_ms[last * 99 // 100]
    rate, cpu = figure.count / figure.seconds, figure.cpu / figure.count * 1000
    return f"{figure.what:<32}{rate:>10,.0f}{cpu:>10.2f}{half:>10.1f}{most:>10.1f}"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.api", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--changes", type=int, default=3000, help="single changes (default: %(default)s)")
    parser.add_argument("--listed", type=int, default=100_000, help="names of the listed zone (default: %(default)s)")
    parser.add_argument("--zones", type=int, default=10_000, help="zones to create (default: %(default)s)")
    parser.add_argument("--database", help="SQLAlchemy URL of an empty database (default: SQLite in a new folder)")
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    given = parser.parse_args()
    print(f"{Machine.here()}\n\n{'':<32}{'a second':>10}{'CPU ms':>10}{'ms p50':>10}{'ms p99':>10}", flush=True)
    figures = []
    for figure in measure(given.changes, given.listed, given.zones, given.database):
        figures.append(figure)
        print(row(figure), flush=True)
    if given.json is not None:
        given.json.write_text(json.dumps(msgspec.to_builtins((Machine.here(), figures)), indent=2))


if __name__ == "__main__":
    main()
