"""
`/meridian/policies/apply`, a call of our own: many policy records at once (docs/reference/policies.md).

What Route 53 does for one policy record in each call is done here for all of them in one transaction: all are built,
or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from meridian.api import access
from meridian.api.authorize import require
from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.ids import bare_id
from meridian.api.json_batch import decode
from meridian.api.operations import policy_record
from meridian.api.operations.policy_record import Built, instance_to_api, read_name
from meridian.errors import ChangeRejected, InvalidInput
from meridian.model.name import plain
from meridian.model.zone import HostedZone
from meridian.store import traffic
from meridian.store import zone as zones

PATH = "/meridian/policies/apply"

MOST = 1000  # policy records that one call builds

Fields = dict[str, Any]
Ttl = Annotated[int, Meta(ge=0, le=2_147_483_647)]  # R-TFI-14
Version = Annotated[int, Meta(ge=1, le=1000)]


class Create(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    """What CreateTrafficPolicyInstance takes."""

    hosted_zone_id: str
    name: Annotated[str, Meta(max_length=1024)]
    ttl: Ttl = msgspec.field(name="TTL")
    traffic_policy_id: str
    traffic_policy_version: Version


class Update(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    """What UpdateTrafficPolicyInstance takes."""

    id: str
    ttl: Ttl = msgspec.field(name="TTL")
    traffic_policy_id: str
    traffic_policy_version: Version


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is to be built together; `dry_run` finds out whether it can be, and stores nothing."""

    create: list[Create] = []
    update: list[Update] = []
    dry_run: bool = False


def apply(context: Context, request: HttpRequest) -> Fields:
    """Build policy records and move others, all of them or none (R-TFI-1, R-TFI-5, R-VIS-12)."""
    body = decode(request.body, Body)
    if not 1 <= len(body.create) + len(body.update) <= MOST:
        raise InvalidInput(f"Give 1 to {MOST} policy records to create and update.")
    for create in body.create:
        require_allowed(context, "CreateTrafficPolicyInstance", create)
    for update in body.update:
        require_allowed(context, "UpdateTrafficPolicyInstance", update)

    def build(conn: Connection) -> Fields:
        held = locked(conn, context, [create.hosted_zone_id for create in body.create], body.update)
        moved = [move(conn, context, held, update) for update in body.update]
        return reply_of([*moved, *(_create(conn, context, held, create) for create in body.create)])

    return in_one(context, build, dry_run=body.dry_run)


def require_allowed(context: Context, operation: str, asked: Create | Update) -> None:
    """
    Go on if the caller may ask this of the operation.

    Raises:
        ApiError: AccessDenied.
    """
    request = msgspec.to_builtins(asked)
    require(context, f"route53:{operation}", access.resources(operation, request, context.caller.account_id))


def locked(
    conn: Connection, context: Context, zone_ids: Iterable[str], updates: Sequence[Update]
) -> dict[str, HostedZone]:
    """
    Hold the zones of policy records until the transaction ends, always in one order: no two wait for each other.

    Args:
        zone_ids: Of those that are created.

    Raises:
        ApiError: NoSuchHostedZone, NoSuchTrafficPolicyInstance.
    """
    account_id = context.caller.account_id
    wanted = {bare_id(zone_id) for zone_id in zone_ids}
    wanted |= {traffic.instance(conn, account_id, update.id).zone_id for update in updates}
    return {zone_id: zones.owned(conn, account_id, zone_id, for_update=True) for zone_id in sorted(wanted)}


def move(conn: Connection, context: Context, held: dict[str, HostedZone], update: Update) -> Built:
    """Let another version answer for the name of a policy record, whose zone is held."""
    zone_id = traffic.instance(conn, context.caller.account_id, update.id).zone_id
    zone = _as_it_is(conn, context, held[zone_id])
    version = update.traffic_policy_id, update.traffic_policy_version
    return policy_record.update(conn, context, zone, update.id, version, update.ttl)


def reply_of(built: Sequence[Built]) -> Fields:
    """
    What became of policy records, those that were there before with what they were.

    Raises:
        ChangeRejected: Some could not be built.
    """
    failures = [f"{plain(each.after.name)} {each.after.type}: {each.after.failure}" for each in built]
    if failed := [text for each, text in zip(built, failures, strict=True) if each.after.failure]:
        raise ChangeRejected(failed)
    return {
        "TrafficPolicyInstances": [instance_to_api(each.after) for each in built],
        "before": [None if each.before is None else instance_to_api(each.before) for each in built],
        "changes": [each.change_id for each in built],
    }


def in_one(context: Context, build: Callable[[Connection], Fields], *, dry_run: bool) -> Fields:
    """Do it in one transaction; a dry run takes all of it back."""
    try:
        with context.database.write() as conn:
            reply = build(conn)
            if dry_run:
                raise _TakenBack
    except _TakenBack:
        return {**reply, "changes": []}
    return reply


class _TakenBack(Exception):
    """Ends a transaction of which nothing is to stay."""


def _create(conn: Connection, context: Context, held: dict[str, HostedZone], create: Create) -> Built:
    zone = _as_it_is(conn, context, held[bare_id(create.hosted_zone_id)])
    version = create.traffic_policy_id, create.traffic_policy_version
    return policy_record.create(conn, context, zone, read_name(create.name), version, create.ttl)


def _as_it_is(conn: Connection, context: Context, zone: HostedZone) -> HostedZone:
    """A zone that is held, with what this transaction has changed in it."""
    return zones.owned(conn, context.caller.account_id, zone.id, for_update=True)
