"""The operations as the stock client meets them: signed, over a socket, parsed by botocore."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import uvicorn

from meridian.api.operations import OPERATIONS
from meridian.api.server import build_app
from meridian.clock import SystemClock
from meridian.model.account import Credential
from meridian.settings import Settings
from meridian.store import account
from meridian.store.database import Database


@pytest.fixture
def client(database: Database) -> Iterator[Any]:
    """A boto3 client of a server with a real store."""
    key = account.first_key(database)
    assert key is not None

    def find(access_key_id: str) -> Credential | None:
        with database.read() as conn:
            return account.find_credential(conn, access_key_id)

    app = build_app(
        operations=OPERATIONS, database=database, settings=Settings(), clock=SystemClock(), find_secret=find
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield boto3.client(
            "route53",
            endpoint_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            region_name="us-east-1",
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret,
        )
        server.should_exit = True
        thread.join()


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
