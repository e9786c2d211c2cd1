"""Many small zones, each from a seed of its own: dense enough that delegations, wildcards and chains meet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import dns.name
import pytest

from tests.peers import Knot, Meridian, Nsd, install_line, missing
from tests.peers.compare import Answers, Verdict, ask_all, differences, judge
from tests.peers.server import Server
from tests.peers.zones import Question, Zone, generate, questions, write

ZONES = int(os.environ.get("MERIDIAN_ZONES", "24"))
RECORDS = 300
QUESTIONS = 500
BRANCHES = 6

_LACKING = missing(["nsd", "knot", "taskset"])

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(bool(_LACKING), reason=f"not installed; as root: {install_line(_LACKING)}"),
]


@pytest.fixture(scope="module")
def zones() -> list[Zone]:
    return [generate(seed, RECORDS, dns.name.from_text(f"s{seed}.test."), BRANCHES) for seed in range(ZONES)]


@pytest.fixture(scope="module")
def asked(zones: list[Zone]) -> list[list[Question]]:
    return [questions(zone, seed, QUESTIONS) for seed, zone in enumerate(zones)]


@pytest.fixture(scope="module")
def answers(
    zones: list[Zone], asked: list[list[Question]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[Answers]]]:
    """What each server said of each zone, all of which it serves at once."""
    files = {zone.apex.to_text(): _written(zone, tmp_path_factory.mktemp("zones")) for zone in zones}
    with ExitStack() as stack:
        servers: list[Server] = [stack.enter_context(kind(files)) for kind in (Meridian, Nsd, Knot)]
        yield {server.name: list(map(ask_all, asked, [server] * ZONES, files)) for server in servers}


@pytest.mark.parametrize("peers", [("meridian", "nsd"), ("meridian", "knot"), ("nsd", "knot")], ids="-".join)
def test_generated_zones(
    peers: tuple[str, str], asked: list[list[Question]], answers: dict[str, list[Answers]]
) -> None:
    """Two servers' answers about zones of any shape differ only where we know why."""
    left, right = peers
    found = [
        disagreement
        for about, mine, theirs in zip(asked, answers[left], answers[right], strict=True)
        for disagreement in differences(about, mine, theirs)
    ]
    verdict: Verdict = judge(found)
    print(f"\n{left} and {right}, {ZONES * QUESTIONS} questions:\n{verdict}")
    assert not verdict.unexplained, str(verdict)


def _written(zone: Zone, folder: Path) -> Path:
    file = folder / "zone"
    write(zone, file)
    return file
