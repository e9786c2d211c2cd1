from __future__ import annotations

from typing import Any

import pytest

from meridian.replace import Foreseen
from meridian.replace_text import lines


def record_set(identifier: str = "", **members: Any) -> dict[str, Any]:
    """A record set with one value, unless the members say otherwise."""
    named = {"SetIdentifier": identifier} if identifier else {}
    value = {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    known = {} if "AliasTarget" in members or "TrafficPolicyInstanceId" in members else value
    return {"Name": "*.example.com.", "Type": "A", **named, **known, **members}


def plan(
    before: tuple[str | None, list[dict[str, Any]]],
    after: tuple[str | None, list[dict[str, Any]]],
    *changes: tuple[str, dict[str, Any]],
) -> dict[str, Any]:
    """A reply of the call: policies with their record sets, and the changes."""
    return {
        "zone_id": "Z1",
        "zone": "example.com.",
        "name": "\\052.example.com.",
        "type": "A",
        "before": {"policy": before[0], "ResourceRecordSets": before[1]},
        "after": {"policy": after[0], "ResourceRecordSets": after[1]},
        "Changes": [{"Action": action, "ResourceRecordSet": members} for action, members in changes],
        "token": "t",
    }


def explained(*answer: str, rcode: str = "NOERROR", arms: tuple[tuple[str, float], ...] = ()) -> dict[str, Any]:
    """An explanation, as far as it is read here."""
    group = {"step": "group", "arms": [{"set_identifier": name, "probability": share} for name, share in arms]}
    return {"steps": [{"step": "zone"}, group], "response": {"rcode": rcode, "answer": list(answer)}}


def test_all_that_a_plan_says() -> None:
    """What goes, what comes, what stays, who is answered what, and how long the old answer lives."""
    gone, old, stays = record_set("a", Weight=1), record_set("b", Weight=2), record_set("c", Weight=3)
    new, more = record_set("b", Weight=9, TTL=30), record_set("d", Weight=0)
    given = plan(
        ("weighted", [gone, old, stays]),
        ("weighted", [new, stays, more]),
        ("DELETE", gone),
        ("UPSERT", new),
        ("CREATE", more),
    )
    foreseen = Foreseen(
        "203.0.113.0/24",
        explained("*.example.com. 60 IN A 192.0.2.1", arms=(("a", 0.5), ("b", 0.5), ("c", 0.0))),
        explained("x. 30 IN CNAME y.", "y. 30 IN A 192.0.2.1", arms=(("b", 1.0),)),
    )

    assert list(lines(given, [foreseen])) == [
        "*.example.com. A in zone example.com. (Z1): weighted",
        "",
        "  - a  weight 1  192.0.2.1  TTL 60 s",
        "  - b  weight 2  192.0.2.1  TTL 60 s",
        "    c  weight 3  192.0.2.1  TTL 60 s",
        "  + b  weight 9  192.0.2.1  TTL 30 s",
        "  + d  weight 0  192.0.2.1  TTL 60 s",
        "",
        "asked from 203.0.113.0/24:",
        "  now    50.00%  a",
        "         50.00%  b",
        "  then  x. 30 IN CNAME y.",
        "        y. 30 IN A 192.0.2.1",
        "",
        "Each edge changes over at one moment.",
        "Resolvers may use an answer that they have for up to 60 s more.",
    ]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "192.0.2.1  TTL 60 s"),
        ({"ResourceRecords": [{"Value": f"192.0.2.{n}"} for n in range(6)]},
         "192.0.2.0, 192.0.2.1, 192.0.2.2, 192.0.2.3 and 2 more  TTL 60 s"),
        ({"SetIdentifier": "a", "Weight": 0, "HealthCheckId": "h"}, "a  weight 0  192.0.2.1  TTL 60 s  health check h"),
        ({"SetIdentifier": "a", "Region": "eu-west-1"}, "a  region eu-west-1  192.0.2.1  TTL 60 s"),
        ({"SetIdentifier": "a", "MultiValueAnswer": True}, "a  192.0.2.1  TTL 60 s"),
        ({"SetIdentifier": "a", "GeoLocation": {"ContinentCode": "EU"}}, "a  continent EU  192.0.2.1  TTL 60 s"),
        ({"SetIdentifier": "a", "GeoLocation": {"CountryCode": "*"}}, "a  *  192.0.2.1  TTL 60 s"),
        ({"SetIdentifier": "a", "GeoLocation": {"CountryCode": "US", "SubdivisionCode": "TX"}},
         "a  US-TX  192.0.2.1  TTL 60 s"),
        ({"SetIdentifier": "a", "CidrRoutingConfig": {"CollectionId": "c", "LocationName": "oslo"}},
         "a  location oslo of c  192.0.2.1  TTL 60 s"),
        ({"SetIdentifier": "a", "GeoProximityLocation": {"AWSRegion": "eu-west-1", "Bias": 0}},
         "a  region eu-west-1  192.0.2.1  TTL 60 s"),
        ({"SetIdentifier": "a", "GeoProximityLocation": {"LocalZoneGroup": "us-west-2-den-1", "Bias": -5}},
         "a  local zone group us-west-2-den-1, bias -5  192.0.2.1  TTL 60 s"),
        ({"SetIdentifier": "a", "GeoProximityLocation": {"Coordinates": {"Latitude": "1.5", "Longitude": "-2"},
                                                         "Bias": 7}},
         "a  at 1.5, -2, bias +7  192.0.2.1  TTL 60 s"),
        ({"SetIdentifier": "a", "Failover": "PRIMARY",
          "AliasTarget": {"HostedZoneId": "Z1", "DNSName": "one.example.com.", "EvaluateTargetHealth": True}},
         "a  PRIMARY  alias of one.example.com."),
        ({"TrafficPolicyInstanceId": "i"}, "traffic policy instance i"),
    ],
)  # fmt: skip
def test_each_kind_of_record_set(members: dict[str, Any], said: str) -> None:
    """A record set is a line with its identifier, what its policy goes by, and what it holds."""
    known = record_set(**members)
    given = plan((None, []), ("any", [known]), ("CREATE", known))
    assert list(lines(given, []))[2] == f"  + {said}"


GEO = [record_set("a", GeoLocation={"ContinentCode": "EU"}), record_set("b", GeoLocation={"CountryCode": "DE"})]
DEFAULT = record_set("c", GeoLocation={"CountryCode": "*"})
OSLO = record_set("a", CidrRoutingConfig={"CollectionId": "c", "LocationName": "oslo"})
REST = record_set("b", CidrRoutingConfig={"CollectionId": "c", "LocationName": "*"})
ALIAS = record_set(AliasTarget={"HostedZoneId": "Z1", "DNSName": "a.", "EvaluateTargetHealth": False})
MOMENT = "Each edge changes over at one moment."


@pytest.mark.parametrize(
    ("before", "after", "heading", "consequences"),
    [
        ((None, []), ("geolocation", [*GEO, DEFAULT]), "nothing → geolocation", [MOMENT]),
        (
            ("simple", [ALIAS]),
            ("geolocation", GEO),
            "simple → geolocation",
            [MOMENT, "Who is in none of these places gets no records: there is no default, CountryCode * (R-GEO-9)."],
        ),
        ((None, []), ("cidr", [OSLO, REST]), "nothing → cidr", [MOMENT]),
        (
            (None, []),
            ("cidr", [OSLO]),
            "nothing → cidr",
            [
                MOMENT,
                "Who is in none of these locations gets no records: there is no default, LocationName * (R-CID-5).",
            ],
        ),
        (
            ("simple", [record_set(TTL=300)]),
            (None, []),
            "simple → nothing",
            [MOMENT, "Resolvers may use an answer that they have for up to 300 s more."],
        ),
    ],
)
def test_what_follows(
    before: tuple[str | None, list[dict[str, Any]]],
    after: tuple[str | None, list[dict[str, Any]]],
    heading: str,
    consequences: list[str],
) -> None:
    """A plan says which policy becomes which, and warns where clients would be left without records."""
    first, *rest = lines(plan(before, after, ("CREATE", record_set())), [])
    assert first == f"*.example.com. A in zone example.com. (Z1): {heading}"
    assert rest[rest.index(MOMENT) :] == consequences


def test_nothing_to_change() -> None:
    """A plan without changes says so and no more."""
    given = plan(("weighted", [record_set("a", Weight=1)]), ("weighted", [record_set("a", Weight=1)]))
    assert list(lines(given, [])) == [
        "*.example.com. A in zone example.com. (Z1): weighted",
        "All of it is there already; nothing is to be changed.",
    ]


@pytest.mark.parametrize(
    ("explanation", "said"),
    [
        (explained(), ["no records"]),
        (explained(rcode="NXDOMAIN"), ["NXDOMAIN"]),
        (explained(rcode="SERVFAIL"), ["SERVFAIL"]),
        (explained("a. 1 IN A 192.0.2.1", arms=(("a", 1.0),)), ["a. 1 IN A 192.0.2.1"]),
        (explained("a. 1 IN A 192.0.2.1", arms=(("a", 2 / 3), ("b", 1 / 3))), [" 66.67%  a", " 33.33%  b"]),
    ],
)
def test_answers(explanation: dict[str, Any], said: list[str]) -> None:
    """An answer is its records or its code; where chance decides, how likely each record set is."""
    given = plan((None, []), ("simple", [record_set()]), ("CREATE", record_set()))
    told = list(lines(given, [Foreseen("127.0.0.1", explained(), explanation)]))
    start = told.index("asked from 127.0.0.1:")
    assert told[start + 1] == "  now   no records"
    assert [line[8:] for line in told[start + 2 : start + 2 + len(said)]] == said
