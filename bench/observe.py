"""
What it costs an edge to be watched: the static workload with nothing on, with questions counted by zone, with dnstap
to Debian's reader, to a reader that reads nothing, and with every question logged to a file; all in one run.

As in `bench.answers` each server has one UDP thread on one core, the generator has another and checks every answer,
and of several passes the cheapest counts. What a server spends includes the thread that writes dnstap and the one that
writes logs. The reader of dnstap has the generator's core: what it takes from the generator is no cost of ours.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import loadgen
from bench.answers import STATIC, Result, Turn
from bench.machine import Machine
from bench.workloads import APEX, WORKLOADS, site
from tests.peers.install import CannotInstall, ensure
from tests.peers.meridian import ROOT, Meridian
from tests.peers.server import HOST

_READY = bytes([0, 0, 0, 0, 0, 0, 0, 34, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 22]) + b"protobuf:dnstap.Dnstap"
_ACCEPT = _READY.replace(b"\0\0\0\4", b"\0\0\0\1")


class Watched(Meridian):
    """Our engine with something that watches it; a folder holds what it writes to."""

    what = ""
    told = ""  # what it has counted, once it has ended

    def stop(self) -> None:
        """End it, and keep what it says at its end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20.0)
            self.told = self.log().strip().rpartition("\n")[2]
        super().stop()

    def command(self) -> list[str]:
        """The engine's process."""
        path = f"{ROOT}:{ROOT / 'src'}"
        ((apex, file),) = self.zones.items()
        return [
            "env", f"PYTHONPATH={path}", sys.executable, "-m", "bench.observe_process", f"{HOST}:{self.port}",
            apex, str(file.absolute()), *filter(None, [self.what]),
        ]  # fmt: skip


def watched(name: str, what: str) -> type[Watched]:
    """A kind of server."""
    return type("Watched", (Watched,), {"name": name, "what": what})


@contextmanager
def reader(path: Path, core: int) -> Iterator[None]:
    """Debian's reader of Frame Streams, which writes to nowhere."""
    command = ["taskset", "-c", str(core), "fstrm_capture", "-t", "protobuf:dnstap.Dnstap"]
    with subprocess.Popen([*command, "-u", str(path), "-w", "/dev/null"], stderr=subprocess.DEVNULL) as capture:
        yield
        capture.terminate()


@contextmanager
def stuck_reader(path: Path) -> Iterator[None]:
    """A reader that shakes hands and reads no frame."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()

        def accept() -> None:
            held.append(listener.accept()[0])
            held[0].recv(len(_READY))
            held[0].sendall(_ACCEPT)

        held: list[socket.socket] = []
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield
        thread.join(10)
        for connection in held:
            connection.close()


def measure(*, queries: int, passes: int, window: int, cores: tuple[int, int]) -> tuple[list[Result], dict[str, str]]:
    """All servers in turns, forwards and backwards: what was measured, and what each says it has counted."""
    program = loadgen.build()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-observe-")))
        asked = site()
        zone = folder / "zone"
        zone.write_text(asked.zones[APEX])
        workload = WORKLOADS[STATIC](asked, 1)
        loadgen.write(workload.questions, folder / f"{STATIC}-checked")
        stack.enter_context(reader(folder / "tap.sock", cores[1]))
        stack.enter_context(stuck_reader(folder / "stuck.sock"))
        kinds = [
            watched("off", ""),
            watched("by zone", "zones"),
            watched("dnstap", f"dnstap={folder / 'tap.sock'}"),
            watched("stuck tap", f"dnstap={folder / 'stuck.sock'}"),
            watched("query log", f"log={folder / 'queries.log'}"),
        ]
        servers = [stack.enter_context(kind({APEX: zone}, core=cores[0])) for kind in kinds]
        turns = [Turn(server, STATIC, workload, folder) for server in servers]
        for number in range(passes + 1):
            for turn in turns if number % 2 else reversed(turns):
                turn.take(program, queries=queries, window=window, core=cores[1])
        results = [turn.result() for turn in turns]
    return results, {server.name: server.told for server in servers}


def table(results: list[Result]) -> str:
    """Lay the results out for people, with the ratio to nothing on."""
    off = results[0].quietest.cost_us
    head = (
        f"{'':<12}{'answers/CPU s':>14}{'/ off':>8}{'user µs':>9}{'system µs':>11}"
        f"{'p50 µs':>8}{'p99 µs':>8}{'wrong':>7}{'lost':>6}"
    )
    rows = [_row(result, off) for result in results]
    return "\n".join([head, *rows])


def _row(result: Result, off: float) -> str:
    best = result.quietest
    p50, p99 = (best.load.latency_us[key] or 0 for key in ("p50", "p99"))
    return (
        f"{result.server:<12}{1e6 / best.cost_us:>14,.0f}{off / best.cost_us:>8.3f}{result.user_us:>9.2f}"
        f"{result.system_us:>11.2f}{p50:>8.0f}{p99:>8.0f}{result.wrong:>7}{result.lost:>6}"
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.observe", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--queries", type=int, default=200_000, help="most questions a pass (default: %(default)s)")
    parser.add_argument("--passes", type=int, default=5, help="passes after the warm-up (default: %(default)s)")
    parser.add_argument("--window", type=int, default=128, help="questions outstanding, 1 to 256 (default: 128)")
    given = parser.parse_args()
    try:
        ensure(["load", "taskset", "dnstap reader"])
    except CannotInstall as error:
        raise SystemExit(str(error)) from None
    cores = sorted(os.sched_getaffinity(0))
    print(f"{Machine.here()}; {given.queries:,} questions a pass\n")
    results, told = measure(
        queries=given.queries, passes=given.passes, window=given.window, cores=(cores[0], cores[-1])
    )
    print(table(results) + "\n")
    for name, counted in told.items():
        print(f"{name}: {counted}")
    if any(result.wrong for result in results):
        raise SystemExit("some answers were wrong; see above")


if __name__ == "__main__":
    main()
