from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest

from meridian import explain
from meridian.api.context import Context
from meridian.api.operations.answer import RESOLVER
from meridian.errors import ApiError
from meridian.feed.local import LastValues, LocalFeed
from meridian.place import install, table
from meridian.publish.publisher import Publisher
from meridian.settings import Settings
from meridian.store import outbox
from tests.operations.calls import call, change, create_zone, upsert

PLACES = {
    "52.0.0.0/24": table.Place("NA", "US", "VA", (3900, -7750)),
    "192.0.2.0/26": table.Place("EU", "DE", "", (5252, 1340)),
    "192.0.2.64/26": table.Place("EU", "FR", "", (4886, 235)),
    "2001:db8::/64": table.Place("AS", "JP", "", (3568, 13976)),
    "2001:db8:0:1::/64": table.Place("AS", "SG", "", (135, 10382)),
}


@pytest.fixture
def served(context: Context, tmp_path: Path) -> Iterator[Context]:
    """The caller, with an engine that knows some places and what `publish` has published."""
    about = table.About(source="test", date="2026-01-01", attribution="none")
    places = [(ip_network(network), place) for network, place in PLACES.items()]
    install.put(tmp_path / "place", table.make(about, places), force=True)
    LocalFeed(tmp_path / "feed.db").close()
    values = LastValues(tmp_path / "feed.db")
    explainer = explain.apart(Settings(data_dir=str(tmp_path)), values)
    yield msgspec.structs.replace(context, service=explainer)
    values.close()


@pytest.fixture
def zone(served: Context, tmp_path: Path) -> str:
    """A zone that answers each country with its own address."""
    zone_id = create_zone(served)
    countries = {"US": "1", "DE": "2", "FR": "3", "JP": "4", "SG": "5", "*": "9"}
    change(
        served,
        zone_id,
        *(
            upsert("geo.example.com", "A", f"192.0.2.{last}", SetIdentifier=code, GeoLocation={"CountryCode": code})
            for code, last in countries.items()
        ),
        upsert("txt.example.com", "TXT", r'"a \"b\" \351" "c"'),
        upsert("mail.example.com", "MX", "10 mx.example.com"),
        upsert("away.example.com", "CNAME", "geo.example.com"),
        upsert("deep.down.example.com", "CAA", '0 issue "ca.example.net"'),
        upsert("*.wild.example.com", "AAAA", "2001:db8::1"),
    )
    publish(served, tmp_path)
    return zone_id


def publish(context: Context, folder: Path) -> None:
    async def run() -> None:
        feed = LocalFeed(folder / "feed.db")
        publisher = Publisher(context.database, feed, context.clock, lambda: None)
        with context.database.read() as conn:
            waiting = outbox.zones(conn)
        for zone_id in waiting:
            await publisher.publish(zone_id)
        feed.close()

    asyncio.run(run())


def ask(context: Context, zone_id: str, name: str = "geo.example.com", type_: str = "A", **more: str) -> dict[str, Any]:
    return call(context, "TestDNSAnswer", HostedZoneId=zone_id, RecordName=name, RecordType=type_, **more)


def test_whole_reply(served: Context, zone: str) -> None:
    """The reply names the zone's first name server, the question, what was answered, and UDP (R-API-23)."""
    first = call(served, "GetHostedZone", Id=zone)["DelegationSet"]["NameServers"][0]
    assert ask(served, zone, "TXT.example.com", "TXT") == {
        "Nameserver": first,
        "RecordName": "TXT.example.com",
        "RecordType": "TXT",
        "RecordData": [r'"a \"b\" \351" "c"'],
        "ResponseCode": "NOERROR",
        "Protocol": "UDP",
    }


@pytest.mark.parametrize(
    ("name", "type_", "data", "code"),
    [
        ("mail.example.com", "MX", ["10 mx.example.com."], "NOERROR"),
        ("away.example.com", "A", ["geo.example.com.", "192.0.2.1"], "NOERROR"),
        ("away.example.com", "CNAME", ["geo.example.com."], "NOERROR"),
        ("deep.down.example.com", "CAA", ['0 issue "ca.example.net"'], "NOERROR"),
        ("x.wild.example.com", "AAAA", ["2001:db8::1"], "NOERROR"),
        ("*.wild.example.com", "AAAA", ["2001:db8::1"], "NOERROR"),
        ("down.example.com", "A", [], "NOERROR"),
        ("none.example.com", "A", [], "NXDOMAIN"),
    ],
)
def test_answers(served: Context, zone: str, name: str, type_: str, data: list[str], code: str) -> None:
    """The answer section in the API's own text, and the response code by its name (R-API-104)."""
    found = ask(served, zone, name, type_)
    assert (found["RecordData"], found["ResponseCode"]) == (data, code)


@pytest.mark.parametrize(
    ("members", "last"),
    [
        ({}, "1"),
        ({"ResolverIP": RESOLVER}, "1"),
        ({"ResolverIP": "192.0.2.1"}, "2"),
        ({"ResolverIP": "2001:db8::1"}, "4"),
        ({"ResolverIP": "203.0.113.1"}, "9"),
        ({"EDNS0ClientSubnetIP": "192.0.2.70"}, "2"),  # the place of its /24 is that of 192.0.2.0
        ({"EDNS0ClientSubnetIP": "192.0.2.70", "EDNS0ClientSubnetMask": "24"}, "2"),
        ({"EDNS0ClientSubnetIP": "192.0.2.70", "EDNS0ClientSubnetMask": "26"}, "3"),
        ({"EDNS0ClientSubnetIP": "192.0.2.70", "EDNS0ClientSubnetMask": "32"}, "3"),
        ({"EDNS0ClientSubnetIP": "192.0.2.70", "EDNS0ClientSubnetMask": "0"}, "1"),  # opted out: the resolver
        ({"EDNS0ClientSubnetIP": "2001:db8:0:1::1"}, "5"),
        ({"EDNS0ClientSubnetIP": "2001:db8:0:1::1", "EDNS0ClientSubnetMask": "63"}, "4"),
        ({"EDNS0ClientSubnetIP": "2001:db8:0:1::1", "EDNS0ClientSubnetMask": "128"}, "5"),
        ({"ResolverIP": "192.0.2.1", "EDNS0ClientSubnetIP": "2001:db8::1"}, "4"),
    ],
)
def test_who_asks(served: Context, zone: str, members: dict[str, str], last: str) -> None:
    """A resolver in us-east-1 unless given; a client subnet goes before it, with 24 or 64 bits (R-ECS-9, R-TV-18)."""
    assert ask(served, zone, **members)["RecordData"] == [f"192.0.2.{last}"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"RecordName": "example.org"}, "RecordName example.org. is not in the hosted zone example.com."),
        ({"RecordName": "com"}, "RecordName com. is not in the hosted zone example.com."),
        (
            {"RecordName": "a..example.com"},
            "Invalid RecordName: FATAL problem: DomainNameEmpty (Domain name is empty) encountered with "
            "'a..example.com'",
        ),
        ({"ResolverIP": "fe80::1%eth0"}, "Invalid ResolverIP: 'fe80::1%eth0' is no IP address"),
        (
            {"EDNS0ClientSubnetIP": "192.0.2.1", "EDNS0ClientSubnetMask": "33"},
            "Invalid EDNS0 client subnet: '33' is no prefix length of 192.0.2.1: it is 0 to 32",
        ),
        (
            {"EDNS0ClientSubnetIP": "2001:db8::1", "EDNS0ClientSubnetMask": "129"},
            "Invalid EDNS0 client subnet: '129' is no prefix length of 2001:db8::1: it is 0 to 128",
        ),
        (
            {"EDNS0ClientSubnetMask": "24"},
            "EDNS0ClientSubnetMask can only be given together with EDNS0ClientSubnetIP.",
        ),
    ],
)
def test_refused(served: Context, zone: str, members: dict[str, str], message: str) -> None:
    """What makes no question is InvalidInput with what is wrong (R-API-23)."""
    request = {"HostedZoneId": zone, "RecordName": "geo.example.com", "RecordType": "A", **members}
    with pytest.raises(ApiError) as raised:
        call(served, "TestDNSAnswer", **request)
    assert (raised.value.code, raised.value.message) == ("InvalidInput", message)


def test_foreign_zone(served: Context, stranger: Context, zone: str) -> None:
    """Of a zone of someone else, or of none, nothing is told (R-API-25)."""
    theirs = msgspec.structs.replace(stranger, service=served.service)
    for context, zone_id in ((theirs, zone), (served, "ZNONE")):
        with pytest.raises(ApiError) as raised:
            ask(context, zone_id)
        assert raised.value.code == "NoSuchHostedZone"


def test_only_the_zone_is_asked(served: Context, zone: str, tmp_path: Path) -> None:
    """A zone is tested by itself, also where another with its name, or one below it, answers on the wire."""
    younger = create_zone(served, reference="again")
    below = create_zone(served, "geo.example.com")
    change(served, younger, upsert("geo.example.com", "A", "192.0.2.77"))
    publish(served, tmp_path)
    assert ask(served, zone)["RecordData"] == ["192.0.2.1"]
    assert ask(served, younger)["RecordData"] == ["192.0.2.77"]
    assert ask(served, below)["RecordData"] == []


def test_zone_that_is_not_served_yet(served: Context) -> None:
    """Until a zone is published, name servers refuse; that is what the test says."""
    zone_id = create_zone(served, "example.net")
    found = ask(served, zone_id, "www.example.net")
    assert (found["ResponseCode"], found["RecordData"]) == ("REFUSED", [])
