"""Routing policies in every server that knows them: the same questions, and every answer right."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bench import loadgen
from bench.answers import can_answer
from bench.loadgen import Load, Question
from bench.workloads import WORKLOADS, Workload, site
from tests.peers import Gdnsd, Knot, Meridian, PowerDnsGeo, PowerDnsLua, Server, install_line, missing

_SERVERS: tuple[type[Server], ...] = (Meridian, Gdnsd, Knot, PowerDnsGeo, PowerDnsLua)
_LACKING = missing([*(kind.name for kind in _SERVERS), "load"])
_QUESTIONS = 500
_BY_PLACE = ("geolocation", "nearest", "tree")

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(bool(_LACKING), reason=f"not installed; as root: {install_line(_LACKING)}"),
]


@pytest.fixture(scope="module")
def program() -> Path:
    return loadgen.build()


@pytest.fixture(scope="module", params=_SERVERS, ids=lambda kind: kind.name)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("zones")
    for apex, text in site().zones.items():
        (folder / apex).write_text(text)
    with request.param({apex: folder / apex for apex in site().zones}, routing=site().routing) as running:
        yield running


@pytest.fixture(scope="module")
def workloads() -> dict[str, Workload]:
    return {name: make(site(), 2) for name, make in WORKLOADS.items()}


def test_every_answer_is_one_that_is_right(
    server: Server, workloads: dict[str, Workload], program: Path, tmp_path: Path
) -> None:
    """For the name and for where the client is, in each workload that the server takes part in."""
    able = {name: workload for name, workload in workloads.items() if can_answer(type(server), workload)}
    assert len(able) > 1
    for name, workload in able.items():
        load = _ask(workload.questions[:_QUESTIONS], server, program, tmp_path)
        assert (load.answered, load.wrong, load.lost) == (_QUESTIONS, 0, 0), (name, load.first_wrong)


def test_an_answer_for_another_place_is_wrong(
    server: Server, workloads: dict[str, Workload], program: Path, tmp_path: Path
) -> None:
    """So that a server that does not look at the client subnet is found out."""
    able = {name: workloads[name] for name in _BY_PLACE if can_answer(type(server), workloads[name])}
    assert able
    for name, workload in able.items():
        own = workload.questions[: _QUESTIONS + 1]
        moved = [question._replace(subnet=other.subnet) for question, other in pairwise(own)]
        load = _ask(moved, server, program, tmp_path)
        assert load.answered == _QUESTIONS, name
        assert load.wrong > _QUESTIONS / 2, name


def test_each_policy_is_known_to_us_and_to_a_peer(workloads: dict[str, Workload]) -> None:
    """Nothing is compared with nobody."""
    for workload in workloads.values():
        able = [kind for kind in _SERVERS if can_answer(kind, workload)]
        assert Meridian in able
        assert len(able) > 1


def test_regions_share_the_clients() -> None:
    """The workload by region is not one region's: at least ten answer, and most countries have a nearest one."""
    winners = site().routing.winners
    assert len(set(winners.values())) >= 10
    assert len(winners) >= 100


def _ask(questions: list[Question], server: Server, program: Path, folder: Path) -> Load:
    """Each question once, a few at a time."""
    loadgen.write(questions, folder / "questions")
    return loadgen.run(program, server.address, folder / "questions", count=len(questions), window=8)
