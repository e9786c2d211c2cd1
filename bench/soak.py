"""
Whether a name server under steady change loses an answer, gives a wrong one, or grows.

Starts the whole of Meridian in a temporary folder, on one core, and asks it at half of the rate that it could answer
at most, from another one. Meanwhile, through the API and beside it:

- every 100 ms a record is changed, as stock clients do. The old address is right until GetChange says INSYNC, the new
  one from before the change was sent; any other answer is wrong, and so is the old one after INSYNC;
- every second an endpoint falls ill or recovers, on which a failover pair and a weighted pool depend. Checks look once
  a second; both states are right for a few seconds, and after that the new one alone;
- every minute the table of places is replaced by one that has every client in another country.

Every answer is checked. The run fails if one was wrong or lost, if a change did not become INSYNC, if what was to
happen did not happen as often as it should, if the server logged an error, or if its memory grew.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
import urllib.request
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import ClassVar, NamedTuple

import dns.message
import msgspec

from bench import loadgen, soak_site
from bench.loadgen import Following, Load
from bench.machine import Machine, prefer
from bench.soak_site import CHECKS, MOVING, Asked, address, answer, moving, pair, pool
from meridian.place import install
from tests.peers.install import ensure
from tests.peers.server import HOST
from tests.peers.service import Service

CHANGE_EVERY = 0.1  # seconds
FLIP_EVERY = 1.0
RELOAD_EVERY = 60.0
_FLIP_WINDOW = 5.0  # seconds from a flip of an endpoint until no edge may go by its old state; checks look each second
_RELOAD_WINDOW = 10.0  # the same of a table; an edge looks for one every two seconds
_INSYNC_PATIENCE = 30.0  # seconds
_SHARE = 0.5  # of the saturated rate
_SATURATING = 300_000  # questions
_DONE = 0.9  # the share of the changes, flips and reloads due that must have been made
_GROWTH = 0.05  # of the memory: what it may grow by in the second half of the run, by the line fitted to it


class Row(msgspec.Struct, frozen=True):
    """What came of the run up to a moment: seconds since its start, resident octets, and how often what was done."""

    seconds: float
    load: Load
    memory: int
    changes: int
    flips: int
    reloads: int


class Report(msgspec.Struct, frozen=True):
    """
    A whole run.

    Attributes:
        saturated: Answers a second at most, before the run.
        rate: Questions a second during it.
        insync_ms: From a change's reply to INSYNC: median, 99th of a hundred, longest.
        growth: Octets an hour, by the line fitted to the second half of the memory's samples.
        failures: What makes the run a failure; empty for a good one.
    """

    machine: Machine
    saturated: float
    rate: int
    rows: list[Row]
    insync_ms: tuple[float, float, float]
    growth: float
    failures: list[str]


class _Withdrawal(NamedTuple):
    due: float
    lines: list[int]
    answer: int


class Driver(ABC, threading.Thread):
    """
    Does something again and again, on time, and takes back what was right before.

    Attributes:
        done: How often.
        failure: What ended it before it was told to.
    """

    every: ClassVar[float]

    def __init__(self, load: Following, ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self.load = load
        self.done = 0
        self.failure = ""
        self._ended = ended
        self._withdrawals: deque[_Withdrawal] = deque()

    def run(self) -> None:
        """Step after step until the run has ended; a step that is late is made up for."""
        due = time.monotonic() + self.every
        try:
            while not self._ended.wait(max(0.0, self._next(due) - time.monotonic())):
                self._withdraw()
                if time.monotonic() >= due:
                    due += self.every
                    self.step(self.done)
                    self.done += 1
        except Exception as error:
            self.failure = f"{type(self).__name__.lower()}: {type(error).__name__}: {error}"

    @abstractmethod
    def step(self, number: int) -> None:
        """Do it once; `number` counts from 0."""

    def move(self, lines: list[int], old: int, new: int, window: float) -> None:
        """From now on the new answer is right as well, and the old one wrong after this many seconds."""
        self.load.accept(lines, new)
        self._withdrawals.append(_Withdrawal(time.monotonic() + window, lines, old))

    def _next(self, step: float) -> float:
        return min(step, self._withdrawals[0].due) if self._withdrawals else step

    def _withdraw(self) -> None:
        while self._withdrawals and self._withdrawals[0].due <= time.monotonic():
            _, lines, old = self._withdrawals.popleft()
            self.load.refuse(lines, old)


class Change(NamedTuple):
    """A change that the API has taken, and what it replaces."""

    id: str
    replied: float
    name: str
    lines: list[int]
    old: int


class Changes(Driver):
    """Gives one name after the other a new address."""

    every = CHANGE_EVERY

    def __init__(self, load: Following, ended: threading.Event, service: Service, zone: str, asked: Asked) -> None:
        super().__init__(load, ended)
        self.taken: SimpleQueue[Change] = SimpleQueue()
        self.unsettled: set[str] = set()
        self._route53 = service.client()
        self._zone = zone
        self._asked = asked

    def step(self, number: int) -> None:
        """Change a name whose last change is INSYNC."""
        name, round_ = moving(number % MOVING), number // MOVING
        if name in self.unsettled:
            raise TimeoutError(f"{name}: its last change is not INSYNC after {MOVING * CHANGE_EVERY:.0f} s")
        old, new = (address(11, at * MOVING + number % MOVING) for at in (round_, round_ + 1))
        lines = self._asked.lines[name]
        self.unsettled.add(name)
        self.load.accept(lines, answer(name, new))
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": soak_site.record_set(name, new)}]}
        reply = self._route53.change_resource_record_sets(HostedZoneId=self._zone, ChangeBatch=batch)
        self.taken.put(Change(reply["ChangeInfo"]["Id"], time.monotonic(), name, lines, answer(name, old)))


class Settling(threading.Thread):
    """Waits until each change is INSYNC; from then on what it has replaced is wrong."""

    def __init__(self, changes: Changes, service: Service) -> None:
        super().__init__(daemon=True)
        self.seconds: list[float] = []
        self.failure = ""
        self._changes = changes
        self._route53 = service.client()

    def run(self) -> None:
        """One change after the other, in their order, until the run has ended."""
        try:
            while True:
                self._settle(self._changes.taken.get())
        except Exception as error:
            self.failure = f"settling: {type(error).__name__}: {error}"

    def _settle(self, change: Change) -> None:
        while self._route53.get_change(Id=change.id)["ChangeInfo"]["Status"] != "INSYNC":
            if time.monotonic() - change.replied > _INSYNC_PATIENCE:
                raise TimeoutError(f"{change.name}: {change.id} is not INSYNC after {_INSYNC_PATIENCE:.0f} s")
            time.sleep(0.005)
        self.seconds.append(time.monotonic() - change.replied)
        self._changes.load.refuse(change.lines, change.old)
        self._changes.unsettled.discard(change.name)


class Endpoints(ThreadingHTTPServer):
    """Endpoints `/0`, `/1` … that are well, with 200, or ill, with 503."""

    daemon_threads = True

    def __init__(self) -> None:
        self.well = [True] * CHECKS
        super().__init__((HOST, 0), _Endpoint)

    def __enter__(self) -> Endpoints:
        """Answer from now on."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        """Answer no more."""
        self.shutdown()
        self.server_close()


class _Endpoint(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Endpoints)
        self.send_response(200 if self.server.well[int(self.path[1:])] else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Flips(Driver):
    """Turns one endpoint after the other."""

    every = FLIP_EVERY

    def __init__(self, load: Following, ended: threading.Event, endpoints: Endpoints, asked: Asked) -> None:
        super().__init__(load, ended)
        self._endpoints = endpoints
        self._asked = asked

    def step(self, number: int) -> None:
        """A failover pair goes to the other address; of a pool the first address goes or comes."""
        at, well = number % CHECKS, self._endpoints.well
        addresses = address(12, 2 * at), address(12, 2 * at + 1)
        primary, secondary = (answer(pair(at), own) for own in addresses)
        pooled, lines = answer(pool(at), address(13, 2 * at)), self._asked.lines
        if well[at]:
            self.move(lines[pair(at)], primary, secondary, _FLIP_WINDOW)
            self._withdrawals.append(_Withdrawal(time.monotonic() + _FLIP_WINDOW, lines[pool(at)], pooled))
        else:
            self.move(lines[pair(at)], secondary, primary, _FLIP_WINDOW)
            self.load.accept(lines[pool(at)], pooled)
        well[at] = not well[at]


class Reloads(Driver):
    """Replaces the table of places, as `meridian place` does."""

    every = RELOAD_EVERY

    def __init__(
        self, load: Following, ended: threading.Event, folder: Path, tables: tuple[bytes, bytes], asked: Asked
    ) -> None:
        super().__init__(load, ended)
        self._file = folder / install.FILE
        self._tables = tables
        self._asked = asked

    def step(self, number: int) -> None:
        """Every client is in another country, or back."""
        old, new = number % 2, (number + 1) % 2
        for line, addresses in self._asked.placed:
            name = self._asked.question(line).name.to_text()
            if addresses[old] != addresses[new]:
                self.move([line], answer(name, addresses[old]), answer(name, addresses[new]), _RELOAD_WINDOW)
        put(self._file, self._tables[new])


def put(file: Path, octets: bytes) -> None:
    """Replace a file by one rename."""
    file.parent.mkdir(exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_bytes(octets)
    beside.rename(file)


class Soak:
    """One run: a service, what is asked of it, and what happens to it."""

    def __init__(self, program: Path, folder: Path, cores: tuple[int, int]) -> None:
        self._program = program
        self._questions = folder / "questions"
        self._server_core, self._load_core = cores
        self._tables = soak_site.tables()
        self._asked = Asked(self._tables)
        self._asked.write(self._questions)

    def run(self, seconds: float, rows: int, rate: int = 0) -> Report:
        """
        Measure the saturated rate, then soak; print a row for each part of the time.

        Args:
            rate: Questions a second; 0: half of the saturated rate.
        """
        settings = {"private_targets": f"{HOST}/32", "requests_per_second": "0"}
        with Endpoints() as endpoints, Service(settings, core=self._server_core) as service:
            prefer(service.pid)
            zone = soak_site.make(service, endpoints.server_port)
            place = service.folder / "data" / "place"
            encoded = soak_site.encoded(self._tables[0]), soak_site.encoded(self._tables[1])
            put(place / install.FILE, encoded[0])
            time.sleep(_RELOAD_WINDOW)
            saturated = self._saturated(service)
            rate = rate or round(saturated * _SHARE)
            print(f"saturated: {saturated:,.0f} answers a second; {rate:,} questions a second from now on\n{_HEAD}")
            ended = threading.Event()
            with self._following(service, rate) as load:
                changes = Changes(load, ended, service, zone, self._asked)
                flips = Flips(load, ended, endpoints, self._asked)
                reloads = Reloads(load, ended, place, encoded, self._asked)
                settling = Settling(changes, service)
                drivers = changes, flips, reloads
                for thread in (*drivers, settling):
                    thread.start()
                samples, found = self._watch(service, load, drivers, seconds, rows)
                ended.set()
                for driver in drivers:
                    driver.join()
                last = load.stop()
            growth = slope(samples[len(samples) // 2 :]) * 3600
            failures = [driver.failure for driver in (*drivers, settling) if driver.failure]
            failures += self._failures(last, drivers, seconds, growth, samples)
            failures += errors(service)
        return Report(Machine.here(), saturated, rate, found, _insync(settling.seconds), growth, failures)

    def _saturated(self, service: Service) -> float:
        """Answers a second with 128 questions outstanding, when all is as it was at first."""
        found = [
            loadgen.run(
                self._program, service.address, self._questions, count=_SATURATING, window=128, core=self._load_core
            )
            for _ in range(2)
        ]
        if wrong := found[1].wrong + found[1].lost:
            raise SystemExit(f"{wrong} answers wrong or lost before anything changed: {found[1].first_wrong}")
        return found[1].answered / found[1].seconds

    def _following(self, service: Service, rate: int) -> Following:
        return Following(self._program, service.address, self._questions, rate=rate, core=self._load_core)

    def _watch(
        self, service: Service, load: Following, drivers: tuple[Driver, ...], seconds: float, rows: int
    ) -> tuple[list[tuple[float, int]], list[Row]]:
        """Sample the memory once a second until the time is over or something has failed."""
        start, samples, found = time.monotonic(), list[tuple[float, int]](), list[Row]()
        while (now := time.monotonic() - start) < seconds and not any(driver.failure for driver in drivers):
            samples.append((now, service.memory()))
            if now >= seconds / rows * (len(found) + 1):
                found.append(self._row(now, load, samples[-1][1], drivers))
            time.sleep(1.0)
        found.append(self._row(time.monotonic() - start, load, service.memory(), drivers))
        return samples, found

    def _row(self, seconds: float, load: Following, memory: int, drivers: tuple[Driver, ...]) -> Row:
        changes, flips, reloads = (driver.done for driver in drivers)
        row = Row(seconds, load.report(), memory, changes, flips, reloads)
        print(line(row), flush=True)
        return row

    def _failures(
        self,
        load: Load,
        drivers: tuple[Driver, ...],
        seconds: float,
        growth: float,
        samples: list[tuple[float, int]],
    ) -> Iterable[str]:
        if load.lost or load.sent != load.answered:
            yield f"{load.lost:,} of {load.sent:,} questions had no answer"
        if load.wrong:
            yield f"{load.wrong:,} of {load.answered:,} answers were wrong; the first:\n{self._wrong(load)}"
        for driver in drivers:
            due = int(seconds / driver.every - 0.5)
            if driver.done < due * _DONE:
                yield f"{type(driver).__name__.lower()}: {driver.done:,} made, {due:,} were due"
        grown, memory = growth / 3600 * seconds / 2, samples[-1][1]
        if grown > _GROWTH * memory:
            yield f"memory: it has grown by {grown / 1e6:.1f} MB in the second half, to {memory / 1e6:.0f} MB"

    def _wrong(self, load: Load) -> str:
        """The first wrong answer, for people."""
        assert load.first_wrong is not None
        asked = self._asked.question(load.first_wrong.question)
        reply = dns.message.from_wire(bytes.fromhex(load.first_wrong.reply), ignore_trailing=True)
        return f"asked for {asked.name} by {asked.subnet or 'no subnet'}\n{reply}"


def errors(service: Service) -> list[str]:
    """What the server itself says went wrong: errors in its log, panics among its counters."""
    logged = [text for text in service.log().splitlines() if "[error" in text or "Traceback" in text]
    found = [f"the server logged {len(logged):,} errors; the first: {logged[0]}"] if logged else []
    with urllib.request.urlopen(f"http://{HOST}:{service.api_port}/metrics") as reply:
        counters = dict(one.rsplit(" ", 1) for one in reply.read().decode().splitlines() if not one.startswith("#"))
    panics = float(counters["meridian_dns_panics_total"])
    return found + ([f"{panics:.0f} panics"] if panics else [])


def slope(samples: list[tuple[float, int]]) -> float:
    """Of the line that fits best, in units a second."""
    seconds, values = zip(*samples, strict=True)
    return statistics.linear_regression(seconds, values).slope


def _insync(seconds: list[float]) -> tuple[float, float, float]:
    ordered = sorted(seconds) or [0.0]
    return tuple(ordered[int((len(ordered) - 1) * share)] * 1000 for share in (0.5, 0.99, 1.0))  # type: ignore[return-value]


_HEAD = (
    f"{'seconds':>8}{'answers':>14}{'wrong':>7}{'lost':>7}{'p50 µs':>9}{'p99':>8}{'worst':>9}"
    f"{'changes':>9}{'flips':>7}{'reloads':>9}{'MB':>8}"
)


def line(row: Row) -> str:
    """One row for people; all counts and times are those since the start."""
    times = row.load.latency_us
    return (
        f"{row.seconds:>8.0f}{row.load.answered:>14,}{row.load.wrong:>7}{row.load.lost:>7}{times['p50'] or 0:>9.0f}"
        f"{times['p99'] or 0:>8.0f}{times['p100'] or 0:>9.0f}{row.changes:>9,}{row.flips:>7,}{row.reloads:>9,}"
        f"{row.memory / 1e6:>8.1f}"
    )


def summary(report: Report) -> str:
    """The end of the table."""
    median, most, longest = report.insync_ms
    failed = "".join(f"FAILED: {failure}\n" for failure in report.failures)
    return (
        f"a change is INSYNC after {median:.0f} ms (median), {most:.0f} (99 of 100), {longest:.0f} (longest)\n"
        f"memory in the second half: {report.growth / 1e6:+.1f} MB an hour\n"
        f"{failed or 'no answer lost, none wrong, memory flat'}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (default: 30)")
    parser.add_argument(
        "--rate", type=int, default=0, help="questions a second (default: half of what is measured at the start)"
    )
    parser.add_argument("--rows", type=int, default=15, help="rows of the table (default: %(default)s)")
    parser.add_argument(
        "--cores", type=int, nargs=2, default=(0, 1), help="of the server, and of the generator (default: 0 1)"
    )
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    given = parser.parse_args()
    if given.minutes < 1 or given.rows < 1 or given.rate < 0:
        parser.error("--minutes and --rows are at least 1, --rate is no less than 0")
    return given


def main() -> None:
    """Soak, print a table, and fail if anything was lost or wrong."""
    given = _arguments()
    ensure(["load", "taskset"])
    print(
        f"{Machine.here()}; load {os.getloadavg()[0]:.1f}; {Service.version()}; {given.minutes:g} minutes", flush=True
    )
    with tempfile.TemporaryDirectory(prefix="bench-soak-") as folder:
        report = Soak(loadgen.build(), Path(folder), tuple(given.cores)).run(given.minutes * 60, given.rows, given.rate)
    print(f"\n{summary(report)}")
    if given.json is not None:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
    if report.failures:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
