"""A seeded zone of 100,000 records, served by us and by our peers: the same questions get the same answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers import Knot, Nsd, install_line, missing
from tests.peers.compare import Answers, Reply, ask_all, differences, judge
from tests.peers.service import Service
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
def nsd(zone: Zone, master_file: Path, asked: list[Question]) -> Answers:
    with Nsd({zone.apex.to_text(): master_file}) as server:
        return ask_all(asked, server)


@pytest.fixture(scope="module")
def knot(zone: Zone, master_file: Path, asked: list[Question]) -> Answers:
    with Knot({zone.apex.to_text(): master_file}) as server:
        return ask_all(asked, server)


@pytest.fixture(scope="module")
def imported(zone: Zone, master_file: Path, asked: list[Question]) -> Answers:
    with Service({"quotas_record_sets_per_zone": str(RECORDS)}) as service:
        service.import_zone(zone.apex.to_text(), master_file)
        return ask_all(asked, service)


def test_the_questions_reach_every_kind_of_answer(nsd: Answers) -> None:
    """Each kind of answer is asked for often enough that a fault in it would be seen."""
    kinds = Counter(kind for reply in nsd.replies for kind in _kinds(reply))
    least = {"found": 2000, "nxdomain": 1000, "nodata": 1000, "referral": 500, "chain": 100, "truncated": 20}
    least |= {"chain to a referral": 3, "chain to nxdomain": 20, "refused": 20, "glue": 200}
    assert {kind: kinds[kind] for kind, count in least.items() if kinds[kind] < count} == {}


def test_the_peers_agree_with_each_other(asked: list[Question], nsd: Answers, knot: Answers) -> None:
    """NSD and Knot differ only where we know why: the comparison itself is sound."""
    verdict = judge(differences(asked, nsd, knot))
    assert not verdict.unexplained, str(verdict)


@pytest.mark.parametrize("peer", ["nsd", "knot"])
def test_we_agree_with(peer: str, asked: list[Question], imported: Answers, request: pytest.FixtureRequest) -> None:
    """With the file imported through the API, our answers differ from a peer's only where we know why."""
    verdict = judge(differences(asked, imported, request.getfixturevalue(peer)))
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
