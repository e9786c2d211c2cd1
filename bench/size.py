"""
What size costs: a zone of a million records, 100,000 zones, and a million of them, beside NSD, Knot and gdnsd.

Three contents are served in turn: `one` zone of 1,000,000 addresses, `many` zones of three records, and `most`, ten
times as many. For each, every server starts from its own disk alone: ours as an edge from its last values, with no
control plane; the peers from master files. What counts is the CPU time that the kernel accounts to the server until it
gives the first right answer, and the memory that it has then over the same server with one small zone. Pages that
processes share are counted once. After that it answers questions from all over, and each answer is checked.

Then the zone of a million is kept as a whole: in a database, which control compiles for the first time; and single
records of it are changed through the API, beside those of a small zone.

Last, the zone comes and goes in an edge that answers for another one at a steady rate. Edge and generator have a core
each, so what the edge builds competes with what it answers, as on a machine with nothing to spare. As root, both go
before what else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import dns.message
import msgspec

from bench import fill, loadgen
from bench.fill import Content
from bench.loadgen import Load
from bench.machine import Machine, prefer
from bench.propagation import Times, one_change, until
from meridian.feed.feed import Entry
from meridian.feed.keys import FILLED, Catalog, catalog_key, catalog_of, encode
from meridian.feed.local import FEED_FILE, LocalFeed
from tests.peers import Gdnsd, Knot, Nsd, Server
from tests.peers.install import CannotInstall, ensure
from tests.peers.meridian import ROOT, Meridian
from tests.peers.server import HOST, exchange
from tests.peers.service import Service

QUESTIONS = 20_000  # asked after each start, from all over the content
ANSWERS = 800_000  # asked after that, again and again the same, for what an answer costs
SMALL = 1_000  # addresses of the zone that the large one is compared with
_TINY = Content("tiny", 1, 1)
_PATIENCE = 900.0
_PEERS: tuple[type[Server], ...] = (Nsd, Knot, Gdnsd)


class Edge(Server):
    """Our edge, from a folder with its last values."""

    name = "meridian"
    roles = "edge"

    def __init__(self, data: Path, content: Content, *, core: int | None = None) -> None:
        super().__init__({content.apex(0).text: data}, core=core, patience=_PATIENCE)
        self._data = data

    def command(self) -> list[str]:
        """`meridian serve` with this role alone."""
        settings = {
            "data_dir": str(self._data),
            "roles": self.roles,
            "dns_listen": f"{HOST}:{self.port}",
            "dns_threads": "1",
            "log_format": "json",
        }
        variables = [f"MERIDIAN_{key.upper()}={value}" for key, value in settings.items()]
        return ["env", *variables, f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-m", "meridian.cli", "serve"]

    @classmethod
    def version(cls) -> str:
        """Such as `meridian 0.1.0`."""
        return Meridian.version()


class Control(Edge):
    """Our control plane alone; ready when it has filled the feed."""

    roles = "control"

    def is_ready(self, ask: socket.socket) -> bool:
        """Tell whether the feed says that it is filled."""
        del ask
        with suppress(sqlite3.Error):
            connection = sqlite3.connect(f"file:{self._data / FEED_FILE}?mode=ro", uri=True)
            found = connection.execute("SELECT 1 FROM value WHERE key = ?", (FILLED,)).fetchone()
            connection.close()
            return found is not None
        return False


class Whole(Service):
    """All roles, on a folder that is there already."""

    def __init__(self, data: Path, quotas: int) -> None:
        super().__init__({"quotas_record_sets_per_zone": str(quotas)})
        self._data = data

    def command(self) -> list[str]:
        """As `Service`, whose folder it fills."""
        (self.folder / "data").symlink_to(self._data)
        return super().command()


class Start(msgspec.Struct, frozen=True):
    """
    One server with one content.

    Attributes:
        cpu: Seconds until the first right answer.
        memory: Octets over the same server with one tiny zone.
        load: What came of the questions after that.
        user_us: Microseconds in user mode for each answer to questions asked over and over.
    """

    server: str
    content: str
    records: int
    zones: int
    cpu: float
    memory: int
    load: Load
    user_us: float


class Changed(msgspec.Struct, frozen=True):
    """Changes of single records of one zone: milliseconds to the answer, and CPU for each, in milliseconds."""

    records: int
    answer: Times
    cpu: float

    def __str__(self) -> str:
        return (
            f"one record of {self.records:,} changed: median {self.answer.median:.1f} ms from the reply to the answer, "
            f"p90 {self.answer.p90:.1f}, worst {self.answer.worst:.1f}; {self.cpu:.1f} ms of CPU"
        )


class Swapped(msgspec.Struct, frozen=True):
    """Answers while a zone came or went, or while nothing did, and the edge's CPU seconds meanwhile."""

    what: str
    cpu: float
    load: Load


class Asking(NamedTuple):
    """How questions are asked: the generator, a folder for their files, the servers' core and the generator's."""

    program: Path
    folder: Path
    cores: tuple[int, int]

    def file(self, content: Content) -> Path:
        """Questions from all over a content."""
        file = self.folder / f"{content.name}.questions"
        if not file.exists():
            loadgen.write(content.questions(min(QUESTIONS, content.zones * content.addresses)), file)
        return file

    def ask(
        self, server: Server, content: Content, *, count: int = QUESTIONS, window: int = 32, rate: int | None = None
    ) -> Load:
        """Ask them."""
        return loadgen.run(
            self.program, server.address, self.file(content), count=count, window=window, rate=rate, core=self.cores[1]
        )


def measure_start(asking: Asking, content: Content, make: Callable[[Content], Server]) -> Start:
    """Start a server with a tiny zone and with the content."""
    with make(_TINY) as server:
        asking.ask(server, _TINY)
        idle = _memory(server)
    with make(content) as server:
        cpu = server.cpu().total
        load = asking.ask(server, content)
        memory = _memory(server) - idle
        before = server.cpu().user
        again = asking.ask(server, content, count=ANSWERS, window=128)
        user = (server.cpu().user - before) / again.answered * 1e6
    return Start(server.name, content.name, content.records, content.zones, cpu, memory, load, user)


def starts(asking: Asking, content: Content, peers: list[type[Server]], folder: Path) -> Iterator[Start]:
    """Start our edge and its peers with a content."""
    yield measure_start(asking, content, partial(_edge, asking, folder / "last-values"))
    for peer in peers:
        yield measure_start(asking, content, partial(_peer, asking, folder / "zones", peer))
    shutil.rmtree(folder / "zones", ignore_errors=True)
    shutil.rmtree(folder / "last-values")


def _edge(asking: Asking, folder: Path, content: Content) -> Edge:
    data = folder / content.name
    data.mkdir(parents=True)
    asyncio.run(fill.last_values(data / FEED_FILE, content))
    return Edge(data, content, core=asking.cores[0])


def _peer(asking: Asking, folder: Path, kind: type[Server], content: Content) -> Server:
    files = folder / content.name
    if not files.exists():
        content.master_files(files)
    zones = {content.apex(at).text: files / f"{at}" for at in range(content.zones)}
    return kind(zones, core=asking.cores[0], patience=_PATIENCE)


def changes(content: Content, trials: int, folder: Path) -> Iterator[str]:
    """Compile a database for the first time, then change records of its large zone and of a small one."""
    small = Content("small", 1, SMALL)
    folder.mkdir()
    began = time.monotonic()
    fill.database(folder / "meridian.db", [content, small])
    yield f"filling the database with {content.records:,} records took {time.monotonic() - began:.0f} s"
    with Control(folder, content) as control:
        yield f"first full compile, CPU from the start of control to a filled feed: {control.cpu().total:.1f} s"
    with Whole(folder, content.records + SMALL) as service:
        for one in (small, content):
            yield str(_change(service, one, trials))


def _change(service: Service, content: Content, trials: int) -> Changed:
    """Change records one by one, each until it is answered; then as many again, for what they cost."""
    draw = Random(content.name)
    route53 = service.client()
    zone = fill.zone_id(content, 0)

    def put(address: str) -> str:
        name = content.owner(0, draw.randrange(content.addresses)).text
        batch = {"Changes": [one_change("UPSERT", name, address)]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
        return name

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ask:
        ask.connect(service.address)
        ask.settimeout(_PATIENCE)

        def seen(name: str, address: str) -> float:
            query = dns.message.make_query(name, "A", use_edns=0, payload=1232).to_wire()
            return until(lambda: socket.inet_aton(address) in exchange(ask, query))[0]

        addresses = [f"203.0.{trial >> 8}.{trial & 0xFF}" for trial in range(2 * trials)]
        seconds = [seen(put(address), address) for address in addresses[:trials]]
        before = service.cpu().total
        for address in addresses[trials:]:
            name = put(address)
        seen(name, addresses[-1])
        cpu = service.cpu().total - before
    return Changed(content.records, Times.of(seconds), cpu / trials * 1000)


def swaps(asking: Asking, content: Content, folder: Path, *, rate: int, seconds: int) -> Iterator[Swapped]:
    """Have an edge answer for a small zone while nothing happens, while a large one comes, and while it goes."""
    small = Content("small", 1, SMALL)
    folder.mkdir()
    asyncio.run(fill.last_values(folder / FEED_FILE, small))
    asyncio.run(fill.last_values(folder / FEED_FILE, content, is_listed=False))
    with Edge(folder, small, core=asking.cores[0]) as edge:
        prefer(edge.pid)
        asking.ask(edge, small)
        events = ("nothing", False), ("the zone comes", True), ("nothing", True), ("the zone goes", False)
        for version, (what, is_there) in enumerate(events, 2):
            asyncio.run(_list(folder / FEED_FILE, small, content, version, is_there=is_there))
            before = edge.cpu().total
            load = asking.ask(edge, small, count=rate * seconds, window=256, rate=rate)
            cpu = edge.cpu().total - before
            if is_there != _is_served(edge, content):
                raise SystemExit(f"{what}: not within {seconds} s; see --seconds")
            yield Swapped(what, cpu, load)


async def _list(file: Path, small: Content, large: Content, version: int, *, is_there: bool) -> None:
    """List the large zone or not, from outside of the edge, which looks every ten seconds."""
    catalog = catalog_of(fill.zone_id(large, 0))
    there = [fill.zone_id(content, 0) for content in (small, *((large,) if is_there else ()))]
    listed = {zone: 1 for zone in there if catalog_of(zone) == catalog}
    feed = LocalFeed(file)
    await feed.put(Entry(catalog_key(catalog), encode(Catalog(listed)), version))
    feed.close()


def _is_served(edge: Edge, content: Content) -> bool:
    """Whether the edge answers for a content's zone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ask:
        ask.connect(edge.address)
        ask.settimeout(_PATIENCE)
        query = dns.message.make_query(content.apex(0).text, "SOA").to_wire()
        return bool(dns.message.from_wire(exchange(ask, query)).answer)


def _memory(server: Server) -> int:
    """Octets of resident memory; pages that several of its processes share count once."""
    octets = 0
    for pid in server.pids():
        with suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            octets += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) << 10
    return octets


_HEAD = (
    f"{'content':<8}{'server':<10}{'records':>11}{'zones':>11}{'CPU s to answer':>17}{'B a record':>12}{'B a zone':>13}"
    f"{'user µs':>9}{'wrong':>7}{'lost':>6}"
)


def _row(start: Start) -> str:
    return (
        f"{start.content:<8}{start.server:<10}{start.records:>11,}{start.zones:>11,}{start.cpu:>17.2f}"
        f"{start.memory / start.records:>12.0f}{start.memory / start.zones:>13,.0f}"
        f"{start.user_us:>9.2f}{start.load.wrong:>7}{start.load.lost:>6}"
    )


_SWAP_HEAD = f"{'meanwhile':<16}{'p50 µs':>10}{'p99':>10}{'p99.9':>10}{'worst':>10}{'CPU s':>8}{'wrong':>7}{'lost':>6}"


def _swap_row(swapped: Swapped) -> str:
    times = "".join(f"{swapped.load.latency_us[key] or 0:>10.0f}" for key in ("p50", "p99", "p99.9", "p100"))
    return f"{swapped.what:<16}{times}{swapped.cpu:>8.2f}{swapped.load.wrong:>7}{swapped.load.lost:>6}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.size", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    peers = ",".join(kind.name for kind in _PEERS)
    parser.add_argument("--records", type=int, default=1_000_000, help="addresses of the one zone (default: 1000000)")
    parser.add_argument("--zones", type=int, default=100_000, help="zones of three records (default: 100000)")
    parser.add_argument("--most", type=int, default=1_000_000, help="the same, of ours alone (default: 1000000)")
    parser.add_argument("--peers", default=peers, help="beside ours, separated by commas, or '' (default: %(default)s)")
    parser.add_argument("--parts", default="starts,changes,swap", help="what to measure (default: %(default)s)")
    parser.add_argument("--trials", type=int, default=100, help="changes of each zone (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=5_000, help="questions a second while swapping (default: 5000)")
    parser.add_argument("--seconds", type=int, default=15, help="of each load while swapping, 12 or more (default: 15)")
    parser.add_argument(
        "--folder", type=Path, help="where to put it all, removed afterwards (default: a temporary one)"
    )
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    given = parser.parse_args()
    unknown = set(given.parts.split(",")) - {"starts", "changes", "swap"}
    unknown |= set(filter(None, given.peers.split(","))) - {kind.name for kind in _PEERS}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    if given.seconds < 12 or min(given.records, given.zones, given.trials, given.rate) < 1 or given.most < 0:
        parser.error("--seconds is at least 12, all others at least 1; --most may be 0")
    return given


def _run(given: argparse.Namespace, asking: Asking, folder: Path) -> list[Any]:
    """Measure, telling of each part as it comes."""
    one, many, most = Content("one", 1, given.records), Content("many", given.zones, 1), Content("most", given.most, 1)
    measured: list[Any] = []
    if "starts" in given.parts:
        print(f"\n{_HEAD}", flush=True)
        kinds = [kind for kind in _PEERS if kind.name in given.peers.split(",")]
        for content, peers in ((one, kinds), (many, kinds), *([(most, [])] if given.most else [])):
            for start in starts(asking, content, peers, folder):
                print(_row(start), flush=True)
                measured.append(start)
    if "changes" in given.parts:
        print()
        for line in changes(one, given.trials, folder / "changes"):
            print(line, flush=True)
            measured.append(line)
    if "swap" in given.parts:
        print(f"\n{_SWAP_HEAD}", flush=True)
        for swapped in swaps(asking, one, folder / "swap", rate=given.rate, seconds=given.seconds):
            print(_swap_row(swapped), flush=True)
            measured.append(swapped)
    return measured


def main() -> None:
    """Measure, and print tables."""
    given = _arguments()
    kinds = [kind for kind in _PEERS if kind.name in given.peers.split(",")]
    try:
        ensure([*(kind.name for kind in kinds), "load", "taskset"])
    except CannotInstall as error:
        raise SystemExit(str(error)) from None
    prefer(os.getpid())  # and with it the generator
    machine = Machine.here()
    cores = sorted(os.sched_getaffinity(0))
    print("\n".join([f"{machine}", Edge.version(), *(kind.version() for kind in kinds)]), flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-size-", dir=given.folder) as temporary:
        asking = Asking(loadgen.build(), Path(temporary), (cores[0], cores[-1]))
        measured = _run(given, asking, Path(temporary))
    if given.json is not None:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode((machine, measured)), indent=2))
    if any(each.load.wrong for each in measured if isinstance(each, Start | Swapped)):
        raise SystemExit("some answers were wrong")


if __name__ == "__main__":
    main()
