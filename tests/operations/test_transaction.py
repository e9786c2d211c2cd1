from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.operations.replace import replace
from meridian.store.tables import metadata
from tests.operations.calls import asked, call, change, create_zone, upsert


class Broken(Exception):
    """The database went away in the middle."""


@contextmanager
def breaking_at(statement: int) -> Iterator[None]:
    """Fail before the statement of this number, counted from 1; BEGIN is the first."""
    numbers = count(1)

    def before(*_: Any) -> None:
        if next(numbers) == statement:
            raise Broken

    event.listen(sa.Engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(sa.Engine, "before_cursor_execute", before)


def everything(context: Context) -> dict[str, list[tuple[Any, ...]]]:
    with context.database.read() as conn:
        return {
            table.name: [tuple(row) for row in conn.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for table in metadata.sorted_tables
        }


def change_records(context: Context, zone_id: str) -> None:
    change(
        context,
        zone_id,
        upsert("a.b.c.example.com", "A", "192.0.2.1"),
        upsert("old.example.com", "TXT", '"new"'),
        asked("DELETE", "gone.b.example.com", "A", "192.0.2.1"),
    )


def replace_records(context: Context, zone_id: str) -> None:
    record_set = {"SetIdentifier": "a", "Weight": 1, "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    body = {"zone": zone_id, "name": "y.example.com", "type": "A", "ResourceRecordSets": [record_set]}
    replace(context, HttpRequest("POST", b"", b"", (), json.dumps(body).encode()))


def delete_zone(context: Context, zone_id: str) -> None:
    call(context, "DeleteHostedZone", Id=empty_zone(context))


def empty_zone(context: Context) -> str:
    found = call(context, "ListHostedZonesByName", DNSName="empty.example")["HostedZones"]
    return str(found[0]["Id"]).removeprefix("/hostedzone/")


def create_another(context: Context, zone_id: str) -> None:
    create_zone(context, "another.example")


def tag(context: Context, zone_id: str) -> None:
    added = [{"Key": "k", "Value": "new"}, {"Key": "l"}]
    call(context, "ChangeTagsForResource", ResourceType="hostedzone", ResourceId=zone_id, AddTags=added)


def change_collection(context: Context, zone_id: str) -> None:
    changes = [
        {"Action": "DELETE_IF_EXISTS", "LocationName": "oslo", "CidrList": ["10.0.0.0/8"]},
        {"Action": "PUT", "LocationName": "rome", "CidrList": ["10.0.0.0/8", "192.0.2.0/24"]},
    ]
    call(context, "ChangeCidrCollection", Id=collection(context, "full"), Changes=changes)


def create_collection(context: Context, zone_id: str) -> None:
    call(context, "CreateCidrCollection", Name="another", CallerReference="r")


def delete_collection(context: Context, zone_id: str) -> None:
    call(context, "DeleteCidrCollection", Id=collection(context, "empty"))


def collection(context: Context, name: str) -> str:
    """The id of the collection with this name, which is made where there is none."""
    return str(call(context, "CreateCidrCollection", Name=name, CallerReference="r")["Collection"]["Id"])


WRITES = [
    change_records,
    replace_records,
    delete_zone,
    create_another,
    tag,
    change_collection,
    create_collection,
    delete_collection,
]


@pytest.mark.parametrize("write", WRITES)
def test_breaking_at_any_statement_leaves_nothing(context: Context, write: Callable[[Context, str], None]) -> None:
    """R-CHG-2: whichever statement of a call is the last to run, nothing of the call is kept; unbroken, all is."""
    zone_id = create_zone(context)
    create_zone(context, "empty.example")
    change(context, zone_id, *(upsert(name, "A", "192.0.2.1") for name in ("gone.b.example.com", "y.example.com")))
    change(context, zone_id, upsert("old.example.com", "TXT", '"old"'))
    block = {"Action": "PUT", "LocationName": "oslo", "CidrList": ["10.0.0.0/8"]}
    call(context, "ChangeCidrCollection", Id=collection(context, "full"), Changes=[block])
    collection(context, "empty")
    before = everything(context)
    for statement in count(1):
        with breaking_at(statement):
            try:
                write(context, zone_id)
            except Broken:
                assert everything(context) == before, statement
            else:
                break

    assert statement > 5
    assert everything(context) != before
