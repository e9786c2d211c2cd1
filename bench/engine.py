"""
What one answer costs inside our engine: the same questions as `bench.answers`, with no socket and no kernel.

For finding out where an answer spends its time, and whether a change pays. Instructions, which valgrind counts, are
the same in every run. Nanoseconds are those of the quickest of many rounds: with warm caches, and with caches that
something else has used between two batches of questions, as the kernel does on the wire.

With `--check`, instructions alone are counted, of fewer questions, and held against `bench/instructions.toml`; with
`--update` that is written anew.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from bench import loadgen
from bench.machine import Machine
from bench.workloads import APEX, QUESTIONS, WORKLOADS, site
from tests.peers.groups import geo_table, groups, latency_table
from tests.peers.images import images

_ENGINE = Path(__file__).parents[1] / "engine"
_STATIC = "static"  # what policies are compared with

FIGURES = Path(__file__).parent / "instructions.toml"
CHECKED = ("static", "nxdomain", "weighted", "geolocation", "tree")
TOLERANCE = 0.03  # by which a count may exceed its figure
_SAMPLE = 2_000  # questions of each workload where only instructions are counted


class Cost(NamedTuple):
    """Of one answer: instructions, None without valgrind; nanoseconds with warm caches and with cold ones."""

    instructions: float | None
    warm: float
    cold: float


class Figures(NamedTuple):
    """
    What was counted once.

    Attributes:
        compiler: With which Rust compiler; another one counts otherwise.
        instructions: Of one answer, by workload.
    """

    compiler: str
    instructions: dict[str, int]


def build() -> None:
    """Compile the program that answers."""
    subprocess.run(["cargo", "build", "--release", "--quiet", "--example", "answers"], cwd=_ENGINE, check=True)


def compiler() -> str:
    """Such as `rustc 1.95.0 (59807616e 2026-04-14)`."""
    return _output(["rustc", "--version"]).strip()


def figures() -> Figures:
    """Those of the repository."""
    found = tomllib.loads(FIGURES.read_text())
    return Figures(found["compiler"], found["instructions"])


def write_figures(found: Figures) -> None:
    """Replace those of the repository."""
    lines = [f"{name} = {count}" for name, count in found.instructions.items()]
    head = (
        "# Instructions of one answer, as valgrind counts them: `python -m bench.engine --update` writes this file.\n"
    )
    FIGURES.write_text(f'{head}compiler = "{found.compiler}"\n\n[instructions]\n' + "\n".join(lines) + "\n")


def counted(folder: Path) -> Figures:
    """Count the instructions of an answer of each workload in `CHECKED`; takes half a minute."""
    prepare(folder, CHECKED, _SAMPLE)
    return Figures(compiler(), {name: round(_instructions(folder, name, _SAMPLE)) for name in CHECKED})


def exceeding(found: Figures, known: Figures) -> list[str]:
    """The workloads whose count exceeds the figure by more than the tolerance, or that have none."""
    return [
        name for name, count in found.instructions.items() if count > known.instructions.get(name, 0) * (1 + TOLERANCE)
    ]


def comparison(found: Figures, known: Figures) -> str:
    """Lay out counts beside figures for people."""
    rows = [f"{'':<16}{'figure':>10}{'now':>10}{'change':>10}"]
    for name, count in found.instructions.items():
        figure = known.instructions.get(name)
        change = "-" if figure is None else f"{count / figure - 1:+.1%}"
        rows.append(f"{name:<16}{figure or '-':>10}{count:>10}{change:>10}")
    return "\n".join(rows)


def prepare(folder: Path, workloads: Iterable[str] = WORKLOADS, most: int = QUESTIONS) -> None:
    """Write the site's image and tables as the control plane makes them, and questions of these workloads."""
    asked = site()
    (folder / "zone").write_text(asked.zones[APEX])
    image = images(APEX, folder / "zone", zone_id="Z0000000000000", routed=groups(asked.routing))
    (folder / "head").write_bytes(image.head)
    for at, shard in enumerate(image.shards):
        (folder / f"shard-{at}").write_bytes(shard)
    (folder / "geo").write_bytes(geo_table(asked.routing))
    (folder / "latency").write_bytes(latency_table(asked.routing))
    for name in workloads:
        loadgen.write(WORKLOADS[name](asked, 1).questions[:most], folder / f"{name}.questions")


def measure(folder: Path, name: str, *, rounds: int, limits: bool = False) -> Cost:
    """
    Answer one workload's questions, `rounds` times for each state of the caches and once for counting.

    With `limits`, there are a rate limit, cookies and denied networks, and the questions keep to them.
    """
    limited = ["limits"] if limits else []
    warm, cold = map(float, _output([*_command(folder, name), str(rounds), *limited]).split())
    is_counted = shutil.which("valgrind") is not None
    return Cost(_instructions(folder, name, QUESTIONS, *limited) if is_counted else None, warm, cold)


def _command(folder: Path, name: str) -> list[str]:
    program = str(_ENGINE / "target" / "release" / "examples" / "answers")
    return [program, str(folder), str(folder / f"{name}.questions")]


def _instructions(folder: Path, name: str, questions: int, *more: str) -> float:
    """Of one answer, where each question is answered once for each state of the caches."""
    out = folder / f"{name}.callgrind"
    options = ["--tool=callgrind", "--toggle-collect=answers::answer", f"--callgrind-out-file={out}"]
    _output(["valgrind", *options, *_command(folder, name), "1", *more])
    summary = next(line for line in out.read_text().splitlines() if line.startswith(("summary:", "totals:")))
    return int(summary.split()[1]) / (2 * questions)


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


def _check(*, update: bool) -> None:
    known = figures() if FIGURES.exists() else Figures("", {})
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as folder:
        found = counted(Path(folder))
    print(f"{found.compiler}; the figures: {known.compiler}\n\n{comparison(found, known)}")
    if update:
        write_figures(found)
    elif exceeding(found, known):
        raise SystemExit(f"more than {TOLERANCE:.0%} over the figure: {', '.join(exceeding(found, known))}")


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
    parser.add_argument(
        "--check", action="store_true", help="count instructions alone, beside the repository's figures"
    )
    parser.add_argument("--update", action="store_true", help="the same, and write the figures anew")
    given = parser.parse_args()
    build()
    if given.check or given.update:
        _check(update=given.update)
        return
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        names = given.workloads.split(",")
        prepare(folder, names)
        print(f"{Machine.here()}\n")
        print(table({name: measure(folder, name, rounds=given.rounds, limits=given.limits) for name in names}))


if __name__ == "__main__":
    main()
