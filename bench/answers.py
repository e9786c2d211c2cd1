"""
What one answer costs: our server beside NSD, Knot, gdnsd and a bare UDP echo, one core each, in one run.

Every server serves the same zone with one worker, kept on one core; the load generator keeps to
another core, has a fixed number of questions outstanding, and checks every answer. After a warm-up
the servers take turns, forwards and backwards, for several passes. Costs are the CPU time that the
kernel accounts to the server's processes, so they do not depend on how fast the generator is. Of
each server's passes the cheapest counts: whatever else the machine does only ever adds.

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
from bench.workloads import WORKLOADS, Workload
from tests.peers import CpuTime, Echo, Gdnsd, Knot, Meridian, Nsd, Server
from tests.peers.install import CannotInstall, ensure

SERVERS: dict[str, type[Server]] = {server.name: server for server in (Meridian, Nsd, Knot, Gdnsd, Echo)}


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


def measure(
    workload_name: str, kinds: list[type[Server]], *, queries: int, passes: int, window: int, cores: tuple[int, int]
) -> list[Result]:
    """
    Run one workload over some servers, all of them running all the time.

    Args:
        queries: Questions a pass.
        cores: The servers' core and the generator's.
    """
    program = loadgen.build()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-answers-")))
        workload = WORKLOADS[workload_name](1)
        zones = _write_zones(workload, folder)
        loadgen.write(workload.questions, folder / "checked")
        loadgen.write((question.unchecked() for question in workload.questions), folder / "unchecked")
        servers = [stack.enter_context(kind(zones, core=cores[0])) for kind in kinds]
        taken: dict[str, list[Pass]] = {server.name: [] for server in servers}
        for number in range(passes + 1):
            for server in servers if number % 2 else reversed(servers):
                questions = folder / ("unchecked" if isinstance(server, Echo) else "checked")
                before = server.cpu()
                load = loadgen.run(
                    program,
                    server.address,
                    questions,
                    count=queries if number else max(queries // 10, len(workload.questions)),
                    window=window,
                    core=cores[1],
                )
                _complain(server, load, workload)
                if number:  # pass 0 warms up
                    taken[server.name].append(_pass(server.cpu().since(before), load))
        return [Result(s.name, s.version(), workload_name, s.memory(), taken[s.name]) for s in servers]


def _write_zones(workload: Workload, folder: Path) -> dict[str, Path]:
    files = {}
    for apex, text in workload.zones.items():
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
    parser.add_argument("--queries", type=int, default=500_000, help="questions a pass (default: %(default)s)")
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
    results = []
    for workload in given.workloads.split(","):
        measured = measure(
            workload,
            kinds,
            queries=given.queries,
            passes=given.passes,
            window=given.window,
            cores=(given.server_core, given.load_core),
        )
        print(f"\n{table(measured)}", flush=True)
        results += measured
    print("\n" + "\n".join(f"{name}: {SERVERS[name].version()}" for name in given.servers.split(",")))
    if given.json is not None:
        report = Report(machine, given.window, given.queries, results)
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
    if any(result.wrong for result in results):
        raise SystemExit("some answers were wrong; see above")


if __name__ == "__main__":
    main()
