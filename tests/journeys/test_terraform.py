"""Terraform with the AWS provider, unmodified, where their programs are on the machine: `main.tf` stands beside."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from meridian.store.database import Database
from meridian.store.tables import audit_event
from tests.journeys.site import Site, delete, upsert

# Where people put providers that are not to be fetched; Terraform's registry is not ours to ask.
MIRRORS = (Path.home() / ".terraform.d/plugins", Path("/usr/local/share/terraform/plugins"), *Path("/opt").glob("*"))
PROVIDERS = [
    program.parent
    for mirror in MIRRORS
    for program in sorted(mirror.glob("registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws*"))
]
TERRAFORM = shutil.which("terraform")
VIEWS = """
vpc-office = {region = "eu-central-1", clients = ["127.0.0.2/32"]}
vpc-plant = {region = "us-west-2", clients = ["127.0.0.3/32"]}
"""
OFFICE = {"VPCRegion": "eu-central-1", "VPCId": "vpc-office"}

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(not (TERRAFORM and PROVIDERS), reason="needs terraform and the AWS provider on the machine"),
]


class Workspace:
    """A configuration with its state, in a folder of its own."""

    def __init__(self, site: Site, folder: Path, **variables: Any) -> None:
        shutil.copy(Path(__file__).parent / "terraform" / "main.tf", folder)
        (folder / "terraform.tfvars.json").write_text(json.dumps(variables))
        (folder / "terraform.rc").write_text(  # the program as it is, without a copy of it and its checksum each time
            f'provider_installation {{\n  dev_overrides {{ "hashicorp/aws" = "{PROVIDERS[-1]}" }}\n  direct {{}}\n}}\n'
        )
        settings = {
            "TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
        }
        self._folder, self._environ = folder, site.environ | settings

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Terraform; many at once, as it waits 15 s for each change."""
        command = [str(TERRAFORM), *arguments, "-no-color"]
        if arguments[0] in ("apply", "destroy"):
            command += ["-auto-approve", "-parallelism=64"]
        return subprocess.run(
            command, cwd=self._folder, env=self._environ, capture_output=True, text=True, timeout=300, check=False
        )

    def apply(self, *arguments: str) -> str:
        """Apply; give what it says."""
        ran = self.run("apply", *arguments)
        assert ran.returncode == 0, ran.stderr + ran.stdout[-3000:]
        return ran.stdout

    def output(self) -> dict[str, Any]:
        """What its data sources have read."""
        read: dict[str, Any] = json.loads(self.run("output", "-json").stdout)["read"]["value"]
        return read

    def differences(self, *arguments: str) -> str:
        """What a plan would change; empty for nothing."""
        ran = self.run("plan", "-detailed-exitcode", *arguments)
        assert ran.returncode in (0, 2), ran.stderr
        return ran.stdout if ran.returncode else ""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    environ = {"MERIDIAN_PRIVATE_TARGETS": "192.0.2.0/24", "MERIDIAN_VIEWS": VIEWS}
    with Site(tmp_path_factory.mktemp("terraform") / "data", environ=environ) as site:
        yield site


@pytest.fixture(scope="module")
def workspace(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    zone = site.create_zone("terraform.example")
    site.change(zone, upsert("www.terraform.example", "A", "192.0.2.1"))
    site.change(zone, upsert("*.wild.terraform.example", "AAAA", "2001:db8::2"))
    made = site.route53.create_hosted_zone(Name="inside.example", CallerReference="inside", VPC=OFFICE)
    private = made["HostedZone"]["Id"].removeprefix("/hostedzone/")
    folder = tmp_path_factory.mktemp("workspace")
    return Workspace(site, folder, account=site.key.account_id, zone=zone, private_zone=private)


def test_what_is_applied_is_what_is_read(workspace: Workspace) -> None:
    """R-CLI-4, R-CLI-5, R-CLI-8, R-CLI-10: zones are imported, everything else is made, and then no plan finds work."""
    told = workspace.apply()

    assert done(told) == "2 imported, 40 added, 2 changed, 0 destroyed"
    assert workspace.differences() == ""


def test_data_sources_read_what_is_there(site: Site, workspace: Workspace) -> None:
    """Zones by name, all zones, a zone's name servers, and its record sets, page by page."""
    read = workspace.output()
    assert read["zone"] in read["zones"]
    assert len(read["servers"]) == 4
    assert set(read["names"]) == names(site, read["zone"])


def test_what_is_made_is_answered(site: Site) -> None:
    """What Terraform waited for is on the wire."""
    assert site.answers("x.stars.terraform.example", "AAAA") == {"2001:db8::1"}
    assert site.answers("alias.terraform.example", "A") == {"192.0.2.1"}
    assert site.answers("many.terraform.example", "A") == {"192.0.2.61", "192.0.2.62"}


def test_what_is_changed_is_changed_and_nothing_else(site: Site, workspace: Workspace) -> None:
    """R-CLI-6, R-CLI-10: values, weights, biases, set identifiers, checks, blocks, tags, comments and a policy."""
    told = workspace.apply("-var", "changed=true")

    assert done(told) == "1 added, 24 changed, 1 destroyed"
    assert workspace.differences("-var", "changed=true") == ""
    assert "192.0.2.41" in site.dig("+short", "geo.terraform.example", "A")


def test_what_is_destroyed_is_gone(site: Site, workspace: Workspace) -> None:
    """Each kind is deleted in the provider's order; `force_destroy` empties zones of what Terraform did not make."""
    zone = workspace.output()["zone"]
    site.change(zone, delete("www.terraform.example", "A", "192.0.2.1"))
    site.change(zone, delete("*.wild.terraform.example", "AAAA", "2001:db8::2"))
    site.change(workspace.output()["apart"], upsert("www.apart.example", "A", "192.0.2.1"))
    ran = workspace.run("destroy", "-var", "changed=true")

    assert ran.returncode == 0, ran.stderr
    client = site.route53
    assert client.list_hosted_zones()["HostedZones"] == []
    assert client.list_health_checks()["HealthChecks"] == []
    assert client.list_cidr_collections()["CidrCollections"] == []
    assert client.list_traffic_policies()["TrafficPolicySummaries"] == []
    assert client.list_reusable_delegation_sets()["DelegationSets"] == []
    assert client.list_query_logging_configs()["QueryLoggingConfigs"] == []


def test_it_called_what_it_should(site: Site) -> None:
    """Guards the configuration: each call that the provider has for writing, but those of DNSSEC, was made."""
    database = Database(f"sqlite:///{site.folder / 'meridian.db'}")
    with database.read() as conn:
        told = {action.partition(":")[2] for action in conn.execute(sa.select(audit_event.c.action)).scalars()}
    database.close()
    with_terraform = {
        "AssociateVPCWithHostedZone", "ChangeCidrCollection", "ChangeResourceRecordSets", "ChangeTagsForResource",
        "CreateCidrCollection", "CreateHealthCheck", "CreateHostedZone", "CreateQueryLoggingConfig",
        "CreateReusableDelegationSet", "CreateTrafficPolicy", "CreateTrafficPolicyInstance",
        "CreateVPCAssociationAuthorization", "DeleteCidrCollection", "DeleteHealthCheck", "DeleteHostedZone",
        "DeleteQueryLoggingConfig", "DeleteReusableDelegationSet", "DeleteTrafficPolicy",
        "DeleteTrafficPolicyInstance", "DeleteVPCAssociationAuthorization", "DisassociateVPCFromHostedZone",
        "UpdateHealthCheck", "UpdateHostedZoneComment", "UpdateTrafficPolicyInstance",
    }  # fmt: skip

    assert with_terraform - told == set()


def names(site: Site, zone: str) -> set[str]:
    pages = site.route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    return {found["Name"] for page in pages for found in page["ResourceRecordSets"]}


def done(told: str) -> str:
    """What an apply says it has done."""
    found = re.search(r"Apply complete! Resources: (.*)\.", told)
    assert found is not None, told
    return found[1]
