"""Documents of traffic policies: those that people publish, and those that are refused with place and reason."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.changes.traffic import MOST_DEEP, read, require
from meridian.errors import ApiError
from meridian.model.name import parse
from meridian.model.place import Nameable
from meridian.model.record import CidrRoutingConfig, Coordinates, GeoLocation, GeoProximityLocation
from meridian.model.traffic import ENDPOINT_TYPES, FORMATS, OWN_FORMAT, POLICIES, Item, Tree, record_sets

FOLDER = Path(__file__).parent.parent / "vectors" / "traffic"
SHAPES = {file.stem: file.read_bytes().decode() for file in sorted(FOLDER.glob("*.json"))}
BROKEN: list[dict[str, Any]] = tomllib.loads((FOLDER / "broken.toml").read_text())["case"]


def tree(shape: str) -> Tree:
    return require(SHAPES[shape])


def items(shape: str, rule: str) -> tuple[Item, ...]:
    return tree(shape).rules[rule].items


def document(**members: Any) -> str:
    whole = {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", **members}
    return json.dumps(whole, indent=1)


def chain(rules: int) -> str:
    """So many rules, one below another."""
    made = {
        f"r{number}": {"RuleType": "weighted", "Items": [{"RuleReference": f"r{number + 1}", "Weight": 1}]}
        for number in range(1, rules)
    }
    made[f"r{rules}"] = {"RuleType": "weighted", "Items": [{"EndpointReference": "e", "Weight": 1}]}
    return document(StartRule="r1", Endpoints={"e": {"Type": "value", "Value": "192.0.2.1"}}, Rules=made)


def test_there_is_a_document_for_every_shape() -> None:
    """Every rule type, endpoint type and format stands in one of them."""
    trees = [require(text) for text in SHAPES.values()]
    assert len(trees) >= 18
    assert {tree.format for tree in trees} == set(FORMATS)
    assert {rule.type for tree in trees for rule in tree.rules.values()} == set(POLICIES)
    kinds = {endpoint.type for tree in trees for endpoint in tree.endpoints.values()}
    assert kinds == set(ENDPOINT_TYPES)


@pytest.mark.parametrize("shape", SHAPES)
def test_published_shapes_are_accepted(shape: str) -> None:
    """R-TFD-4, R-CLI-21: what they name is there, and warnings do not refuse them."""
    reading = read(SHAPES[shape])
    assert reading.errors == []
    assert reading.tree is not None
    named = {item.leads_to for item in reading.tree.items}
    assert named <= reading.tree.rules.keys() | reading.tree.endpoints.keys()


@pytest.mark.parametrize("case", BROKEN, ids=[f"{case['rule']} {case['fact']}" for case in BROKEN])
def test_broken_documents_are_refused_with_place_and_reason(case: dict[str, Any]) -> None:
    """R-TFO-5: JSON pointer, line and reason, in the error too."""
    before = SHAPES[case["of"]]
    assert before.count(case["old"]) >= 1
    broken = before.replace(case["old"], case["new"], 1)
    reading = read(broken)
    told = [(problem.pointer, problem.line) for problem in reading.errors if case["says"] in problem.text]
    assert (case["at"], case["line"]) in told, list(map(str, reading.problems))
    assert reading.tree is None
    with pytest.raises(ApiError) as refused:
        require(broken)
    assert refused.value.code == "InvalidTrafficPolicyDocument"
    assert f"{case['at'] or 'the document'} (line {case['line']}): " in refused.value.message


def test_numbers_and_truth_values_may_be_strings() -> None:
    """R-TFD-4: both forms mean the same."""
    assert [item.weight for item in items("05-weighted-strings", "canary")] == [95, 5]
    assert [item.weight for item in items("06-weighted-numbers", "split")] == [4, 5, 5, 6]
    assert [item.evaluate_target_health for item in items("08-latency", "nearest")] == [True, True]


def test_places_of_the_first_format() -> None:
    """R-TFR-3: a region or a point, each with its bias."""
    places = [item.geo_proximity_location for item in items("11-geoproximity-2015", "near")]
    assert places == [
        GeoProximityLocation(aws_region="us-east-1", bias=10),
        GeoProximityLocation(aws_region="eu-west-1", bias=-20),
        GeoProximityLocation(coordinates=Coordinates("52.52", "13.40"), bias=0),
        GeoProximityLocation(coordinates=Coordinates("-0.18", "-78.47")),
    ]


def test_places_of_the_second_format() -> None:
    """R-TFR-3, R-TFD-6: the place is an object of its own."""
    places = [item.geo_proximity_location for item in items("12-geoproximity-2023", "near")]
    assert places == [
        GeoProximityLocation(aws_region="eu-central-1", bias=-5),
        GeoProximityLocation(local_zone_group="us-west-2-lax-1"),
        GeoProximityLocation(coordinates=Coordinates("48.85", "2.35"), bias=15),
    ]


def test_locations() -> None:
    """R-TFR-2: default, country, continent, subdivision; a country of `*` is the default."""
    where = [item.geo_location for item in items("09-geo-countries", "where")]
    default = GeoLocation(country_code="*")
    assert where == [default, GeoLocation(None, "DE"), GeoLocation("EU"), GeoLocation(None, "US", "TX")]
    assert items("10-geo-star", "g")[0].geo_location == default


def test_health_of_targets_counts_where_nothing_is_said() -> None:
    """R-TFR-8: by default for rules and load balancers, never for values and the CDN."""
    assert [item.evaluate_target_health for item in items("03-failover-to-website", "site_switch")] == [True, True]
    assert [item.evaluate_target_health for item in items("04-failover-of-values", "failover")] == [False, False]
    assert [item.evaluate_target_health for item in items("14-shared-nodes", "top")] == [True, True, False]
    assert [item.evaluate_target_health for item in items("17-beanstalk-and-cdn", "mix")] == [True, False]


def test_networks_of_our_own_format() -> None:
    """R-TFR-9."""
    found = tree("21-networks")
    collection = "7f5ad22e-3c0b-4d7f-9d3a-2f6e4f0a9c55"
    assert found.format == OWN_FORMAT
    where = [item.cidr_routing_config for item in found.rules["network"].items]
    assert where == [CidrRoutingConfig(collection, "berlin"), CidrRoutingConfig(collection, "*")]


def test_what_a_rule_stands_for() -> None:
    """R-TFC-2, R-TTL-5: values with the instance's TTL, aliases to services and rules without one."""
    name = parse("www.example.com")
    found = tree("14-shared-nodes")
    plain, alias = (record_sets(found, found.rules[rule], name, 77)[0] for rule in ("pool", "top"))
    assert (plain.ttl, plain.values, plain.rdata, plain.alias) == (77, ("192.0.2.1",), (b"\xc0\0\2\1",), None)
    assert alias.ttl is None
    assert alias.alias is not None
    assert alias.alias.dns_name == "pool"


def test_buckets_and_websites() -> None:
    """R-TFE-5: a bucket leads to the website service of its region."""
    endpoint = tree("03-failover-to-website").endpoints["sorry_page"]
    assert endpoint.target == parse("s3-website-us-east-1.amazonaws.com")
    assert endpoint.bucket == parse("www.example.com")


WARNED = [
    ("18-unused-and-unknown", "/Endpoints/spare", "nothing leads here"),
    ("18-unused-and-unknown", "/Rules/idle", "nothing leads here"),
    ("18-unused-and-unknown", "/Endpoints/used/Note", "it has no meaning here"),
]


@pytest.mark.parametrize(("shape", "at", "says"), WARNED)
def test_warnings(shape: str, at: str, says: str) -> None:
    """R-TFD-5, R-VIS-14: unused nodes and members without meaning are told, and accepted."""
    told = {problem.pointer: problem for problem in read(SHAPES[shape]).problems}
    assert says in told[at].text
    assert told[at].severity == "warning"


HARDLY_MEANT = [
    ({"RuleType": "geo", "Locations": [{"Country": "DE", "EndpointReference": "e"}]}, "/Rules/r", "without a default"),
    ({"RuleType": "weighted", "Items": [{"Weight": 0, "EndpointReference": "e"}]}, "/Rules/r", "all weights are 0"),
    (
        {"RuleType": "failover", "Primary": {"EndpointReference": "e"}, "Secondary": {"EndpointReference": "e"}},
        "/Rules/r/Primary",
        "cannot be built: a primary endpoint of type value needs a HealthCheck",
    ),
    (
        {
            "RuleType": "failover",
            "Primary": {"EndpointReference": "b", "EvaluateTargetHealth": "false"},
            "Secondary": {"EndpointReference": "e"},
        },
        "/Rules/r/Primary",
        "it never fails over",
    ),
]


@pytest.mark.parametrize(("rule", "at", "says"), HARDLY_MEANT)
def test_what_is_hardly_meant(rule: dict[str, Any], at: str, says: str) -> None:
    """R-VIS-14, R-TFC-7: lawful documents with a warning."""
    balancer = {"Type": "elastic-load-balancer", "Value": "b.us-east-1.elb.amazonaws.com"}
    endpoints = {"e": {"Type": "value", "Value": "192.0.2.1"}, "b": balancer}
    reading = read(document(StartRule="r", Endpoints=endpoints, Rules={"r": rule}))
    assert reading.errors == []
    assert any(problem.pointer == at and says in problem.text for problem in reading.problems)


def test_all_problems_are_told_at_once() -> None:
    """The draft of an editor has several, each with its line; a loop is told beside them."""
    loop = {"RuleType": "weighted", "Items": [{"RuleReference": "a", "Weight": "1"}]}
    bad = {"RuleType": "weighted", "Items": [{"EndpointReference": "x", "Weight": "1"}]}
    reading = read(
        document(StartRule="a", Endpoints={"e": {"Type": "value", "Value": "x"}}, Rules={"a": loop, "b": bad})
    )
    assert [problem.pointer for problem in reading.errors] == [
        "/Endpoints/e/Value",
        "/Rules/a/Items/0/RuleReference",
        "/Rules/b/Items/0/EndpointReference",
    ]
    assert [problem.line for problem in reading.errors] == sorted(problem.line for problem in reading.errors)


def test_the_error_tells_ten_problems() -> None:
    """R-TFO-5: and how many more there are."""
    endpoints = {f"e{number}": {"Type": "value", "Value": "x"} for number in range(13)}
    with pytest.raises(ApiError) as refused:
        require(document(StartEndpoint="e1", Endpoints=endpoints))
    assert refused.value.message.count("(line ") == 10
    assert refused.value.message.endswith("; and 3 more")


def test_depth() -> None:
    """R-TREE-1: as many rules may follow one another as the engine can walk, and no more."""
    assert read(chain(MOST_DEEP)).errors == []
    (problem,) = read(chain(MOST_DEEP + 1)).errors
    assert problem.pointer == "/Rules/r1"


def test_an_operators_regions_can_be_named() -> None:
    """R-REG-1."""
    rule = {"RuleType": "latency", "Regions": [{"Region": "on-premises-berlin", "EndpointReference": "e"}]}
    text = document(StartRule="r", Endpoints={"e": {"Type": "value", "Value": "192.0.2.1"}}, Rules={"r": rule})
    assert read(text).errors != []
    assert read(text, Nameable({"on-premises-berlin"}, ())).errors == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_whatever_stands_in_a_document_is_judged(shape: str, data: st.DataObject) -> None:
    """Any value in any place is accepted or refused with a place that is there, never an error of ours."""
    whole = json.loads(SHAPES[shape])
    holder, key = data.draw(st.sampled_from(places(whole)))
    holder[key] = data.draw(JSON)
    reading = read(json.dumps(whole, indent=1))
    assert (reading.tree is None) == bool(reading.errors)
    assert all(problem.line >= 1 for problem in reading.problems)


def places(whole: Any) -> list[tuple[Any, Any]]:
    """Every holder and key in a value."""
    pairs = (
        list(whole.items()) if isinstance(whole, dict) else list(enumerate(whole)) if isinstance(whole, list) else []
    )
    return [(whole, key) for key, _ in pairs] + [place for _, inner in pairs for place in places(inner)]
