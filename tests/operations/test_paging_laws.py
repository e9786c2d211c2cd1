"""For any page size the pages of every list join to the whole, in order, also while things come and go (R-PAG-1..3)."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meridian.api.context import Context
from meridian.api.model import load
from meridian.settings import Quotas, Settings
from meridian.store.database import Database
from tests import databases
from tests.operations.calls import asked, call, change, create_zone
from tests.operations.conftest import caller

MOST = 8  # things that are there or may come
BLOCKS = {f"vpc-{n}": {"region": "eu-west-1", "clients": [f"10.{n}.0.0/16"]} for n in range(MOST)}
SETTINGS = Settings(views=BLOCKS, quotas=Quotas(cidr_collections=99, hosted_zones=99))
DOCUMENT = json.dumps(
    {
        "AWSPolicyFormatVersion": "2015-10-01",
        "RecordType": "A",
        "Endpoints": {"e": {"Type": "value", "Value": "192.0.2.1"}},
        "StartEndpoint": "e",
    }
)


class Listing(NamedTuple):
    """
    One list operation.

    Attributes:
        of: Member of the reply that holds the items.
        ahead: What of the reply goes into the next request, by the reply's member; missing on the last page.
        prepare: Makes what the list is of, and gives the request that asks for it.
        add, remove: Bring thing `n` and take it away, once each.
        which: The number of the thing that an item is; None for one that is always there.
    """

    operation: str
    of: str
    ahead: dict[str, str]
    prepare: Callable[[Context], dict[str, Any]]
    add: Callable[[Context, dict[str, Any], int], object]
    remove: Callable[[Context, dict[str, Any], int], object]
    which: Callable[[dict[str, Any]], int | None]


TOKEN = {"NextToken": "NextToken"}
MARKER = {"NextMarker": "Marker"}


def nothing(context: Context) -> dict[str, Any]:
    return {}


def in_zone(context: Context) -> dict[str, Any]:
    return {"HostedZoneId": create_zone(context)}


def number(text: str) -> int | None:
    """The number in a name such as `n7.example.com.`."""
    digits = "".join(filter(str.isdigit, text.split(".")[0]))
    return int(digits) if digits else None


def record_set(context: Context, request: dict[str, Any], n: int, action: str = "CREATE") -> object:
    return change(context, request["HostedZoneId"], asked(action, f"n{n}.example.com", "A", "192.0.2.1"))


def zone(context: Context, request: dict[str, Any], n: int, **more: Any) -> object:
    return call(context, "CreateHostedZone", Name=f"n{n}.example", CallerReference=str(uuid.uuid4()), **more)


def zone_named(context: Context, n: int) -> str:
    found = call(context, "ListHostedZonesByName", DNSName=f"n{n}.example", MaxItems="1")["HostedZones"][0]
    return str(found["Id"]).removeprefix("/hostedzone/")


def no_zone(context: Context, request: dict[str, Any], n: int) -> object:
    return call(context, "DeleteHostedZone", Id=zone_named(context, n))


def protection(context: Context, request: dict[str, Any], n: int, verb: str = "Create") -> object:
    entries = [{"RecordName": f"n{n}.example.com", "RecordType": "A"}]
    return call(context, f"{verb}ResourceRecordSetProtections", Protections=entries, **request)


def no_set(context: Context, request: dict[str, Any], n: int) -> object:
    sets = call(context, "ListReusableDelegationSets")["DelegationSets"]
    (id_,) = [each["Id"] for each in sets if each["CallerReference"] == str(n)]
    return call(context, "DeleteReusableDelegationSet", Id=id_.removeprefix("/delegationset/"))


def with_zones(context: Context) -> dict[str, Any]:
    for n in range(MOST):
        zone(context, {}, n)
    return {}


def query_log(context: Context, request: dict[str, Any], n: int) -> object:
    arn = f"arn:aws:logs:us-east-1:{context.caller.account_id}:log-group:n{n}"
    config = {"HostedZoneId": zone_named(context, n), "CloudWatchLogsLogGroupArn": arn}
    return call(context, "CreateQueryLoggingConfig", **config)


def no_query_log(context: Context, request: dict[str, Any], n: int) -> object:
    configs = call(context, "ListQueryLoggingConfigs", HostedZoneId=zone_named(context, n))["QueryLoggingConfigs"]
    return call(context, "DeleteQueryLoggingConfig", Id=configs[0]["Id"])


def collection(context: Context, request: dict[str, Any], n: int) -> object:
    return call(context, "CreateCidrCollection", Name=f"n{n}", CallerReference="r")


def no_collection(context: Context, request: dict[str, Any], n: int) -> object:
    found = call(context, "ListCidrCollections")["CidrCollections"]
    (id_,) = [each["Id"] for each in found if each["Name"] == f"n{n}"]
    return call(context, "DeleteCidrCollection", Id=id_)


def in_collection(context: Context) -> dict[str, Any]:
    made = call(context, "CreateCidrCollection", Name=f"c{uuid.uuid4()}", CallerReference="r")
    return {"CollectionId": made["Collection"]["Id"]}


def block(context: Context, request: dict[str, Any], n: int, action: str = "PUT") -> object:
    changes = [{"LocationName": f"n{n}", "Action": action, "CidrList": [f"10.{n}.0.0/16"]}]
    return call(context, "ChangeCidrCollection", Id=request["CollectionId"], Changes=changes)


def check(context: Context, request: dict[str, Any], n: int) -> object:
    config = {"Type": "TCP", "IPAddress": "93.184.215.14", "Port": 1000 + n}
    return call(context, "CreateHealthCheck", CallerReference=str(uuid.uuid4()), HealthCheckConfig=config)


def no_check(context: Context, request: dict[str, Any], n: int) -> object:
    found = call(context, "ListHealthChecks")["HealthChecks"]
    (id_,) = [each["Id"] for each in found if each["HealthCheckConfig"]["Port"] == 1000 + n]
    return call(context, "DeleteHealthCheck", HealthCheckId=id_)


def vpc(n: int) -> dict[str, str]:
    return {"VPCId": f"vpc-{n}", "VPCRegion": "eu-west-1"}


def in_private_zone(context: Context) -> dict[str, Any]:
    name = f"p.{context.caller.account_id}.example"
    made = call(context, "CreateHostedZone", Name=name, CallerReference="p", VPC=vpc(0))["HostedZone"]
    return {"HostedZoneId": made["Id"].removeprefix("/hostedzone/")}


def seen_by_one(context: Context) -> dict[str, Any]:
    """The zones of all accounts that a view sees: those that other examples have left are always there."""
    return vpc(1)


def private_zone(context: Context, request: dict[str, Any], n: int) -> object:
    name = f"n{n}.{context.caller.account_id}.example"
    return call(context, "CreateHostedZone", Name=name, CallerReference=str(uuid.uuid4()), VPC=vpc(1))


def no_private_zone(context: Context, request: dict[str, Any], n: int) -> object:
    start = f"n{n}.{context.caller.account_id}.example"
    found = call(context, "ListHostedZonesByName", DNSName=start, MaxItems="1")["HostedZones"][0]
    return call(context, "DeleteHostedZone", Id=found["Id"].removeprefix("/hostedzone/"))


def authorization(context: Context, request: dict[str, Any], n: int, verb: str = "Create") -> object:
    return call(context, f"{verb}VPCAssociationAuthorization", VPC=vpc(n), **request)


def policy(context: Context, request: dict[str, Any], n: int) -> object:
    return call(context, "CreateTrafficPolicy", Name=f"n{n}", Document=DOCUMENT)


def no_policy(context: Context, request: dict[str, Any], n: int) -> object:
    found = call(context, "ListTrafficPolicies")["TrafficPolicySummaries"]
    (id_,) = [each["Id"] for each in found if each["Name"] == f"n{n}"]
    return call(context, "DeleteTrafficPolicy", Id=id_, Version=1)


def of_policy(context: Context) -> dict[str, Any]:
    made = call(context, "CreateTrafficPolicy", Name="always", Document=DOCUMENT)["TrafficPolicy"]
    return {"Id": made["Id"]}


def version(context: Context, request: dict[str, Any], n: int) -> object:
    return call(context, "CreateTrafficPolicyVersion", Document=DOCUMENT, Comment=f"n{n}", **request)


def no_version(context: Context, request: dict[str, Any], n: int) -> object:
    found = call(context, "ListTrafficPolicyVersions", **request)["TrafficPolicies"]
    (held,) = [each["Version"] for each in found if each.get("Comment") == f"n{n}"]
    return call(context, "DeleteTrafficPolicy", Version=held, **request)


def with_policy_in_zone(context: Context) -> dict[str, Any]:
    """What the three lists of instances are of; each takes what it needs of it."""
    return {**in_zone(context), "TrafficPolicyId": of_policy(context)["Id"], "TrafficPolicyVersion": 1}


def instance(context: Context, request: dict[str, Any], n: int) -> object:
    zone_id = request.get("HostedZoneId") or _first_zone(context)
    policy_id = request.get("TrafficPolicyId") or _first_policy(context)
    made = {"HostedZoneId": zone_id, "Name": f"n{n}.example.com", "TTL": 60}
    return call(context, "CreateTrafficPolicyInstance", TrafficPolicyId=policy_id, TrafficPolicyVersion=1, **made)


def _first_zone(context: Context) -> str:
    return str(call(context, "ListHostedZones")["HostedZones"][0]["Id"]).removeprefix("/hostedzone/")


def _first_policy(context: Context) -> str:
    return str(call(context, "ListTrafficPolicies")["TrafficPolicySummaries"][0]["Id"])


def no_instance(context: Context, request: dict[str, Any], n: int) -> object:
    found = call(context, "ListTrafficPolicyInstances")["TrafficPolicyInstances"]
    (id_,) = [each["Id"] for each in found if number(each["Name"]) == n]
    return call(context, "DeleteTrafficPolicyInstance", Id=id_)


def only(*members: str) -> Callable[[Context], dict[str, Any]]:
    """The part of `with_policy_in_zone` that a list asks for."""

    def prepare(context: Context) -> dict[str, Any]:
        made = with_policy_in_zone(context)
        return {member: made[member] for member in members}

    return prepare


INSTANCES = {
    f"{member}Marker": f"{member}Marker" for member in ("TrafficPolicyInstanceName", "TrafficPolicyInstanceType")
}


def removing(add: Callable[..., object], word: str) -> Callable[[Context, dict[str, Any], int], object]:
    return lambda context, request, n: add(context, request, n, word)


LISTINGS = [
    Listing(
        "ListResourceRecordSets",
        "ResourceRecordSets",
        {"NextRecordName": "StartRecordName", "NextRecordType": "StartRecordType"},
        in_zone,
        record_set,
        removing(record_set, "DELETE"),
        lambda item: number(item["Name"]),
    ),
    Listing("ListHostedZones", "HostedZones", MARKER, nothing, zone, no_zone, lambda item: number(item["Name"])),
    Listing(
        "ListHostedZonesByName",
        "HostedZones",
        {"NextDNSName": "DNSName", "NextHostedZoneId": "HostedZoneId"},
        nothing,
        zone,
        no_zone,
        lambda item: number(item["Name"]),
    ),
    Listing(
        "ListHostedZonesByVPC",
        "HostedZoneSummaries",
        TOKEN,
        seen_by_one,
        private_zone,
        no_private_zone,
        lambda item: number(item["Name"]),
    ),
    Listing(
        "ListVPCAssociationAuthorizations",
        "VPCs",
        TOKEN,
        in_private_zone,
        authorization,
        removing(authorization, "Delete"),
        lambda item: number(item["VPCId"]),
    ),
    Listing(
        "ListReusableDelegationSets",
        "DelegationSets",
        MARKER,
        nothing,
        lambda context, request, n: call(context, "CreateReusableDelegationSet", CallerReference=str(n)),
        no_set,
        lambda item: number(item["CallerReference"]),
    ),
    Listing(
        "ListResourceRecordSetProtections",
        "ResourceRecordSetProtections",
        TOKEN,
        in_zone,
        protection,
        removing(protection, "Delete"),
        lambda item: number(item["RecordName"]),
    ),
    Listing(
        "ListQueryLoggingConfigs",
        "QueryLoggingConfigs",
        TOKEN,
        with_zones,
        query_log,
        no_query_log,
        lambda item: number(item["CloudWatchLogsLogGroupArn"].rpartition(":")[2]),
    ),
    Listing(
        "ListCidrCollections",
        "CidrCollections",
        TOKEN,
        nothing,
        collection,
        no_collection,
        lambda item: number(item["Name"]),
    ),
    Listing(
        "ListCidrLocations",
        "CidrLocations",
        TOKEN,
        in_collection,
        block,
        removing(block, "DELETE_IF_EXISTS"),
        lambda item: number(item["LocationName"]),
    ),
    Listing(
        "ListCidrBlocks",
        "CidrBlocks",
        TOKEN,
        in_collection,
        block,
        removing(block, "DELETE_IF_EXISTS"),
        lambda item: number(item["LocationName"]),
    ),
    Listing(
        "ListHealthChecks",
        "HealthChecks",
        MARKER,
        nothing,
        check,
        no_check,
        lambda item: item["HealthCheckConfig"]["Port"] - 1000,
    ),
    Listing(
        "ListTrafficPolicies",
        "TrafficPolicySummaries",
        {"TrafficPolicyIdMarker": "TrafficPolicyIdMarker"},
        nothing,
        policy,
        no_policy,
        lambda item: number(item["Name"]),
    ),
    Listing(
        "ListTrafficPolicyVersions",
        "TrafficPolicies",
        {"TrafficPolicyVersionMarker": "TrafficPolicyVersionMarker"},
        of_policy,
        version,
        no_version,
        lambda item: number(item.get("Comment", "")),
    ),
    Listing(
        "ListTrafficPolicyInstances",
        "TrafficPolicyInstances",
        {**INSTANCES, "HostedZoneIdMarker": "HostedZoneIdMarker"},
        only(),
        instance,
        no_instance,
        lambda item: number(item["Name"]),
    ),
    Listing(
        "ListTrafficPolicyInstancesByHostedZone",
        "TrafficPolicyInstances",
        INSTANCES,
        only("HostedZoneId"),
        instance,
        no_instance,
        lambda item: number(item["Name"]),
    ),
    Listing(
        "ListTrafficPolicyInstancesByPolicy",
        "TrafficPolicyInstances",
        {**INSTANCES, "HostedZoneIdMarker": "HostedZoneIdMarker"},
        only("TrafficPolicyId", "TrafficPolicyVersion"),
        instance,
        no_instance,
        lambda item: number(item["Name"]),
    ),
]
by_name = pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.operation)
quickly = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database; each example has an account of its own."""
    folder: Path = tmp_path_factory.mktemp("paging")
    database = databases.open_in(folder)
    database.migrate()
    yield database
    database.close()


def account(database: Database) -> Context:
    quotas = Quotas(cidr_collections=99, hosted_zones=99, traffic_policies=99, traffic_policy_instances=99)
    return caller(database, msgspec.structs.replace(SETTINGS, quotas=quotas))


def pages(context: Context, listing: Listing, request: dict[str, Any], size: int) -> Iterator[list[dict[str, Any]]]:
    """The pages, one after the other, each asked for when it is wanted."""
    bound = "MaxItems" if "MaxItems" in load().operations[listing.operation].input.members else "MaxResults"
    start: dict[str, Any] = {}
    while True:
        reply = call(context, listing.operation, **{bound: str(size)}, **{**request, **start})
        yield reply[listing.of]
        start = {asked_for: reply[told] for told, asked_for in listing.ahead.items() if reply.get(told)}
        if not start:
            return
        assert reply.get("IsTruncated", True)


def whole(context: Context, listing: Listing, request: dict[str, Any]) -> list[dict[str, Any]]:
    return list(itertools.chain.from_iterable(pages(context, listing, request, 100)))


@by_name
@quickly
@given(count=st.integers(0, MOST), size=st.integers(1, MOST + 1))
def test_pages_join_to_the_whole(shared: Database, listing: Listing, count: int, size: int) -> None:
    """R-PAG-1 to R-PAG-3: in order, nothing twice and nothing left out; only the last page is not full."""
    context = account(shared)
    request = listing.prepare(context)
    for n in range(count):
        listing.add(context, request, n)
    found = list(pages(context, listing, request, size))
    joined = list(itertools.chain.from_iterable(found))

    assert joined == whole(context, listing, request)
    assert set(range(count)) <= set(map(listing.which, joined))
    assert all(len(page) == size for page in found[:-1])


@by_name
@quickly
@given(data=st.data(), size=st.integers(1, 4))
def test_pages_join_while_things_come_and_go(
    shared: Database, listing: Listing, data: st.DataObject, size: int
) -> None:
    """R-LST-9, R-PAG-1: what is there all the time is seen once, in its order; nothing is seen twice."""
    context = account(shared)
    request = listing.prepare(context)
    kinds = data.draw(st.lists(st.sampled_from(["stays", "goes", "comes"]), min_size=MOST, max_size=MOST))
    waiting = [n for n, kind in enumerate(kinds) if kind != "stays"]
    for n, kind in enumerate(kinds):
        if kind != "comes":
            listing.add(context, request, n)
    before = whole(context, listing, request)
    seen: list[dict[str, Any]] = []
    for page in pages(context, listing, request, size):
        seen += page
        for _ in range(data.draw(st.integers(0, 2))):
            if waiting:
                n = waiting.pop(data.draw(st.integers(0, len(waiting) - 1)))
                (listing.remove if kinds[n] == "goes" else listing.add)(context, request, n)
    after = whole(context, listing, request)
    stayed = [item for item in before if item in after]

    assert [item for item in seen if item in stayed] == stayed
    assert all(item in before or item in after for item in seen)
    assert len(seen) == len({json.dumps(item, default=str, sort_keys=True) for item in seen})


def test_every_list_with_pages_is_held_to_the_laws() -> None:
    """ListGeoLocations is a fixed list, in tests/operations/test_geo.py; lists of tags have no pages."""
    paged = {name for name, found in load().operations.items() if {"MaxItems", "MaxResults"} & set(found.input.members)}

    assert paged - {listing.operation for listing in LISTINGS} == {"ListGeoLocations"}
