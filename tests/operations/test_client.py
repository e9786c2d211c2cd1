"""The operations as the stock client meets them: signed, over a socket, parsed by botocore."""

from __future__ import annotations

import threading
from typing import Any

import botocore
import pytest


def upsert(name: str, *values: str) -> dict[str, Any]:
    records = [{"Value": value} for value in values]
    return {"Action": "UPSERT", "ResourceRecordSet": {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": records}}


def test_the_life_of_a_zone(client: Any) -> None:
    """Each call's reply passes through the client's own parser, with ids in both spellings (R-CLI-2)."""
    made = client.create_hosted_zone(Name="example.com", CallerReference="r", HostedZoneConfig={"Comment": "c"})
    zone_id = made["HostedZone"]["Id"]

    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["Location"].endswith(zone_id)
    assert client.get_hosted_zone(Id=zone_id)["DelegationSet"] == made["DelegationSet"]

    batch: dict[str, Any] = {
        "Comment": "why",
        "Changes": [upsert(f"h{n}.example.com", f"192.0.2.{n}") for n in range(5)],
    }
    info = client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)["ChangeInfo"]
    assert client.get_change(Id=info["Id"])["ChangeInfo"] == info
    assert (info["Status"], info["Comment"]) == ("PENDING", "why")

    pages = client.get_paginator("list_resource_record_sets").paginate(
        HostedZoneId=zone_id, PaginationConfig={"PageSize": 2}
    )
    found = [record_set["Name"] for page in pages for record_set in page["ResourceRecordSets"]]
    assert found == ["example.com.", "example.com.", *(f"h{n}.example.com." for n in range(5))]

    tags = {"ResourceType": "hostedzone", "ResourceId": zone_id.removeprefix("/hostedzone/")}
    client.change_tags_for_resource(**tags, AddTags=[{"Key": "k", "Value": "v"}])
    assert client.list_tags_for_resource(**tags)["ResourceTagSet"]["Tags"] == [{"Key": "k", "Value": "v"}]
    sets = client.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[tags["ResourceId"]])
    assert len(sets["ResourceTagSets"]) == 1

    assert client.update_hosted_zone_comment(Id=zone_id)["HostedZone"]["Config"] == {"PrivateZone": False}
    assert client.get_hosted_zone_count()["HostedZoneCount"] == 1
    assert client.get_hosted_zone_limit(HostedZoneId=zone_id, Type="MAX_RRSETS_BY_ZONE")["Count"] == 7
    assert client.get_account_limit(Type="MAX_HOSTED_ZONES_BY_OWNER")["Count"] == 1
    by_name = client.list_hosted_zones_by_name(DNSName="example.com", MaxItems="1")
    assert [zone["Id"] for zone in by_name["HostedZones"]] == [zone_id]

    with pytest.raises(client.exceptions.HostedZoneNotEmpty):
        client.delete_hosted_zone(Id=zone_id)
    deletes = [{**change, "Action": "DELETE"} for change in batch["Changes"]]
    client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": deletes})
    assert client.delete_hosted_zone(Id=zone_id)["ChangeInfo"]["Status"] == "PENDING"
    with pytest.raises(client.exceptions.NoSuchHostedZone):
        client.get_hosted_zone(Id=zone_id)


def test_errors_are_typed(client: Any) -> None:
    """R-EEN-2..4: the client raises the model's own exceptions, with our literal texts."""
    client.create_hosted_zone(Name="example.com", CallerReference="r")
    with pytest.raises(client.exceptions.HostedZoneAlreadyExists):
        client.create_hosted_zone(Name="example.com", CallerReference="r")
    (zone,) = client.list_hosted_zones()["HostedZones"]
    with pytest.raises(client.exceptions.InvalidChangeBatch) as rejected:
        client.change_resource_record_sets(
            HostedZoneId=zone["Id"], ChangeBatch={"Changes": [upsert("a.other.example", "192.0.2.1")]}
        )
    with pytest.raises(client.exceptions.NoSuchChange):
        client.get_change(Id="C0UNKNOWN")

    assert rejected.value.response["Error"]["Message"] == (
        "[RRSet with DNS name a.other.example. is not permitted in zone example.com.]"
    )


def test_many_clients_at_once(client: Any) -> None:
    """Changes of one zone from many threads are all kept, and all published (R-CHG-11)."""
    zone_id = client.create_hosted_zone(Name="example.com", CallerReference="r")["HostedZone"]["Id"]
    failed: list[Exception] = []

    def write(thread: int) -> None:
        try:
            for n in range(5):
                batch = {"Changes": [upsert(f"h{n}.t{thread}.example.com", "192.0.2.1")]}
                client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert client.get_hosted_zone(Id=zone_id)["HostedZone"]["ResourceRecordSetCount"] == 42


def test_the_life_of_a_collection(client: Any) -> None:
    """R-API-156..161 on the line: status, Location, paging by the client's own paginators, typed errors."""
    made = client.create_cidr_collection(Name="offices", CallerReference="r")
    collection = made["Collection"]
    id_ = collection["Id"]

    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["Location"].endswith(f"/2013-04-01/cidrcollection/{id_}")
    assert client.create_cidr_collection(Name="offices", CallerReference="r")["Collection"] == collection
    with pytest.raises(client.exceptions.CidrCollectionAlreadyExistsException):
        client.create_cidr_collection(Name="offices", CallerReference="s")

    blocks = {"oslo": [f"10.{n}.0.0/16" for n in range(3)], "rome": ["192.0.2.0/24", "2001:db8::/32"]}
    put = [{"LocationName": at, "Action": "PUT", "CidrList": found} for at, found in blocks.items()]
    changed = client.change_cidr_collection(Id=id_, CollectionVersion=1, Changes=put)
    assert client.get_change(Id=changed["Id"])["ChangeInfo"]["Status"] == "PENDING"
    with pytest.raises(client.exceptions.CidrCollectionVersionMismatchException) as mismatch:
        client.change_cidr_collection(Id=id_, CollectionVersion=1, Changes=put)
    assert mismatch.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409

    def listed(call: str, member: str, **request: Any) -> list[dict[str, Any]]:
        pages = client.get_paginator(call).paginate(PaginationConfig={"PageSize": 2}, **request)
        return [item for page in pages for item in page[member]]

    of_oslo = [{"CidrBlock": block, "LocationName": "oslo"} for block in blocks["oslo"]]
    of_rome = [{"CidrBlock": block, "LocationName": "rome"} for block in blocks["rome"]]
    assert listed("list_cidr_collections", "CidrCollections") == [{**collection, "Version": 2}]
    assert listed("list_cidr_locations", "CidrLocations", CollectionId=id_) == [
        {"LocationName": "oslo"},
        {"LocationName": "rome"},
    ]
    assert listed("list_cidr_blocks", "CidrBlocks", CollectionId=id_) == of_oslo + of_rome
    assert listed("list_cidr_blocks", "CidrBlocks", CollectionId=id_, LocationName="rome") == of_rome
    with pytest.raises(client.exceptions.NoSuchCidrLocationException) as no_location:
        client.list_cidr_blocks(CollectionId=id_, LocationName="berlin")
    assert no_location.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    with pytest.raises(client.exceptions.InvalidInput, match="NextToken"):
        client.list_cidr_blocks(CollectionId=id_, NextToken="x")

    with pytest.raises(client.exceptions.CidrCollectionInUseException):
        client.delete_cidr_collection(Id=id_)
    gone = [{**change, "Action": "DELETE_IF_EXISTS"} for change in put]
    client.change_cidr_collection(Id=id_, Changes=gone)
    client.delete_cidr_collection(Id=id_)
    with pytest.raises(client.exceptions.NoSuchCidrCollectionException) as no_collection:
        client.list_cidr_locations(CollectionId=id_)
    assert no_collection.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


REFUSED_BY_THE_MODEL: list[tuple[str, dict[str, Any], str]] = [
    ("create_cidr_collection", {"Name": "öne", "CallerReference": "r"}, "Value 'öne' at 'name'"),
    ("create_cidr_collection", {"Name": "n" * 65, "CallerReference": "r"}, "length less than or equal to 64"),
    ("create_cidr_collection", {"Name": "n", "CallerReference": "ö"}, "Value 'ö' at 'callerReference'"),
    ("create_cidr_collection", {"Name": "n", "CallerReference": "r" * 65}, "length less than or equal to 64"),
    ("list_cidr_blocks", {"CollectionId": "Z1"}, "Value 'Z1' at 'collectionId'"),
]


@pytest.mark.parametrize(("call", "request_", "text"), REFUSED_BY_THE_MODEL)
def test_names_and_ids_of_collections(client: Any, call: str, request_: dict[str, Any], text: str) -> None:
    """R-CID-2, R-API-26: the service model's own constraints are InvalidInput."""
    with pytest.raises(client.exceptions.InvalidInput, match=text):
        getattr(client, call)(**request_)


@pytest.mark.parametrize("location", ["*", "a b", "n" * 17])
def test_names_of_locations(client: Any, location: str) -> None:
    """R-CID-2: `*` cannot be made inside a collection."""
    id_ = client.create_cidr_collection(Name="offices", CallerReference="r")["Collection"]["Id"]
    with pytest.raises(client.exceptions.InvalidInput, match="locationName"):
        client.change_cidr_collection(
            Id=id_, Changes=[{"LocationName": location, "Action": "PUT", "CidrList": ["10.0.0.0/8"]}]
        )


def test_places_need_no_signature(client: Any) -> None:
    """R-SIG-5, R-API-162, R-API-163: anyone may ask, and the client's own parser reads 332 places."""
    client.meta.events.register("choose-signer.route53", lambda **_: botocore.UNSIGNED)
    details = client.get_geo_location(CountryCode="US", SubdivisionCode="TX")["GeoLocationDetails"]
    found: list[dict[str, Any]] = []
    start: dict[str, str] = {}
    while True:
        page = client.list_geo_locations(MaxItems="100", **start)
        found += page["GeoLocationDetailsList"]
        if not page["IsTruncated"]:
            break
        start = {member.replace("Next", "Start"): code for member, code in page.items() if member.startswith("Next")}

    assert details in found
    assert len(found) == 332
    with pytest.raises(client.exceptions.NoSuchGeoLocation) as no_place:
        client.get_geo_location(CountryCode="BV")
    assert no_place.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
