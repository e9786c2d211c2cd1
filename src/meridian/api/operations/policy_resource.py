"""
`/meridian/policies/uses` and `/meridian/policies/replace`, calls of our own: where a resource is in traffic policies,
and another one in its place for all names at once (R-VIS-13; docs/reference/policies.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from itertools import groupby
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from meridian.api import access
from meridian.api.authorize import require as require_allowed
from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.json_batch import decode
from meridian.api.operations import policy_apply
from meridian.api.operations.policy_apply import Update, in_one, locked, move, reply_of
from meridian.api.operations.policy_record import instance_to_api
from meridian.api.operations.traffic import KIND, version_to_api
from meridian.changes.json_text import pointer, with_strings
from meridian.changes.traffic import require
from meridian.errors import InvalidInput
from meridian.model.authorization import EVERYTHING
from meridian.model.place import nameable
from meridian.model.traffic import Endpoint, Instance, PolicyVersion
from meridian.store import traffic

USES = "/meridian/policies/uses"
REPLACE = "/meridian/policies/replace"

_LONGEST = 4000  # characters of an endpoint's value
_PAGE = 500

Fields = dict[str, Any]
Value = Annotated[str, Meta(min_length=1, max_length=_LONGEST)]


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    A value that endpoints have, and the one that they are to have.

    Attributes:
        comment: Of the new versions.
        dry_run: Tell what would be done, and store nothing.
    """

    value: Value
    replacement: Value
    comment: Annotated[str, Meta(max_length=1024)] | None = None
    dry_run: bool = False


class Use(NamedTuple):
    """A version with endpoints that have a value, and the policy records that answer by it."""

    version: PolicyVersion
    is_latest: bool
    endpoints: list[Endpoint]
    instances: list[Instance]


def list_uses(context: Context, request: HttpRequest) -> Fields:
    """
    Where a value is: in versions that policy records answer by, and in the latest of each policy.

    A part of a name is enough; an address is looked for as an address.
    """
    value = _asked(request)
    for action in ("route53:ListTrafficPolicies", "route53:ListTrafficPolicyInstances"):
        require_allowed(context, action, [EVERYTHING])
    with context.database.read() as conn:
        found = [
            use._replace(endpoints=endpoints)
            for use in _all(conn, context)
            if (endpoints := [each for each in use.endpoints if _holds(each.value, value)])
        ]
    return {"value": value, "uses": [_use(use) for use in found]}


def replace(context: Context, request: HttpRequest) -> Fields:
    """Make a version with the other value of each one in use that has it, and move all policy records there."""
    body = decode(request.body, Body)
    if _is_same(body.value, body.replacement):
        raise InvalidInput("The value and its replacement are the same.")

    def build(conn: Connection) -> Fields:
        made, updates = [], []
        for use in _all(conn, context):
            endpoints = [each for each in use.endpoints if _is_same(each.value, body.value)]
            if not endpoints or not use.instances:
                continue
            version = _with(conn, context, use.version, endpoints, body)
            made.append(_made(use, version, endpoints))
            updates += [Update(each.id, each.ttl, version.id, version.version) for each in use.instances]
        if not updates:
            raise InvalidInput(f"No policy record answers by a version that has an endpoint with {body.value}.")
        if len(updates) > policy_apply.MOST:
            raise InvalidInput(f"{len(updates)} policy records answer by it; {policy_apply.MOST} are the most.")
        for update in updates:
            policy_apply.require_allowed(context, "UpdateTrafficPolicyInstance", update)
        held = locked(conn, context, (), updates)
        return {"versions": made, **reply_of([move(conn, context, held, update) for update in updates])}

    return in_one(context, build, dry_run=body.dry_run)


def _all(conn: Connection, context: Context) -> Iterator[Use]:
    """Every version in use, and the latest of each policy, with all endpoints that answer."""
    account_id = context.caller.account_id
    latest = {(policy.id, policy.latest_version) for policy in _policies(conn, account_id)}
    users = sorted(_instances(conn, account_id), key=_made_from)
    by_version = {version: list(group) for version, group in groupby(users, key=_made_from)}
    for key in sorted({*latest, *by_version}):
        version = traffic.version(conn, account_id, *key)
        endpoints = traffic.tree_of(version.document).used_endpoints
        yield Use(version, key in latest, endpoints, by_version.get(key, []))


def _policies(conn: Connection, account_id: str) -> Iterator[Any]:
    start = ""
    while page := traffic.policies_page(conn, account_id, start, _PAGE + 1):
        yield from page[:_PAGE]
        if len(page) <= _PAGE:
            return
        start = page[_PAGE].id


def _instances(conn: Connection, account_id: str) -> Iterator[Instance]:
    start = traffic.InstanceStart()
    while page := traffic.instances_page(conn, account_id, start, _PAGE + 1):
        yield from page[:_PAGE]
        if len(page) <= _PAGE:
            return
        last = page[_PAGE]
        start = traffic.InstanceStart(last.zone_id, last.name.sort_key, last.type)


def _made_from(instance: Instance) -> tuple[str, int]:
    return instance.policy_id, instance.version


def _with(
    conn: Connection, context: Context, before: PolicyVersion, endpoints: Sequence[Endpoint], body: Body
) -> PolicyVersion:
    """Store the next version of a policy: one that is there with another value, and all else as it was written."""
    resource = access.arn("trafficpolicy", before.id, context.caller.account_id)
    require_allowed(context, "route53:CreateTrafficPolicyVersion", [resource])
    values = {pointer("Endpoints", each.id, "Value"): body.replacement for each in endpoints}
    document = with_strings(before.document, values)
    tree = require(document, nameable(context.settings))
    name, number = traffic.next_version(conn, context.caller.account_id, before.id)
    comment = body.comment or f"version {before.version} with {body.replacement} for {body.value}"
    made = PolicyVersion(before.id, number, name, tree.record_type, document, comment[:1024])
    traffic.insert_version(conn, made)
    context.trail.changed(KIND, made.id, None, version_to_api(made))
    return made


def _made(use: Use, made: PolicyVersion, endpoints: Sequence[Endpoint]) -> Fields:
    shown = {"id": made.id, "name": made.name, "before": use.version.version, "version": made.version}
    return {**shown, "endpoints": [each.id for each in endpoints]}


def _use(use: Use) -> Fields:
    version = use.version
    return {
        "id": version.id,
        "name": version.name,
        "version": version.version,
        "type": version.type,
        "latest": use.is_latest,
        "endpoints": [{"id": each.id, "type": each.type, "value": each.value} for each in use.endpoints],
        "instances": [instance_to_api(instance) for instance in use.instances],
    }


def _holds(text: str, wanted: str) -> bool:
    """Whether an endpoint's value is, or in part is, what is looked for."""
    return _is_same(text, wanted) or (_address(wanted) is None and wanted.lower() in text.lower())


def _is_same(one: str, other: str) -> bool:
    """Whether two values are the same: names with and without a dot at their end, addresses however written."""
    address = _address(one)
    return one.rstrip(".").lower() == other.rstrip(".").lower() or (address is not None and address == _address(other))


def _address(text: str) -> object | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _asked(request: HttpRequest) -> str:
    pairs = parse_qsl(request.query.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
    given = {name: value for name, value in pairs if not name.startswith("X-Amz-")}
    for name in given:
        if name != "value":
            raise InvalidInput(f"Unknown parameter '{name}'; there is value")
    value = given.get("value", "").strip()
    if not 0 < len(value) <= _LONGEST:
        raise InvalidInput(f"value: give 1 to {_LONGEST} characters.")
    return value
