"""Reusable delegation sets: create, read, list, delete (zones.md §3)."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.api.operations.paging import Page, cut
from meridian.api.paging import page_size
from meridian.changes.delegation import assign, require_single
from meridian.errors import ApiError, NoSuchHostedZone
from meridian.model.zone import DelegationSet, HostedZone
from meridian.store import delegation
from meridian.store import zone as zones
from meridian.store.ids import new_id

KIND = "delegationset"  # in the audit trail

_RANDOM = random.SystemRandom()


def create_reusable_delegation_set(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Make a set that several zones can use, of new name servers or of those of a zone (R-DEL-3, R-DEL-4)."""
    with context.database.write() as conn:
        made = _insert(conn, context, request["CallerReference"], request.get("HostedZoneId"))
    return {
        "DelegationSet": delegation_set_to_api(made),
        "Location": f"{context.settings.base_url}/2013-04-01/delegationset/{made.id}",
    }


def get_reusable_delegation_set(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """One reusable set."""
    with context.database.read() as conn:
        found = delegation.owned(conn, context.caller.account_id, request["Id"])
    return {"DelegationSet": delegation_set_to_api(found)}


def list_reusable_delegation_sets(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the account's reusable sets, by id (R-DEL-8)."""
    limit = page_size(request)
    marker = request.get("Marker", "")
    with context.database.read() as conn:
        page: Page[DelegationSet] = cut(delegation.page(conn, context.caller.account_id, marker, limit + 1), limit)
    reply = {
        "DelegationSets": [delegation_set_to_api(found) for found in page.items],
        "Marker": marker,
        "IsTruncated": page.next is not None,
        "MaxItems": str(limit),
    }
    return reply if page.next is None else {**reply, "NextMarker": page.next.id}


def delete_reusable_delegation_set(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Delete a set that no zone uses (R-DEL-6)."""
    with context.database.write() as conn:
        found = delegation.owned(conn, context.caller.account_id, request["Id"], for_update=True)
        if delegation.zones_of(conn, request["Id"]):
            text = "The specified delegation set contains associated hosted zones."
            raise ApiError("DelegationSetInUse", text)
        delegation.delete(conn, request["Id"])
        context.trail.changed(KIND, request["Id"], delegation_set_to_api(found), None)
    return {}


def get_reusable_delegation_set_limit(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """How many zones can use the set, and how many do (R-QUO-1, R-QUO-2)."""
    with context.database.read() as conn:
        delegation.owned(conn, context.caller.account_id, request["DelegationSetId"])
        count = delegation.zones_of(conn, request["DelegationSetId"])
    limit = {"Type": request["Type"], "Value": context.settings.quotas.zones_per_delegation_set}
    return {"Limit": limit, "Count": count}


def delegation_set_to_api(delegation_set: DelegationSet) -> dict[str, Any]:
    """The shape DelegationSet. A set of a single zone has neither id nor caller reference (R-DEL-8)."""
    servers = {"NameServers": list(delegation_set.name_servers)}
    if delegation_set.id is None:
        return servers
    return {
        "Id": f"/delegationset/{delegation_set.id}",
        "CallerReference": delegation_set.caller_reference,
        **servers,
    }


def _insert(conn: Connection, context: Context, reference: str, zone_id: str | None) -> DelegationSet:
    account_id, settings = context.caller.account_id, context.settings
    zone = None if zone_id is None else _zone(conn, account_id, zone_id)
    if zone is None:
        servers = assign(settings.name_server_families, _RANDOM, is_crowded=partial(delegation.is_crowded, conn))
    else:
        require_single(zone)
        servers = zone.delegation_set
    made = msgspec.structs.replace(servers, id=new_id("N"), caller_reference=reference)
    delegation.insert(conn, account_id, made)
    if delegation.count(conn, account_id) > settings.quotas.reusable_delegation_sets:
        text = "Limits Exceeded: MAX_REUSABLE_DELEGATION_SETS_BY_OWNER - Cannot create more delegation sets."
        raise ApiError("LimitsExceeded", text)
    assert made.id is not None
    context.trail.changed(KIND, made.id, None, delegation_set_to_api(made))
    if zone is None:
        delegation.take(conn, made.id, made.name_servers)
    else:
        delegation.reuse(conn, zone.id, made.id)
    return made


def _zone(conn: Connection, account_id: str, zone_id: str) -> HostedZone:
    """A zone that this call does not find has an error of its own (R-DEL-4)."""
    try:
        return zones.owned(conn, account_id, zone_id, for_update=True)
    except NoSuchHostedZone:
        raise ApiError("HostedZoneNotFound", f"The specified HostedZone can't be found: {zone_id}") from None
