"""
What an answer past the kernel's network stack costs: our AF_XDP beside Knot's, and both beside their own sockets.

All take turns on one veth pair between two network namespaces that this makes and removes, one receive queue and one
worker each, in one run; only one program can be at an interface, so each is started for its turn. The load generator
asks from the other end of the pair, with a fixed number of questions outstanding, and checks every answer.

Who pays for what, the same for all servers:

- The generator goes past its own kernel by AF_XDP, whatever the server does, so that it limits the rate least.
- Server and generator have a core each. What an interface receives goes through a thread of its driver on the core of
  the one who reads it, as with a network card whose interrupts are bound to it (`bench.receiving`).
- So a server's core has three things to do: receive (the driver's thread; for sockets with the kernel's IP and UDP),
  answer, and send as far as the queue of the other end's driver. What is past that is the generator's.

The cost of an answer is the CPU time of the server and of that thread; of each server's passes the cheapest counts.
Where less than all of the core is used, the generator was what limited the rate.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bench import loadgen
from bench.loadgen import Load
from bench.machine import Machine, prefer
from bench.receiving import Receiver, on_core
from bench.workloads import APEX, WORKLOADS, site
from tests.engine import veth
from tests.peers import CpuTime, Knot, Meridian, Server
from tests.peers.install import CannotInstall, ensure
from tests.peers.meridian import ROOT

ADDRESS = "192.0.2.53"
PORT = 53
WORKLOAD = "static"
WINDOW = 200  # less than the 256 frames that a veth interface queues


class _AtVeth(Server):
    """A server in the namespace of the pair's one end, asked from that of the other."""

    def __init__(self, zones: Mapping[str, Path], *, pair: veth.Pair, core: int) -> None:
        super().__init__(zones, port=PORT, core=core, patience=300.0)
        self.pair = pair

    @property
    def address(self) -> tuple[str, int]:
        """That of the interface."""
        return ADDRESS, PORT

    def there(self, command: list[str]) -> list[str]:
        """The command in the server's namespace."""
        return ["ip", "netns", "exec", self.pair.server, *command]


class MeridianSockets(_AtVeth):
    """The engine with one UDP thread."""

    name = "meridian"
    taken: tuple[str, ...] = ()

    def command(self) -> list[str]:
        """The engine's process."""
        ((apex, file),) = self.zones.items()
        path = f"PYTHONPATH={ROOT}:{ROOT / 'src'}"
        process = ["env", path, sys.executable, "-m", "bench.xdp_process", f"{ADDRESS}:{PORT}", apex, str(file)]
        return self.there([*process, *self.taken])

    @classmethod
    def version(cls) -> str:
        """The engine's."""
        return Meridian.version()


class MeridianXdp(MeridianSockets):
    """The engine with one AF_XDP socket, in the driver."""

    name = "meridian-xdp"
    taken = (veth.INTERFACE, "native")


class MeridianXdpGeneric(MeridianSockets):
    """The engine with one AF_XDP socket, behind the driver."""

    name = "meridian-xdp-generic"
    taken = (veth.INTERFACE, "generic")


class KnotSockets(_AtVeth):
    """Knot DNS with one UDP worker."""

    name = "knot"
    xdp = ""

    def command(self) -> list[str]:
        """Write knot.conf."""
        ((apex, file),) = self.zones.items()
        config = self.folder / "knot.conf"
        config.write_text(
            f"server:\n  rundir: {self.folder}\n  listen: {ADDRESS}@{PORT}\n  udp-workers: 1\n  tcp-workers: 1\n"
            f"  background-workers: 1\n  udp-max-payload: 1232\n{self.xdp}"
            "log:\n  - target: stdout\n    any: info\n"
            f"database:\n  storage: {self.folder}/db\n"
            f"zone:\n  - domain: {apex}\n    file: {file}\n    zonefile-sync: -1\n    journal-content: none\n"
        )
        return self.there(["knotd", "-c", str(config), "-s", str(self.folder / "knot.sock")])

    @classmethod
    def version(cls) -> str:
        """Knot's."""
        return Knot.version()


class KnotXdp(KnotSockets):
    """Knot DNS with its AF_XDP listener, in the mode that it chooses."""

    name = "knot-xdp"
    xdp = f"xdp:\n  listen: {veth.INTERFACE}@{PORT}\n"


SERVERS: tuple[type[_AtVeth], ...] = (MeridianXdp, MeridianXdpGeneric, KnotXdp, MeridianSockets, KnotSockets)


class Pass(NamedTuple):
    """
    One pass over one server.

    Attributes:
        used: CPU time of the server.
        received: Seconds of CPU time of the thread that receives for it.
        mode: Of the program at the interface; `-` where there was none.
    """

    used: CpuTime
    received: float
    load: Load
    mode: str

    @property
    def cost_us(self) -> float:
        """Microseconds of CPU for each answer."""
        return (self.used.total + self.received) / self.load.answered * 1e6

    @property
    def busy(self) -> float:
        """The part of the core's time that it used."""
        return (self.used.total + self.received) / self.load.seconds

    @property
    def rate(self) -> float:
        """Answers a second, as fast as the generator asks."""
        return self.load.answered / self.load.seconds


def measure(kinds: list[type[_AtVeth]], *, queries: int, passes: int, window: int, cores: tuple[int, int]) -> None:
    """Have the servers take turns, and print a table."""
    program = loadgen.build(xdp=True)
    with tempfile.TemporaryDirectory(prefix="bench-xdp-") as temporary, veth.pair(f"{ADDRESS}/24") as pair:
        folder = Path(temporary)
        asked = site()
        pair.introduce(ADDRESS)
        receiver = on_core(pair.server, veth.INTERFACE, cores[0])
        on_core(pair.client, veth.CLIENT_INTERFACE, cores[1])
        zone, questions = folder / "zone", folder / "questions"
        zone.write_text(asked.zones[APEX])
        loadgen.write(WORKLOADS[WORKLOAD](asked, 1).questions, questions)
        results: dict[str, list[Pass]] = {kind.name: [] for kind in kinds}
        for number in range(passes):
            for kind in kinds if number % 2 else reversed(kinds):
                with veth.inside(pair.client), kind({APEX: zone}, pair=pair, core=cores[0]) as server:
                    prefer(server.pid)
                    _ask(program, server, questions, count=queries // 10, window=window, core=cores[1])
                    results[kind.name].append(
                        _pass(program, server, receiver, questions, count=queries, window=window, core=cores[1])
                    )
                pair.clear()  # Knot leaves its program behind.
    print(table(results))
    if any(each.load.wrong for turns in results.values() for each in turns):
        raise SystemExit("some answers were wrong")


def _pass(
    program: Path, server: _AtVeth, receiver: Receiver, questions: Path, *, count: int, window: int, core: int
) -> Pass:
    before, received = server.cpu(), receiver.cpu()
    load = _ask(program, server, questions, count=count, window=window, core=core)
    return Pass(server.cpu().since(before), receiver.cpu() - received, load, _mode(server.pair))


def _ask(program: Path, server: _AtVeth, questions: Path, *, count: int, window: int, core: int) -> Load:
    within = ["ip", "netns", "exec", server.pair.client]
    return loadgen.run(
        program,
        server.address,
        questions,
        count=count,
        window=window,
        core=core,
        xdp=veth.CLIENT_INTERFACE,
        within=within,
    )


def _mode(pair: veth.Pair) -> str:
    found = pair.program()
    return "-" if found is None else {1: "native", 2: "generic"}.get(found["mode"], "several")


def table(results: dict[str, list[Pass]]) -> str:
    """Lay out the results for people."""
    rows = [
        f"{'server':<22}{'mode':>9}{'answers/CPU s':>15}{'user µs':>9}{'system µs':>11}{'receive µs':>12}"
        f"{'answers/s':>11}{'of a core':>11}{'p50 µs':>8}{'p99 µs':>8}{'wrong':>7}{'lost':>6}"
    ]
    for name, turns in results.items():
        best, fastest = min(turns, key=lambda each: each.cost_us), max(turns, key=lambda each: each.rate)
        user, system, received = (
            part / best.load.answered * 1e6 for part in (best.used.user, best.used.system, best.received)
        )
        p50, p99 = (best.load.latency_us[key] or 0 for key in ("p50", "p99"))
        wrong, lost = sum(each.load.wrong for each in turns), sum(each.load.lost for each in turns)
        rows.append(
            f"{name:<22}{best.mode:>9}{1e6 / best.cost_us:>15,.0f}{user:>9.2f}{system:>11.2f}{received:>12.2f}"
            f"{fastest.rate:>11,.0f}{fastest.busy:>11.0%}{p50:>8.0f}{p99:>8.0f}{wrong:>7}{lost:>6}"
        )
    own, rows = results.get(MeridianXdp.name), [*rows, ""]
    for name, turns in results.items():
        if own is not None and turns is not own:
            cost = min(each.cost_us for each in turns) / min(each.cost_us for each in own)
            rate = max(each.rate for each in own) / max(each.rate for each in turns)
            rows.append(f"{MeridianXdp.name}: {cost:.2f} times the answers a CPU second of {name}, {rate:.2f} the rate")
    return "\n".join(rows)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.xdp", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ",".join(kind.name for kind in SERVERS)
    parser.add_argument("--servers", default=names, help="which, separated by commas (default: %(default)s)")
    parser.add_argument("--queries", type=int, default=1_000_000, help="questions a pass (default: %(default)s)")
    parser.add_argument("--passes", type=int, default=4, help="passes (default: %(default)s)")
    parser.add_argument(
        "--window", type=int, default=WINDOW, help="questions outstanding, 1 to 256 (default: %(default)s)"
    )
    given = parser.parse_args()
    kinds = [kind for kind in SERVERS if kind.name in given.servers.split(",")]
    reason = veth.why_not()
    if reason is not None:
        raise SystemExit(reason)
    try:
        ensure(["knot", "load", "taskset"])
    except CannotInstall as error:
        raise SystemExit(str(error)) from None
    prefer(os.getpid())  # and with it servers and generator
    cores = sorted(os.sched_getaffinity(0))
    print(f"{Machine.here()}; {given.queries:,} questions a pass")
    print("\n".join(sorted({kind.version() for kind in kinds})))
    measure(kinds, queries=given.queries, passes=given.passes, window=given.window, cores=(cores[0], cores[-1]))


if __name__ == "__main__":
    main()
