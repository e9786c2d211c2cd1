"""Traffic policies through boto3 and down to the wire: the seeds' tree, its second version, and back again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest
from botocore.exceptions import ClientError

from meridian.client import Api, Failed, connect, write_files
from tests.fakes.name_server import NameServer
from tests.journeys.reader import Reader, stages
from tests.journeys.site import Site
from tests.journeys.test_policies import CLIENTS, known_clients

pytestmark = pytest.mark.journey

ZONES = ("traffic.example", "second.example")
WWW = f"www.{ZONES[0]}"
NOBODY = "11111111-1111-1111-1111-111111111111"
# What the load balancers of the east answer.
BALANCERS = {
    "east-1-1.us-east-1.elb.amazonaws.com": "203.0.113.11",
    "east-2-2.us-east-1.elb.amazonaws.com": "203.0.113.12",
}
FRANCE, WEST, WEST_SPARE, EUROPE = "192.0.2.99", "192.0.2.21", "192.0.2.22", "192.0.2.50"
OTHER_FRANCE = "192.0.2.98"
EAST = BALANCERS["east-1-1.us-east-1.elb.amazonaws.com"]


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with NameServer() as running:
        for name, address in BALANCERS.items():
            running.set(name, "A", address, ttl=60)
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, server: NameServer) -> Iterator[Site]:
    folder = known_clients(tmp_path_factory.mktemp("traffic") / "data")
    with Site(folder, environ={"MERIDIAN_RESOLVERS": "{}:{}".format(*server.address)}) as running:
        yield running


@pytest.fixture(scope="module")
def zones(site: Site) -> list[str]:
    return [site.create_zone(name) for name in ZONES]


@pytest.fixture(scope="module")
def check(site: Site) -> str:
    """A check that nobody looks at: healthy until it is said to be otherwise."""
    config = {"Type": "HTTP", "FullyQualifiedDomainName": "west.example.net", "Disabled": True}
    made = site.route53.create_health_check(CallerReference="west", HealthCheckConfig=config)
    return str(made["HealthCheck"]["Id"])


def tree(check: str, **more_places: str) -> str:
    """
    One country has its endpoint; everyone else goes by latency to a region, and there to the first of two.

    Args:
        more_places: Further continents with an address of their own.
    """
    endpoints: dict[str, Any] = {
        "france": {"Type": "value", "Value": FRANCE},
        "west-1": {"Type": "value", "Value": WEST},
        "west-2": {"Type": "value", "Value": WEST_SPARE},
    }
    east_1, east_2 = BALANCERS
    endpoints["east-1"] = {"Type": "elastic-load-balancer", "Value": east_1}
    endpoints["east-2"] = {"Type": "elastic-load-balancer", "Value": east_2}
    endpoints |= {continent: {"Type": "value", "Value": address} for continent, address in more_places.items()}
    rules = {
        "country": {
            "RuleType": "geo",
            "Locations": [
                {"Country": "FR", "EndpointReference": "france"},
                {"IsDefault": "true", "RuleReference": "region"},
                *({"Continent": continent, "EndpointReference": continent} for continent in more_places),
            ],
        },
        "region": {
            "RuleType": "latency",
            "Regions": [
                {"Region": "us-east-1", "RuleReference": "east"},
                {"Region": "us-west-1", "RuleReference": "west"},
            ],
        },
        "east": {
            "RuleType": "failover",
            "Primary": {"EndpointReference": "east-1"},
            "Secondary": {"EndpointReference": "east-2"},
        },
        "west": {
            "RuleType": "failover",
            "Primary": {"EndpointReference": "west-1", "HealthCheck": check},
            "Secondary": {"EndpointReference": "west-2"},
        },
    }
    head = {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "country"}
    return json.dumps({**head, "Endpoints": endpoints, "Rules": rules}, indent=2)


@pytest.fixture(scope="module")
def policy(site: Site, check: str) -> str:
    """The tree, and a second version in which Europe has an address too."""
    route53 = site.route53
    made = route53.create_traffic_policy(Name="seed", Document=tree(check), Comment="as drawn")
    id_ = str(made["TrafficPolicy"]["Id"])
    again = route53.create_traffic_policy_version(Id=id_, Document=tree(check, EU=EUROPE))
    assert again["TrafficPolicy"]["Version"] == 2
    return id_


def applied(site: Site, instance: str) -> dict[str, Any]:
    """Wait until every edge serves an instance, and give what the API says of it."""
    found: dict[str, Any] = {}

    def is_applied() -> bool:
        found.update(site.route53.get_traffic_policy_instance(Id=instance)["TrafficPolicyInstance"])
        return bool(found["State"] == "Applied")

    site.eventually(is_applied)
    return found


@pytest.fixture(scope="module")
def instances(site: Site, zones: list[str], policy: str) -> list[str]:
    """The first version, answering for a name in each of two zones."""
    route53, made = site.route53, []
    for zone, name in zip(zones, ZONES, strict=True):
        reply = route53.create_traffic_policy_instance(
            HostedZoneId=zone, Name=f"www.{name}", TTL=61, TrafficPolicyId=policy, TrafficPolicyVersion=1
        )
        assert reply["TrafficPolicyInstance"]["State"] == "Creating"
        made.append(str(reply["TrafficPolicyInstance"]["Id"]))
    for instance in made:
        applied(site, instance)
    return made


def move(site: Site, instance: str, policy: str, version: int, ttl: int) -> None:
    site.route53.update_traffic_policy_instance(
        Id=instance, TTL=ttl, TrafficPolicyId=policy, TrafficPolicyVersion=version
    )
    applied(site, instance)


def dug(site: Site, name: str, client: str) -> list[str]:
    """What `dig +subnet` prints for a client of this place: the TTL and the address."""
    told = site.dig(name, "A", f"+subnet={CLIENTS[client][0]}", "+noall", "+answer")
    return [f"{fields[1]} {fields[4]}" for fields in map(str.split, told.splitlines())]


def test_the_tree_answers_by_client_subnet(site: Site, instances: list[str]) -> None:
    """R-VIS-16, R-TREE-13, R-TTL-5, R-TFI-2, R-TFI-14: values with the instance's TTL, balancers with their own."""
    for zone in ZONES:
        assert dug(site, f"www.{zone}", "paris") == [f"61 {FRANCE}"]
        assert dug(site, f"www.{zone}", "toronto") == [f"60 {EAST}"]
        assert dug(site, f"www.{zone}", "singapore") == [f"61 {WEST}"]


def test_hidden_groups_are_no_names(site: Site, zones: list[str], instances: list[str]) -> None:
    """R-TFC-3: one record set is listed, and no rule of the tree can be asked for."""
    listed = site.route53.list_resource_record_sets(HostedZoneId=zones[0])["ResourceRecordSets"]
    (root,) = [found for found in listed if found["Name"] == f"{WWW}."]
    assert root == {"Name": f"{WWW}.", "Type": "A", "TTL": 61, "TrafficPolicyInstanceId": instances[0]}
    for name in ("region", "east", "west", f"{instances[0]}/east"):
        assert site.ask(f"{name}.{ZONES[0]}", "A").rcode() == dns.rcode.NXDOMAIN


def test_health_moves_clients(site: Site, instances: list[str], check: str) -> None:
    """R-TFR-10, R-TFC-5, R-HC-DIS: the check of a leaf is said to be down, and clients go to the spare."""
    route53 = site.route53
    for inverted, address in ((True, WEST_SPARE), (False, WEST)):
        route53.update_health_check(HealthCheckId=check, Inverted=inverted)
        site.eventually(lambda address=address: dug(site, WWW, "singapore") == [f"61 {address}"])  # type: ignore[misc]


def test_another_version_and_back_without_a_gap(site: Site, policy: str, instances: list[str]) -> None:
    """R-TFI-5, R-TFI-7, R-TFI-11: forth, back, and an update that fails: none of the answers is missing or mixed."""
    route53 = site.route53
    bad = json.dumps(
        {
            "AWSPolicyFormatVersion": "2015-10-01",
            "RecordType": "A",
            "StartEndpoint": "b",
            "Endpoints": {"b": {"Type": "elastic-load-balancer", "Value": "lb.example.net"}},
        }
    )
    third = route53.create_traffic_policy_version(Id=policy, Document=bad)["TrafficPolicy"]["Version"]
    with Reader(site, [WWW], ("berlin", "paris")) as reader:
        site.eventually(reader.has_more())
        for version, ttl in ((2, 62), (1, 61)):
            move(site, instances[0], policy, version, ttl)
            site.eventually(reader.has_more())
        failed = route53.update_traffic_policy_instance(
            Id=instances[0], TTL=5, TrafficPolicyId=policy, TrafficPolicyVersion=third
        )
        site.eventually(reader.has_more())
    assert reader.wrong == []
    # From Berlin the east is near; its balancer's TTL is its own.
    assert list(dict.fromkeys(reader.of(WWW, "berlin"))) == [(EAST, 60), (EUROPE, 62)]
    assert stages(reader.of(WWW, "berlin")) == [(EAST, 60), (EUROPE, 62), (EAST, 60)]
    assert stages(reader.of(WWW, "paris")) == [(FRANCE, 61), (FRANCE, 62), (FRANCE, 61)]

    assert failed["TrafficPolicyInstance"]["TrafficPolicyVersion"] == third
    now = route53.get_traffic_policy_instance(Id=instances[0])["TrafficPolicyInstance"]
    assert (now["State"], now["TrafficPolicyVersion"], now["TTL"]) == ("Failed", 1, 61)
    assert "does not lie within" in now["Message"]
    assert dug(site, f"www.{ZONES[1]}", "berlin") == [f"60 {EAST}"], "the other name has stayed"


def test_every_call_reads_what_it_wrote(
    site: Site, policy: str, instances: list[str], zones: list[str], check: str
) -> None:
    """R-API-141..155: all fifteen operations through the stock client."""
    route53 = site.route53
    got = route53.get_traffic_policy(Id=policy, Version=1)["TrafficPolicy"]
    assert (got["Document"], got["Comment"], got["Type"], got["Name"]) == (tree(check), "as drawn", "A", "seed")
    commented = route53.update_traffic_policy_comment(Id=policy, Version=2, Comment="Europe too")["TrafficPolicy"]
    assert commented["Comment"] == "Europe too"
    versions = route53.list_traffic_policy_versions(Id=policy)["TrafficPolicies"]
    assert [found["Version"] for found in versions] == [1, 2, 3]
    (summary,) = route53.list_traffic_policies()["TrafficPolicySummaries"]
    assert (summary["LatestVersion"], summary["TrafficPolicyCount"]) == (3, 3)
    assert route53.get_traffic_policy_instance_count()["TrafficPolicyInstanceCount"] == 2
    everywhere = route53.list_traffic_policy_instances()["TrafficPolicyInstances"]
    assert {found["Id"] for found in everywhere} == set(instances)
    (in_zone,) = route53.list_traffic_policy_instances_by_hosted_zone(HostedZoneId=zones[1])["TrafficPolicyInstances"]
    assert (in_zone["Id"], in_zone["Name"]) == (instances[1], f"www.{ZONES[1]}.")
    of_version = route53.list_traffic_policy_instances_by_policy(TrafficPolicyId=policy, TrafficPolicyVersion=1)
    assert len(of_version["TrafficPolicyInstances"]) == 2


def rules_walked(explained: dict[str, Any]) -> list[str]:
    """The rules on the way to the answer."""
    return [step["rule"] for step in explained["steps"] if "rule" in step]


@pytest.fixture(scope="module")
def own(site: Site) -> Api:
    """The calls of our own."""
    write_files(site.folder / "aws", site.key, site.url)
    return connect(site.url, site.folder / "aws", {})


def test_the_answer_is_explained_by_its_rules(site: Site, own: Api, policy: str, instances: list[str]) -> None:
    """R-TFP-4: the walk through the hidden groups, with the policy record that it begins at."""
    told = own.native("/meridian/explain", name=WWW, type="A", subnet=CLIENTS["singapore"][0])
    assert rules_walked(told) == ["country", "region", "west"]
    (root,) = [step for step in told["steps"] if "policy_record" in step]
    assert root["policy_record"] == {"id": instances[0], "policy_id": policy, "version": 1}
    assert told["response"]["answer"] == [f"{WWW}. 61 IN A {WEST}"]
    shown = site.meridian("explain", WWW, "A", "--subnet", CLIENTS["singapore"][0]).stdout
    assert "geolocation group" in shown
    assert f"failover group {WWW}. A, rule west" in shown


def test_a_draft_is_tried_before_it_is_stored(
    own: Api, policy: str, instances: list[str], check: str, zones: list[str]
) -> None:
    """R-VIS-14: in the place of what a name has, at a new name, and where nobody has the zone; nothing changes."""
    draft = {"Document": json.loads(tree(check, EU=EUROPE)), "TTL": 7}
    places = {WWW: zones[0], f"new.{ZONES[0]}": zones[0], "www.nobody.example": None}
    for name, zone in places.items():
        asked = {"name": name, "type": "A"}
        told = own.native("/meridian/explain", {"TrafficPolicy": draft}, **asked, subnet=CLIENTS["berlin"][0])
        assert told["response"]["answer"] == [f"{name}. 7 IN A {EUROPE}"]
        assert rules_walked(told) == ["country"]
        assert told["overrides"]["traffic_policy"] == {
            "zone_id": zone, "name": f"{name}.", "type": "A", "ttl": 7, "problems": []
        }  # fmt: skip
        down = own.native(
            "/meridian/explain", {"TrafficPolicy": draft}, **asked, subnet=CLIENTS["singapore"][0], unhealthy=check
        )
        assert down["response"]["answer"] == [f"{name}. 7 IN A {WEST_SPARE}"]
        assert rules_walked(down) == ["country", "region", "west"]
    now = own.native("/meridian/explain", name=WWW, type="A", subnet=CLIENTS["berlin"][0])
    assert now["response"]["answer"] == [f"{WWW}. 60 IN A {EAST}"]


def test_drafts_that_cannot_be_tried(own: Api, zones: list[str], check: str) -> None:
    """R-TFO-5, R-TFI-17: a bad document is refused with its places; what keeps it from being built is told."""
    asked = {"name": f"new.{ZONES[0]}", "type": "A"}
    with pytest.raises(Failed, match="line 1"):
        own.native("/meridian/explain", {"TrafficPolicy": {"Document": "{}"}}, **asked)
    with pytest.raises(Failed, match="TrafficPolicy cannot be read"):
        own.native("/meridian/explain", {"TrafficPolicy": {}}, **asked)
    unknown = tree(check).replace(check, NOBODY)
    told = own.native("/meridian/explain", {"TrafficPolicy": {"Document": unknown}}, **asked)
    assert told["overrides"]["traffic_policy"]["problems"] == [f"A health check with id {NOBODY} does not exist."]


def test_a_draft_is_judged_and_compared(own: Api, policy: str, instances: list[str], check: str) -> None:
    """R-VIS-14, R-VIS-15: what is wrong with a draft, what a version stands for, and what changes for clients."""
    broken = tree(check).replace('"FR"', '"XX"')
    told = own.native("/meridian/policies/check", broken)
    (problem,) = told["problems"]
    assert (told["valid"], problem["pointer"]) == (False, "/Rules/country/Locations/0/Country")
    assert broken.splitlines()[problem["line"] - 1].strip() == '"Country": "XX",'
    groups = own.native(f"/meridian/policies/{policy}/2/tree")["groups"]
    assert [group["rule"] for group in groups] == ["country", "region", "east", "west"]
    sides = {"before": {"id": policy, "version": 1}, "after": {"id": policy, "version": 2}}
    found = own.native("/meridian/policies/difference", sides)
    assert [difference["clients"] for difference in found["differences"]] == [["clients in Europe"]]
    assert {user["id"] for user in found["instances"]} == set(instances)


def test_the_command_line(site: Site, policy: str, instances: list[str], check: str, tmp_path: Path) -> None:
    """R-TFP-4, R-VIS-14, R-VIS-15: a draft judged with its lines, a version shown, and both compared."""
    draft = tmp_path / "draft.json"
    draft.write_text(tree(check, EU=EUROPE).replace('"FR"', '"XX"'))
    line = draft.read_text().splitlines().index('          "Country": "XX",') + 1
    refused = site.meridian("policy", "check", str(draft))
    told = (
        f"{draft}:{line}: error /Rules/country/Locations/0/Country: 'XX' is not a country that ListGeoLocations shows"
    )
    assert (refused.returncode, refused.stdout.splitlines()) == (1, [told])

    draft.write_text(tree(check))
    assert site.meridian("policy", "check", str(draft)).stdout == f"{draft}: a lawful policy for A records\n"
    asked = ("explain", f"new.{ZONES[0]}", "A", "--policy", str(draft), "--ttl", "7")
    tried = site.meridian(*asked, "--subnet", CLIENTS["paris"][0]).stdout
    assert f"supposing new.{ZONES[0]}. A answers by the document, in zone " in tried
    assert f"new.{ZONES[0]}. 7 IN A {FRANCE}" in tried
    assert "rule country" in tried
    spare = site.meridian(*asked, "--subnet", CLIENTS["singapore"][0], "--unhealthy", check).stdout
    assert f"new.{ZONES[0]}. 7 IN A {WEST_SPARE}" in spare
    both = site.meridian(*asked, "--batch", str(draft))
    assert (both.returncode, "not both" in both.stderr) == (2, True)
    shown = site.meridian("policy", "show", "seed", "2").stdout.splitlines()
    assert shown[:4] == ["seed version 2, A", "", "country: geolocation", f"  → {FRANCE}  GeoLocation FR"]
    assert f"  → {WEST}  Failover PRIMARY  HealthCheckId {check}" in shown
    same = site.meridian("policy", "diff", "seed:1", str(draft)).stdout.splitlines()
    assert same[0] == "nothing changes for clients"
    assert {line.split()[-1] for line in same[3:]} == set(instances)
    changed = site.meridian("policy", "diff", "seed:1", "seed:2").stdout.splitlines()
    assert changed[0].startswith("clients in Europe were sent by latency to ")
    assert changed[0].endswith(f"and are now sent to EU ({EUROPE})")
    found = site.meridian("policy", "find", FRANCE).stdout.splitlines()
    assert found[0] == f"seed version 1: france ({FRANCE})"
    assert {line.split()[-1] for line in found[1:3]} == set(instances)
    unknown = site.meridian("policy", "show", "nobody", "1")
    assert (unknown.returncode, "NoSuchTrafficPolicy" in unknown.stderr) == (2, True)


VERSION = {"TrafficPolicyId": "POLICY", "TrafficPolicyVersion": 1}
CREATING = {"HostedZoneId": "ZONE", "Name": WWW, "TTL": 1, **VERSION}
ERRORS: list[tuple[str, dict[str, Any], str, int]] = [
    ("create_traffic_policy", {"Name": "seed", "Document": "DOCUMENT"}, "TrafficPolicyAlreadyExists", 409),
    ("create_traffic_policy", {"Name": "x", "Document": "{}"}, "InvalidTrafficPolicyDocument", 400),
    ("create_traffic_policy", {"Name": "n" * 513, "Document": "{}"}, "InvalidInput", 400),
    ("create_traffic_policy_version", {"Id": NOBODY, "Document": "DOCUMENT"}, "NoSuchTrafficPolicy", 404),
    ("create_traffic_policy_version", {"Id": "POLICY", "Document": "[]"}, "InvalidTrafficPolicyDocument", 400),
    ("get_traffic_policy", {"Id": "POLICY", "Version": 9}, "NoSuchTrafficPolicy", 404),
    ("update_traffic_policy_comment", {"Id": NOBODY, "Version": 1, "Comment": "c"}, "NoSuchTrafficPolicy", 404),
    ("list_traffic_policy_versions", {"Id": NOBODY}, "NoSuchTrafficPolicy", 404),
    ("list_traffic_policies", {"MaxItems": "0"}, "InvalidInput", 400),
    ("delete_traffic_policy", {"Id": "POLICY", "Version": 1}, "TrafficPolicyInUse", 400),
    ("delete_traffic_policy", {"Id": NOBODY, "Version": 1}, "NoSuchTrafficPolicy", 404),
    ("create_traffic_policy_instance", CREATING, "TrafficPolicyInstanceAlreadyExists", 409),
    ("create_traffic_policy_instance", {**CREATING, "HostedZoneId": "Z0NONE"}, "NoSuchHostedZone", 404),
    ("create_traffic_policy_instance", {**CREATING, "TrafficPolicyId": NOBODY}, "NoSuchTrafficPolicy", 404),
    ("update_traffic_policy_instance", {"Id": NOBODY, "TTL": 1, **VERSION}, "NoSuchTrafficPolicyInstance", 404),
    (
        "update_traffic_policy_instance",
        {"Id": "INSTANCE", "TTL": 1, **VERSION, "TrafficPolicyId": "OTHER"},
        "ConflictingTypes",
        400,
    ),
    ("get_traffic_policy_instance", {"Id": NOBODY}, "NoSuchTrafficPolicyInstance", 404),
    ("delete_traffic_policy_instance", {"Id": NOBODY}, "NoSuchTrafficPolicyInstance", 404),
    ("list_traffic_policy_instances_by_hosted_zone", {"HostedZoneId": "Z0NONE"}, "NoSuchHostedZone", 404),
    ("list_traffic_policy_instances_by_policy", {**VERSION, "TrafficPolicyId": NOBODY}, "NoSuchTrafficPolicy", 404),
]


def test_errors(site: Site, policy: str, instances: list[str], zones: list[str], check: str) -> None:
    """R-TFO-5, R-TFO-6, R-TFI-6, R-TFI-9, R-EEN-2, R-EEN-3: the model's names and statuses."""
    route53 = site.route53
    other = json.dumps(
        {
            "AWSPolicyFormatVersion": "2023-05-09",
            "RecordType": "TXT",
            "StartEndpoint": "t",
            "Endpoints": {"t": {"Type": "value", "Value": '"text"'}},
        }
    )
    text = route53.create_traffic_policy(Name="text", Document=other)["TrafficPolicy"]["Id"]
    words = {"POLICY": policy, "OTHER": text, "ZONE": zones[0], "INSTANCE": instances[0], "DOCUMENT": tree(check)}
    for operation, request, code, status in ERRORS:
        given = {member: words.get(found, found) for member, found in request.items()}
        with pytest.raises(ClientError) as refused:
            getattr(route53, operation)(**given)
        told = refused.value.response
        assert (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), operation
    route53.delete_traffic_policy(Id=text, Version=1)


def test_a_resource_is_replaced_for_all_names(site: Site, policy: str, instances: list[str]) -> None:
    """R-VIS-13: found, another one in its place, and every name answers with it, without a gap and at once."""
    names = [f"www.{zone}" for zone in ZONES]
    planned = site.meridian("policy", "replace", FRANCE, OTHER_FRANCE, "--dry-run").stdout.splitlines()
    assert planned[0] == "seed: version 4 from version 1"
    assert {line.split()[-1] for line in planned[1:]} == set(instances)
    with Reader(site, names, ["paris"]) as reader:
        site.eventually(reader.has_more())
        done = site.meridian("policy", "replace", FRANCE, OTHER_FRANCE, "--yes")
        assert (done.returncode, done.stdout.splitlines()) == (0, planned)
        for instance in instances:
            assert applied(site, instance)["TrafficPolicyVersion"] == 4
        site.eventually(reader.has_more())
        for instance in instances:
            move(site, instance, policy, 1, 61)
        site.eventually(reader.has_more())
    assert reader.wrong == []
    for name in names:
        assert stages(reader.of(name, "paris")) == [(FRANCE, 61), (OTHER_FRANCE, 61), (FRANCE, 61)]
    refused = site.meridian("policy", "replace", "192.0.2.200", OTHER_FRANCE, "--yes")
    assert (refused.returncode, "No policy record answers" in refused.stderr) == (2, True)


def test_the_root_goes_and_comes_back(site: Site, policy: str, instances: list[str], zones: list[str]) -> None:
    """R-TFI-10, R-CHG-13: a batch can take the root away, as it is listed; the instance says so, and is mended."""
    listed = site.route53.list_resource_record_sets(HostedZoneId=zones[1])["ResourceRecordSets"]
    (root,) = [found for found in listed if "TrafficPolicyInstanceId" in found]
    site.in_sync(site.change(zones[1], {"Action": "DELETE", "ResourceRecordSet": root}))
    assert dug(site, f"www.{ZONES[1]}", "paris") == []
    found = site.route53.get_traffic_policy_instance(Id=instances[1])["TrafficPolicyInstance"]
    assert (found["State"], found["Message"]) == ("Failed", "root record was deleted")
    move(site, instances[1], policy, 2, 62)
    assert dug(site, f"www.{ZONES[1]}", "paris") == [f"62 {FRANCE}"]


def test_what_is_deleted_answers_no_more(site: Site, policy: str, instances: list[str], zones: list[str]) -> None:
    """R-TFI-10, R-TFO-6, R-API-144, R-API-151: instances, versions, zones."""
    route53 = site.route53
    for instance in instances:
        route53.delete_traffic_policy_instance(Id=instance)
    site.eventually(lambda: all(dug(site, f"www.{zone}", "paris") == [] for zone in ZONES))
    for version in (1, 2, 3, 4):
        route53.delete_traffic_policy(Id=policy, Version=version)
    assert route53.list_traffic_policies()["TrafficPolicySummaries"] == []
    assert route53.get_traffic_policy(Id=policy, Version=2)["TrafficPolicy"]["Version"] == 2
    for zone in zones:
        route53.delete_hosted_zone(Id=zone)
