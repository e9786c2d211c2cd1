"""
What one answer costs inside our engine: the same questions as `bench.answers`, with no socket and no kernel.

For finding out where an answer spends its time, and whether a change pays. Instructions, which valgrind counts, are
the same in every run. Nanoseconds are those of the quickest of many rounds: with warm caches, and with caches that
something else has used between two batches of questions, as the kernel does on the wire.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench import loadgen
from bench.machine import Machine
from bench.workloads import APEX, QUESTIONS, WORKLOADS, site
from tests.peers.groups import geo_table, groups, latency_table
from tests.peers.images import images

_ENGINE = Path(__file__).parents[1] / "engine"
_STATIC = "static"  # what policies are compared with


class Cost(NamedTuple):
    """Of one answer: instructions, None without valgrind; nanoseconds with warm caches and with cold ones."""

    instructions: float | None
    warm: float
    cold: float


def prepare(folder: Path) -> None:
    """Write the site's image and tables as the control plane makes them, and the questions of each workload."""
    asked = site()
    (folder / "zone").write_text(asked.zones[APEX])
    image = images(APEX, folder / "zone", zone_id="Z0000000000000", routed=groups(asked.routing))
    (folder / "head").write_bytes(image.head)
    for at, shard in enumerate(image.shards):
        (folder / f"shard-{at}").write_bytes(shard)
    (folder / "geo").write_bytes(geo_table(asked.routing))
    (folder / "latency").write_bytes(latency_table(asked.routing))
    for name, make in WORKLOADS.items():
        loadgen.write(make(asked, 1).questions, folder / f"{name}.questions")


def measure(folder: Path, name: str, *, rounds: int, limits: bool = False) -> Cost:
    """
    Answer one workload's questions, `rounds` times for each state of the caches and once for counting.

    With `limits`, there are a rate limit, cookies and denied networks, and the questions keep to them.
    """
    program = str(_ENGINE / "target" / "release" / "examples" / "answers")
    command = [program, str(folder), str(folder / f"{name}.questions")]
    limited = ["limits"] if limits else []
    warm, cold = map(float, _output([*command, str(rounds), *limited]).split())
    if shutil.which("valgrind") is None:
        return Cost(None, warm, cold)
    out = folder / f"{name}.callgrind"
    options = ["--tool=callgrind", "--toggle-collect=answers::answer", f"--callgrind-out-file={out}"]
    _output(["valgrind", *options, *command, "1", *limited])
    summary = next(line for line in out.read_text().splitlines() if line.startswith(("summary:", "totals:")))
    return Cost(int(summary.split()[1]) / (2 * QUESTIONS), warm, cold)


def table(costs: dict[str, Cost]) -> str:
    """Lay out the costs for people, with the ratios to a plain answer."""
    plain = costs.get(_STATIC)
    rows = [f"{'':<16}" + "".join(f"{what:>14}{'/ static':>10}" for what in ("instructions", "ns warm", "ns cold"))]
    for name, cost in costs.items():
        beside = zip(cost, plain or (None, None, None), strict=True)
        rows.append(f"{name:<16}" + "".join(_cells(own, other) for own, other in beside))
    return "\n".join(rows)


def _cells(own: float | None, plain: float | None) -> str:
    shown = "-" if own is None else f"{own:,.0f}"
    ratio = "-" if own is None or plain is None else f"{own / plain:.2f}"
    return f"{shown:>14}{ratio:>10}"


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.engine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="which, separated by commas (default: all)")
    parser.add_argument("--rounds", type=int, default=50, help="rounds of 20,000 questions (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="keep image, questions and callgrind's output in this folder")
    parser.add_argument("--limits", action="store_true", help="with a rate limit, cookies and denied networks in force")
    given = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet", "--example", "answers"], cwd=_ENGINE, check=True)
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        prepare(folder)
        names = given.workloads.split(",")
        print(f"{Machine.here()}\n")
        print(table({name: measure(folder, name, rounds=given.rounds, limits=given.limits) for name in names}))


if __name__ == "__main__":
    main()
