"""
What one answer costs: our server beside NSD, Knot, gdnsd, PowerDNS and a bare UDP echo, one core each, in one run.

Every server serves the same zone with one worker, kept on one core; the load generator keeps to
another core, has a fixed number of questions outstanding, and checks every answer. After a warm-up
the servers take turns with all workloads, forwards and backwards, for several passes. Each is asked
what it can answer: only some know routing policies, and PowerDNS is here for those alone.

Costs are the CPU time that the kernel accounts to the server's processes, so they do not depend on
how fast the generator is. Of each server's passes the cheapest counts: whatever else the machine does
only ever adds.

Compare ratios, not figures: the echo in the same run tells what one system call each way costs on this
machine and kernel. Servers that receive and send in batches can be cheaper than it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bench import loadgen
from bench.loadgen import Load
from bench.machine import Machine
from bench.workloads import WORKLOADS, Site, Workload, site
from tests.peers import CpuTime, Echo, Gdnsd, Knot, Meridian, Nsd, PowerDnsGeo, PowerDnsLua, Server
from tests.peers.install import CannotInstall, ensure

SERVERS: dict[str, type[Server]] = {
    server.name: server for server in (Meridian, Nsd, Knot, Gdnsd, PowerDnsGeo, PowerDnsLua, Echo)
}
STATIC = "static"  # what policies are compared with
SECONDS_MAX = 4.0  # a slow server is asked less: as much as it answers in about this time


class Pass(msgspec.Struct, frozen=True):
    """One pass over one server: CPU seconds used, and what the generator saw."""

    user: float
    system: float
    load: Load

    @property
    def cost_us(self) -> float:
        """Microseconds of CPU for each answer."""
        return (self.user + self.system) / self.load.answered * 1e6


class Result(msgspec.Struct, frozen=True):
    """One server under one workload; `memory` in octets, resident, after the last pass."""

    server: str
    version: str
    workload: str
    memory: int
    passes: list[Pass]

    @property
    def quietest(self) -> Pass:
        """The pass in which an answer cost least."""
        return min(self.passes, key=lambda each: each.cost_us)

    @property
    def user_us(self) -> float:
        """Microseconds in user mode for each answer of the quietest pass.

        The kernel tells user mode from its own by sampling, some 250 times a second, so the share
        is taken over all passes.
        """
        user = sum(each.user for each in self.passes)
        return self.quietest.cost_us * user / sum(each.user + each.system for each in self.passes)

    @property
    def system_us(self) -> float:
        """Microseconds in the kernel for each answer of the quietest pass."""
        return self.quietest.cost_us - self.user_us

    @property
    def wrong(self) -> int:
        """Answers that were not right, over all passes."""
        return sum(each.load.wrong for each in self.passes)

    @property
    def lost(self) -> int:
        """Questions without an answer, over all passes."""
        return sum(each.load.lost for each in self.passes)


class Report(msgspec.Struct, frozen=True):
    """A whole run."""

    machine: Machine
    window: int
    queries: int
    results: list[Result]


def can_answer(kind: type[Server], workload: Workload) -> bool:
    """Tell whether a server takes part in a workload."""
    return kind.answers_plain if workload.policy is None else kind is Echo or workload.policy in kind.policies


class Turn:
    """One server's turns at one workload."""

    def __init__(self, server: Server, name: str, workload: Workload, folder: Path) -> None:
        self.server, self.name, self.workload = server, name, workload
        self.questions = folder / f"{name}-{'unchecked' if isinstance(server, Echo) else 'checked'}"
        self.passes: list[Pass] = []
        self.rate = 0.0

    def take(self, program: Path, *, queries: int, window: int, core: int) -> None:
        """Ask once; the first time warms up and does not count, but tells how fast the server is."""
        count = min(queries, int(self.rate * SECONDS_MAX)) if self.rate else max(queries // 20, 1000)
        before = self.server.cpu()
        load = loadgen.run(program, self.server.address, self.questions, count=count, window=window, core=core)
        used = self.server.cpu().since(before)
        _complain(self.server, load, self.workload)
        if self.rate:
            self.passes.append(_pass(used, load))
        self.rate = self.rate or load.answered / load.seconds

    def result(self) -> Result:
        """What all turns came to."""
        return Result(self.server.name, self.server.version(), self.name, self.server.memory(), self.passes)


def measure(
    names: list[str], kinds: list[type[Server]], *, queries: int, passes: int, window: int, cores: tuple[int, int]
) -> list[Result]:
    """
    Run workloads over some servers, all of them running all the time.

    Args:
        names: The workloads.
        queries: Questions a pass, at most.
        cores: The servers' core and the generator's.
    """
    program = loadgen.build()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-answers-")))
        asked = site()
        zones = _write_zones(asked, folder)
        workloads = {name: WORKLOADS[name](asked, 1) for name in names}
        for name, workload in workloads.items():
            loadgen.write(workload.questions, folder / f"{name}-checked")
            loadgen.write((question.unchecked() for question in workload.questions), folder / f"{name}-unchecked")
        servers = [stack.enter_context(kind(zones, routing=asked.routing, core=cores[0])) for kind in kinds]
        turns = [
            Turn(server, name, workload, folder)
            for name, workload in workloads.items()
            for server in servers
            if can_answer(type(server), workload)
        ]
        for number in range(passes + 1):
            for turn in turns if number % 2 else reversed(turns):
                turn.take(program, queries=queries, window=window, core=cores[1])
        return [turn.result() for turn in turns]


def _write_zones(asked: Site, folder: Path) -> dict[str, Path]:
    files = {}
    for apex, text in asked.zones.items():
        files[apex] = folder / f"{apex}zone"
        files[apex].write_text(text)
    return files


def _pass(used: CpuTime, load: Load) -> Pass:
    return Pass(used.user, used.system, load)


def _complain(server: Server, load: Load, workload: Workload) -> None:
    if load.first_wrong is not None:
        question = workload.questions[load.first_wrong.question]
        print(
            f"{server.name}: {load.wrong} of {load.answered} answers wrong; the first for "
            f"{question.name} {question.rdatatype.name}: {load.first_wrong.reply}",
            file=sys.stderr,
        )


def table(results: list[Result]) -> str:
    """Lay out the results of one workload for people; ratios are to the echo where it ran."""
    floor = next((result.quietest.cost_us for result in results if result.server == Echo.name), None)
    head = (
        f"{'server':<10}{'answers/CPU s':>14}{'user µs':>9}{'system µs':>11}{'× echo':>8}{'p50 µs':>8}{'p99 µs':>8}"
        f"{'MB':>6}{'wrong':>7}{'lost':>6}"
    )
    rows = [_row(result, floor) for result in sorted(results, key=lambda each: each.quietest.cost_us)]
    return "\n".join([f"{results[0].workload}:", head, *rows])


def ratios(results: list[Result]) -> str:
    """Lay out what our answers cost in user mode, by workload: beside our static answer, and beside each peer's."""
    user = {(result.workload, result.server): result.user_us for result in results}
    peers = [name for name in SERVERS if name not in (Meridian.name, Echo.name)]
    own = {workload: cost for (workload, server), cost in user.items() if server == Meridian.name}
    rows = [f"{'user µs of ours':<16}{'':>8}{'/ static':>10}" + "".join(f"{'/ ' + name:>11}" for name in peers)]
    for workload, cost in own.items():
        beside = [own.get(STATIC), *(user.get((workload, name)) for name in peers)]
        shown = ["-" if other is None or not other else f"{cost / other:.2f}" for other in beside]
        rows.append(f"{workload:<16}{cost:>8.2f}{shown[0]:>10}" + "".join(f"{each:>11}" for each in shown[1:]))
    return "\n".join(rows)


def _row(result: Result, floor: float | None) -> str:
    best = result.quietest
    ratio = "-" if floor is None else f"{best.cost_us / floor:.2f}"
    p50, p99 = (best.load.latency_us[key] or 0 for key in ("p50", "p99"))
    return (
        f"{result.server:<10}{1e6 / best.cost_us:>14,.0f}{result.user_us:>9.2f}{result.system_us:>11.2f}{ratio:>8}"
        f"{p50:>8.0f}{p99:>8.0f}{result.memory >> 20:>6}{result.wrong:>7}{result.lost:>6}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.answers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--servers", default=",".join(SERVERS), help="which, separated by commas (default: %(default)s)"
    )
    parser.add_argument(
        "--workloads", default=",".join(WORKLOADS), help="which, separated by commas (default: %(default)s)"
    )
    parser.add_argument("--queries", type=int, default=500_000, help="most questions a pass (default: %(default)s)")
    parser.add_argument("--passes", type=int, default=5, help="passes after the warm-up (default: %(default)s)")
    parser.add_argument("--window", type=int, default=128, help="questions outstanding, 1 to 256 (default: 128)")
    cores = sorted(os.sched_getaffinity(0))
    parser.add_argument("--server-core", type=int, default=cores[0], help="core of the servers (default: %(default)s)")
    parser.add_argument("--load-core", type=int, default=cores[-1], help="core of the generator (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    given = parser.parse_args()
    for what, known in (("servers", SERVERS), ("workloads", WORKLOADS)):
        unknown = set(getattr(given, what).split(",")) - set(known)
        if unknown:
            parser.error(f"--{what}: there is no {', '.join(sorted(unknown))}; choose from {', '.join(known)}")
    if not 1 <= given.window <= 256 or given.passes < 1 or given.queries < 1:
        parser.error("--window takes 1 to 256, --passes and --queries at least 1")
    if given.server_core == given.load_core or not {given.server_core, given.load_core} <= set(cores):
        parser.error(f"--server-core and --load-core: two different cores of {', '.join(map(str, cores))}")
    return given


def main() -> None:
    """Measure, and print tables."""
    given = _arguments()
    kinds = [SERVERS[name] for name in given.servers.split(",")]
    try:
        ensure([*(kind.name for kind in kinds), "load", "taskset"])
    except CannotInstall as error:
        raise SystemExit(str(error)) from None
    if Meridian in kinds and not Meridian.is_built():
        raise SystemExit(
            "the engine is not built: `make bench` builds it and runs this; or leave meridian out of --servers"
        )
    machine = Machine.here()
    print(f"{machine}; {given.queries:,} questions a pass")
    results = measure(
        given.workloads.split(","),
        kinds,
        queries=given.queries,
        passes=given.passes,
        window=given.window,
        cores=(given.server_core, given.load_core),
    )
    for workload in given.workloads.split(","):
        measured = [result for result in results if result.workload == workload]
        if measured:
            print(f"\n{table(measured)}")
    print(f"\n{ratios(results)}")
    print("\n" + "\n".join(f"{name}: {SERVERS[name].version()}" for name in given.servers.split(",")))
    if given.json is not None:
        report = Report(machine, given.window, given.queries, results)
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
    if any(result.wrong for result in results):
        raise SystemExit("some answers were wrong; see above")


if __name__ == "__main__":
    main()
