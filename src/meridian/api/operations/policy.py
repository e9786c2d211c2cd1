"""
`/meridian/policies`, calls of our own for those who draw traffic policies (docs/reference/policies.md).

They read: a draft is judged, a version's tree is shown as it is served, two documents are compared by what
changes for clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from sqlalchemy import Connection

from meridian.api.access import arn
from meridian.api.authorize import require as require_allowed
from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.json_batch import decode
from meridian.api.native import NativeCall, by_method
from meridian.changes.shape import to_api
from meridian.changes.traffic import Problem, read, require
from meridian.changes.traffic_difference import ContinentOf, Difference, differences
from meridian.errors import InvalidInput
from meridian.model.authorization import EVERYTHING
from meridian.model.name import ROOT
from meridian.model.place import nameable
from meridian.model.record import RecordSet
from meridian.model.traffic import Instance, Rule, Tree, record_sets
from meridian.store import traffic

PATH = "/meridian/policies"
CHECK = PATH + "/check"
DIFFERENCE = PATH + "/difference"
TREE = PATH + "/{id}/{version}/tree"

LONGEST_DOCUMENT = 102_400  # characters (R-TFO-1)
_MOST_INSTANCES = 1000

Fields = dict[str, Any]


class Side(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version that is stored, or a document: one of the two."""

    id: str | None = None
    version: int | None = None
    document: str | None = None


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the call takes that compares."""

    before: Side
    after: Side


def policy_calls(continent_of: ContinentOf) -> Mapping[str, NativeCall]:
    """
    Each call with its methods.

    Args:
        continent_of: Which continent a country is on.
    """

    def compare(context: Context, request: HttpRequest) -> Fields:
        return _compare(context, request, continent_of)

    return {
        CHECK: by_method(POST=check),
        DIFFERENCE: by_method(POST=compare),
        TREE: by_method(GET=show_tree),
    }


def check(context: Context, request: HttpRequest) -> Fields:
    """Judge the document in the body: everything that is wrong with it, with places. Stores nothing."""
    try:
        document = request.body.decode()
    except UnicodeDecodeError:
        raise InvalidInput("The body is to be the document, in UTF-8.") from None
    reading = read(document, nameable(context.settings))
    too_long = len(document) > LONGEST_DOCUMENT
    problems = [_length_problem(document)] if too_long else []
    return {
        "valid": reading.tree is not None and not too_long,
        "type": None if reading.tree is None else reading.tree.record_type,
        "problems": [_problem(problem) for problem in (*problems, *reading.problems)],
    }


def show_tree(context: Context, request: HttpRequest) -> Fields:
    """The groups that a version stands for, its hidden ones too (R-TFP-4)."""
    ttl = _ttl(request.query)
    with context.database.read() as conn:
        found = traffic.version(conn, context.caller.account_id, request.parts["id"], _number(request.parts["version"]))
    tree = traffic.tree_of(found.document)
    return {
        "id": found.id,
        "version": found.version,
        "name": found.name,
        "type": found.type,
        "start": {"rule" if tree.starts_with_rule else "endpoint": tree.start},
        "groups": [_group(tree, rule, ttl) for rule in tree.used_rules]
        if tree.starts_with_rule
        else [_group(tree, None, ttl)],
        "endpoints": [
            {"id": endpoint.id, "type": endpoint.type, "value": endpoint.value} for endpoint in tree.used_endpoints
        ],
    }


def _compare(context: Context, request: HttpRequest, continent_of: ContinentOf) -> Fields:
    body = decode(request.body, Comparison)
    _require_readable(context, body)
    with context.database.read() as conn:
        before, after = (_tree(conn, context, side) for side in (body.before, body.after))
        users = _instances(conn, context, body.before)
    return {
        "differences": [_difference(found) for found in differences(before, after, continent_of)],
        "instances": [
            {"id": user.id, "zone_id": user.zone_id, "name": user.name.text, "type": user.type, "ttl": user.ttl}
            for user in users
        ],
    }


def _require_readable(context: Context, body: Comparison) -> None:
    """A side that is stored is read, and the policy records of the one before are listed."""
    policies = [arn("trafficpolicy", side.id, "") for side in (body.before, body.after) if side.id is not None]
    require_allowed(context, "route53:GetTrafficPolicy", policies or [EVERYTHING])
    if body.before.id is not None:
        require_allowed(context, "route53:ListTrafficPolicyInstancesByPolicy", policies[:1])


def _tree(conn: Connection, context: Context, side: Side) -> Tree:
    if side.document is not None and side.id is None and side.version is None:
        return require(side.document, nameable(context.settings))
    if side.document is None and side.id is not None and side.version is not None:
        found = traffic.version(conn, context.caller.account_id, side.id, side.version)
        return traffic.tree_of(found.document)
    raise InvalidInput("Each of before and after has either id and version, or document.")


def _instances(conn: Connection, context: Context, side: Side) -> list[Instance]:
    """The policy records that would change: those made from the version on the left."""
    if side.id is None or side.version is None:
        return []
    start = traffic.InstanceStart()
    return traffic.instances_page(
        conn, context.caller.account_id, start, _MOST_INSTANCES, policy=(side.id, side.version)
    )


def _group(tree: Tree, rule: Rule | None, ttl: int) -> Fields:
    """One group as record sets: those of the root have the policy record's name, those of a hidden group none."""
    made = record_sets(tree, rule, ROOT, ttl)
    items = [None] if rule is None else list(rule.items)
    return {
        "rule": None if rule is None else rule.id,
        "policy": made[0].policy,
        "ResourceRecordSets": [
            _record_set(record_set, None if item is None else item.is_rule)
            for record_set, item in zip(made, items, strict=True)
        ],
    }


def _record_set(record_set: RecordSet, is_rule: bool | None) -> Fields:
    shown = {member: value for member, value in to_api(record_set).items() if member != "Name"}
    target = shown.pop("AliasTarget", None)
    if target is None:
        return shown
    name = "RuleReference" if is_rule else "DNSName"
    return {**shown, "AliasTarget": {name: target["DNSName"], "EvaluateTargetHealth": target["EvaluateTargetHealth"]}}


def _problem(problem: Problem) -> Fields:
    return {
        "pointer": problem.pointer,
        "line": problem.line,
        "severity": problem.severity,
        "text": problem.text,
    }


def _length_problem(document: str) -> Problem:
    return Problem("", f"it has {len(document)} characters; {LONGEST_DOCUMENT} is the most", line=1)


def _difference(found: Difference) -> Fields:
    return {
        "text": found.text,
        "kind": found.kind,
        "clients": list(found.clients),
        "before": found.before,
        "after": found.after,
        "rules": list(found.rules),
    }


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput(f"'{text}' is not the number of a version.")
    return int(text)


def _ttl(query: bytes) -> int:
    """The TTL to show values with, of a policy record; 300 where it does not matter."""
    given = dict(parse_qsl(query.decode("latin-1")))
    text = given.get("ttl", "300")
    if not (text.isascii() and text.isdigit() and len(text) < 11):
        raise InvalidInput(f"'{text}' is no TTL.")
    return int(text)
