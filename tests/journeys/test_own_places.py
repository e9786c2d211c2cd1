"""Regions and places of the operator's own: over the API, on the wire, in the explanation (R-REG-1, R-GPX-10)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meridian.place import prior
from meridian.place.coordinates import Region
from tests.journeys.site import Site, create
from tests.journeys.test_explain import arms, command, explained
from tests.journeys.test_policies import CLIENTS, ZONE, ask, group, known_clients

pytestmark = pytest.mark.journey

HOME = 'home-1 = {latitude = 52.52, longitude = 13.4, country = "DE", city = "Berlin"}'
OFFICE = "office = {latitude = 19.43, longitude = -99.13}"  # Mexico City


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = known_clients(tmp_path_factory.mktemp("places") / "data")
    with Site(folder, environ={"MERIDIAN_REGIONS": HOME, "MERIDIAN_PLACES": OFFICE}) as running:
        yield running


@pytest.fixture(scope="module")
def zone(site: Site) -> str:
    zone = site.create_zone(ZONE)
    regions = {"192.0.2.1": "home-1", "192.0.2.2": "eu-west-2", "192.0.2.3": "us-east-1"}
    near = {
        "192.0.2.4": {"AWSRegion": "home-1"},
        "192.0.2.5": {"LocalZoneGroup": "office"},
        "192.0.2.6": {"AWSRegion": "eu-west-2"},
    }
    site.in_sync(site.change(zone, *group("fast", "Region", regions), *group("near", "GeoProximityLocation", near)))
    return zone


def test_the_nearest_region_is_the_operators(site: Site, zone: str) -> None:
    """A client in Berlin is answered with the region at home; the others as they were without it."""
    seen = {client: ask(site, "fast", client)[0] for client in ("berlin", "london", "toronto")}
    assert seen == {"berlin": {"192.0.2.1"}, "london": {"192.0.2.2"}, "toronto": {"192.0.2.3"}}


def test_geoproximity_measures_from_own_places(site: Site, zone: str) -> None:
    """Own regions and own places stand where the settings say."""
    seen = {client: ask(site, "near", client)[0] for client in ("berlin", "mexico city", "london")}
    assert seen == {"berlin": {"192.0.2.4"}, "mexico city": {"192.0.2.5"}, "london": {"192.0.2.6"}}


def test_the_explanation_says_whence_the_latency_is(site: Site, zone: str) -> None:
    """Nobody has measured the way to the region at home: its latency is the prior, and is called so."""
    subnet = CLIENTS["berlin"][0]
    found = explained(site, {"name": f"fast.{ZONE}", "type": "A", "subnet": subnet})
    (chosen,) = [arm for arm in arms(found) if arm["chosen"]]
    told = command(site, f"fast.{ZONE}", "A", "--subnet", subnet)
    guess = prior.default().latency_ms("DE", CLIENTS["berlin"][4], Region("home-1", (5252, 1340), "DE"))

    assert (chosen["region"], chosen["latency_origin"]) == ("home-1", "prior")
    assert chosen["latency_ms"] == pytest.approx(guess)
    assert f"→ 100.00%  192.0.2.1  region home-1  {guess:.1f} ms (estimated from the distance)" in told.stdout


def test_a_plan_may_name_them_too(site: Site, zone: str, tmp_path: Path) -> None:
    """What a batch with own places would be answered: over the API, and on the command line with the same settings."""
    members = {"192.0.2.7": {"AWSRegion": "home-1"}, "192.0.2.8": {"LocalZoneGroup": "office"}}
    batch = {"Changes": group("new", "GeoProximityLocation", members)}
    file = tmp_path / "batch.json"
    file.write_text(json.dumps(batch))
    asked = {"name": f"new.{ZONE}", "type": "A", "subnet": CLIENTS["berlin"][0], "draw": 1}
    tried = (asked["name"], "A", "--subnet", asked["subnet"], "--draw", "1", "--batch", str(file), "--json")

    found = explained(site, asked, batch)
    told = command(site, *map(str, tried), "--regions", HOME, "--places", OFFICE)

    assert [(arm["latitude"], arm["longitude"]) for arm in arms(found)] == [(52.52, 13.4), (19.43, -99.13)]
    assert json.loads(told.stdout) == found, told.stderr
    assert "AWSRegion 'home-1' is not known" in command(site, *map(str, tried)).stderr


def test_other_ids_are_refused(site: Site, zone: str) -> None:
    """Only what the model or the operator knows can be named; the text shows what can."""
    cases: list[tuple[str, Any, str]] = [
        ("Region", "home-2", r"'home-2' is not facet-valid with .*, eusc-de-east-1, home-1\]"),
        ("GeoProximityLocation", {"AWSRegion": "home-2"}, "AWSRegion 'home-2' is not known"),
        ("GeoProximityLocation", {"AWSRegion": "office"}, "AWSRegion 'office' is not known"),
        ("GeoProximityLocation", {"LocalZoneGroup": "home-1"}, "LocalZoneGroup 'home-1' is not known"),
    ]
    for field, value, text in cases:
        with pytest.raises(ClientError, match=text) as raised:
            site.change(zone, create(f"bad.{ZONE}", "A", "192.0.2.9", SetIdentifier="a", **{field: value}))
        assert raised.value.response["Error"]["Code"] == "InvalidInput"


def test_the_zone_can_be_listed_and_exported(site: Site, zone: str) -> None:
    """What names own places comes back as it was sent; the export knows them without their settings."""
    listed = site.route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert {entry["Region"] for entry in listed if "Region" in entry} == {"home-1", "eu-west-2", "us-east-1"}
    exported = subprocess.run(
        [Path(sys.executable).with_name("meridian"), "export", ZONE, "--api-listen", "{}:{}".format(*site.api)],
        env=site.environ, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "is not known" not in exported.stdout + exported.stderr


def test_a_move_is_answered_from_the_next_start_on(site: Site, zone: str) -> None:
    """The region and the place change their coordinates in the settings, and nothing else is done."""
    site.stop()
    moved = {"MERIDIAN_REGIONS": HOME.replace("52.52", "1.35").replace("13.4", "103.82"), "MERIDIAN_PLACES": OFFICE}
    with Site(site.folder, environ=moved) as again:
        # An edge answers by the last values at once, and by the new ones as soon as they are published.
        again.eventually(lambda: ask(again, "near", "berlin")[0] == {"192.0.2.6"})
        again.eventually(lambda: ask(again, "fast", "berlin")[0] == {"192.0.2.2"})
        assert ask(again, "near", "singapore")[0] == {"192.0.2.4"}
        assert ask(again, "fast", "singapore")[0] == {"192.0.2.1"}
    site.start()
    site.eventually(lambda: ask(site, "near", "berlin")[0] == {"192.0.2.4"})
    site.eventually(lambda: ask(site, "fast", "berlin")[0] == {"192.0.2.1"})


def test_what_record_sets_name_cannot_be_taken_away(site: Site, zone: str) -> None:
    """A start without them is refused with the remedy; what was served is served again by a start with them."""
    site.stop()
    refused = subprocess.run(
        [Path(sys.executable).with_name("meridian"), "serve", "--places", OFFICE],
        env=site.environ | site.settings(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    site.start()

    assert refused.returncode == 2
    assert "regions.home-1: it is not defined any more, but" in refused.stderr
    assert "put [regions.home-1] back into the settings" in refused.stderr
    assert ask(site, "fast", "berlin")[0] == {"192.0.2.1"}
