"""Change batches: the tables of cases, and laws."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.changes.batch import Plan, owner_names, references
from meridian.changes.shape import read_changes, to_api
from meridian.errors import ChangeRejected, InvalidInput
from meridian.model.name import Name, parse
from meridian.model.record import Change, CidrRoutingConfig, RecordSet
from tests.changes.zones import DEFAULTS, Contents, api_members, changes, hosted_zone, record_set
from tests.effort import calls

VECTORS = Path(__file__).parents[1] / "vectors" / "changes"
CASES = [case for file in sorted(VECTORS.glob("*.toml")) for case in tomllib.loads(file.read_text())["case"]]


def ident(case: dict[str, Any]) -> str:
    return f"{case['rule']} {case['fact']}"


def contents(case: dict[str, Any]) -> Contents:
    return Contents([*DEFAULTS, *map(record_set, case.get("before", []))])


def planned(case: dict[str, Any], zone: Contents) -> Plan:
    options = {"private": case.get("private", False), "outside": case.get("outside", [])}
    return zone.plan(changes(case["changes"]), **options, **case.get("quotas", {}))


def besides_defaults(zone: Contents) -> list[dict[str, Any]]:
    held = [kept for kept in zone.held.values() if kept not in DEFAULTS]
    return [to_api(kept) for kept in sorted(held, key=lambda kept: (kept.name.sort_key, kept.type, str(kept.key)))]


@pytest.mark.parametrize("case", [case for case in CASES if "after" in case], ids=ident)
def test_an_accepted_batch_leaves_what_the_table_says(case: dict[str, Any]) -> None:
    """The plan, applied, gives the record sets of `after`, with their octets."""
    zone = contents(case)

    zone.apply(planned(case, zone))

    assert [api_members(members) for members in case["after"]] == besides_defaults(zone)
    assert all(len(kept.rdata) == len(kept.values) for kept in zone.held.values())


@pytest.mark.parametrize("case", [case for case in CASES if "messages" in case], ids=ident)
def test_a_rejected_batch_says_what_the_table_says(case: dict[str, Any]) -> None:
    """Every problem is told, in order (R-ERR-41)."""
    with pytest.raises(ChangeRejected) as rejected:
        planned(case, contents(case))

    assert tuple(case["messages"]) == rejected.value.messages


@pytest.mark.parametrize("case", [case for case in CASES if "error" in case], ids=ident)
def test_a_malformed_change_is_invalid_input(case: dict[str, Any]) -> None:
    """The first malformed change is named."""
    with pytest.raises(InvalidInput) as refused:
        changes(case["changes"])

    assert case["error"] == refused.value.message


def test_every_case_expects_one_thing() -> None:
    """Each row has exactly one of `after`, `messages`, `error`, and no two rows have one name."""
    assert all(len({"after", "messages", "error"} & case.keys()) == 1 for case in CASES)
    assert len(CASES) == len(set(map(ident, CASES)))


def test_an_upsert_of_what_stands_plans_nothing() -> None:
    """So the operation can answer without a new zone version (R-CHG-12)."""
    www = {"Name": "www.example.com", "Type": "A", "Values": ["192.0.2.1"]}
    zone = Contents([*DEFAULTS, record_set(www)])

    assert zone.plan(changes([{"Action": "UPSERT", **www}])) == Plan((), ())


def test_a_replaced_record_set_is_not_deleted() -> None:
    """Keys in `put` are not in `delete`."""
    zone = Contents([*DEFAULTS, record_set({"Name": "www.example.com", "Type": "A", "Values": ["192.0.2.1"]})])

    done = zone.plan(
        changes(
            [
                {"Action": "DELETE", "Name": "www.example.com", "Type": "A", "Values": ["192.0.2.1"]},
                {"Action": "CREATE", "Name": "www.example.com", "Type": "A", "Values": ["192.0.2.2"]},
            ]
        )
    )

    assert done.delete == ()
    (put,) = done.put
    assert put.values == ("192.0.2.2",)


@pytest.mark.parametrize(("given", "accepted"), [(None, True), (True, True), (False, False)])
def test_a_delete_may_leave_multi_value_answer_out(given: bool | None, accepted: bool) -> None:
    """But not give another one (R-CHG-5)."""
    members = {"Name": "www.example.com", "Type": "A", "SetIdentifier": "a", "Values": ["192.0.2.1"]}
    stored = record_set({**members, "MultiValueAnswer": True})
    asked = msgspec.structs.replace(stored, rdata=(), multi_value_answer=given)
    zone = Contents([*DEFAULTS, stored])

    try:
        deleted = zone.plan([Change("DELETE", asked)]).delete
    except ChangeRejected:
        deleted = ()

    assert accepted == (deleted == (stored.key,))


def test_each_owner_name_is_read_once() -> None:
    """The cost follows the batch; `owner_names` tells beforehand what will be read."""
    zone = Contents([*DEFAULTS, record_set({"Name": "www.example.com", "Type": "A", "Values": ["192.0.2.1"]})])
    asked = changes(
        [
            {"Action": "CREATE", "Name": "a.example.com", "Type": "A", "Values": ["192.0.2.1"]},
            {"Action": "CREATE", "Name": "a.example.com", "Type": "TXT", "Values": ['"x"']},
            {
                "Action": "CREATE",
                "Name": "b.example.com",
                "Type": "A",
                "AliasTarget": {
                    "HostedZoneId": "Z0EXAMPLE",
                    "DNSName": "www.example.com",
                    "EvaluateTargetHealth": False,
                },
            },
        ]
    )
    reads = []
    read = zone.read
    zone.read = lambda name: (reads.append(name), read(name))[1]  # type: ignore[method-assign, func-returns-value]

    zone.plan(asked)

    assert sorted(map(str, reads)) == sorted(map(str, owner_names(hosted_zone(), asked)))


def test_references_are_those_of_record_sets_to_be_written() -> None:
    """Health checks and CIDR locations are gathered for the caller to look up, not for DELETE (R-POL-9, R-CID-2)."""
    members = {"Name": "a.example.com", "Type": "A", "Values": ["192.0.2.1"]}
    place = {"CollectionId": "11111111-1111-1111-1111-111111111111", "LocationName": "home"}

    found = references(
        changes(
            [
                {"Action": "DELETE", **members, "SetIdentifier": "1", "Weight": 1, "HealthCheckId": "old"},
                {"Action": "UPSERT", **members, "SetIdentifier": "2", "Weight": 1, "HealthCheckId": "new"},
                {"Action": "CREATE", **members, "SetIdentifier": "3", "CidrRoutingConfig": place},
            ]
        )
    )

    assert found.health_checks == {"new"}
    assert found.cidr_locations == {CidrRoutingConfig(place["CollectionId"], "home")}


def test_a_long_chain_of_aliases_is_followed_without_recursion() -> None:
    """A thousand aliases in a row, the last leading to the first, are found to be a loop (R-ALI-7)."""
    names = [f"n{number}.example.com" for number in range(999)]
    zone = Contents([*DEFAULTS, record_set({"Name": names[-1], "Type": "A", "Values": ["192.0.2.1"]})])
    chain = [
        {
            "Action": "UPSERT",
            "Name": name,
            "Type": "A",
            "AliasTarget": {"HostedZoneId": "Z0EXAMPLE", "DNSName": target, "EvaluateTargetHealth": True},
        }
        for name, target in zip([*names[:-1][::-1], names[-1]], [*names[1:][::-1], names[0]], strict=True)
    ]

    with pytest.raises(ChangeRejected) as rejected:
        zone.plan(changes(chain), batch_values=10_000)

    assert len(rejected.value.messages) == 999
    assert all(message.endswith("leads back to the alias") for message in rejected.value.messages)


def test_work_follows_the_batch() -> None:
    """A thousand plain CREATEs are read and planned with at most ten times the work of a hundred."""

    def work(count: int) -> int:
        batch = {
            "Changes": [
                {
                    "Action": "CREATE",
                    "ResourceRecordSet": {
                        "Name": f"host-{number}.example.com",
                        "Type": "A",
                        "TTL": 300,
                        "ResourceRecords": [{"Value": f"192.0.2.{number % 256}"}],
                    },
                }
                for number in range(count)
            ]
        }
        zone = Contents()
        return calls(lambda: zone.plan(read_changes(batch)))

    work(1)  # what the first call loads is not counted

    assert work(1000) < 10 * work(100)


# --- laws

LABEL = st.sampled_from(["a", "b", "c", "*"])
VALUES = st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3"]), min_size=1, max_size=3, unique=True)
TTL = st.sampled_from([60, 300])


@st.composite
def members(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {"Name": f"{draw(LABEL)}.example.com", "Type": "A"}
    if draw(st.booleans()):
        found["Type"] = draw(st.sampled_from(["A", "CNAME"]))
        target = f"{draw(LABEL)}.example.com"
        found["AliasTarget"] = {"HostedZoneId": "Z0EXAMPLE", "DNSName": target, "EvaluateTargetHealth": False}
    elif draw(st.booleans()):
        found |= {"Type": "CNAME", "TTL": draw(TTL), "Values": ["www.example.net"]}
    else:
        found |= {"TTL": draw(TTL), "Values": draw(VALUES)}
    if draw(st.booleans()):
        found["SetIdentifier"] = draw(st.sampled_from(["1", "2", "3"]))
        found |= draw(
            st.sampled_from(
                [
                    {"Weight": 1},
                    {"Region": "us-east-1"},
                    {"Region": "us-west-1"},
                    {"Failover": "SECONDARY"},
                    {"GeoLocation": {"CountryCode": "*"}},
                    {"GeoLocation": {"ContinentCode": "EU"}},
                    {"MultiValueAnswer": True},
                ]
            )
        )
    return found


BATCH = st.lists(
    st.builds(
        lambda action, found: {"Action": action, **found}, st.sampled_from(["CREATE", "UPSERT", "DELETE"]), members()
    ),
    min_size=1,
    max_size=6,
)


def grown(batches: list[list[dict[str, Any]]]) -> Contents:
    zone = Contents()
    for batch in batches:
        try:
            zone.apply(zone.plan(changes(batch)))
        except ChangeRejected:
            continue
    return zone


def is_lawful(zone: Contents) -> bool:
    """Whether the rules between record sets hold, looked at pair by pair, and no alias leads back to itself."""
    held = list(zone.held.values())
    return all(may_share(one, other) for one in held for other in held if one is not other) and not any(
        (one.name, one.type) in reachable(one, held) for one in held
    )


def reachable(start: RecordSet, held: list[RecordSet]) -> set[tuple[Name, str]]:
    """All groups that aliases lead to from one record set: add one step until nothing is new."""
    found: set[tuple[Name, str]] = set()
    steps = {(parse(start.alias.dns_name), start.type)} if start.alias else set()
    while steps - found:
        found |= steps
        steps = {(parse(at.alias.dns_name), at.type) for at in held if at.alias and (at.name, at.type) in found}
    return found


def may_share(one: RecordSet, other: RecordSet) -> bool:
    if one.name != other.name:
        return True
    if one.type != other.type:
        return "CNAME" not in (one.type, other.type)
    places_differ = (one.region, one.failover, one.geo_location) != (other.region, other.failover, other.geo_location)
    return (
        one.policy == other.policy
        and (one.policy != "weighted" or None in (one.ttl, other.ttl) or one.ttl == other.ttl)
        and (one.policy in ("weighted", "multivalue") or places_differ)
    )


@given(st.lists(BATCH, max_size=4))
def test_a_zone_stays_lawful_whatever_is_asked(batches: list[list[dict[str, Any]]]) -> None:
    """After any batches no two record sets stand beside each other that may not."""
    zone = grown(batches)

    assert is_lawful(zone)
    assert all(kept in zone.held.values() for kept in DEFAULTS)


@given(st.lists(BATCH, max_size=3), BATCH)
def test_a_batch_is_all_or_nothing(batches: list[list[dict[str, Any]]], last: list[dict[str, Any]]) -> None:
    """A rejected batch leaves no trace; an accepted one does every change (R-CHG-2)."""
    zone = grown(batches)
    before = dict(zone.held)
    asked = changes(last)
    try:
        zone.apply(zone.plan(asked))
    except ChangeRejected:
        assert before == zone.held
        return

    written = {change.record_set.key for change in asked if change.action != "DELETE"}
    deleted = {change.record_set.key for change in asked if change.action == "DELETE"} - written
    assert written <= zone.held.keys()
    assert not deleted & zone.held.keys()
    assert before.keys() - zone.held.keys() == deleted


@given(st.lists(BATCH, max_size=4))
def test_what_is_listed_can_be_deleted(batches: list[list[dict[str, Any]]]) -> None:
    """DELETE with exactly what the API shows always passes, for each record set alone and for all (R-CHG-5)."""
    zone = grown(batches)
    listed = [to_api(kept) for kept in zone.held.values() if kept not in DEFAULTS]
    asked = [{"Action": "DELETE", "ResourceRecordSet": shown} for shown in listed]

    for item in asked:
        assert len(zone.plan(read_changes({"Changes": [item]})).delete) == 1
    if asked:
        zone.apply(zone.plan(read_changes({"Changes": asked})))
    assert list(DEFAULTS) == list(zone.held.values())


@given(st.lists(BATCH, max_size=3), BATCH.flatmap(lambda batch: st.tuples(st.just(batch), st.permutations(batch))))
def test_the_final_state_does_not_depend_on_the_order(
    batches: list[list[dict[str, Any]]], orders: tuple[list[dict[str, Any]], list[dict[str, Any]]]
) -> None:
    """Two orders of a batch that are both accepted lead to one state (R-CHG-3)."""
    zones = [grown(batches), grown(batches)]
    for zone, order in zip(zones, orders, strict=True):
        try:
            zone.apply(zone.plan(changes(order)))
        except ChangeRejected:
            return

    assert zones[0].held == zones[1].held


PLAIN_BATCH = st.lists(
    st.builds(
        lambda label, ttl, values: {
            "Action": "UPSERT",
            "Name": f"{label}.example.com",
            "Type": "A",
            "TTL": ttl,
            "Values": values,
        },
        LABEL,
        TTL,
        VALUES,
    ),
    min_size=1,
    max_size=6,
)


@given(PLAIN_BATCH.flatmap(lambda batch: st.tuples(st.just(batch), st.permutations(batch))))
def test_without_aliases_the_order_of_upserts_does_not_matter(
    orders: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    """Either every order is accepted or none is: only aliases look at what came before (R-CHG-3)."""
    outcomes = []
    for order in orders:
        zone = Contents()
        try:
            zone.apply(zone.plan(changes(order)))
            outcomes.append(zone.held)
        except ChangeRejected:
            outcomes.append({})

    assert outcomes[0] == outcomes[1]
