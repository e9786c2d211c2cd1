"""Hosted zones: create, read, list, comment, delete (zones.md §1, §2; records.md §10, §12)."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.api.operations import querylog, tag
from meridian.api.operations.change import change_to_api, record_change
from meridian.api.operations.delegation import delegation_set_to_api
from meridian.api.operations.paging import Page, cut
from meridian.api.operations.vpc import vpc_to_api
from meridian.api.paging import page_size
from meridian.changes import vpc as vpcs
from meridian.changes.batch import Plan
from meridian.changes.delegation import assign, private_set, require_apart
from meridian.changes.zone import default_record_sets, zone_name
from meridian.errors import ApiError, InvalidInput
from meridian.model import name as names
from meridian.model.view import views
from meridian.model.zone import DelegationSet, HostedZone, RecoveryStatus, Vpc
from meridian.settings import Settings
from meridian.store import delegation, health, outbox, protection, traffic, vpc
from meridian.store import record as records
from meridian.store import zone as zones
from meridian.store.ids import new_id

MAX_PAGE = 100  # zones a page (R-PAG-2)

_RANDOM = random.SystemRandom()
_NO_STANDBY = "This server keeps no synchronous copy of its database, by the setting synchronous_standby."


def create_hosted_zone(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Make a public or a private zone with four name servers, NS and SOA (R-ZON-1..9, R-APX-1, R-PVT-1)."""
    asked = _read_vpc(context, request)
    name = zone_name(request["Name"], context.settings)
    with context.database.write() as conn:
        zone = _insert(conn, context, request, name)
        if asked is not None:
            vpc.associate(conn, zone, asked)
        servers = {} if zone.private else {"DelegationSet": delegation_set_to_api(_full_set(conn, zone))}
        outbox.add(conn, zone.id, zone.version, None)
        change = record_change(conn, context, zone.id, zone.version)
    return {
        "HostedZone": zone_to_api(zone),
        "ChangeInfo": change_to_api(change),
        **servers,
        **({} if asked is None else {"VPC": vpc_to_api(asked)}),
        "Location": f"{context.settings.base_url}/2013-04-01/hostedzone/{zone.id}",
    }


def get_hosted_zone(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """One zone, and its name servers or the network views that see it (R-ZON-11)."""
    with context.database.read() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["Id"])
        if zone.private:
            return {"HostedZone": zone_to_api(zone), "VPCs": list(map(vpc_to_api, vpc.of_zone(conn, zone.id)))}
        return {"HostedZone": zone_to_api(zone), "DelegationSet": delegation_set_to_api(_full_set(conn, zone))}


def list_hosted_zones(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the account's zones, by id (R-LSZ-1)."""
    limit = page_size(request, maximum=MAX_PAGE)
    marker, set_id = request.get("Marker", ""), request.get("DelegationSetId")
    with context.database.read() as conn:
        if set_id is not None:
            delegation.owned(conn, context.caller.account_id, set_id)
        found = zones.page(
            conn,
            context.caller.account_id,
            start=marker,
            limit=limit + 1,
            private_only=request.get("HostedZoneType") == "PrivateHostedZone",
            delegation_set_id=set_id,
        )
    page: Page[HostedZone] = cut(found, limit)
    reply = {**_zones_page(page, limit), "Marker": marker}
    return reply if page.next is None else {**reply, "NextMarker": page.next.id}


def list_hosted_zones_by_name(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the account's zones, by reversed name, then id (R-LSZ-2, R-LSZ-3)."""
    if "HostedZoneId" in request and "DNSName" not in request:
        raise InvalidInput("HostedZoneId can only be given together with DNSName.")
    limit = page_size(request, maximum=MAX_PAGE)
    start = (_start_key(request.get("DNSName", "")), request.get("HostedZoneId", ""))
    with context.database.read() as conn:
        found = zones.page_by_name(conn, context.caller.account_id, start=start, limit=limit + 1)
    page: Page[HostedZone] = cut(found, limit)
    echo: dict[str, Any] = {key: request[key] for key in ("DNSName", "HostedZoneId") if key in request}
    reply = {**_zones_page(page, limit), **echo}
    if page.next is None:
        return reply
    return {**reply, "NextDNSName": page.next.name.text, "NextHostedZoneId": page.next.id}


def get_hosted_zone_count(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """How many zones the account has (R-ZON-13)."""
    with context.database.read() as conn:
        return {"HostedZoneCount": zones.count(conn, context.caller.account_id)}


def update_hosted_zone_comment(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Set the comment; one that is absent clears it (R-ZON-12)."""
    with context.database.write() as conn:
        before = zones.owned(conn, context.caller.account_id, request["Id"], for_update=True)
        zones.set_comment(conn, request["Id"], request.get("Comment"))
        zone = zones.owned(conn, context.caller.account_id, request["Id"])
        context.trail.changed("hostedzone", zone.id, zone_to_api(before), zone_to_api(zone))
    return {"HostedZone": zone_to_api(zone)}


def update_hosted_zone_features(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Switch accelerated recovery on or off (R-FEA-1, R-FEA-3); record sets and images stay as they are (R-FEA-5)."""
    enable = request.get("EnableAcceleratedRecovery")
    with context.database.write() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"], for_update=True)
        if zone.private:
            raise InvalidInput("Accelerated recovery is only supported for public hosted zones.")
        if enable is None:
            raise InvalidInput("EnableAcceleratedRecovery must be given.")
        zones.set_accelerated_recovery(conn, zone.id, _recovery_status(enable, context.settings))
        after = zones.owned(conn, context.caller.account_id, zone.id)
        context.trail.changed("hostedzone", zone.id, zone_to_api(zone), zone_to_api(after))
    return {}


def delete_hosted_zone(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Delete a zone that holds nothing but its NS and SOA (R-ZDL-1, R-ZDL-3, R-ZDL-5)."""
    with context.database.write() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["Id"], for_update=True)
        _require_deletable(conn, zone)
        version = zones.bump_version(conn, zone.id)
        querylog.remove_of_zone(conn, context, zone.id)
        zones.delete(conn, zone.id)
        context.trail.changed("hostedzone", zone.id, zone_to_api(zone), None)
        tag.remove_all(conn, context, "hostedzone", zone.id)
        outbox.add(conn, zone.id, version, None)
        change = record_change(conn, context, zone.id, version)
    return {"ChangeInfo": change_to_api(change)}


def get_hosted_zone_limit(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A quota of a zone and how much of it is used (R-QUO-1, R-QUO-2)."""
    with context.database.read() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"])
        associated = len(vpc.of_zone(conn, zone.id))
    most, count = context.settings.quotas.record_sets_per_zone, zone.record_set_count
    if request["Type"] == "MAX_VPCS_ASSOCIATED_BY_ZONE":
        if not zone.private:
            raise ApiError("HostedZoneNotPrivate", "The specified hosted zone is a public hosted zone.")
        most, count = context.settings.quotas.vpcs_per_zone, associated
    return {"Limit": {"Type": request["Type"], "Value": most}, "Count": count}


def get_account_limit(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A quota of the account and how much of it is used (R-QUO-1, R-QUO-2)."""
    account_id, quotas = context.caller.account_id, context.settings.quotas
    limits = {
        "MAX_HEALTH_CHECKS_BY_OWNER": (quotas.health_checks, health.count),
        "MAX_HOSTED_ZONES_BY_OWNER": (quotas.hosted_zones, zones.count),
        "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER": (quotas.reusable_delegation_sets, delegation.count),
        "MAX_TRAFFIC_POLICIES_BY_OWNER": (quotas.traffic_policies, traffic.count_policies),
        "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER": (quotas.traffic_policy_instances, traffic.count_instances),
    }
    most, count = limits[request["Type"]]
    with context.database.read() as conn:
        return {"Limit": {"Type": request["Type"], "Value": most}, "Count": count(conn, account_id)}


def zone_to_api(zone: HostedZone) -> dict[str, Any]:
    """The shape HostedZone. `Config.PrivateZone` is always there (R-ZON-11)."""
    comment = {} if zone.comment is None else {"Comment": zone.comment}
    return {
        "Id": f"/hostedzone/{zone.id}",
        "Name": zone.name.text,
        "CallerReference": zone.caller_reference,
        "Config": {**comment, "PrivateZone": zone.private},
        "ResourceRecordSetCount": zone.record_set_count,
        **_features_to_api(zone),
    }


def _features_to_api(zone: HostedZone) -> dict[str, Any]:
    if zone.accelerated_recovery is None:
        return {}
    features: dict[str, Any] = {"AcceleratedRecoveryStatus": zone.accelerated_recovery}
    if zone.accelerated_recovery == "ENABLE_FAILED":
        features["FailureReasons"] = {"AcceleratedRecovery": _NO_STANDBY}
    return {"Features": features}


def _read_vpc(context: Context, request: dict[str, Any]) -> Vpc | None:
    """The network view that makes a zone a private one; None for a public zone."""
    if "VPC" in request and "DelegationSetId" in request:
        raise InvalidInput("A reusable delegation set cannot be used with a private hosted zone.")  # R-ZON-3
    if "VPC" in request:
        asked = vpcs.read(request["VPC"])
        vpcs.require_usable(asked, views(context.settings), context.caller.account_id)
        return asked
    if request.get("HostedZoneConfig", {}).get("PrivateZone"):
        raise InvalidInput("A private hosted zone needs a VPC.")  # R-ZON-2
    return None


def _insert(conn: Connection, context: Context, request: dict[str, Any], name: names.Name) -> HostedZone:
    account_id = context.caller.account_id
    zone_id = new_id("Z")
    rank = zones.claim_reference(conn, account_id, request["CallerReference"], zone_id)
    if zones.count(conn, account_id) >= context.settings.quotas.hosted_zones:
        text = "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more hosted zones."
        raise ApiError("TooManyHostedZones", text)
    delegation_set = _delegation_set(conn, context, request, name)
    zone = HostedZone(
        id=zone_id,
        account_id=account_id,
        name=name,
        caller_reference=request["CallerReference"],
        rank=rank,
        version=1,
        shard_count=1,
        record_set_count=0,
        delegation_set=delegation_set,
        comment=request.get("HostedZoneConfig", {}).get("Comment"),
        private="VPC" in request,
    )
    zones.insert(conn, zone)
    context.trail.changed("hostedzone", zone.id, None, zone_to_api(zone))
    first = default_record_sets(name, delegation_set, context.settings.hostmaster)
    records.apply(conn, zone, Plan(delete=(), put=first))
    return zones.owned(conn, account_id, zone_id)


def _delegation_set(conn: Connection, context: Context, request: dict[str, Any], name: names.Name) -> DelegationSet:
    """The reusable set that is asked for, or four name servers of the zone's own (R-ZON-6, R-ZON-7, R-PVT-5)."""
    if "VPC" in request:
        return private_set(context.settings.name_server_families)
    former = zones.former_name_servers(conn, name, context.caller.account_id)
    occupied = zones.overlapping_name_servers(conn, name) | former
    if "DelegationSetId" not in request:
        return assign(
            context.settings.name_server_families,
            _RANDOM,
            name=name,
            occupied=occupied,
            is_crowded=partial(delegation.is_crowded, conn),
        )
    reusable = delegation.owned(conn, context.caller.account_id, request["DelegationSetId"], for_update=True)
    require_apart(reusable, occupied)
    if delegation.zones_of(conn, request["DelegationSetId"]) >= context.settings.quotas.zones_per_delegation_set:
        text = "Limits Exceeded: MAX_ZONES_BY_REUSABLE_DELEGATION_SET - Cannot create more hosted zones."
        raise ApiError("TooManyHostedZones", text)
    return reusable


def _full_set(conn: Connection, zone: HostedZone) -> DelegationSet:
    """A zone's delegation set, with the caller reference that a reusable one has."""
    set_id = zone.delegation_set.id
    return zone.delegation_set if set_id is None else delegation.owned(conn, zone.account_id, set_id)


def _recovery_status(enable: bool, settings: Settings) -> RecoveryStatus:
    if not enable:
        return "DISABLED"
    return "ENABLED" if settings.synchronous_standby else "ENABLE_FAILED"


def _require_deletable(conn: Connection, zone: HostedZone) -> None:
    if zone.accelerated_recovery == "ENABLED":  # R-FEA-2a
        raise InvalidInput("The hosted zone has accelerated recovery enabled; disable it first.")
    if protection.count(conn, zone.id):  # R-PRO-3
        text = "The specified hosted zone contains resource record set protections and so cannot be deleted."
        raise ApiError("HostedZoneNotEmpty", text)
    required = {(zone.name, "NS"), (zone.name, "SOA")}
    if any((found.name, found.type) not in required for found in records.page(conn, zone.id, records.Start(), 3)):
        text = "The specified hosted zone contains non-required resource record sets  and so cannot be deleted."
        raise ApiError("HostedZoneNotEmpty", text)


def _start_key(text: str) -> str:
    try:
        return names.parse(text).sort_key if text else ""
    except names.BadName:
        raise ApiError("InvalidDomainName", f"{text} is not a valid domain name") from None


def _zones_page(page: Page[HostedZone], limit: int) -> dict[str, Any]:
    return {
        "HostedZones": [zone_to_api(zone) for zone in page.items],
        "IsTruncated": page.next is not None,
        "MaxItems": str(limit),
    }
