"""Record sets: change and list (records.md §7 to §9)."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.api.operations.change import change_to_api, record_change
from meridian.api.operations.paging import Page, cut
from meridian.api.paging import page_size
from meridian.changes.batch import Plan, owner_names, plan, references
from meridian.changes.draft import Reader
from meridian.changes.guard import guard_reasons
from meridian.changes.shape import read_changes, to_api
from meridian.errors import ChangeRejected, InvalidInput, NoSuchHealthCheck
from meridian.model.alias_service import services
from meridian.model.audit import RecordKey
from meridian.model.name import BadName, parse
from meridian.model.place import nameable
from meridian.model.record import Change, RecordSet
from meridian.model.zone import ChangeInfo, HostedZone
from meridian.settings import Settings
from meridian.store import cidr, health, outbox, protection, traffic
from meridian.store import record as records
from meridian.store import zone as zones

MAX_PAGE = 300  # record sets a page (R-LST-5)


def change_resource_record_sets(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Apply a batch of changes, all or nothing (R-CHG-1..16)."""
    batch = request["ChangeBatch"]
    changes = read_changes(batch, nameable(context.settings))
    with context.database.write() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"], for_update=True)
        return {"ChangeInfo": apply(conn, context, zone, changes, batch.get("Comment"))}


def list_resource_record_sets(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the zone's record sets, from the start that is asked for on, inclusive (R-LST-1..12)."""
    limit = page_size(request, maximum=MAX_PAGE)
    start = start_of(request)
    with context.database.read() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"])
        page: Page[RecordSet] = cut(records.page(conn, zone.id, start, limit + 1), limit)
    reply = {
        "ResourceRecordSets": [to_api(record_set) for record_set in page.items],
        "IsTruncated": page.next is not None,
        "MaxItems": str(limit),
    }
    return reply if page.next is None else {**reply, **_next(page.next)}


def apply(
    conn: Connection, context: Context, zone: HostedZone, changes: Sequence[Change], comment: str | None
) -> dict[str, Any]:
    """
    Store what the batch comes to and ask for its publication, all in the transaction of `conn`.

    Args:
        zone: As it is stored now, read for update.

    Returns:
        The shape ChangeInfo.

    Raises:
        ChangeRejected: As `plan_of`, or a guard is against it.
        ApiError: As `plan_of`.
    """
    plan = plan_of(conn, context.settings, zone, changes)
    if guarded := guard_reasons(plan, zone, context.settings, comment):
        raise ChangeRejected(guarded)
    # Nobody but a policy record writes its root, so what a batch touches is a root no more (R-TFI-10).
    touched = [*plan.delete, *(record_set.key for record_set in plan.put)]
    traffic.uproot(conn, zone.id, touched, "root record was deleted")
    return change_to_api(carry_out(conn, context, zone, plan, comment))


def carry_out(
    conn: Connection,
    context: Context,
    zone: HostedZone,
    plan: Plan,
    comment: str | None = None,
    anew: AbstractSet[int] = frozenset(),
) -> ChangeInfo:
    """
    Store what a plan says and ask for its publication, all in the transaction of `conn`.

    Args:
        zone: As it is stored now, read for update.
        anew: Slots that are to be published too, though their record sets stay as they are.
    """
    _tell(context, zone, plan)
    slots = records.apply(conn, zone, plan) | anew
    version, count = zones.grow(conn, zone.id)
    outbox.add(conn, zone.id, version, None if _reshard(conn, zone, count) else slots)
    return record_change(conn, context, zone.id, version, comment)


def plan_of(
    conn: Connection, settings: Settings, zone: HostedZone, changes: Sequence[Change], instance: str | None = None
) -> Plan:
    """
    What the batch comes to, by what is stored now; nothing is written.

    Args:
        instance: The id of the policy record that asks, for its own root; None for a user.

    Raises:
        ChangeRejected: Every problem found.
        ApiError: NoSuchHealthCheck.
    """
    refers_to = references(changes)
    _require_health_checks(conn, zone.account_id, refers_to.health_checks)
    return plan(
        zone,
        changes,
        _reader(conn, zone, changes),
        settings.quotas,
        record_set_count=zone.record_set_count,
        outside=services(settings.alias_zone_ids),
        missing=cidr.missing(conn, zone.account_id, refers_to.cidr_locations),
        protected=protection.among(conn, zone.id, [change.record_set.key[:2] for change in changes]),
        instance=instance,
    )


def _reader(conn: Connection, zone: HostedZone, changes: Sequence[Change]) -> Reader:
    """Record sets by owner name: those that the batch names are read together, others when asked for."""
    known = records.at_names(conn, zone.id, owner_names(zone, changes))
    return lambda name: known[name] if name in known else records.at_name(conn, zone.id, name)


def _tell(context: Context, zone: HostedZone, plan: Plan) -> None:
    """Put into the audit trail what becomes of each record set."""
    before = {record_set.key: record_set for record_set in plan.before}
    after = {record_set.key: record_set for record_set in plan.put}
    for key in (*plan.delete, *after):
        context.trail.changed(
            "recordset",
            zone.id,
            to_api(before[key]) if key in before else None,
            to_api(after[key]) if key in after else None,
            RecordKey(key.name.sort_key, key.type, key.set_identifier or ""),
        )


def _reshard(conn: Connection, zone: HostedZone, record_set_count: int) -> bool:
    """Give the zone more shards if it has grown past what it has; tell whether that was so (architecture §3)."""
    shards = zones.shards_for(record_set_count, zone.shard_count)
    if shards == zone.shard_count:
        return False
    zones.set_shard_count(conn, zone.id, shards)
    return True


def _require_health_checks(conn: Connection, account_id: str, ids: AbstractSet[str]) -> None:
    """R-HCU-8: only checks of the account itself (R-API-25)."""
    for check in sorted(ids - health.among(conn, account_id, ids).keys()):
        raise NoSuchHealthCheck(check)


def start_of(request: dict[str, Any]) -> records.Start:
    """
    Where a listing of a zone's names begins (R-LST-5, R-LST-6, R-LST-10).

    Raises:
        InvalidInput: A part without those before it, or a name that is none.
    """
    name, type_, identifier = (request.get(f"StartRecord{part}") for part in ("Name", "Type", "Identifier"))
    if type_ is not None and name is None:
        raise InvalidInput("StartRecordType can only be given together with StartRecordName.")
    if identifier is not None and type_ is None:
        raise InvalidInput("StartRecordIdentifier can only be given together with StartRecordName and StartRecordType.")
    if not name:
        return records.Start()
    try:
        return records.Start(parse(name).sort_key, type_ or "", identifier or "")
    except BadName as error:
        text = f"FATAL problem: {error.code} ({error.explanation}) encountered with '{name}'"
        raise InvalidInput(f"Invalid StartRecordName: {text}") from None


def _next(record_set: RecordSet) -> dict[str, Any]:
    start = {"NextRecordName": record_set.name.text, "NextRecordType": record_set.type}
    if record_set.set_identifier is None:
        return start
    return {**start, "NextRecordIdentifier": record_set.set_identifier}
