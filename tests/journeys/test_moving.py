"""Moving a zone from a Route 53-compatible server to another, with its answers compared before the switch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.site import Site, create, upsert

pytestmark = pytest.mark.journey

ZONE = "moving.example"
MERIDIAN = str(Path(sys.executable).with_name("meridian"))


def test_moving_a_zone(tmp_path: Path) -> None:
    """Every policy, alias and health check moves; the report finds nothing, and then the one thing that is changed."""
    environ = {"MERIDIAN_PRIVATE_TARGETS": "192.0.2.0/24"}
    with Site(tmp_path / "old", environ=environ) as old, Site(tmp_path / "new", environ=environ) as new:
        there = old.create_zone(ZONE)
        check = old.route53.create_health_check(
            CallerReference="moved",
            HealthCheckConfig={"Type": "HTTP", "IPAddress": "192.0.2.1", "Port": 80, "RequestInterval": 30},
        )["HealthCheck"]["Id"]
        old.in_sync(old.change(there, *_contents(there, check)))

        moved = run(
            new,
            old,
            "import",
            ZONE,
            "--from-route53",
            "--from-profile",
            "old",
            "--from-url",
            old.url,
            "--create",
            "--insync",
        )
        assert (moved.returncode, "1 health checks are made anew" in moved.stdout) == (0, True), moved.stderr
        here = new.route53.list_hosted_zones_by_name(DNSName=ZONE)["HostedZones"][0]["Id"].removeprefix("/hostedzone/")
        assert _shown(new, here) == _shown(old, there)

        exported = run(new, old, "export", ZONE)
        (tmp_path / "zone").write_text(exported.stdout)
        again = run(new, old, "import", ZONE, str(tmp_path / "zone"), "--overwrite", "--insync")
        assert again.returncode == 0, again.stderr
        assert _shown(new, here) == _shown(old, there)

        same = compare(new, old)
        assert (same.returncode, "16 questions, 0 answered differently" in same.stdout) == (0, True), (
            same.stdout + same.stderr
        )
        new.in_sync(new.change(here, upsert(f"www.{ZONE}", "A", "192.0.2.77")))
        other = compare(new, old)
        assert other.returncode == 1
        assert f"www.{ZONE}. A for a client of 198.51.100.0/24\n  source: NOERROR\n" in other.stdout
        assert f"    www.{ZONE}. 60 A 192.0.2.77\n" in other.stdout


def run(new: Site, old: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command against the new site; the key of the old one stands in a profile of AWS's files."""
    files = new.folder.parent / "aws"
    files.write_text(
        f"[default]\naws_access_key_id = {new.key.access_key_id}\naws_secret_access_key = {new.key.secret}\n"
        f"[old]\naws_access_key_id = {old.key.access_key_id}\naws_secret_access_key = {old.key.secret}\n"
    )
    mine = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environ = mine | new.settings() | {"AWS_SHARED_CREDENTIALS_FILE": str(files), "AWS_EC2_METADATA_DISABLED": "true"}
    return subprocess.run([MERIDIAN, *arguments], env=environ, capture_output=True, text=True, timeout=120, check=False)


def compare(new: Site, old: Site) -> subprocess.CompletedProcess[str]:
    return run(new, old, "compare", ZONE, "--source", "{}:{}".format(*old.dns), "--subnet", "198.51.100.0/24")


def _contents(zone: str, check: str) -> list[dict[str, object]]:
    """Something of every kind."""
    alias = {"HostedZoneId": zone, "DNSName": f"www.{ZONE}", "EvaluateTargetHealth": False}
    one = {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    policies: list[tuple[str, str, dict[str, object]]] = [
        ("weighted", "a", {"Weight": 1}),
        ("weighted", "b", {"Weight": 200}),
        ("latency", "a", {"Region": "eu-west-1"}),
        ("geo", "a", {"GeoLocation": {"CountryCode": "*"}}),
        ("failover", "a", {"Failover": "PRIMARY", "HealthCheckId": check}),
        ("failover", "b", {"Failover": "SECONDARY"}),
        ("multi", "a", {"MultiValueAnswer": True}),
        ("near", "a", {"GeoProximityLocation": {"Coordinates": {"Latitude": "1", "Longitude": "2"}, "Bias": -5}}),
    ]
    return [
        create(f"www.{ZONE}", "A", "192.0.2.1", "192.0.2.2"),
        create(f"*.wild.{ZONE}", "TXT", '"a\\377\\"" "b"'),
        create(f"sub.{ZONE}", "NS", "ns.other.example."),
        create(ZONE, "MX", "10 mx.other.example."),
        *(
            _set(f"{name}.{ZONE}", SetIdentifier=f"{name} {identifier}", **policy, **one)
            for name, identifier, policy in policies
        ),
        _set(f"one.{ZONE}", AliasTarget=alias),
        _set(f"a.{ZONE}", AliasTarget={**alias, "DNSName": f"one.{ZONE}"}),
        _set(ZONE, AliasTarget={**alias, "DNSName": f"weighted.{ZONE}"}),
        _set(f"many.{ZONE}", SetIdentifier="x", Weight=0, AliasTarget=alias),
        create(f"host.{ZONE}", "AAAA", "2001:db8::1"),
        create(f"text.{ZONE}", "CNAME", "www.other.example."),
    ]


def _set(name: str, **members: object) -> dict[str, object]:
    return {"Action": "CREATE", "ResourceRecordSet": {"Name": name, "Type": "A", **members}}


def _shown(site: Site, zone: str) -> list[dict[str, object]]:
    """All record sets but the zone's own, without what is another on each server."""
    listed = site.route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [
        {
            **each,
            "AliasTarget": {**each.get("AliasTarget", {}), "HostedZoneId": ""},
            "HealthCheckId": "HealthCheckId" in each,
        }
        for each in listed
        if not (each["Name"] == f"{ZONE}." and each["Type"] in ("SOA", "NS"))
    ]
