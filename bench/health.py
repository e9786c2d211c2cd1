"""
What looking at endpoints costs, and whether one core keeps 10,000 checks on time.

Our checker, the blackbox exporter of Prometheus and gdnsd's monitors take turns at the same endpoints:
as many, as often, from the same core. Endpoints answer at once from another core, and count what they
were asked. Costs are the CPU time that the kernel accounts to each checker's processes; of its windows
the cheapest counts, since whatever else the machine does only ever adds.

Ours does all that it does in service: it follows its feed, counts, and reports every five seconds and
at each flip. gdnsd keeps what it sees for its own answers. The exporter remembers nothing; what a
Prometheus does to ask it and to keep its replies is not counted.

Then our checker alone looks at many endpoints for a while. A look is late if it starts later than
planned by more than a twentieth of its interval.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.checkers import Blackbox, GdnsdMonitors, Looker, OurChecker
from bench.endpoints import KINDS, Endpoints
from bench.machine import Machine, prefer
from tests.peers.install import ensure

LOOKERS: dict[str, type[Looker]] = {looker.name: looker for looker in (OurChecker, GdnsdMonitors, Blackbox)}
INTERVAL = 10  # seconds between two looks at an endpoint
_SETTLE = 3.0  # seconds more than an interval until every check has been looked at


class Window(msgspec.Struct, frozen=True):
    """One window of time: CPU seconds used, and how often endpoints answered."""

    user: float
    system: float
    answered: int

    @property
    def cost_us(self) -> float:
        """Microseconds of CPU for each look."""
        return (self.user + self.system) / self.answered * 1e6


class Result(msgspec.Struct, frozen=True):
    """
    One checker with endpoints of one kind.

    Attributes:
        memory: Octets, resident, after the last window.
        memory_idle: The same without any endpoint; None where it keeps nothing of them.
    """

    checker: str
    version: str
    kind: str
    checks: int
    memory: int
    memory_idle: int | None
    windows: list[Window]

    @property
    def quietest(self) -> Window:
        """The window in which a look cost least."""
        return min(self.windows, key=lambda each: each.cost_us)

    @property
    def memory_each(self) -> float | None:
        """Octets for each check."""
        return None if self.memory_idle is None else (self.memory - self.memory_idle) / self.checks


class Capacity(msgspec.Struct, frozen=True):
    """
    Our checker on one core.

    Attributes:
        core: Share of the core that it used.
        waited: Share of the time in which it had work to do and others had the core.
        late: Share of looks that were late.
        failures: Looks that saw a failure, of which there should be none.
    """

    kind: str
    checks: int
    interval: int
    seconds: float
    looks: int
    core: float
    waited: float
    late: float
    failures: int


class Report(msgspec.Struct, frozen=True):
    """A whole run."""

    machine: Machine
    results: list[Result]
    capacity: list[Capacity]


def measure(looker: Looker, endpoints: Endpoints, windows: int) -> tuple[list[Window], int]:
    """Let a looker settle, and take windows of one interval each; with the memory at the end."""

    async def take() -> list[Window]:
        taken = []
        async with asyncio.TaskGroup() as tasks:
            driving = tasks.create_task(looker.drive())
            await asyncio.sleep(looker.interval + _SETTLE)
            for _ in range(windows):
                cpu, answered = looker.cpu(), endpoints.answered()[looker.kind]
                await asyncio.sleep(looker.interval)
                used = looker.cpu().since(cpu)
                taken.append(Window(used.user, used.system, endpoints.answered()[looker.kind] - answered))
            driving.cancel()
        return taken

    with looker:
        return asyncio.run(take()), looker.memory()


def compare(
    kinds: Sequence[str], names: Sequence[str], endpoints: Endpoints, *, checks: int, windows: int, core: int
) -> list[Result]:
    """Let all take their turns with all kinds of endpoints that they know."""
    results = []
    for kind in kinds:
        for looker in [LOOKERS[name] for name in names if kind in LOOKERS[name].kinds]:
            found, memory = measure(looker(kind, endpoints.ports[kind], checks, INTERVAL, core), endpoints, windows)
            idle = None if looker is Blackbox else memory_idle(looker, kind, endpoints, core)
            results.append(Result(looker.name, looker.version(), kind, checks, memory, idle, found))
            print(f"{looker.name:<10}{kind:<7}{found[-1].answered:>7,} looks in the last {INTERVAL} s", flush=True)
    return results


def memory_idle(looker: type[Looker], kind: str, endpoints: Endpoints, core: int) -> int:
    """Resident memory without anything to look at, in octets."""
    with looker(kind, endpoints.ports[kind], 0, INTERVAL, core) as idle:
        time.sleep(1.0)
        return idle.memory()


def capacity(kind: str, endpoints: Endpoints, *, checks: int, seconds: float, core: int) -> Capacity:
    """Let our checker alone look at so many endpoints for so long."""
    with OurChecker(kind, endpoints.ports[kind], checks, INTERVAL, core) as checker:
        time.sleep(INTERVAL + _SETTLE)
        first, waited = checker.lines()[-1], checker.waited()
        time.sleep(seconds)
        last, waited = checker.lines()[-1], checker.waited() - waited
    before, after = first.statistics, last.statistics
    looks, took = after.looks - before.looks, last.at - first.at
    return Capacity(
        kind,
        checks,
        INTERVAL,
        took,
        looks,
        (last.cpu - first.cpu) / took,
        waited / took,
        (after.late - before.late) / looks,
        after.failures - before.failures,
    )


def table(results: Sequence[Result]) -> str:
    """Lay out the costs for people."""
    lines = [f"{'kind':<7}{'checker':<10}{'looks/CPU s':>12}{'µs a look':>11}{'× ours':>8}{'MB':>7}{'kB a check':>12}"]
    ours = {result.kind: result.quietest.cost_us for result in results if result.checker == OurChecker.name}
    for result in results:
        cost = result.quietest.cost_us
        ratio = f"{cost / ours[result.kind]:.2f}" if result.kind in ours else "-"
        each = "-" if result.memory_each is None else f"{result.memory_each / 1e3:.1f}"
        lines.append(
            f"{result.kind:<7}{result.checker:<10}{1e6 / cost:>12,.0f}{cost:>11,.0f}{ratio:>8}"
            f"{result.memory / 1e6:>7.0f}{each:>12}"
        )
    return "\n".join(lines)


def capacity_line(found: Capacity) -> str:
    """One run for people."""
    return (
        f"{found.checks:,} {found.kind} checks, {found.interval} s after each reply, for {found.seconds:.0f} s: "
        f"{found.looks:,} looks, {found.looks / found.seconds:,.0f} a second; {found.core:.0%} of one core, "
        f"which others kept from it {found.waited:.0%} of the time; "
        f"{found.late:.2%} late, {found.failures} failed"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.health", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="kinds of endpoints")
    parser.add_argument("--checkers", nargs="*", choices=LOOKERS, default=list(LOOKERS), help="who takes part")
    parser.add_argument("--checks", type=int, default=3000, help="endpoints to compare with (default: %(default)s)")
    parser.add_argument("--windows", type=int, default=3, help="windows of 10 s for each (default: %(default)s)")
    parser.add_argument("--capacity", type=int, default=10_000, help="endpoints for ours alone (default: %(default)s)")
    parser.add_argument(
        "--capacity-kinds", nargs="*", choices=KINDS, default=["http"], help="their kinds (default: http)"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="how long, for ours alone (default: %(default)s)")
    parser.add_argument(
        "--cores", type=int, nargs=2, default=(0, 1), help="of the checkers, and of endpoints (default: 0 1)"
    )
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    given = parser.parse_args()
    if min(given.checks, given.windows, given.capacity) < 1 or given.seconds < 2:
        parser.error("--checks, --windows and --capacity are at least 1, --seconds at least 2")
    return given


def main() -> None:
    """Measure, and print tables."""
    given = _arguments()
    ensure([*given.checkers, "taskset"])
    checkers, others = given.cores
    os.sched_setaffinity(0, {others})
    prefer(os.getpid())  # it asks the exporter to look, at a steady pace
    machine = Machine.here()
    print(
        f"{machine}; checkers on core {checkers}, endpoints on core {others}; load {os.getloadavg()[0]:.1f}", flush=True
    )
    with tempfile.TemporaryDirectory(prefix="bench-health-") as folder, Endpoints(Path(folder), others) as endpoints:
        results = compare(
            given.kinds, given.checkers, endpoints, checks=given.checks, windows=given.windows, core=checkers
        )
        held = [
            capacity(kind, endpoints, checks=given.capacity, seconds=given.seconds, core=checkers)
            for kind in given.capacity_kinds
        ]
    if results:
        print(f"\n{table(results)}")
    for each in held:
        print(f"\n{capacity_line(each)}")
    print("\n" + "\n".join(dict.fromkeys(result.version for result in results)))
    if given.json is not None:
        report = Report(machine, results, held)
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))


if __name__ == "__main__":
    main()
