"""A seeded zone of 100,000 records, served by us and by our peers: the same questions get the same answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers import Knot, Meridian, Nsd, Server, install_line, missing
from tests.peers.compare import Client, Reply, differences, judge
from tests.peers.zones import Question, Zone, generate, questions, write

SEED = 1
RECORDS = 100_000
QUESTIONS = 10_000

_LACKING = missing(["nsd", "knot", "taskset"])

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(bool(_LACKING), reason=f"not installed; as root: {install_line(_LACKING)}"),
]


@pytest.fixture(scope="module")
def zone() -> Zone:
    return generate(SEED, RECORDS)


@pytest.fixture(scope="module")
def master_file(zone: Zone, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("zone") / "seeded.zone"
    write(zone, file)
    return file


@pytest.fixture(scope="module")
def asked(zone: Zone) -> list[Question]:
    return questions(zone, SEED, QUESTIONS)


@pytest.fixture(scope="module")
def nsd(zone: Zone, master_file: Path) -> Iterator[Server]:
    with Nsd({zone.apex.to_text(): master_file}) as server:
        yield server


@pytest.fixture(scope="module")
def knot(zone: Zone, master_file: Path) -> Iterator[Server]:
    with Knot({zone.apex.to_text(): master_file}) as server:
        yield server


@pytest.fixture(scope="module")
def meridian(zone: Zone, master_file: Path) -> Iterator[Server]:
    with Meridian({zone.apex.to_text(): master_file}) as server:
        yield server


def test_the_questions_reach_every_kind_of_answer(asked: list[Question], nsd: Server) -> None:
    """Each kind of answer is asked for often enough that a fault in it would be seen."""
    client = Client(nsd)
    kinds = Counter(kind for question in asked for kind in _kinds(client.ask(question)))
    client.close()
    least = {"found": 2000, "nxdomain": 1000, "nodata": 1000, "referral": 500, "chain": 100, "truncated": 20}
    least |= {"chain to a referral": 3, "chain to nxdomain": 20, "refused": 20, "glue": 200}
    assert {kind: kinds[kind] for kind, count in least.items() if kinds[kind] < count} == {}


def test_the_peers_agree_with_each_other(asked: list[Question], nsd: Server, knot: Server) -> None:
    """NSD and Knot differ only where we know why: the comparison itself is sound."""
    verdict = judge(differences(asked, nsd, knot))
    assert not verdict.unexplained, str(verdict)


@pytest.mark.parametrize("peer", ["nsd", "knot"])
def test_we_agree_with(peer: str, asked: list[Question], meridian: Server, request: pytest.FixtureRequest) -> None:
    """Our answers differ from a peer's only where we know why."""
    verdict = judge(differences(asked, meridian, request.getfixturevalue(peer)))
    assert not verdict.unexplained, str(verdict)


def _kinds(reply: Reply) -> Iterator[str]:
    chained = any(rr.type == "CNAME" for rr in reply.answer)
    if reply.truncated:
        yield "truncated"
    if chained:
        yield "chain"
    if reply.rcode == "NXDOMAIN":
        yield "chain to nxdomain" if chained else "nxdomain"
    elif reply.rcode == "REFUSED":
        yield "refused"
    elif reply.is_referral:
        yield "chain to a referral" if chained else "referral"
        if reply.additional:
            yield "glue"
    elif reply.answer:
        yield "found"
    elif reply.has_soa:
        yield "nodata"
