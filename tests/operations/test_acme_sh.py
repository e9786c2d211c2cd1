"""
acme.sh's Route 53 hook (dnsapi/dns_aws.sh), octet by octet: what it sends, and what it finds in replies.

The hook is a shell script that reads XML with sed and grep, so how a reply is laid out is part of the contract. What
it needs is written here as facts, in patterns and requests of our own.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from meridian.store import account
from meridian.store.database import Database
from tests.databases import sqlite_in
from tests.identity.conftest import Site, running

HOST = "route53.amazonaws.com"
NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
TOKEN = "XKrxpRBosdIKFzxW_CT3KLZNf6q0HG9i01zxXp5CPBs"
OFFICE = {"VPCRegion": "eu-central-1", "VPCId": "vpc-office"}
VIEWS = {"vpc-office": {"region": "eu-central-1", "clients": ["10.1.0.0/16"]}}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    database = Database(sqlite_in(tmp_path_factory.mktemp("acme")))
    database.migrate()
    owner = account.first_key(database)
    assert owner is not None
    with running(database, owner, views=VIEWS) as site:
        yield site
    database.close()


def ask(site: Site, method: str, path: str, query: str = "", body: str = "") -> str:
    """Send a request as the hook does: host and x-amz-date signed, nothing else, and a body without a type of XML."""
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"Host": HOST, "X-Amz-Date": at, "User-Agent": "acme.sh/3.0.6", "Accept": "*/*"}
    signed = f"host:{HOST}\nx-amz-date:{at}\n"
    digest = hashlib.sha256(body.encode()).hexdigest()
    request = f"{method}\n{path}\n{query}\n{signed}\nhost;x-amz-date\n{digest}"
    scope = f"{at[:8]}/us-east-1/route53/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{site.owner.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={site.owner.access_key_id}/{scope}, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"  # curl's own, where nothing is said
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request(method, f"{path}?{query}" if query else path, body or None, headers)
    reply = connection.getresponse().read().decode()
    connection.close()
    return reply


def zone_in(reply: str, name: str) -> str | None:
    """The path of the public zone of a name, found on a line of its own: what stands from one <HostedZone> on."""
    pattern = rf"<HostedZone><Id>[^<]*<.Id><Name>{name}.<.Name>.*<PrivateZone>false<.PrivateZone>.*<.HostedZone>"
    for line in reply.replace("<HostedZone>", "\n<HostedZone>").split("\n"):
        if (found := re.search(pattern, line)) is not None:
            first = re.search("<Id>.*<.Id>", found[0])
            assert first is not None
            return first[0].removeprefix("<Id>").removesuffix("</Id>")
    return None


def root_of(site: Site, name: str) -> tuple[str, str] | None:
    """The path and the name of the zone that a name is in: its parents one by one, on each page of the list."""
    marker = ""
    while True:
        reply = ask(site, "GET", "/2013-04-01/hostedzone", marker)
        labels = name.split(".")
        for start in range(1, len(labels)):
            parent = ".".join(labels[start:])
            if (found := zone_in(reply, parent)) is not None:
                return found, parent
        if "<IsTruncated>true</IsTruncated>" not in reply or "<NextMarker>" not in reply:
            return None
        following = re.search("<NextMarker>.*</NextMarker>", reply)
        assert following is not None
        marker = "marker=" + following[0].split(">")[1].split("<")[0]


def change(site: Site, zone: str, action: str, inside: str) -> str:
    """Ask for one change of a zone, in the script's words."""
    body = (
        f'<ChangeResourceRecordSetsRequest xmlns="{NAMESPACE}"><ChangeBatch><Changes><Change><Action>{action}</Action>'
        f"<ResourceRecordSet>{inside}</ResourceRecordSet></Change></Changes></ChangeBatch>"
        "</ChangeResourceRecordSetsRequest>"
    )
    return ask(site, "POST", f"/2013-04-01{zone}/rrset/", body=body)


VALUE = f'<ResourceRecords><ResourceRecord><Value>"{TOKEN}"</Value></ResourceRecord></ResourceRecords>'


def create(site: Site, name: str, **more: object) -> str:
    made = site.client().create_hosted_zone(Name=name, CallerReference=f"{name} {sorted(more)}", **more)
    return str(made["HostedZone"]["Id"])


def test_a_challenge_is_put_and_taken_away(site: Site) -> None:
    """R-CLI-16: the zone is found, the record is put, and deleted by elements in another order than the model's."""
    create(site, "acme.example", VPC=OFFICE)  # the private zone of the same name is not the one
    public = create(site, "acme.example", HostedZoneConfig={"Comment": "a <b> & 'c' \"d\""})
    name = "_acme-challenge.www.acme.example"

    assert root_of(site, name) == (public, "acme.example")
    put = change(site, public, "UPSERT", f"<Name>{name}</Name><Type>TXT</Type><TTL>300</TTL>{VALUE}")
    assert "ChangeResourceRecordSetsResponse" in put
    assert "<ErrorResponse" not in put
    assert values(site, public) == [f'"{TOKEN}"']
    gone = change(site, public, "DELETE", f"{VALUE}<Name>{name}.</Name><Type>TXT</Type><TTL>300</TTL>")
    assert "ChangeResourceRecordSetsResponse" in gone
    assert values(site, public) == []


def values(site: Site, zone: str) -> list[str]:
    found = site.client().list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [record["Value"] for each in found if each["Type"] == "TXT" for record in each["ResourceRecords"]]


def test_the_deepest_zone_is_found(site: Site) -> None:
    """A name's own zone, its child's and its parent's are told apart by whole names."""
    parent, child = create(site, "deep.example"), create(site, "sub.deep.example")
    create(site, "notdeep.example")

    assert root_of(site, "_acme-challenge.www.sub.deep.example") == (child, "sub.deep.example")
    assert root_of(site, "_acme-challenge.www.deep.example") == (parent, "deep.example")
    assert root_of(site, "_acme-challenge.nowhere.test") is None


def test_replies_have_nothing_between_their_tags(site: Site) -> None:
    """The script cuts lines at tags: after the declaration, a reply is one line, and its tags follow each other."""
    create(site, "line.example")
    reply = ask(site, "GET", "/2013-04-01/hostedzone")
    declaration, _, rest = reply.partition("\n")

    assert declaration == '<?xml version="1.0"?>'
    assert rest.startswith(f'<ListHostedZonesResponse xmlns="{NAMESPACE}"><HostedZones><HostedZone><Id>/hostedzone/')
    assert not re.search(r">\s+<", rest)
    assert "\n" not in rest


def test_errors_are_seen(site: Site) -> None:
    """What went wrong is told from the reply's root alone, whatever its status."""
    unknown = change(site, "/hostedzone/Z0UNKNOWN", "UPSERT", f"<Name>a.x</Name><Type>TXT</Type><TTL>300</TTL>{VALUE}")

    assert "<ErrorResponse" in unknown
    assert "ChangeResourceRecordSetsResponse" not in unknown


def test_zones_are_found_on_every_page(site: Site) -> None:
    """The list is followed by NextMarker, which comes and goes as it is, signed in the query."""
    held = site.client().get_hosted_zone_count()["HostedZoneCount"]
    for number in range(held, 102):
        create(site, f"n{number}.pages.example")
    pages = site.client().get_paginator("list_hosted_zones").paginate()
    found = (zone for page in pages for zone in page["HostedZones"])
    *_, last = (zone for zone in found if zone["Name"].endswith(".pages.example."))  # no other zone is above it

    assert "<IsTruncated>true</IsTruncated>" in ask(site, "GET", "/2013-04-01/hostedzone")
    assert root_of(site, f"_acme-challenge.{last['Name'].rstrip('.')}") == (last["Id"], last["Name"].rstrip("."))
