from __future__ import annotations

import pytest

from meridian.explain_text import lines


def _arm(**fields: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "set_identifier": "",
        "evaluates_target": False,
        "healthy": True,
        "excluded": None,
        "probability": 1.0,
        "chosen": True,
    }
    return plain | fields


def _group(policy: str, *arms: dict[str, object], last_resort: bool = False) -> dict[str, object]:
    owner = {"owner": "a.example.com.", "type": 1}
    return {"step": "group", **owner, "policy": policy, "last_resort": last_resort, "arms": list(arms)}


STEPS: list[tuple[dict[str, object], list[str]]] = [
    ({"step": "zone", "id": None, "apex": None, "version": None}, ["no zone here holds this name: REFUSED"]),
    (
        {"step": "zone", "id": "Z1", "apex": "example.com.", "version": 7},
        ["zone example.com. (Z1, version 7) answers"],
    ),
    (
        {"step": "name", "name": "a.example.com.", "found": "wildcard", "by": "\\052.example.com."},
        ["a.example.com. does not exist; the wildcard *.example.com. stands for it"],
    ),
    (
        {"step": "name", "name": "a.b.example.com.", "found": "delegation", "by": "b.example.com."},
        ["a.b.example.com. is delegated at b.example.com.: referral"],
    ),
    (
        {"step": "record_set", "owner": "a.example.com.", "type": 28, "ttl": 60, "records": 1},
        ["record set a.example.com. AAAA: 1 record, TTL 60 s"],
    ),
    (
        {
            "step": "group",
            "owner": "a.example.com.",
            "type": 1,
            "policy": "weighted",
            "last_resort": True,
            "arms": [
                _arm(set_identifier="x", weight=80, probability=0.8, chosen=True, healthy=False),
                _arm(set_identifier="y", weight=0, probability=0.0, chosen=False, excluded="its weight is 0"),
            ],
        },
        [
            "weighted group a.example.com. A; nothing is healthy, so everything is treated as healthy",
            "→  80.00%  x  weight 80  unhealthy",
            "    0.00%  y  weight 0  (not considered: its weight is 0)",
        ],
    ),
    (
        {"step": "missing_target", "owner": "t.example.com.", "type": 1},
        ["the alias leads to t.example.com. A, which is not there: no data"],
    ),
    (
        {
            "step": "client",
            "address": "192.0.2.0",
            "prefix": 24,
            "from": "client subnet",
            "continent": "NA",
            "country": "US",
            "subdivision": "TX",
            "latitude": 30.27,
            "longitude": -97.744,
            "matched_prefix": 22,
            "source": "DB-IP",
            "date": "2026-11-01",
        },
        [
            "client 192.0.2.0/24, the client subnet: TX, US, NA at 30.27, -97.74",
            "the same for all of its /22, by DB-IP of 2026-11-01",
        ],
    ),
    (
        {
            "step": "client",
            "address": "192.0.2.1",
            "prefix": 32,
            "from": "resolver",
            "continent": None,
            "country": None,
            "subdivision": None,
            "latitude": None,
            "longitude": None,
            "matched_prefix": 0,
            "source": "",
            "date": "",
        },
        [
            "client 192.0.2.1/32, the resolver's address: place unknown",
            "no geolocation data is installed; meridian place install gets some",
        ],
    ),
    (
        _group("geolocation", _arm(set_identifier="x", area="US-TX"), last_resort=False),
        ["geolocation group a.example.com. A", "→ 100.00%  x  US-TX"],
    ),
    (
        _group(
            "geoproximity",
            _arm(set_identifier="x", latitude=50.11, longitude=8.68, bias=-50, distance_km=422.9, biased_km=634.6),
            _arm(set_identifier="y", latitude=1.0, longitude=2.0, bias=0, distance_km=9.4, biased_km=9.4, chosen=False),
            _arm(set_identifier="z", latitude=1.0, longitude=2.0, bias=9, distance_km=None, biased_km=None),
        ),
        [
            "geoproximity group a.example.com. A",
            "→ 100.00%  x  at 50.11, 8.68  423 km away, with bias -50 635 km",
            "  100.00%  y  at 1.00, 2.00  9 km away",
            "→ 100.00%  z  at 1.00, 2.00  distance unknown",
        ],
    ),
    (
        _group(
            "latency",
            _arm(
                set_identifier="x",
                region="eu-central-1",
                latency_ms=12.34,
                latency_origin="measured",
                samples=40,
                age_hours=3,
                level="network",
            ),
            _arm(set_identifier="y", region="us-west-2", latency_ms=150.0, latency_origin="prior"),
            _arm(set_identifier="z", region="elsewhere", latency_ms=None, latency_origin="unknown"),
        ),
        [
            "latency group a.example.com. A",
            "→ 100.00%  x  region eu-central-1  12.3 ms (measured for its network: 40 samples, the last 3 h ago)",
            "→ 100.00%  y  region us-west-2  150.0 ms (estimated from the distance)",
            "→ 100.00%  z  region elsewhere  latency unknown",
        ],
    ),
    (
        _group(
            "cidr",
            _arm(set_identifier="x", location="office", collection="c-1", health_check=7, health_check_id="c-id"),
            _arm(set_identifier="y", location="*", collection="c-1", health_check=8, health_check_id=None),
        ),
        [
            "cidr group a.example.com. A",
            "→ 100.00%  x  location office of c-1  health check c-id",
            "→ 100.00%  y  location * of c-1  health check 8 (not there)",
        ],
    ),
    (
        _group(
            "simple",
            _arm(alias_of="t.example.com."),
            _arm(alias_of="traffic policy step 3", role="PRIMARY"),
        ),
        [
            "alias a.example.com. A",
            "→ 100.00%  alias of t.example.com.",
            "→ 100.00%  PRIMARY  alias of traffic policy step 3",
        ],
    ),
    (
        {
            "step": "outside",
            "target": "lb.example.net.",
            "type": 1,
            "resolved": True,
            "healthy": False,
            "asked_at": 1_800_000_000,
            "answer_for": "area",
            "ttl": 17,
            "records": 2,
        },
        [
            "outside name lb.example.net. A, unhealthy: 2 records, TTL 17 s",
            "its answer for the client's area, of 2027-01-15 08:00:00 UTC",
        ],
    ),
    (
        {"step": "outside", "target": "lb.example.net.", "type": 1, "resolved": False, "healthy": True, "records": 0},
        ["outside name lb.example.net. A has not been resolved yet: SERVFAIL"],
    ),
    (
        {"step": "outside", "target": "lb.example.net.", "type": 1, "resolved": True, "healthy": True, "records": 0},
        ["outside name lb.example.net. A has no records: no data"],
    ),
    (
        {"step": "prohibited", "client": "203.0.113.9"},
        ["203.0.113.9 may not ask here (query_allow, query_deny): REFUSED"],
    ),
    ({"step": "cname", "target": "t.example.com."}, ["CNAME leads on to t.example.com."]),
    ({"step": "failure", "reason": "too deep"}, ["no answer can be given: too deep"]),
    ({"step": "comet", "tail": 1}, ['{"step": "comet", "tail": 1}']),
]


def explained(**fields: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "name": "a.example.com.",
        "type": 1,
        "client": "203.0.113.9",
        "subnet": None,
        "draw": 5,
        "steps": [],
        "response": {"rcode": "REFUSED", "scope": None, "answer": [], "authority": [], "additional": []},
        "overrides": {},
    }
    return plain | fields


@pytest.mark.parametrize(("step", "expected"), STEPS, ids=[str(case[0]["step"]) for case in STEPS])
def test_step_in_words(step: dict[str, object], expected: list[str]) -> None:
    """Each kind of step is a sentence; one that this program does not know is shown as it came."""
    text = list(lines(explained(steps=[step])))
    assert [line[5:] for line in text[2 : 2 + len(expected)]] == expected
    assert text[-1] == "The same choice again: --draw 5"


def test_question_in_words() -> None:
    """The question comes first, with the client subnet and all that is supposed."""
    supposed = {
        "health": [{"id": "one", "slot": 3, "healthy": False}, {"id": None, "slot": 4, "healthy": True}],
        "zone_id": "Z1",
        "change": {"zone_id": "Z1", "put": 2, "deleted": 1},
    }
    assert list(lines(explained(subnet="192.0.2.0/24", overrides=supposed)))[:5] == [
        "a.example.com. A, asked from 203.0.113.9, for client subnet 192.0.2.0/24",
        "supposing health check one is unhealthy",
        "supposing health check 4 (not there) is healthy",
        "supposing zone Z1 is the only one",
        "supposing zone Z1 is changed, record sets put: 2, deleted: 1",
    ]


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (None, "reply: NOERROR"),
        (0, "reply: NOERROR, scope /0: good for every client"),
        (24, "reply: NOERROR, scope /24: good for clients of the same /24"),
    ],
)
def test_reply_in_words(scope: int | None, said: str) -> None:
    """The reply is its code and scope, and the records of its answer, or else of its authority."""
    response = {"rcode": "NOERROR", "scope": scope, "answer": [], "authority": ["soa"], "additional": ["x"]}
    assert list(lines(explained(response=response)))[3:5] == [said, "     soa"]
    response["answer"] = ["one", "two"]
    assert list(lines(explained(response=response)))[3:6] == [said, "     one", "     two"]
