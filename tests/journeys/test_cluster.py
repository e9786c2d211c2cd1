"""Control and two edges as processes of their own, with NATS between them (docs/guides/clusters.md)."""

from __future__ import annotations

import sqlite3
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import dns.rcode
import pytest
from prometheus_client.parser import text_string_to_metric_families

from meridian.client import connect, write_files
from tests.feed.nats_server import NatsServer
from tests.journeys.site import PATIENCE, Site, create, upsert
from tests.ports import free_port

pytestmark = pytest.mark.journey


class Cluster:
    """One control plane, two edges, and the NATS server between them; each with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.nats = NatsServer(folder / "nats")
        self.metrics = {"edge1": free_port()}
        self.control, self.one, self.two = (
            Site(
                folder / name,
                roles=role,
                environ={
                    "MERIDIAN_FEED": self.nats.url,
                    "MERIDIAN_EDGE_NAME": name,
                    "MERIDIAN_METRICS_LISTEN": f"127.0.0.1:{self.metrics[name]}" if name in self.metrics else "",
                },
            )
            for name, role in (("control", "control"), ("edge1", "edge"), ("edge2", "edge"))
        )
        self.edges = (self.one, self.two)
        self._open = ExitStack()

    def __enter__(self) -> Cluster:
        for part in (self.nats, self.control, *self.edges):
            self._open.enter_context(part)
        return self

    def __exit__(self, *error: object) -> None:
        self._open.__exit__(*error)  # type: ignore[arg-type]

    def status(self, change: str) -> str:
        return str(self.control.route53.get_change(Id=change)["ChangeInfo"]["Status"])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def zone(cluster: Cluster) -> str:
    return cluster.control.create_zone("example.com")


def answers(sites: Sequence[Site], name: str) -> list[set[str]]:
    return [site.answers(name, "A") for site in sites]


def test_a_change_reaches_every_edge_before_it_is_in_sync(cluster: Cluster, zone: str) -> None:
    """What is INSYNC is answered by all edges alike (R-CHG-16)."""
    for number in range(20):
        value = f"192.0.2.{number}"
        cluster.control.in_sync(cluster.control.change(zone, upsert("www.example.com", "A", value)))

        assert answers(cluster.edges, "www.example.com") == [{value}, {value}]


def test_an_edge_tells_its_own_metrics(cluster: Cluster, zone: str) -> None:
    """Where there is no API, at an address of its own: what it was asked, and of no check."""

    def told() -> dict[tuple[str, str], float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{cluster.metrics['edge1']}/metrics", timeout=PATIENCE) as reply:
            families = list(text_string_to_metric_families(reply.read().decode()))
        assert not any(family.name.startswith("r53_") for family in families)
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, sample.labels.get("transport", "")): sample.value for sample in samples}

    before = told()["meridian_dns_queries_total", "tcp"]
    cluster.one.ask("metrics.example.com", "A", tcp=True)
    cluster.two.ask("metrics.example.com", "A", tcp=True)
    assert told()["meridian_dns_queries_total", "tcp"] == before + 1
    assert told()["process_open_fds", ""] > 0


def test_control_tells_which_edges_have_a_change_and_what_each_was_asked(
    cluster: Cluster, zone: str, tmp_path: Path
) -> None:
    """`/meridian/changes/ID` names both edges; the overview has the questions of each (docs/reference/overview.md)."""
    change = cluster.control.change(zone, upsert("told.example.com", "A", "192.0.2.1"))
    cluster.control.in_sync(change)
    write_files(tmp_path, cluster.control.key, cluster.control.url)
    api = connect(cluster.control.url, tmp_path, {})
    told = api.native(f"/meridian/changes/{change.removeprefix('/change/')}")
    assert (told["status"], told["reached"], told["waiting"]) == ("INSYNC", ["edge1", "edge2"], [])

    for site, count in ((cluster.one, 2), (cluster.two, 3)):
        for _ in range(count):
            site.ask("told.example.com", "SSHFP")

    def asked() -> list[int]:
        edges = api.native("/meridian/overview")["edges"]
        return [edge["counted"]["types"].get("SSHFP", 0) for edge in edges if edge["counted"] is not None]

    cluster.control.eventually(lambda: asked() == [2, 3])


def test_a_change_waits_for_an_edge_that_hangs_as_long_as_it_counts_as_live(cluster: Cluster, zone: str) -> None:
    """It stays PENDING while the edge that hangs was heard of in the last 15 seconds; then the others decide."""
    cluster.control.in_sync(cluster.control.change(zone, upsert("hang.example.com", "A", "192.0.2.1")))
    cluster.two.suspend()
    try:
        change = cluster.control.change(zone, upsert("hang.example.com", "A", "192.0.2.2"))
        cluster.one.eventually(lambda: cluster.one.answers("hang.example.com", "A") == {"192.0.2.2"})
        assert cluster.status(change) == "PENDING"
        cluster.control.in_sync(change)
    finally:
        cluster.two.resume()

    cluster.two.eventually(lambda: cluster.two.answers("hang.example.com", "A") == {"192.0.2.2"})


def test_an_edge_answers_from_its_disk_with_nothing_else_reachable(cluster: Cluster, zone: str) -> None:
    """NATS and control are gone, and an edge that starts answers what it answered; explain reads the same file."""
    cluster.control.in_sync(cluster.control.change(zone, upsert("alone.example.com", "A", "192.0.2.9")))
    cluster.nats.kill()
    cluster.control.kill()
    cluster.one.kill()
    cluster.one.start()

    assert answers(cluster.edges, "alone.example.com") == [{"192.0.2.9"}] * 2
    told = cluster.one.meridian("explain", "alone.example.com", "A")
    assert "192.0.2.9" in told.stdout, told.stderr

    cluster.nats.start()
    cluster.control.start()
    cluster.control.in_sync(cluster.control.change(zone, upsert("alone.example.com", "A", "192.0.2.10")))
    assert answers(cluster.edges, "alone.example.com") == [{"192.0.2.10"}] * 2


def test_no_change_is_lost_when_nats_restarts(cluster: Cluster, zone: str) -> None:
    """What is changed while NATS is away waits, PENDING, and reaches every edge when it is back."""
    changes = []
    for number in range(12):
        if number == 4:
            cluster.nats.kill()
        if number == 8:
            cluster.nats.start()
        changes.append(cluster.control.change(zone, create(f"n{number}.restart.example.com", "A", f"192.0.2.{number}")))
        if number == 7:
            assert [cluster.status(change) for change in changes[4:]] == ["PENDING"] * 4

    for change in changes:
        cluster.control.in_sync(change)
    for number in range(12):
        assert answers(cluster.edges, f"n{number}.restart.example.com") == [{f"192.0.2.{number}"}] * 2


def test_an_edge_that_was_away_while_zones_were_deleted(cluster: Cluster) -> None:
    """Zones deleted in its absence are gone from its answers, and from its disk."""
    zones = [cluster.control.create_zone(f"gone{number}.example") for number in range(3)]
    kept = cluster.control.create_zone("kept.example")
    cluster.two.kill()
    for zone in zones:
        cluster.control.route53.delete_hosted_zone(Id=zone)
    cluster.control.in_sync(cluster.control.change(kept, create("www.kept.example", "A", "192.0.2.1")))
    cluster.two.start()

    cluster.two.eventually(lambda: cluster.two.answers("www.kept.example", "A") == {"192.0.2.1"})
    for number in range(3):
        cluster.two.eventually(lambda n=number: cluster.two.ask(f"gone{n}.example", "SOA").rcode() == dns.rcode.REFUSED)  # type: ignore[misc]
    cluster.two.eventually(lambda: not any(zone in key for zone in zones for key in keys_of(cluster.two)))


def keys_of(site: Site) -> list[str]:
    """All keys in the file of a process."""
    with closing(sqlite3.connect(site.folder / "feed.db")) as connection:
        return [key for (key,) in connection.execute("SELECT key FROM value")]


def test_nats_that_lost_everything_is_filled_again(cluster: Cluster, zone: str) -> None:
    """Edges answer on when NATS loses what it stored; control fills it again by itself, and a new edge gets all."""
    cluster.control.in_sync(cluster.control.change(zone, upsert("wiped.example.com", "A", "192.0.2.1")))
    cluster.nats.stop()
    cluster.nats.wipe()
    cluster.nats.start()
    cluster.control.in_sync(cluster.control.change(zone, upsert("wiped.example.com", "A", "192.0.2.2")))

    assert answers(cluster.edges, "wiped.example.com") == [{"192.0.2.2"}] * 2
    cluster.one.kill()
    for file in cluster.one.folder.glob("feed.db*"):
        file.unlink()
    cluster.one.start()
    assert cluster.one.answers("wiped.example.com", "A") == {"192.0.2.2"}


def test_two_processes_that_share_a_folder_are_refused(cluster: Cluster) -> None:
    """Two that follow a bucket would write one file of last values; the second is told what to do."""
    told = cluster.one.in_role("checker").meridian("serve")

    assert told.returncode == 2
    assert "another meridian already uses" in told.stderr
    assert "data_dir" in told.stderr
