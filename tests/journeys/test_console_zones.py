"""Zones and records in the console, by mouse and keyboard, down to the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.browser import drive
from tests.journeys.site import Site

pytestmark = pytest.mark.journey

VIEWS = """
vpc-office = {region = "eu-central-1", clients = ["127.0.0.2/32"]}
vpc-plant = {region = "us-west-2", clients = ["127.0.0.3/32"]}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("zones") / "data", environ={"MERIDIAN_VIEWS": VIEWS}) as running:
        yield running


def test_a_zone_from_nothing_and_a_change_taken_back(site: Site) -> None:
    """A weighted pair and an alias go out as one batch, a refusal stands at its change, undo brings answers back."""
    drive(site, "zones.mjs")


def test_a_zone_out_of_a_file_and_into_one(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read before it changes anything; what it meets stays unless it may be replaced; it comes out again."""
    monkeypatch.setenv("MERIDIAN_FILE", str(tmp_path / "files.zone"))
    drive(site, "files.mjs")


def test_a_private_zone_and_its_networks(site: Site) -> None:
    """R-PVT-1 to R-PVT-4: a network that is associated sees the zone, one that is removed does not; one has to stay."""
    drive(site, "private.mjs")
