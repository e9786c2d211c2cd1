"""
`/meridian/explain`, a call of our own: why a question is answered as it is (docs/reference/explain.md).

GET explains what is served; POST brings a change batch and explains what would be, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import msgspec
from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.api.explainer import Explainer
from meridian.api.http import HttpRequest
from meridian.api.ids import bare_id
from meridian.api.json_batch import decode, read_input
from meridian.api.operations.policy_record import reasons_against
from meridian.api.operations.record import plan_of
from meridian.changes.traffic import require
from meridian.errors import ApiError, InvalidInput, NoSuchHealthCheck
from meridian.model.name import Name, plain
from meridian.model.place import nameable
from meridian.model.question import (
    BadQuestion,
    Question,
    read_address,
    read_check,
    read_draw,
    read_name,
    read_subnet,
    read_type,
)
from meridian.model.record import TYPES, Change, RecordSet
from meridian.model.zone import HostedZone
from meridian.settings import Settings
from meridian.store import health, tag, traffic
from meridian.store import zone as zones

PATH = "/meridian/explain"

_ONCE = ("name", "type", "client", "subnet", "draw", "zone")
_SEVERAL = ("unhealthy", "healthy")
_DRAFT = "draft"  # the id of an instance that is not stored


class DraftPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    """
    A policy record to be tried.

    Attributes:
        document: As text, or as the JSON itself.
        name: None for the name asked for.
        hosted_zone_id: None for the zone of the account that holds the name; where none does, it is tried alone.
    """

    document: Any
    name: str | None = None
    ttl: int = msgspec.field(default=300, name="TTL")
    hosted_zone_id: str | None = None


class Draft(msgspec.Struct, frozen=True):
    """
    A policy record to be tried, read.

    Attributes:
        document: As text.
        name: None for the name asked for.
    """

    document: str
    name: Name | None = None
    ttl: int = 300


class Batch(msgspec.Struct, frozen=True):
    """
    Changes to be tried.

    Attributes:
        zone_id: Of which zone; None for the one that holds the name asked for.
    """

    zone_id: str | None
    changes: list[Change]


def explain(context: Context, request: HttpRequest) -> dict[str, Any]:
    """Answer a GET or POST of `PATH`."""
    if request.method not in ("GET", "POST"):
        raise ApiError("MethodNotAllowed", "Ask with GET, or with POST to bring a change batch.", status=405)
    question = read_question(request.query)
    _require_own_checks(context, question)
    explainer: Explainer = context.service
    if request.method == "POST" and (draft := read_draft(request.body)) is not None:
        return _with_draft(context, explainer, question, draft)
    if request.method == "POST":
        return _with_batch(context, explainer, question, read_batch(request.body, context.settings))
    if question.zone_id is not None:
        with context.database.read() as conn:
            zones.owned(conn, context.caller.account_id, question.zone_id)
    explained = explainer.explain(question)
    _require_own(context, question, explained)
    return _with_health(context, _with_policy_records(context, explained))


def read_question(query: bytes) -> Question:
    """
    Read the question of a query string.

    Raises:
        InvalidInput: Says which parameter is wrong, and how.
    """
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
    # A presigned request has its signature in the query.
    pairs = [(key, value) for key, value in pairs if not key.startswith("X-Amz-")]
    _require_known([key for key, _ in pairs])
    given = {key: value for key, value in pairs if key in _ONCE}
    try:
        return Question(
            name=read_name(_needed(given, "name")),
            type=read_type(_needed(given, "type")),
            client=_read(given, "client", read_address) or "127.0.0.1",
            subnet=_read(given, "subnet", read_subnet),
            draw=_read(given, "draw", read_draw),
            health=tuple((read_check(value), key == "healthy") for key, value in pairs if key in _SEVERAL),
            zone_id=_read(given, "zone", bare_id),
        )
    except BadQuestion as error:
        raise InvalidInput(str(error)) from None


def read_batch(body: bytes, settings: Settings) -> Batch:
    """
    Read the input of ChangeResourceRecordSets as JSON, such as the AWS command line takes and prints.

    `HostedZoneId` may be left out; a bare `{"Changes": […]}` will do as well.

    Raises:
        InvalidInput, ChangeRejected: It breaks a rule.
    """
    found: Any = decode(body, object)
    if isinstance(found, dict) and "Changes" in found:
        found = {"ChangeBatch": found}
    given = {"HostedZoneId": "", **found} if isinstance(found, dict) else found
    changes = read_input(given, settings)
    return Batch(bare_id(given["HostedZoneId"]) or None, changes)


def read_draft(body: bytes) -> DraftPolicy | None:
    """
    Read `{"TrafficPolicy": {…}}`; None for another body.

    Raises:
        InvalidInput: It has members that mean nothing, or lacks its document.
    """
    found: Any = decode(body, object)
    if not isinstance(found, dict) or set(found) != {"TrafficPolicy"}:
        return None
    try:
        return msgspec.convert(found["TrafficPolicy"], DraftPolicy)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"TrafficPolicy cannot be read: {error}") from None


def try_draft(
    conn: Connection,
    settings: Settings,
    explainer: Explainer,
    question: Question,
    zone: HostedZone | None,
    draft: Draft,
) -> dict[str, Any]:
    """
    Explain what would be answered if a policy record were built from a draft, and what would keep it from being built.

    Args:
        zone: The zone that it is tried in; None: one that holds nothing else.

    Raises:
        ApiError: InvalidTrafficPolicyDocument; InvalidInput: the name is not in the zone.
    """
    tree = require(draft.document, nameable(settings))
    name = draft.name or question.name
    if zone is not None and not name.is_at_or_below(zone.name):
        raise InvalidInput(f"Name {plain(name)} is not in the hosted zone {plain(zone.name)}")
    root = RecordSet(name, tree.record_type, ttl=draft.ttl, traffic_policy_instance_id=_DRAFT)
    explained = explainer.explain_draft(question, conn, zone, root, tree)
    explained["overrides"]["traffic_policy"] = {
        "zone_id": None if zone is None else zone.id,
        "name": name.text,
        "type": tree.record_type,
        "ttl": draft.ttl,
        "problems": [] if zone is None else reasons_against(conn, settings, zone, name, tree),
    }
    if tree.starts_with_rule:
        _name_start(explained, name, TYPES[tree.record_type], tree.start)
    return explained


def _with_draft(context: Context, explainer: Explainer, question: Question, given: DraftPolicy) -> dict[str, Any]:
    account_id = context.caller.account_id
    text = given.document if isinstance(given.document, str) else msgspec.json.encode(given.document).decode()
    draft = Draft(text, None if given.name is None else _name(given.name), given.ttl)
    with context.database.read() as conn:
        if given.hosted_zone_id is not None:
            zone: HostedZone | None = zones.owned(conn, account_id, bare_id(given.hosted_zone_id))
        else:
            zone = zones.closest(conn, draft.name or question.name, account_id)
        explained = try_draft(conn, context.settings, explainer, question, zone, draft)
    if zone is not None:
        _require_own(context, question, explained)
    return _with_health(context, explained)


def _with_policy_records(context: Context, explained: dict[str, Any]) -> dict[str, Any]:
    """Say of each group that is the root of a policy record which one that is, and by what it answers."""
    zone_id = next((step["id"] for step in explained["steps"] if step["step"] == "zone"), None)
    named = [step for step in explained["steps"] if step["step"] in ("group", "record_set")]
    if zone_id is None or not named:
        return explained
    types = {number: type_ for type_, number in TYPES.items()}
    with context.database.read() as conn:
        for step in named:
            owner = read_name(step["owner"])
            found = traffic.rooted_at(conn, zone_id, owner, types.get(step["type"], ""))
            if found is None or "rule" in step:
                continue
            instance, tree = found
            step["policy_record"] = {"id": instance.id, "policy_id": instance.policy_id, "version": instance.version}
            if tree.starts_with_rule:
                step["rule"] = tree.start
    return explained


def _name_start(explained: Mapping[str, Any], name: Name, type_: int, rule: str) -> None:
    """Say of the group of this name and type that it is the start of the tree."""
    for step in explained["steps"]:
        if step["step"] == "group" and (step["owner"], step["type"]) == (name.text, type_):
            step.setdefault("rule", rule)


def _name(text: str) -> Name:
    try:
        return read_name(text)
    except BadQuestion as error:
        raise InvalidInput(str(error)) from None


def _with_batch(context: Context, explainer: Explainer, question: Question, batch: Batch) -> dict[str, Any]:
    account_id = context.caller.account_id
    with context.database.read() as conn:
        if question.zone_id is not None:
            zones.owned(conn, account_id, question.zone_id)
        if batch.zone_id is not None:
            zone = zones.owned(conn, account_id, batch.zone_id)
        else:
            zone = zones.closest(conn, question.name, account_id) or _none(question.name)
        plan = plan_of(conn, context.settings, zone, batch.changes)
        explained = explainer.explain_plan(question, conn, zone, plan)
    _require_own(context, question, explained)
    return _with_health(context, explained)


def _with_health(context: Context, explained: dict[str, Any]) -> dict[str, Any]:
    """Say of each arm with a check what the check is called, and why it is what it is, as the board here has it."""
    arms = [arm for step in explained["steps"] for arm in step.get("arms", ()) if "health_check" in arm]
    if not arms:
        return explained
    states = context.states_of([arm["health_check"] for arm in arms])
    ids = [arm["health_check_id"] for arm in arms if arm["health_check_id"] is not None]
    with context.database.read() as conn:
        names = tag.of(conn, "healthcheck", ids)
    for arm in arms:
        state = states.get(arm["health_check"])
        arm["health_check_name"] = names.get(arm["health_check_id"], {}).get("Name", "")
        arm["health_check_reason"] = None if state is None else state.reason
    return explained


def _require_own_checks(context: Context, question: Question) -> None:
    """What others have set up is not told (R-API-25)."""
    asked = {check for check, _ in question.health if isinstance(check, str)}
    if asked:
        with context.database.read() as conn:
            for check in sorted(asked - health.among(conn, context.caller.account_id, asked).keys()):
                raise NoSuchHealthCheck(check)


def _require_own(context: Context, question: Question, explained: Mapping[str, Any]) -> None:
    """What others have set up is not told (R-API-25), only that nobody, or the caller, answers."""
    answering = next((step["id"] for step in explained["steps"] if step["step"] == "zone"), None)
    if answering is None:
        return
    with context.database.read() as conn:
        zone = zones.get(conn, answering)
    if zone is None or zone.account_id != context.caller.account_id:
        _none(question.name)


def _none(name: Name) -> NoReturn:
    raise ApiError("NoSuchHostedZone", f"No hosted zone of this account answers for {plain(name)}")


def _require_known(keys: list[str]) -> None:
    known = (*_ONCE, *_SEVERAL)
    for key in keys:
        if key not in known:
            raise InvalidInput(f"Unknown parameter '{key}'; there are {', '.join(known)}")
        if key in _ONCE and keys.count(key) > 1:
            raise InvalidInput(f"Parameter '{key}' is given more than once")


def _needed(given: Mapping[str, str], key: str) -> str:
    if key not in given:
        raise InvalidInput(f"Parameter '{key}' is missing")
    return given[key]


def _read(given: Mapping[str, str], key: str, read: Callable[[str], Any]) -> Any:
    return read(given[key]) if key in given else None
