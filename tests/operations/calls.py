"""Short ways to call operations, with the names and shapes that boto3 users know."""

from __future__ import annotations

from typing import Any

from meridian.api.context import Context
from meridian.api.operations import OPERATIONS


def call(context: Context, operation: str, **request: Any) -> dict[str, Any]:
    return OPERATIONS[operation](context, request)


def create_zone(context: Context, name: str = "example.com", reference: str | None = None) -> str:
    """Make a zone and give its id without prefix."""
    reply = call(context, "CreateHostedZone", Name=name, CallerReference=reference or f"reference of {name}")
    return str(reply["HostedZone"]["Id"]).removeprefix("/hostedzone/")


def change(context: Context, zone_id: str, *changes: dict[str, Any], **batch: Any) -> dict[str, Any]:
    return call(
        context, "ChangeResourceRecordSets", HostedZoneId=zone_id, ChangeBatch={"Changes": list(changes), **batch}
    )


def upsert(name: str, type_: str, *values: str, ttl: int = 60, **members: Any) -> dict[str, Any]:
    return asked("UPSERT", name, type_, *values, ttl=ttl, **members)


def asked(action: str, name: str, type_: str, *values: str, ttl: int = 60, **members: Any) -> dict[str, Any]:
    """A change; without values, what it consists of is in `members`."""
    record_set: dict[str, Any] = {"Name": name, "Type": type_, **members}
    if values:
        record_set |= {"TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}
    return {"Action": action, "ResourceRecordSet": record_set}


def listed(context: Context, zone_id: str, **request: Any) -> list[tuple[str, str]]:
    """Name and type of each record set of a page."""
    reply = call(context, "ListResourceRecordSets", HostedZoneId=zone_id, **request)
    return [(found["Name"], found["Type"]) for found in reply["ResourceRecordSets"]]
