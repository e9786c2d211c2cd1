"""Replacing all record sets of one name and type: the plan, its token, and what is refused (R-POL-8)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations.replace import PATH, replace
from meridian.errors import ApiError, ChangeRejected
from meridian.settings import Settings
from meridian.store import outbox
from tests.operations.calls import asked, call, change, create_zone, upsert
from tests.operations.conftest import NOW, caller, with_quotas

NAME = "p.example.com"


def record_set(value: str, identifier: str = "", ttl: int = 60, **policy: Any) -> dict[str, Any]:
    """A record set as a caller writes it: without the name and type that the call has."""
    named = {"SetIdentifier": identifier} if identifier else {}
    return {**named, **policy, "TTL": ttl, "ResourceRecords": [{"Value": value}]}


def to(zone_id: str, target: str, identifier: str, **policy: Any) -> dict[str, Any]:
    leads_to = {"HostedZoneId": zone_id, "DNSName": target, "EvaluateTargetHealth": False}
    return {"SetIdentifier": identifier, **policy, "AliasTarget": leads_to}


def ask(context: Context, zone: str, record_sets: Any, **more: Any) -> dict[str, Any]:
    """Call it with a body."""
    body = {"zone": zone, "name": NAME, "type": "A", "ResourceRecordSets": record_sets, **more}
    found: dict[str, Any] = replace(context, request(json.dumps(body).encode()))
    return found


def request(body: bytes) -> HttpRequest:
    return HttpRequest("POST", PATH.encode(), b"", (), body)


def stored(context: Context, zone_id: str) -> list[dict[str, Any]]:
    """What ListResourceRecordSets shows at the name."""
    found = call(context, "ListResourceRecordSets", HostedZoneId=zone_id, StartRecordName=NAME)["ResourceRecordSets"]
    return [each for each in found if each["Name"] == f"{NAME}." and each["Type"] == "A"]


def full(record_sets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"Name": f"{NAME}.", "Type": "A", **each} for each in record_sets]


@pytest.fixture
def zone_id(context: Context) -> str:
    """A zone with two targets for aliases, and a CIDR collection that `groups` uses."""
    zone_id = create_zone(context)
    change(context, zone_id, upsert("one.example.com", "A", "192.0.2.1"), upsert("two.example.com", "A", "192.0.2.2"))
    return zone_id


def groups(context: Context, zone_id: str) -> dict[str, list[dict[str, Any]]]:
    """A group of each policy; the set identifiers are the same, so that one policy becomes another under them."""
    collection = call(context, "CreateCidrCollection", Name="offices", CallerReference="r")["Collection"]["Id"]
    block = {"Action": "PUT", "LocationName": "oslo", "CidrList": ["192.0.2.0/24"]}
    call(context, "ChangeCidrCollection", Id=collection, Changes=[block])
    oslo, rest = ({"CollectionId": collection, "LocationName": name} for name in ("oslo", "*"))
    pairs: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "weighted": ({"Weight": 1}, {"Weight": 2}),
        "latency": ({"Region": "eu-west-1"}, {"Region": "us-east-1"}),
        "geolocation": ({"GeoLocation": {"ContinentCode": "EU"}}, {"GeoLocation": {"CountryCode": "*"}}),
        "geoproximity": (
            {"GeoProximityLocation": {"AWSRegion": "eu-west-1"}},
            {"GeoProximityLocation": {"AWSRegion": "us-east-1", "Bias": 5}},
        ),
        "multivalue": ({"MultiValueAnswer": True}, {"MultiValueAnswer": True}),
        "cidr": ({"CidrRoutingConfig": oslo}, {"CidrRoutingConfig": rest}),
    }
    found = {
        policy: [record_set("192.0.2.1", "a", **first), record_set("192.0.2.2", "b", **second)]
        for policy, (first, second) in pairs.items()
    }
    return {
        "simple": [record_set("192.0.2.1")],
        "none": [],
        "failover": [
            to(zone_id, "one.example.com.", "a", Failover="PRIMARY"),
            to(zone_id, "two.example.com.", "b", Failover="SECONDARY"),
        ],
        **found,
    }


POLICIES = ["none", "simple", "weighted", "latency", "failover", "geolocation", "geoproximity", "multivalue", "cidr"]


@pytest.mark.parametrize("policy", POLICIES)
def test_each_policy_becomes_each_other(context: Context, zone_id: str, policy: str) -> None:
    """From a policy to every other one and back, each in one change, whatever set identifiers stay (R-POL-8)."""
    sets = groups(context, zone_id)
    ask(context, zone_id, sets[policy])
    for other in POLICIES:
        there = ask(context, zone_id, sets[other])
        assert stored(context, zone_id) == full(sets[other])
        back = ask(context, zone_id, sets[policy])
        assert stored(context, zone_id) == full(sets[policy])

        policies = [{"none": None}.get(each, each) for each in (policy, other)]
        assert [there["before"]["policy"], there["after"]["policy"]] == policies
        assert [back["after"]["policy"], back["before"]["policy"]] == policies
        assert ("ChangeInfo" in there, bool(there["Changes"])) == (policy != other, policy != other)


def test_plan(context: Context, zone_id: str) -> None:
    """A plan is what goes, what comes and what stays, in the form that ChangeResourceRecordSets takes."""
    change(context, zone_id, upsert(NAME, "A", "192.0.2.1"), upsert(NAME, "TXT", '"other"'))
    wanted = [record_set("192.0.2.1", "a", Weight=3), record_set("192.0.2.2", "b", Weight=1)]
    with context.database.read() as conn:
        published = outbox.of_zone(conn, zone_id)

    plan = ask(context, "Example.COM", wanted, dry_run=True)

    assert plan == {
        "zone_id": zone_id,
        "zone": "example.com.",
        "name": "p.example.com.",
        "type": "A",
        "before": {"policy": "simple", "ResourceRecordSets": full([record_set("192.0.2.1")])},
        "after": {"policy": "weighted", "ResourceRecordSets": full(wanted)},
        "Changes": [
            {"Action": "DELETE", "ResourceRecordSet": full([record_set("192.0.2.1")])[0]},
            *({"Action": "CREATE", "ResourceRecordSet": each} for each in full(wanted)),
        ],
        "token": plan["token"],
    }
    assert stored(context, zone_id) == full([record_set("192.0.2.1")])
    with context.database.read() as conn:
        assert outbox.of_zone(conn, zone_id) == published

    applied = ask(context, f"/hostedzone/{zone_id}", wanted, token=plan["token"], comment="why")

    info = applied.pop("ChangeInfo")
    assert applied == plan
    assert info == {
        "Id": info["Id"],
        "Status": "PENDING",
        "SubmittedAt": NOW.replace(microsecond=678_000),
        "Comment": "why",
    }
    assert call(context, "GetChange", Id=info["Id"].removeprefix("/change/"))["ChangeInfo"] == info
    assert stored(context, zone_id) == full(wanted)


def test_plan_is_a_batch(context: Context, zone_id: str) -> None:
    """The changes of a plan can be given to ChangeResourceRecordSets as they are, and lead to the same."""
    ask(context, zone_id, [record_set("192.0.2.1", "a", Weight=3), record_set("192.0.2.2", "b", Weight=1)])
    wanted = [record_set("192.0.2.3", "a", Region="eu-west-1"), record_set("192.0.2.2", "c", Region="us-east-1")]
    plan = ask(context, zone_id, wanted, dry_run=True)
    assert [each["Action"] for each in plan["Changes"]] == ["DELETE", "UPSERT", "CREATE"]

    change(context, zone_id, *plan["Changes"])

    assert stored(context, zone_id) == full(wanted)


def test_what_was_there_leads_back(context: Context, zone_id: str) -> None:
    """The `before` of a reply is what to ask for to undo it."""
    ask(context, zone_id, [record_set("192.0.2.1", "a", Weight=3)])
    there = ask(context, zone_id, [record_set("192.0.2.1")])
    back = ask(context, zone_id, there["before"]["ResourceRecordSets"])

    assert (back["before"], back["after"]) == (there["after"], there["before"])


def test_nothing_to_change(context: Context, zone_id: str) -> None:
    """What is there already makes no change: nothing is published, and there is no ChangeInfo."""
    ask(context, zone_id, [record_set("192.0.2.1")])
    with context.database.read() as conn:
        published = outbox.of_zone(conn, zone_id)
    for wanted in ([record_set("192.0.2.1")], full([record_set("192.0.2.1")])):
        again = ask(context, zone_id, wanted)
        assert (again["Changes"], "ChangeInfo" in again) == ([], False)
    with context.database.read() as conn:
        assert outbox.of_zone(conn, zone_id) == published


def test_nothing_wanted_deletes_all(context: Context, zone_id: str) -> None:
    """An empty list takes every record set of the name and type away, and none of another type."""
    ask(context, zone_id, [record_set("192.0.2.1", "a", Weight=3), record_set("192.0.2.2", "b", Weight=1)])
    change(context, zone_id, upsert(NAME, "TXT", '"stays"'))

    gone = ask(context, zone_id, [])

    assert [each["Action"] for each in gone["Changes"]] == ["DELETE", "DELETE"]
    assert gone["after"] == {"policy": None, "ResourceRecordSets": []}
    assert stored(context, zone_id) == []
    assert call(context, "GetHostedZone", Id=zone_id)["HostedZone"]["ResourceRecordSetCount"] == 5


# --- tokens

SIMPLE = [record_set("192.0.2.1")]
WEIGHTED = [record_set("192.0.2.1", "a", Weight=1)]


@pytest.mark.parametrize(
    "meanwhile",
    [
        [upsert(NAME, "A", "192.0.2.9")],
        [upsert(NAME, "A", "192.0.2.1", ttl=61)],
        [asked("DELETE", NAME, "A", "192.0.2.1")],
        [asked("DELETE", NAME, "A", "192.0.2.1"), upsert(NAME, "A", "192.0.2.1", SetIdentifier="a", Weight=2)],
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_plan_of_yesterday(context: Context, zone_id: str, meanwhile: list[dict[str, Any]], dry_run: bool) -> None:
    """A plan is not applied to another state than the one it was made for; nothing is lost."""
    ask(context, zone_id, SIMPLE)
    token = ask(context, zone_id, WEIGHTED, dry_run=True)["token"]
    change(context, zone_id, *meanwhile)
    before = stored(context, zone_id)

    with pytest.raises(ApiError, match=r"out of date: .* p\.example\.com\. A have changed, or others are wanted") as no:
        ask(context, zone_id, WEIGHTED, token=token, dry_run=dry_run)

    assert no.value.code == "ConcurrentModification"
    assert stored(context, zone_id) == before


def test_a_token_is_of_one_plan(context: Context, zone_id: str) -> None:
    """A token that was shown for one plan applies no other: not other record sets, nor another zone's."""
    ask(context, zone_id, SIMPLE)
    token = ask(context, zone_id, WEIGHTED, dry_run=True)["token"]
    other = create_zone(context, "example.com", "another of this name")
    change(context, other, upsert(NAME, "A", "192.0.2.1"))
    for zone, wanted in ((zone_id, [record_set("192.0.2.1", "a", Weight=2)]), (other, WEIGHTED), (zone_id, [])):
        with pytest.raises(ApiError, match="ConcurrentModification"):
            ask(context, zone, wanted, token=token)
    assert ask(context, zone_id, WEIGHTED, token=token)["Changes"]
    with pytest.raises(ApiError, match="ConcurrentModification"):  # it is applied, so that is another state
        ask(context, zone_id, WEIGHTED, token=token)


def test_other_names_do_not_matter(context: Context, zone_id: str) -> None:
    """A token stands for the record sets of its name and type alone, also when these went and came back."""
    ask(context, zone_id, SIMPLE)
    token = ask(context, zone_id, WEIGHTED, dry_run=True)["token"]
    change(context, zone_id, upsert("other.example.com", "A", "192.0.2.1"), upsert(NAME, "TXT", '"x"'))
    ask(context, zone_id, [])
    ask(context, zone_id, SIMPLE)

    assert ask(context, zone_id, WEIGHTED, token=token)["after"]["policy"] == "weighted"


# --- several writers

WRITERS = 8


def at_once(calls: list[Any]) -> Iterator[Any]:
    """Call all at the same moment; what each gave or raised."""
    barrier, found = threading.Barrier(len(calls)), [None] * len(calls)

    def run(index: int) -> None:
        barrier.wait()
        try:
            found[index] = calls[index]()
        except ApiError as error:
            found[index] = error.code  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=[index]) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield from found


def test_one_of_many_writers_with_a_plan_wins(context: Context, zone_id: str) -> None:
    """Of writers who have all seen one state, the first is applied and every other refused: none undoes another."""
    ask(context, zone_id, SIMPLE)
    wanted = [[record_set(f"192.0.2.{n}", f"w{n}", Weight=n)] for n in range(WRITERS)]
    tokens = [ask(context, zone_id, each, dry_run=True)["token"] for each in wanted]

    replies = list(at_once([lambda n=n: ask(context, zone_id, wanted[n], token=tokens[n]) for n in range(WRITERS)]))

    (winner,) = [reply for reply in replies if isinstance(reply, dict)]
    assert replies.count("ConcurrentModification") == WRITERS - 1
    assert stored(context, zone_id) == winner["after"]["ResourceRecordSets"]


def test_many_writers_without_a_plan(context: Context, zone_id: str) -> None:
    """Without tokens each replaces the whole of what another left: never a mixture, and nobody is refused."""
    policies: list[dict[str, Any]] = [
        {"Weight": 1},
        {"Region": "eu-west-1"},
        {"MultiValueAnswer": True},
        {"GeoLocation": {"CountryCode": "*"}},
    ]
    wanted = [[record_set(f"192.0.2.{n}", f"w{n}", **policies[n % 4])] for n in range(WRITERS)]

    replies = list(at_once([lambda n=n: ask(context, zone_id, wanted[n]) for n in range(WRITERS)]))

    seen = [[], *(reply["after"]["ResourceRecordSets"] for reply in replies)]
    followed = [reply["before"]["ResourceRecordSets"] for reply in replies]
    assert sorted(map(str, [*followed, stored(context, zone_id)])) == sorted(map(str, seen))


# --- what is refused


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"zone": "example.org"}, "NoSuchHostedZone", "example.org"),
        ({"zone": "Z0NONE"}, "NoSuchHostedZone", "Z0NONE"),
        ({"zone": "a..b"}, "NoSuchHostedZone", "a..b"),
        ({"zone": 7}, "InvalidInput", r"Expected `str`, got `int` - at `\$\.zone`"),
        ({"name": "www.example.org"}, "InvalidInput", r"www\.example\.org\. is not in the hosted zone example\.com\."),
        ({"name": "a..example.com"}, "InvalidInput", r"'a\.\.example\.com' is no domain name: Domain name is empty"),
        ({"name": ""}, "InvalidInput", "'' is no domain name"),
        ({"type": "LOC"}, "InvalidInput", "'LOC' is no type that a zone can hold; choose from A, NS,"),
        ({"type": "ANY"}, "InvalidInput", "'ANY' is no type"),
        ({"dry_run": "yes"}, "InvalidInput", "Expected `bool`, got `str`"),
        ({"dryrun": True}, "InvalidInput", "unknown field `dryrun`"),
        ({"comment": "x" * 257}, "InvalidInput", "length <= 256"),
        ({"token": ""}, "ConcurrentModification", "out of date"),
        ({"ResourceRecordSets": {}}, "InvalidInput", "Expected `array`, got `object`"),
        ({"ResourceRecordSets": [7]}, "InvalidInput", "Expected `object`, got `int`"),
        ({"ResourceRecordSets": [{}]}, "InvalidInput", "all of .TTL, and ResourceRecords., .* but found none"),
        ({"ResourceRecordSets": [{**SIMPLE[0], "TTL": "60"}]}, "InvalidInput", "ResourceRecordSet.TTL, value: 60"),
        ({"ResourceRecordSets": [{**SIMPLE[0], "Colour": "red"}]}, "InvalidInput", "Unknown parameter"),
        ({"ResourceRecordSets": [{**SIMPLE[0], "Weight": 1}]}, "InvalidInput", "Missing field 'SetIdentifier'"),
        ({"ResourceRecordSets": [{**SIMPLE[0], "Name": "q.example.com"}]}, "InvalidInput",
         r"holds q\.example\.com\. A, but all of p\.example\.com\. A is to be replaced"),
        ({"ResourceRecordSets": [{**SIMPLE[0], "Type": "AAAA"}]}, "InvalidInput", r"holds p\.example\.com\. AAAA"),
        ({"ResourceRecordSets": WEIGHTED * 2}, "InvalidInput", "two record sets with the same SetIdentifier: a"),
        ({"ResourceRecordSets": SIMPLE * 2}, "InvalidInput", "two record sets with the same SetIdentifier: none"),
        ({"ResourceRecordSets": [record_set("nowhere")]}, "InvalidChangeBatch", "ARRDATAIllegalIPv4Address"),
        ({"ResourceRecordSets": SIMPLE + WEIGHTED}, "InvalidChangeBatch",
         "a non-weighted set exists with the same name and type"),
        ({"ResourceRecordSets": [record_set("192.0.2.1", "a", Failover="PRIMARY")]}, "InvalidChangeBatch",
         "primary ResourceRecordSet must have an associated health check"),
        ({"ResourceRecordSets": [record_set("192.0.2.1", "a", Weight=1, HealthCheckId="abc")]}, "NoSuchHealthCheck",
         "abc"),
        ({"name": "example.com", "type": "NS", "ResourceRecordSets": []}, "InvalidChangeBatch",
         "A HostedZone must contain at least one NS record"),
        ({"name": "example.com", "type": "SOA", "ResourceRecordSets": []}, "InvalidChangeBatch",
         "A HostedZone must contain exactly one SOA record"),
        ({"type": "CNAME", "ResourceRecordSets": [record_set("x.example.com")]}, "InvalidChangeBatch",
         "conflicts with other records with the same DNS name"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dry_run", [False, True])
def test_refused(
    context: Context, zone_id: str, changed: dict[str, Any], code: str, message: str, dry_run: bool
) -> None:
    """A call that is wrong is refused with its reason, planned or applied, and nothing is stored of it."""
    ask(context, zone_id, [record_set("192.0.2.99")])
    body = {"zone": zone_id, "name": NAME, "type": "A", "ResourceRecordSets": SIMPLE, "dry_run": dry_run, **changed}

    with pytest.raises(ApiError, match=message) as refused:
        replace(context, request(json.dumps(body).encode()))

    assert refused.value.code == code
    assert stored(context, zone_id) == full([record_set("192.0.2.99")])


@pytest.mark.parametrize("missing", ["zone", "name", "type", "ResourceRecordSets"])
def test_needed(context: Context, missing: str) -> None:
    """Four members are needed: above all, no list is not an empty list."""
    body: dict[str, Any] = {"zone": "example.com", "name": NAME, "type": "A", "ResourceRecordSets": []}
    del body[missing]
    with pytest.raises(ApiError, match=f"missing required field `{missing}`"):
        replace(context, request(json.dumps(body).encode()))


def test_every_problem_is_told(context: Context, zone_id: str) -> None:
    """A plan that breaks rules is refused with all of its problems, as a batch is (R-ERR-41)."""
    with pytest.raises(ChangeRejected) as refused:
        ask(context, zone_id, [record_set("no", "a", Weight=1), record_set("neither", "b", Weight=1)], dry_run=True)
    assert len(refused.value.messages) == 2


def test_size_of_a_batch(context: Context, zone_id: str) -> None:
    """A replacement is one batch, with the limits of one (R-CHG-9)."""
    few = with_quotas(context, batch_values=2)
    ask(few, zone_id, [record_set(f"192.0.2.{n}", f"s{n}", Weight=n) for n in range(2)])
    with pytest.raises(ChangeRejected, match="Number of records limit of 2 exceeded"):
        ask(few, zone_id, SIMPLE)


def test_zones_of_one_name(context: Context, zone_id: str) -> None:
    """Where the account has several zones of a name, one has to be chosen by its id."""
    other = create_zone(context, "example.com", "another of this name")
    with pytest.raises(ApiError, match=r"Several hosted zones are named example\.com") as refused:
        ask(context, "example.com", SIMPLE)
    assert (zone_id in refused.value.message, other in refused.value.message) == (True, True)


def test_zone_of_somebody_else(context: Context, stranger: Context, zone_id: str) -> None:
    """Another account's zone is not there, by id or by name; two accounts may have zones of one name (R-API-25)."""
    for zone in (zone_id, "example.com"):
        with pytest.raises(ApiError, match="NoSuchHostedZone"):
            ask(stranger, zone, SIMPLE)
    theirs = create_zone(stranger)
    assert ask(stranger, "example.com", SIMPLE)["zone_id"] == theirs


def test_names_in_any_spelling(context: Context, zone_id: str) -> None:
    """Name, type and zone are the same in any case, and with or without their last dot."""
    ask(context, zone_id, SIMPLE)
    body = {"zone": "EXAMPLE.com.", "name": "P.example.COM.", "type": "a", "ResourceRecordSets": full(SIMPLE)}
    assert replace(context, request(json.dumps(body).encode()))["Changes"] == []


def test_an_account_of_its_own(context: Context, zone_id: str) -> None:
    """The change is of the account that asked: no other can see it (R-CHG-17)."""
    made = ask(context, zone_id, SIMPLE)["ChangeInfo"]["Id"].removeprefix("/change/")
    other = caller(context.database, Settings())
    with pytest.raises(ApiError, match="NoSuchChange"):
        call(other, "GetChange", Id=made)
