"""Traffic policies and their versions: create, read, list, comment, delete (traffic-flow.md §1; R-API-141..147)."""

from __future__ import annotations

from typing import Any

from meridian.api.context import Context
from meridian.api.operations.paging import Page, cut
from meridian.api.paging import page_size
from meridian.changes.traffic import require
from meridian.errors import ApiError, InvalidInput
from meridian.model.place import nameable
from meridian.model.traffic import PolicySummary, PolicyVersion
from meridian.store import traffic
from meridian.store.ids import new_uuid

KIND = "trafficpolicy"  # in the audit trail


def create_traffic_policy(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Make a policy with its first version (R-TFO-1, R-TFO-5)."""
    account_id = context.caller.account_id
    tree = require(request["Document"], nameable(context.settings))
    made = PolicyVersion(new_uuid(), 1, request["Name"], tree.record_type, request["Document"], request.get("Comment"))
    with context.database.write() as conn:
        if traffic.count_policies(conn, account_id) >= context.settings.quotas.traffic_policies:
            text = "Limits Exceeded: MAX_TRAFFIC_POLICIES_BY_OWNER - Cannot create more traffic policies."
            raise ApiError("TooManyTrafficPolicies", text)
        traffic.insert_policy(conn, account_id, made)
        context.trail.changed(KIND, made.id, None, version_to_api(made))
    return _created(context, made)


def create_traffic_policy_version(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Make a further version, which may have another type (R-TFO-2..4)."""
    tree = require(request["Document"], nameable(context.settings))
    with context.database.write() as conn:
        name, number = traffic.next_version(conn, context.caller.account_id, request["Id"])
        made = PolicyVersion(request["Id"], number, name, tree.record_type, request["Document"], request.get("Comment"))
        traffic.insert_version(conn, made)
        context.trail.changed(KIND, made.id, None, version_to_api(made))
    return _created(context, made)


def get_traffic_policy(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """One version, also one that was deleted (R-TFO-6)."""
    with context.database.read() as conn:
        found = traffic.version(conn, context.caller.account_id, request["Id"], request["Version"])
    return {"TrafficPolicy": version_to_api(found)}


def update_traffic_policy_comment(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Set the comment of a version, the only thing of it that changes (R-TFO-2)."""
    with context.database.write() as conn:
        before = traffic.live_version(conn, context.caller.account_id, request["Id"], request["Version"])
        traffic.set_comment(conn, before.id, before.version, request["Comment"])
        found = traffic.version(conn, context.caller.account_id, before.id, before.version)
        context.trail.changed(KIND, found.id, version_to_api(before), version_to_api(found))
    return {"TrafficPolicy": version_to_api(found)}


def delete_traffic_policy(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Take one version off the lists, unless policy records are made from it (R-TFO-6, R-TFP-2)."""
    with context.database.write() as conn:
        found = traffic.live_version(conn, context.caller.account_id, request["Id"], request["Version"])
        if not context.settings.retain_used_policies and traffic.is_used(conn, found.id, found.version):
            raise ApiError("TrafficPolicyInUse", "Policy is in use for at least one instance")
        traffic.delete_version(conn, found.id, found.version)
        context.trail.changed(KIND, found.id, version_to_api(found), None)
    return {}


def list_traffic_policies(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the account's policies, in the order of their creation (R-TFO-8)."""
    limit = page_size(request)
    start = request.get("TrafficPolicyIdMarker", "")
    with context.database.read() as conn:
        found = traffic.policies_page(conn, context.caller.account_id, start, limit + 1)
    page: Page[PolicySummary] = cut(found, limit)
    return {
        "TrafficPolicySummaries": [_summary(policy) for policy in page.items],
        "IsTruncated": page.next is not None,
        "TrafficPolicyIdMarker": "" if page.next is None else page.next.id,
        "MaxItems": str(limit),
    }


def list_traffic_policy_versions(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of a policy's versions, ascending (R-TFO-8)."""
    limit = page_size(request)
    start = _number(request.get("TrafficPolicyVersionMarker", ""))
    with context.database.read() as conn:
        found = traffic.versions_page(conn, context.caller.account_id, request["Id"], start, limit + 1)
    page: Page[PolicyVersion] = cut(found, limit)
    return {
        "TrafficPolicies": [version_to_api(version) for version in page.items],
        "IsTruncated": page.next is not None,
        "TrafficPolicyVersionMarker": "" if page.next is None else str(page.next.version),
        "MaxItems": str(limit),
    }


def version_to_api(found: PolicyVersion) -> dict[str, Any]:
    """The shape TrafficPolicy."""
    comment = {} if found.comment is None else {"Comment": found.comment}
    return {
        "Id": found.id,
        "Version": found.version,
        "Name": found.name,
        "Type": found.type,
        "Document": found.document,
        **comment,
    }


def _created(context: Context, made: PolicyVersion) -> dict[str, Any]:
    """R-TFO-7."""
    location = f"{context.settings.base_url}/2013-04-01/trafficpolicy/{made.id}/{made.version}"
    return {"TrafficPolicy": version_to_api(made), "Location": location}


def _summary(policy: PolicySummary) -> dict[str, Any]:
    return {
        "Id": policy.id,
        "Name": policy.name,
        "Type": policy.type,
        "LatestVersion": policy.latest_version,
        "TrafficPolicyCount": policy.count,
    }


def _number(marker: str) -> int:
    if not marker:
        return 1
    if not (marker.isascii() and marker.isdigit()):
        raise InvalidInput(f"TrafficPolicyVersionMarker '{marker}' is not the number of a version.")
    return int(marker)
