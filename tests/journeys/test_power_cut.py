"""What was replied to survives `kill -9` (R-CHG-16), and an edge answers alone."""

import random
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.journeys.site import Site, create, upsert

pytestmark = pytest.mark.journey

KILLS = 50


class Writer(threading.Thread):
    """Changes records one after the other and keeps what was acknowledged; ends when the server is gone."""

    def __init__(self, route53: Any, zone: str, begin: int) -> None:
        super().__init__()
        self._route53 = route53
        self._zone = zone
        self._next = begin
        self.acknowledged: dict[str, str] = {}
        self.tried: dict[str, str] = {}
        self.first = threading.Event()

    def run(self) -> None:
        """Write until the connection breaks."""
        while True:
            name, value = f"n{self._next % 40}.cut.example.", f'"{self._next}"'
            batch = {"Changes": [upsert(name, "TXT", value), upsert(f"twin-{name}", "TXT", value)]}
            self.tried[name] = value
            try:
                self._route53.change_resource_record_sets(HostedZoneId=self._zone, ChangeBatch=batch)
            except (BotoCoreError, ClientError):
                return
            self.acknowledged[name] = value
            self.first.set()
            self._next += 1

    @property
    def reached(self) -> int:
        """The next number to write."""
        return self._next + 1


def test_kill_9_at_any_moment_loses_no_acknowledged_change(tmp_path: Path) -> None:
    """50 kills at random moments: each acknowledged change is listed and answered, each batch whole or absent."""
    chance = random.Random(53)
    expected: dict[str, str] = {}
    tried: dict[str, str] = {}
    reached = 0
    with Site(tmp_path / "data") as site:
        zone = site.create_zone("cut.example")
        for _ in range(KILLS):
            writer = Writer(site.route53, zone, reached)
            writer.start()
            assert writer.first.wait(30)
            threading.Event().wait(chance.uniform(0, 0.12))
            site.kill()
            writer.join()
            reached = writer.reached
            expected |= writer.acknowledged
            tried |= writer.tried
            site.start()
            _compare(site, zone, expected, tried)


def _compare(site: Site, zone: str, expected: dict[str, str], tried: dict[str, str]) -> None:
    """The change that was not replied to may be there or not; where it is, it is what is expected from now on."""
    stored = _stored(site, zone)
    expected |= {name: value for name, value in tried.items() if stored.get(name) == value}
    assert expected | {f"twin-{name}": value for name, value in expected.items()} == stored
    site.eventually(lambda: all(site.answers(name, "TXT") == {value} for name, value in expected.items()))


def _stored(site: Site, zone: str) -> dict[str, str]:
    pages = site.route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    return {
        found["Name"]: found["ResourceRecords"][0]["Value"]
        for page in pages
        for found in page["ResourceRecordSets"]
        if found["Type"] == "TXT"
    }


def test_a_data_folder_answers_again_after_a_kill(tmp_path: Path) -> None:
    """A restart after `kill -9` needs no repair: the same answers, the same keys, INSYNC for what was pending."""
    site = Site(tmp_path / "data")
    with site:
        zone = site.create_zone("again.example")
        change = site.change(zone, create("www.again.example", "A", "192.0.2.1"))
        site.kill()

    with site:
        site.in_sync(change)
        assert {"192.0.2.1"} == site.answers("www.again.example", "A")


def test_an_edge_answers_with_the_control_plane_absent(tmp_path: Path) -> None:
    """An edge starts from the last values on its disk, with nothing else reachable (architecture §4)."""
    folder = tmp_path / "data"
    with Site(folder) as both:
        zone = both.create_zone("alone.example")
        both.in_sync(both.change(zone, create("www.alone.example", "A", "192.0.2.1")))
    (folder / "meridian.db").rename(tmp_path / "away.db")

    with both.in_role("edge") as edge:
        assert {"192.0.2.1"} == edge.answers("www.alone.example", "A")
    assert not (folder / "meridian.db").exists()
