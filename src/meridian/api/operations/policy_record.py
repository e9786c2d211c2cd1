"""
Policy records, in the API's words traffic policy instances: create, update, delete, list
(traffic-flow.md §4; R-API-148..155).

An instance is built, and its root written, in the transaction that asks for it. So it is Creating or
Updating only until every live edge serves it, and an update takes the place of what was served in one moment (R-TFI-5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.api.operations.paging import Page, cut
from meridian.api.operations.record import carry_out, plan_of
from meridian.api.paging import page_size
from meridian.changes.batch import Plan
from meridian.changes.policy_record import message, reasons, references
from meridian.changes.rules import outside_zone
from meridian.errors import ApiError, ChangeRejected, InvalidInput, NoSuchTrafficPolicy
from meridian.model.alias_service import services
from meridian.model.name import BadName, Name, parse
from meridian.model.record import Change, RecordSet
from meridian.model.traffic import Instance, PolicyVersion, Tree
from meridian.model.zone import HostedZone
from meridian.settings import Settings
from meridian.store import cidr, health, traffic
from meridian.store import zone as zones
from meridian.store.ids import new_uuid

KIND = "trafficpolicyinstance"  # in the audit trail


class Built(msgspec.Struct, frozen=True):
    """
    A policy record that was built, or could not be.

    Attributes:
        instance: As it was asked for.
        before, after: As it is stored; None where it was not there. `after.failure` says why it could not be built.
        change_id: Of the change that puts it on the wire; None if it could not be built.
    """

    instance: Instance
    before: Instance | None
    after: Instance
    change_id: str | None


def create_traffic_policy_instance(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Let a version of a policy answer for a name (R-TFI-1..4, R-TFI-9)."""
    account_id = context.caller.account_id
    name = read_name(request["Name"])
    with context.database.write() as conn:
        zone = zones.owned(conn, account_id, request["HostedZoneId"], for_update=True)
        version = request["TrafficPolicyId"], request["TrafficPolicyVersion"]
        made = create(conn, context, zone, name, version, request["TTL"]).instance
    location = f"{context.settings.base_url}/2013-04-01/trafficpolicyinstance/{made.id}"
    return {"TrafficPolicyInstance": instance_to_api(made), "Location": location}


def get_traffic_policy_instance(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """One instance: Creating or Updating until every live edge serves it (R-TFI-4, R-TFI-13)."""
    with context.database.read() as conn:
        found = traffic.instance(conn, context.caller.account_id, request["Id"])
    return {"TrafficPolicyInstance": instance_to_api(found)}


def update_traffic_policy_instance(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Let another version, of this policy or another, answer from one moment on (R-TFI-5..8, R-TFI-11)."""
    with context.database.write() as conn:
        asked = traffic.instance(conn, context.caller.account_id, request["Id"])
        zone = zones.owned(conn, context.caller.account_id, asked.zone_id, for_update=True)
        version = request["TrafficPolicyId"], request["TrafficPolicyVersion"]
        wanted = update(conn, context, zone, asked.id, version, request["TTL"]).instance
    return {"TrafficPolicyInstance": instance_to_api(wanted)}


def delete_traffic_policy_instance(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Take the root and its tree away (R-TFI-10)."""
    account_id = context.caller.account_id
    with context.database.write() as conn:
        found = traffic.instance(conn, account_id, request["Id"])
        if found.is_rooted:
            zone = zones.owned(conn, account_id, found.zone_id, for_update=True)
            carry_out(conn, context, zone, _without_root(conn, context, zone, found))
        traffic.delete_instance(conn, found.id)
        context.trail.changed(KIND, found.id, instance_to_api(found), None)
    return {}


def get_traffic_policy_instance_count(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """How many instances the account has (R-TFI-16)."""
    with context.database.read() as conn:
        return {"TrafficPolicyInstanceCount": traffic.count_instances(conn, context.caller.account_id)}


def list_traffic_policy_instances(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the account's instances, by zone, name and type (R-TFI-12)."""
    limit = page_size(request)
    with context.database.read() as conn:
        found = traffic.instances_page(conn, context.caller.account_id, _start(request), limit + 1)
    return _reply(found, limit)


def list_traffic_policy_instances_by_hosted_zone(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of a zone's instances, by name and type (R-TFI-12)."""
    limit, account_id, zone_id = page_size(request), context.caller.account_id, request["HostedZoneId"]
    start = _start({**request, "HostedZoneIdMarker": zone_id})
    with context.database.read() as conn:
        found = traffic.instances_page(conn, account_id, start, limit + 1, zone_id=zone_id)
        if not found:
            zones.owned(conn, account_id, zone_id)
    reply = _reply(found, limit)
    reply.pop("HostedZoneIdMarker", None)
    return reply


def list_traffic_policy_instances_by_policy(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the instances made from a version, by zone, name and type (R-TFI-12)."""
    limit, account_id = page_size(request), context.caller.account_id
    policy = request["TrafficPolicyId"], request["TrafficPolicyVersion"]
    with context.database.read() as conn:
        traffic.version(conn, account_id, *policy)
        found = traffic.instances_page(conn, account_id, _start(request), limit + 1, policy=policy)
    return _reply(found, limit)


def create(
    conn: Connection, context: Context, zone: HostedZone, name: Name, version: tuple[str, int], ttl: int
) -> Built:
    """
    Let a version of a policy answer for a name, in the transaction of `conn`.

    Args:
        zone: As it is stored now, read for update.
        version: The policy's id, and the number.

    Raises:
        ApiError: Those of CreateTrafficPolicyInstance.
    """
    account_id = context.caller.account_id
    found = traffic.live_version(conn, account_id, *version)
    _require_place(zone, name, found.type)
    made = Instance(new_uuid(), account_id, zone.id, name, found.type, ttl, found.id, found.version)
    traffic.insert_instance(conn, made)
    if traffic.count_instances(conn, account_id) > context.settings.quotas.traffic_policy_instances:
        text = "Limits Exceeded: MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER - Cannot create more instances."
        raise ApiError("TooManyTrafficPolicyInstances", text)
    change_id = _build(conn, context, zone, made, found)
    after = traffic.instance(conn, account_id, made.id)
    context.trail.changed(KIND, made.id, None, instance_to_api(after))
    return Built(made, None, after, change_id)


def update(
    conn: Connection, context: Context, zone: HostedZone, instance_id: str, version: tuple[str, int], ttl: int
) -> Built:
    """
    Let a version of a policy answer for the name of a policy record, in the transaction of `conn`.

    Args:
        zone: The policy record's, read for update.
        version: The policy's id, and the number.

    Raises:
        ApiError: Those of UpdateTrafficPolicyInstance.
    """
    account_id = context.caller.account_id
    before = traffic.instance(conn, account_id, instance_id)  # as the last one who had the zone has left it
    found = _version_for(conn, before, *version)
    if found.type != before.type:
        text = (
            f"The instance answers for the type {before.type}, and version {found.version} of the traffic policy "
            f"with ID {found.id} has the type {found.type}."
        )
        raise ApiError("ConflictingTypes", text)
    wanted = msgspec.structs.replace(
        before, ttl=ttl, policy_id=found.id, version=found.version, failure="", in_sync=False, is_updated=True
    )
    change_id = _build(conn, context, zone, wanted, found)
    after = traffic.instance(conn, account_id, instance_id)
    context.trail.changed(KIND, before.id, instance_to_api(before), instance_to_api(after))
    return Built(wanted, before, after, change_id)


def instance_to_api(found: Instance) -> dict[str, Any]:
    """The shape TrafficPolicyInstance; Message is there also where it is empty (R-API-21)."""
    return {
        "Id": found.id,
        "HostedZoneId": found.zone_id,
        "Name": found.name.text,
        "TTL": found.ttl,
        "State": found.state,
        "Message": found.failure,
        "TrafficPolicyId": found.policy_id,
        "TrafficPolicyVersion": found.version,
        "TrafficPolicyType": found.type,
    }


def reasons_against(conn: Connection, settings: Settings, zone: HostedZone, name: Name, tree: Tree) -> list[str]:
    """What keeps a policy record of this name from being built from a tree, by what is stored now."""
    refers_to = references(tree)
    return reasons(
        tree,
        zone,
        name,
        settings.quotas,
        outside=services(settings.alias_zone_ids),
        missing_checks=refers_to.health_checks - health.among(conn, zone.account_id, refers_to.health_checks).keys(),
        missing_locations=cidr.missing(conn, zone.account_id, refers_to.cidr_locations),
    )


def _build(
    conn: Connection, context: Context, zone: HostedZone, wanted: Instance, made_from: PolicyVersion
) -> str | None:
    """
    Serve what an instance wants; where that cannot be, note why, and let it serve what it served before.

    Returns:
        The id of the change; None if there is none.
    """
    tree = traffic.tree_of(made_from.document)
    root = RecordSet(wanted.name, wanted.type, ttl=wanted.ttl, traffic_policy_instance_id=wanted.id)
    change = Change("UPSERT" if wanted.is_rooted else "CREATE", root)
    found = reasons_against(conn, context.settings, zone, wanted.name, tree)
    try:
        plan = plan_of(conn, context.settings, zone, [change], wanted.id)
    except ChangeRejected as rejected:
        found = [*rejected.messages, *found]
    if found:
        traffic.set_failed(conn, wanted.id, message(found))
        return None
    # The root may stay as it is while all below it changes.
    made = carry_out(conn, context, zone, plan, anew={wanted.name.slot})
    traffic.set_built(conn, wanted, tree, made.id)
    return made.id


def _without_root(conn: Connection, context: Context, zone: HostedZone, instance: Instance) -> Plan:
    root = RecordSet(instance.name, instance.type, ttl=instance.ttl, traffic_policy_instance_id=instance.id)
    try:
        return plan_of(conn, context.settings, zone, [Change("DELETE", root)], instance.id)
    except ChangeRejected as rejected:  # a protection (R-PRO-1)
        raise InvalidInput(message(list(rejected.messages))) from None


def _version_for(conn: Connection, instance: Instance, policy_id: str, number: int) -> PolicyVersion:
    """A version to build an instance from: a live one, or the one it has, which may have been deleted since."""
    found = traffic.version(conn, instance.account_id, policy_id, number)
    if found.deleted and (found.id, found.version) != (instance.policy_id, instance.version):
        raise NoSuchTrafficPolicy(policy_id, number)
    return found


def _require_place(zone: HostedZone, name: Name, type_: str) -> None:
    """R-TFI-1: public zones only; the name is the zone's."""
    if zone.private:
        raise InvalidInput("Traffic policy instances can be created in public hosted zones alone.")
    if misplaced := outside_zone(RecordSet(name, type_), zone):
        raise InvalidInput(misplaced[0])


def read_name(text: str) -> Name:
    """
    The name of a policy record.

    Raises:
        InvalidInput: It is none.
    """
    try:
        return parse(text)
    except BadName as bad:
        raise InvalidInput(f"FATAL problem: {bad.code} ({bad.explanation}) encountered with '{text}'") from None


def _start(request: dict[str, Any]) -> traffic.InstanceStart:
    """Where a list begins; an instance that went meanwhile is no obstacle."""
    name, type_ = (request.get(f"TrafficPolicyInstance{part}Marker", "") for part in ("Name", "Type"))
    if type_ and not name:
        text = "TrafficPolicyInstanceTypeMarker can only be given together with TrafficPolicyInstanceNameMarker."
        raise InvalidInput(text)
    zone_id = request.get("HostedZoneIdMarker", "")
    if name and not zone_id:
        text = "TrafficPolicyInstanceNameMarker can only be given together with HostedZoneIdMarker."
        raise InvalidInput(text)
    return traffic.InstanceStart(zone_id, read_name(name).sort_key if name else "", type_)


def _reply(found: Sequence[Instance], limit: int) -> dict[str, Any]:
    page: Page[Instance] = cut(found, limit)
    reply = {
        "TrafficPolicyInstances": [instance_to_api(instance) for instance in page.items],
        "IsTruncated": page.next is not None,
        "MaxItems": str(limit),
    }
    if page.next is None:
        return reply
    return {
        **reply,
        "HostedZoneIdMarker": page.next.zone_id,
        "TrafficPolicyInstanceNameMarker": page.next.name.text,
        "TrafficPolicyInstanceTypeMarker": page.next.type,
    }
