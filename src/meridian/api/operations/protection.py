"""Write locks of record sets: create, list, delete (records.md §14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from meridian.api.context import Context
from meridian.api.operations.paging import Page, cut, from_token, to_token
from meridian.api.operations.record import start_of
from meridian.api.paging import page_size
from meridian.changes.protection import read, require_new, require_present
from meridian.errors import ApiError, InvalidPaginationToken
from meridian.model.protection import Protection
from meridian.store import protection
from meridian.store import zone as zones

MAX_PAGE = 300
KIND = "rrsetprotection"  # in the audit trail; the resource is the zone


def create_resource_record_set_protections(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Protect names and types, all of the request or none (R-PRO-4, R-PRO-5)."""
    with context.database.write() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"], for_update=True)
        wanted = read(zone, request["Protections"])
        require_new(wanted, protection.among(conn, zone.id, [each.key for each in wanted]))
        if protection.count(conn, zone.id) + len(wanted) > context.settings.quotas.protections_per_zone:
            text = "Limits Exceeded: MAX_RRSET_PROTECTIONS_BY_ZONE - Cannot create more protections."
            raise ApiError("LimitsExceeded", text)
        protection.put(conn, zone.id, wanted)
        context.trail.changed(KIND, zone.id, None, _shown(wanted))
    return {}


def delete_resource_record_set_protections(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Protect names and types no more, all of the request or none (R-PRO-6)."""
    with context.database.write() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"], for_update=True)
        wanted = read(zone, request["Protections"])
        keys = [each.key for each in wanted]
        held = protection.of(conn, zone.id, keys)
        require_present(wanted, {each.key for each in held})
        protection.delete(conn, zone.id, keys)
        context.trail.changed(KIND, zone.id, _shown(held), None)
    return {}


def list_resource_record_set_protections(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of a zone's protections, in the order of its record sets (R-PRO-7)."""
    limit = page_size(request, maximum=MAX_PAGE, member="MaxResults")
    key = from_token("Protections", request, 2, InvalidPaginationToken)
    start = protection.Start(*(start_of(request)[:2] if key is None else key))
    with context.database.read() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"])
        page: Page[Protection] = cut(protection.page(conn, zone.id, start, limit + 1), limit)
    reply: dict[str, Any] = {"ResourceRecordSetProtections": [protection_to_api(found) for found in page.items]}
    if page.next is None:
        return reply
    return {**reply, "NextToken": to_token("Protections", page.next.name.sort_key, page.next.type)}


def protection_to_api(found: Protection) -> dict[str, Any]:
    """The shape ResourceRecordSetProtection."""
    comment = {} if found.comment is None else {"Comment": found.comment}
    return {"RecordName": found.name.text, "RecordType": found.type, **comment}


def _shown(protections: Sequence[Protection]) -> dict[str, Any]:
    return {"Protections": [protection_to_api(each) for each in protections]}
