"""Why an answer is what it is, and what a change would make of it: TestDNSAnswer, our own call, the command line."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError

from meridian.store import account
from meridian.store.database import Database
from tests.journeys.site import Site, alias, create, upsert
from tests.journeys.test_policies import CLIENTS
from tests.journeys.test_policies import ask as ask_wire
from tests.journeys.test_policies import site as site

pytestmark = pytest.mark.journey

ZONE = "policies.example"


def away(name: str, identifier: str, address: str, **policy: Any) -> dict[str, Any]:
    return create(f"{name}.{ZONE}", "A", address, SetIdentifier=identifier, **policy)


@pytest.fixture(scope="module")
def zone(site: Site) -> str:
    zone_id = site.create_zone(ZONE)
    collection = site.route53.create_cidr_collection(Name="offices", CallerReference="explain")["Collection"]["Id"]
    site.route53.change_cidr_collection(
        Id=collection, Changes=[{"LocationName": "europe", "Action": "PUT", "CidrList": ["192.0.2.0/24"]}]
    )
    europe, rest = ({"CollectionId": collection, "LocationName": name} for name in ("europe", "*"))
    site.in_sync(
        site.change(
            zone_id,
            away("geo", "europe", "192.0.2.1", GeoLocation={"ContinentCode": "EU"}),
            away("geo", "germany", "192.0.2.2", GeoLocation={"CountryCode": "DE"}),
            away("geo", "rest", "192.0.2.3", GeoLocation={"CountryCode": "*"}),
            away("near", "frankfurt", "192.0.2.4", GeoProximityLocation={"AWSRegion": "eu-central-1", "Bias": -50}),
            away("near", "singapore", "192.0.2.5", GeoProximityLocation={"AWSRegion": "ap-southeast-1"}),
            away("fast", "oregon", "192.0.2.6", Region="us-west-2"),
            away("fast", "singapore", "192.0.2.7", Region="ap-southeast-1"),
            away("office", "europe", "192.0.2.8", CidrRoutingConfig=europe),
            away("office", "rest", "192.0.2.9", CidrRoutingConfig=rest),
            create(f"plain.{ZONE}", "TXT", '"v=spf1 -all" "two; strings"', '"one"'),
            create(f"leads.{ZONE}", "CNAME", f"plain.{ZONE}"),
            alias(ZONE, "A", zone_id, f"geo.{ZONE}"),
        )
    )
    return zone_id


def send(site: Site, query: dict[str, Any], body: Any = None, method: str = "", signed: bool = True) -> tuple[int, Any]:
    """Call /meridian/explain with the site's key; the status and the JSON."""
    url = f"{site.url}/meridian/explain?{urllib.parse.urlencode(query, doseq=True)}"
    data = None if body is None else json.dumps(body).encode()
    request = botocore.awsrequest.AWSRequest(method or ("GET" if body is None else "POST"), url, data=data)
    if signed:
        key = botocore.credentials.Credentials(site.key.access_key_id, site.key.secret)
        botocore.auth.SigV4Auth(key, "route53", "us-east-1").add_auth(request)
    prepared = urllib.request.Request(url, data=data, headers=dict(request.headers), method=request.method)
    try:
        with urllib.request.urlopen(prepared, timeout=30) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def explained(site: Site, query: dict[str, Any], body: Any = None) -> Any:
    status, found = send(site, query, body)
    assert status == 200, found
    return found


def values(found: Any) -> set[str]:
    return {line.split(" ", 4)[4] for line in found["response"]["answer"]}


def command(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`meridian explain` as an operator types it on the server's machine."""
    return subprocess.run(
        [Path(sys.executable).with_name("meridian"), "explain", *arguments],
        env=site.environ | {"MERIDIAN_DATA_DIR": str(site.folder)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("client", [*CLIENTS, None])
@pytest.mark.parametrize("name", ["geo", "near", "fast", "office"])
def test_explained_equals_answered(site: Site, zone: str, name: str, client: str | None) -> None:
    """The call, the command line, TestDNSAnswer and the wire say the same to a client, scope included."""
    answered, scope = ask_wire(site, name, client)
    subnet = {} if client is None else {"subnet": CLIENTS[client][0]}
    full = f"{name}.{ZONE}"
    found = explained(site, {"name": full, "type": "A", "client": "127.0.0.1", **subnet})
    if len(answered) == 1 and not any(0 < arm["probability"] < 1 for arm in arms(found)):
        assert values(found) == answered
    assert found["response"]["scope"] == scope
    told = command(site, full, "A", *(f"--{key}={value}" for key, value in subnet.items()), "--json", "--draw", "7")
    assert json.loads(told.stdout) == explained(site, {"name": full, "type": "A", "draw": 7, **subnet})
    if client is not None:
        network = ip_network(CLIENTS[client][0])
        tested = site.route53.test_dns_answer(
            HostedZoneId=zone,
            RecordName=full,
            RecordType="A",
            EDNS0ClientSubnetIP=str(network.network_address),
            EDNS0ClientSubnetMask=str(network.prefixlen),
        )
        assert set(tested["RecordData"]) == answered


def arms(found: Any) -> list[Any]:
    return [arm for step in found["steps"] if step["step"] == "group" for arm in step["arms"]]


def test_dns_answer(site: Site, zone: str) -> None:
    """TestDNSAnswer says what a name server would, in the API's own text (R-API-23)."""
    name_server = site.route53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"][0]
    strings, one = '"v=spf1 -all" "two; strings"', '"one"'
    for name, rtype, data, code in (
        (f"plain.{ZONE}", "TXT", {strings, one}, "NOERROR"),
        (f"leads.{ZONE}.", "TXT", {f"plain.{ZONE}.", strings, one}, "NOERROR"),
        (ZONE, "A", {"192.0.2.3"}, "NOERROR"),  # an alias shows what it leads to
        (f"plain.{ZONE}", "A", set(), "NOERROR"),
        (f"none.{ZONE}", "A", set(), "NXDOMAIN"),
    ):
        found = site.route53.test_dns_answer(HostedZoneId=zone, RecordName=name, RecordType=rtype)
        found.pop("ResponseMetadata")
        assert set(found.pop("RecordData")) == data
        assert found == {
            "Nameserver": name_server,
            "RecordName": name,
            "RecordType": rtype,
            "ResponseCode": code,
            "Protocol": "UDP",
        }


def test_dns_answer_for_somebody(site: Site, zone: str) -> None:
    """The resolver decides, unless it sends a client subnet; 24 bits of it unless the mask says otherwise (R-ECS-9)."""
    cases: list[tuple[dict[str, str], str]] = [
        ({"ResolverIP": "192.0.2.1"}, "192.0.2.2"),
        ({"ResolverIP": "192.0.2.70"}, "192.0.2.1"),
        ({"ResolverIP": "2001:db8::1"}, "192.0.2.3"),
        ({"ResolverIP": "192.0.2.1", "EDNS0ClientSubnetIP": "198.51.100.1"}, "192.0.2.3"),
        ({"ResolverIP": "192.0.2.1", "EDNS0ClientSubnetIP": "192.0.2.70", "EDNS0ClientSubnetMask": "26"}, "192.0.2.1"),
        ({"ResolverIP": "192.0.2.1", "EDNS0ClientSubnetIP": "198.51.100.1", "EDNS0ClientSubnetMask": "0"}, "192.0.2.2"),
    ]
    for members, expected in cases:
        found = site.route53.test_dns_answer(HostedZoneId=zone, RecordName=f"geo.{ZONE}", RecordType="A", **members)
        assert found["RecordData"] == [expected], members


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"RecordName": "www.example.org"}, r"RecordName www\.example\.org\. is not in the hosted zone"),
        ({"RecordName": f"a..{ZONE}"}, "Invalid RecordName: FATAL problem: DomainNameEmpty"),
        ({"ResolverIP": "192.0.2.256"}, "resolverIP"),
        ({"EDNS0ClientSubnetIP": "192.0.2.1", "EDNS0ClientSubnetMask": "33"}, "'33' is no prefix length"),
        ({"EDNS0ClientSubnetIP": "2001:db8::", "EDNS0ClientSubnetMask": "x"}, "'x' is no prefix length"),
        ({"EDNS0ClientSubnetMask": "24"}, "only be given together with EDNS0ClientSubnetIP"),
    ],
)
def test_dns_answer_refused(site: Site, zone: str, members: dict[str, str], message: str) -> None:
    """A question that cannot be is InvalidInput."""
    with pytest.raises(ClientError, match=message) as raised:
        site.route53.test_dns_answer(**{"HostedZoneId": zone, "RecordName": ZONE, "RecordType": "A", **members})
    assert raised.value.response["Error"]["Code"] == "InvalidInput"


def test_change_foreseen(site: Site, zone: str, tmp_path: Path) -> None:
    """What a batch would be answered is what it is answered once it is applied; asking changes nothing."""
    name = f"new.deep.{ZONE}"
    asked = {"name": name, "type": "A", "draw": 3}
    change = upsert(name, "A", "192.0.2.77")
    batch = {"Comment": "tried", "Changes": [change]}
    file = tmp_path / "batch.json"
    file.write_text(json.dumps(batch))
    before = site.route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]

    foreseen = explained(site, asked, batch)
    told = command(site, name, "A", "--batch", str(file), "--draw", "3", "--json")
    between = explained(site, {"name": f"deep.{ZONE}", "type": "A"}, {"HostedZoneId": zone, "ChangeBatch": batch})

    assert foreseen["overrides"] == {"change": {"zone_id": zone, "put": 1, "deleted": 0}}
    assert values(foreseen) == {"192.0.2.77"}
    assert json.loads(told.stdout) == foreseen, told.stderr
    assert [step["found"] for step in between["steps"] if step["step"] == "name"] == ["empty_non_terminal"]
    assert site.route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"] == before
    assert explained(site, asked)["response"]["rcode"] == "NXDOMAIN"

    site.in_sync(site.change(zone, change))

    now = explained(site, asked)
    assert {**now, "overrides": foreseen["overrides"]} == foreseen
    assert site.answers(name, "A") == {"192.0.2.77"}


@pytest.mark.parametrize(
    ("query", "body", "status", "code", "message"),
    [
        ({"type": "A"}, None, 400, "InvalidInput", "Parameter 'name' is missing"),
        ({"name": ZONE}, None, 400, "InvalidInput", "Parameter 'type' is missing"),
        ({"name": ZONE, "type": "LOC"}, None, 400, "InvalidInput", "'LOC' is no type"),
        ({"name": ZONE, "type": ["A", "A"]}, None, 400, "InvalidInput", "given more than once"),
        ({"name": ZONE, "type": "A", "moon": "full"}, None, 400, "InvalidInput", "Unknown parameter 'moon'"),
        ({"name": ZONE, "type": "A", "client": "here"}, None, 400, "InvalidInput", "'here' is no IP address"),
        ({"name": ZONE, "type": "A", "subnet": "192.0.2.0/x"}, None, 400, "InvalidInput", "'x' is no prefix length"),
        ({"name": ZONE, "type": "A", "draw": "-1"}, None, 400, "InvalidInput", "'-1' is no draw"),
        ({"name": ZONE, "type": "A", "unhealthy": "0"}, None, 400, "InvalidInput", "'0' is no health check"),
        ({"name": ZONE, "type": "A", "zone": "ZNONE"}, None, 404, "NoSuchHostedZone", "ZNONE"),
        ({"name": ZONE, "type": "A"}, [], 400, "InvalidInput", "type"),
        ({"name": ZONE, "type": "A"}, {"Changes": []}, 400, "InvalidInput", "ChangeBatch.Changes"),
        ({"name": ZONE, "type": "A"}, {"Changes": [{"Action": "UPSERT"}]}, 400, "InvalidInput", "ResourceRecordSet"),
        ({"name": "example.org", "type": "A"}, {"Changes": [upsert("example.org", "A", "192.0.2.1")]}, 404,
         "NoSuchHostedZone", "No hosted zone of this account answers for example.org."),
        ({"name": ZONE, "type": "A"}, {"Changes": [upsert(ZONE, "A", "nowhere")]}, 400,
         "InvalidChangeBatch", "ARRDATAIllegalIPv4Address"),
    ],
)  # fmt: skip
def test_call_refused(
    site: Site, zone: str, query: dict[str, Any], body: Any, status: int, code: str, message: str
) -> None:
    """What is wrong with a question or a batch comes back as JSON with a code and a message."""
    answered, error = send(site, query, body)
    assert (answered, error["code"]) == (status, code)
    assert message in error["message"]


def test_call_needs_a_signature_and_a_method(site: Site) -> None:
    """The call is signed as Route 53's are, and only reads."""
    asked = {"name": ZONE, "type": "A"}
    assert send(site, asked, signed=False)[1]["code"] == "MissingAuthenticationToken"
    assert send(site, asked, method="DELETE")[0] == 405


def test_zone_of_another_account(site: Site, zone: str) -> None:
    """How someone else's zone decides is told to nobody but its account (R-API-25)."""
    database = Database(f"sqlite:///{site.folder / 'meridian.db'}")
    with database.write() as conn:
        stranger = account.create_account(conn)
        account.create_user(conn, stranger, "eve", owner=True)
        key = account.create_key(conn, stranger, "eve")
    database.close()
    theirs = Site.__new__(Site)
    theirs.__dict__ = {**site.__dict__, "key": key}
    asked = {"name": f"geo.{ZONE}", "type": "A"}
    assert send(theirs, asked)[1]["code"] == "NoSuchHostedZone"
    assert send(theirs, {**asked, "zone": zone})[1]["code"] == "NoSuchHostedZone"
    assert send(theirs, asked, {"Changes": [upsert(f"geo.{ZONE}", "A", "192.0.2.1")]})[1]["code"] == "NoSuchHostedZone"
    assert send(theirs, {"name": "nobody.example", "type": "A"})[1]["response"]["rcode"] == "REFUSED"


def test_operator_reads_why(site: Site, zone: str) -> None:
    """The command line tells where the client is, and what each arm measured."""
    berlin = ("--subnet", "192.0.2.0/26")
    for name, words in {
        "geo": ("client 192.0.2.0/26, the client subnet: DE, EU at 52.52, 13.40", "the same for all of its /26",
                "europe  continent EU  (not considered: a smaller place holds the client)", "→ 100.00%  germany  DE",
                "reply: NOERROR, scope /24"),
        "near": ("→ 100.00%  frankfurt  at 50.11, 8.68  423 km away, with bias -50 635 km", "another is nearer"),
        "fast": ("region us-west-2  134.9 ms (estimated from the distance)", "another has a lower latency"),
        "office": ("europe  location europe of ", "the client's own location comes first"),
    }.items():  # fmt: skip
        told = command(site, f"{name}.{ZONE}", "A", *berlin)
        assert told.returncode == 0, told.stderr
        for word in words:
            assert word in told.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--subnet", "192.0.2.0/33"), "'33' is no prefix length of 192.0.2.0: it is 0 to 32"),
        (("--client", "nowhere"), "'nowhere' is no IP address"),
        (("--unhealthy", "zero"), "'zero' is no health check: give its id, or its slot"),
        (("--batch", "/nonexistent.json"), "'/nonexistent.json' does not exist"),
    ],
)
def test_operator_mistaken(site: Site, zone: str, arguments: tuple[str, ...], message: str) -> None:
    """A mistake on the command line is told in a line or two, without a stack trace."""
    told = command(site, f"geo.{ZONE}", "A", *arguments)
    assert told.returncode == 2
    assert message in told.stderr
    assert "Traceback" not in told.stderr
