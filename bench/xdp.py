"""
What an answer past the kernel's network stack costs: our AF_XDP beside Knot's, and both beside their own sockets.

All take turns on one veth pair between two network namespaces that this makes and removes, one receive queue and one
worker each, in one run; only one program can be at an interface, so each is started for its turn. The load generator
asks from the other end of the pair through sockets, with a fixed number of questions outstanding, and checks every
answer.

The generator and the kernel's path to it cost more than an answer by AF_XDP, and so limit the rate: what tells the
servers apart is the CPU time that the kernel accounts to each, system calls for sending included. Of each server's
passes the cheapest counts. A veth pair has no hardware that receives: sending goes as far as the other end's socket, so
questions are received on the generator's core, and each server pays for its answers up to the generator's socket.

So each pass has a second part, of which only the answers are counted: the generator asks as fast as it can without
hearing anything, and its interface drops every answer before its kernel makes anything of it. Then a server pays for
its own work and for sending, as with a network in between.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bench import loadgen, unheard
from bench.loadgen import Load
from bench.machine import Machine
from bench.workloads import APEX, WORKLOADS, site
from tests.engine import veth
from tests.peers import CpuTime, Knot, Meridian, Server
from tests.peers.install import CannotInstall, ensure
from tests.peers.meridian import ROOT

ADDRESS = "192.0.2.53"
PORT = 53
WORKLOAD = "static"
BLIND = 4  # as many questions again that nobody hears the answers to


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


class Blind(NamedTuple):
    """What a server has sent that nobody heard, and in which time."""

    used: CpuTime
    answered: int
    asked: int
    seconds: float

    @property
    def cost_us(self) -> float:
        """Microseconds of CPU for each answer."""
        return self.used.total / self.answered * 1e6

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds


class Pass(NamedTuple):
    """One pass over one server, and the mode of the program at the interface, where there was one."""

    used: CpuTime
    load: Load
    mode: str
    blind: Blind

    @property
    def cost_us(self) -> float:
        """Microseconds of CPU for each answer."""
        return self.used.total / self.load.answered * 1e6

    @property
    def rate(self) -> float:
        """Answers a second, as fast as the generator asks."""
        return self.load.answered / self.load.seconds


def measure(kinds: list[type[_AtVeth]], *, queries: int, passes: int, window: int, cores: tuple[int, int]) -> None:
    """Have the servers take turns, and print a table."""
    program = loadgen.build()
    with tempfile.TemporaryDirectory(prefix="bench-xdp-") as temporary, veth.pair(f"{ADDRESS}/24") as pair:
        folder = Path(temporary)
        asked = site()
        pair.introduce(ADDRESS)  # nobody is told once answers are dropped
        zone, questions = folder / "zone", folder / "questions"
        zone.write_text(asked.zones[APEX])
        loadgen.write(WORKLOADS[WORKLOAD](asked, 1).questions, questions)
        results: dict[str, list[Pass]] = {kind.name: [] for kind in kinds}
        for number in range(passes):
            for kind in kinds if number % 2 else reversed(kinds):
                with veth.inside(pair.client), kind({APEX: zone}, pair=pair, core=cores[0]) as server:
                    loadgen.run(program, server.address, questions, count=queries // 10, window=window, core=cores[1])
                    before = server.cpu()
                    load = loadgen.run(program, server.address, questions, count=queries, window=window, core=cores[1])
                    used = server.cpu().since(before)
                    blind = _blind(program, server, questions, count=queries * BLIND, core=cores[1])
                    results[kind.name].append(Pass(used, load, _mode(pair), blind))
                pair.clear()  # Knot leaves its program behind.
    print(table(results))
    if any(each.load.wrong for turns in results.values() for each in turns):
        raise SystemExit("some answers were wrong")


def _blind(program: Path, server: _AtVeth, questions: Path, *, count: int, core: int) -> Blind:
    with unheard.at(veth.CLIENT_INTERFACE):
        before, sent = server.cpu(), server.pair.sent()
        load = loadgen.run(program, server.address, questions, count=count, window=128, core=core, blind=True)
        return Blind(server.cpu().since(before), server.pair.sent() - sent, load.sent, load.seconds)


def _mode(pair: veth.Pair) -> str:
    found = pair.program()
    return "-" if found is None else {1: "native", 2: "generic"}.get(found["mode"], "several")


def table(results: dict[str, list[Pass]]) -> str:
    """Lay out the results for people."""
    rows = [
        f"{'server':<22}{'mode':>9}{'answers/CPU s':>15}{'user µs':>9}{'system µs':>11}"
        f"{'answers/s':>11}{'p50 µs':>8}{'p99 µs':>8}{'wrong':>7}{'lost':>6}"
    ]
    for name, turns in results.items():
        best = min(turns, key=lambda each: each.cost_us)
        user = sum(each.used.user for each in turns) / sum(each.used.total for each in turns)
        p50, p99 = (best.load.latency_us[key] or 0 for key in ("p50", "p99"))
        wrong, lost = sum(each.load.wrong for each in turns), sum(each.load.lost for each in turns)
        rows.append(
            f"{name:<22}{best.mode:>9}{1e6 / best.cost_us:>15,.0f}{best.cost_us * user:>9.2f}"
            f"{best.cost_us * (1 - user):>11.2f}{max(each.rate for each in turns):>11,.0f}{p50:>8.0f}{p99:>8.0f}"
            f"{wrong:>7}{lost:>6}"
        )
    rows += ["", f"{'unheard':<22}{'asked/s':>15}{'answers/s':>11}{'answers/CPU s':>15}"]
    for name, turns in results.items():
        fastest = max((each.blind for each in turns), key=lambda blind: blind.rate)
        cheapest = min(each.blind.cost_us for each in turns)
        asked = fastest.asked / fastest.seconds
        rows.append(f"{name:<22}{asked:>15,.0f}{fastest.rate:>11,.0f}{1e6 / cheapest:>15,.0f}")
    heard = {name: min(each.cost_us for each in turns) for name, turns in results.items()}
    silent = {name: min(each.blind.cost_us for each in turns) for name, turns in results.items()}
    for name in results:
        if MeridianXdp.name in results and name != MeridianXdp.name:
            times, alone = (costs[name] / costs[MeridianXdp.name] for costs in (heard, silent))
            rows.append(
                f"{MeridianXdp.name}: {times:.2f} times the answers a CPU second of {name}, unheard {alone:.2f}"
            )
    return "\n".join(rows)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.xdp", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ",".join(kind.name for kind in SERVERS)
    parser.add_argument("--servers", default=names, help="which, separated by commas (default: %(default)s)")
    parser.add_argument("--queries", type=int, default=500_000, help="questions a pass (default: %(default)s)")
    parser.add_argument("--passes", type=int, default=4, help="passes (default: %(default)s)")
    parser.add_argument("--window", type=int, default=128, help="questions outstanding, 1 to 256 (default: 128)")
    given = parser.parse_args()
    kinds = [kind for kind in SERVERS if kind.name in given.servers.split(",")]
    reason = veth.why_not()
    if reason is not None:
        raise SystemExit(reason)
    try:
        ensure(["knot", "load", "taskset"])
    except CannotInstall as error:
        raise SystemExit(str(error)) from None
    cores = sorted(os.sched_getaffinity(0))
    print(f"{Machine.here()}; {given.queries:,} questions a pass")
    print("\n".join(sorted({kind.version() for kind in kinds})))
    measure(kinds, queries=given.queries, passes=given.passes, window=given.window, cores=(cores[0], cores[-1]))


if __name__ == "__main__":
    main()
