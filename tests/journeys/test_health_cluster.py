"""Control, edges and checkers in processes of their own: each role is killed, and what the others do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from meridian.edge.health import MEMORY
from meridian.health import memory
from tests.fakes.endpoint import Endpoint, reads, reply, sends
from tests.feed.nats_server import NatsServer
from tests.journeys.site import Site
from tests.journeys.test_health_failover import PRIMARY, SECONDARY, WWW, check, failover_pair, observed

pytestmark = pytest.mark.journey

CHECKERS = ("ams1", "fra1", "sin1")


class Cluster:
    """One control plane, two edges, three checkers, and the NATS server between them."""

    def __init__(self, folder: Path) -> None:
        self.nats = NatsServer(folder / "nats")
        self._folder = folder
        self.control = self._site("control", "control")
        self.edges = [self._site(name, "edge") for name in ("edge1", "edge2")]
        self.checkers = [self._site(name, "checker") for name in CHECKERS]
        self._open = ExitStack()

    def __enter__(self) -> Cluster:
        self._open.enter_context(self.nats)
        for site in (self.control, *self.edges, *self.checkers):
            self._open.enter_context(site)
        return self

    def __exit__(self, *error: object) -> None:
        self._open.__exit__(*error)  # type: ignore[arg-type]

    def eventually(self, answer: set[str]) -> None:
        """Wait until both edges answer so."""
        for edge in self.edges:
            edge.eventually(lambda edge=edge: edge.answers(WWW, "A") == answer)  # type: ignore[misc]

    def remember(self, check_id: str, *, healthy: bool) -> None:
        """Wait until both edges have written so much down, a moment later: SIGKILL would take it from them."""
        for edge in self.edges:
            file = edge.folder / MEMORY
            edge.eventually(lambda file=file: (check_id, healthy) in _remembered(file))  # type: ignore[misc]

    def answers(self) -> list[set[str]]:
        return [edge.answers(WWW, "A") for edge in self.edges]

    def seen_by(self, check_id: str) -> int:
        """How many checkers' votes count, as the control plane has it."""
        return len(observed(self.control, check_id))

    def _site(self, name: str, role: str) -> Site:
        environ = {
            "MERIDIAN_FEED": self.nats.url,
            "MERIDIAN_PRIVATE_TARGETS": "127.0.0.1/32",
            "MERIDIAN_EDGE_NAME": name,
            "MERIDIAN_CHECKER_NAME": name,
        }
        return Site(self._folder / name, roles=role, environ=environ)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path) as running:
        yield running


def _remembered(file: Path) -> list[tuple[str, bool]]:
    return [(one.id, one.healthy) for one in memory.read(file)]


def kill(sites: Sequence[Site]) -> None:
    for site in sites:
        site.kill()


def start(sites: Sequence[Site]) -> None:
    for site in sites:
        site.start()


def test_each_role_is_killed(cluster: Cluster) -> None:
    """
    No role's end moves an answer, and what is left goes on working.

    Control is not needed for a failover; edges that start with nobody there answer as before, the feed's
    server included (R-HCD-5).
    """
    with Endpoint(reads, sends(reply())) as alive:
        found = check(cluster.control, alive.port, checkers=len(CHECKERS))
        failover_pair(cluster.control, found)
        cluster.eventually(PRIMARY)
        kill([cluster.control, *cluster.checkers[:2]])
        assert cluster.answers() == [PRIMARY, PRIMARY]
    cluster.eventually(SECONDARY)
    cluster.remember(found, healthy=False)
    kill(cluster.checkers[2:])
    kill(cluster.edges)
    start(cluster.edges)
    assert cluster.answers() == [SECONDARY, SECONDARY]
    cluster.nats.kill()
    kill(cluster.edges)
    start(cluster.edges)
    assert cluster.answers() == [SECONDARY, SECONDARY]
    cluster.nats.start()
    start([cluster.control, *cluster.checkers])
    cluster.control.eventually(lambda: cluster.seen_by(found) == len(CHECKERS))
    assert cluster.answers() == [SECONDARY, SECONDARY]
    with Endpoint(reads, sends(reply()), port=alive.port):
        cluster.eventually(PRIMARY)
