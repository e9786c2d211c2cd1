"""
How soon answers move away from an endpoint that has died, and back to one that has returned.

Starts the whole of Meridian in a temporary folder, and beside it an HTTP server as the endpoint. boto3
makes a health check of it and a failover pair. Then the endpoint is killed at a random moment of the
interval, and a client asks the name server without pause until the answer is the secondary; then the
endpoint is started again, until the answer is the primary.

Detection takes what the interval and the threshold say. What is ours alone is the time from the probe
that decided to the new answer: the checker notes when it decided, on the clock of the same machine.
"""

from __future__ import annotations

import argparse
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import dns.message
import msgspec

from bench.machine import Machine
from bench.propagation import Times
from meridian.feed.health import REPORTS, Observation, decode_report
from meridian.feed.local import FEED_FILE, LastValues
from meridian.health.last import Checks
from tests.peers.server import HOST, exchange
from tests.peers.service import Service
from tests.ports import free_port

INTERVALS = (10.0, 1.0)
PRIMARY, SECONDARY = "192.0.2.1", "192.0.2.2"
_PATIENCE = 60.0  # seconds after which an answer counts as stuck
_PAUSE = 0.0005  # seconds between two questions, so that the asker leaves the machine to the server


class Stuck(RuntimeError):
    """Answers that did not move within the patience of the bench."""


class Move(msgspec.Struct, frozen=True):
    """
    How answers moved once, in seconds.

    Attributes:
        whole: From the endpoint's end, or its return, to the new answer.
        ours: From the end of the probe that decided to the new answer.
    """

    whole: float
    ours: float


class Result(msgspec.Struct, frozen=True):
    """All trials with one interval, threshold 1; `away` and `back` have one move for each."""

    interval: float
    away: list[Move]
    back: list[Move]


class Endpoint:
    """Python's own HTTP server over an empty folder, which can be killed and started again on its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="endpoint-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        command = [
            sys.executable,
            "-m",
            "http.server",
            str(self.port),
            "--bind",
            HOST,
            "--directory",
            str(self._folder),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + _PATIENCE
        while not _accepts(self.port):
            if time.monotonic() > end:
                raise Stuck("the endpoint did not start")
            time.sleep(0.001)

    def kill(self) -> None:
        """End it at once; its port refuses connections from then on."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


class _Pair:
    """A failover pair whose primary has a check of an endpoint, and a client that asks for it."""

    def __init__(self, service: Service, endpoint: Endpoint, interval: float) -> None:
        self._endpoint = endpoint
        self._interval = interval
        self._draw = random.Random(interval)
        self._values = LastValues(service.folder / "data" / FEED_FILE)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(service.address)
        self._socket.settimeout(_PATIENCE)
        zone = f"every-{interval:g}.bench.test."
        self._query = dns.message.make_query(f"www.{zone}", "A", use_edns=0, payload=1232).to_wire()
        check = _create(service, zone, endpoint.port, interval)
        self._until(PRIMARY)
        self._slot = Checks(self._values).slot(check)
        while self._observation() is None:
            time.sleep(0.01)

    def trial(self) -> tuple[Move, Move]:
        """Kill the endpoint at a random moment of the interval, then start it again at another."""
        time.sleep(self._draw.random() * self._interval)
        away = self._move(self._endpoint.kill, SECONDARY)
        time.sleep(self._draw.random() * self._interval)
        return away, self._move(self._endpoint.start, PRIMARY)

    def close(self) -> None:
        """Close what was opened; the zone goes with the service's folder."""
        self._values.close()
        self._socket.close()

    def _move(self, begin: Callable[[], None], address: str) -> Move:
        begin()
        begun = time.time()
        moved = self._until(address)
        decided = self._observation()
        if decided is None or decided.healthy is not (address == PRIMARY):
            raise Stuck("the answer has moved, and no report says why")
        return Move(moved - begun, moved - decided.since)

    def _until(self, address: str) -> float:
        """Ask until the answer is this address; when that was, in seconds since 1970."""
        wanted, end = socket.inet_aton(address), time.monotonic() + _PATIENCE
        while wanted not in exchange(self._socket, self._query):
            if time.monotonic() > end:
                raise Stuck(f"the answer was not {address} after {_PATIENCE:.0f} s")
            time.sleep(_PAUSE)
        return time.time()

    def _observation(self) -> Observation | None:
        """What the checker said last of the endpoint; None while it has no result."""
        for key in self._values.keys(REPORTS):
            found = self._values.get(key)
            for seen in decode_report(found[0]).observations if found else ():
                if seen.slot == self._slot and seen.healthy is not None:
                    return seen
        return None


def _create(service: Service, zone: str, port: int, interval: float) -> str:
    """Create a check of an endpoint on this machine, and a zone whose `www` fails over by it; give the check's id."""
    route53 = service.client()
    config = {"Type": "HTTP", "IPAddress": HOST, "Port": port, "RequestInterval": 10, "FailureThreshold": 1}
    check: str = route53.create_health_check(CallerReference=zone, HealthCheckConfig=config)["HealthCheck"]["Id"]
    if interval != config["RequestInterval"]:
        service.api().native(f"/meridian/checks/{check}/options", {"interval": interval}, method="PATCH")
    made = route53.create_hosted_zone(Name=zone, CallerReference=zone)
    arms = [("PRIMARY", PRIMARY, {"HealthCheckId": check}), ("SECONDARY", SECONDARY, {})]
    record_sets = [
        {
            "Name": f"www.{zone}",
            "Type": "A",
            "TTL": 60,
            "SetIdentifier": role,
            "Failover": role,
            "ResourceRecords": [{"Value": address}],
            **more,
        }
        for role, address, more in arms
    ]
    route53.change_resource_record_sets(
        HostedZoneId=made["HostedZone"]["Id"],
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": one} for one in record_sets]},
    )
    return check


def measure(service: Service, interval: float, trials: int) -> Result:
    """Make an endpoint, a check and a pair, and run the trials."""
    with Endpoint() as endpoint:
        pair = _Pair(service, endpoint, interval)
        moves = [pair.trial() for _ in range(trials)]
        pair.close()
    return Result(interval, [away for away, _ in moves], [back for _, back in moves])


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def table(results: list[Result]) -> str:
    """Lay out the results for people, in milliseconds."""
    lines = [f"{'interval':>9}  {'from … to':<34}{'median':>10}{'p90':>10}{'worst':>10}"]
    for result in results:
        rows = [
            ("endpoint killed … answer moved", [move.whole for move in result.away]),
            ("  of it: probe decided … moved", [move.ours for move in result.away]),
            ("endpoint started … answer back", [move.whole for move in result.back]),
            ("  of it: probe decided … back", [move.ours for move in result.back]),
        ]
        lines += [f"{result.interval:>7g} s  {words:<34}{Times.of(seconds)}" for words, seconds in rows]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.failover", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--intervals", type=float, nargs="+", default=list(INTERVALS), help="seconds between probes (default: 10 1)"
    )
    parser.add_argument("--trials", type=int, default=30, help="trials with each interval (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    given = parser.parse_args()
    if min(given.intervals) < 1 or given.trials < 1:
        parser.error("--intervals and --trials are at least 1")
    return given


def main() -> None:
    """Measure, and print a table."""
    given = _arguments()
    machine = Machine.here()
    print(f"{machine}; {given.trials} trials with each interval, threshold 1, one checker, milliseconds", flush=True)
    with Service({"private_targets": f"{HOST}/32"}) as service:
        results = [measure(service, interval, given.trials) for interval in given.intervals]
    print(f"\n{table(results)}\n\n{Service.version()}")
    if given.json is not None:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode((machine, results)), indent=2))


if __name__ == "__main__":
    main()
