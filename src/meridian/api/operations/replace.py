"""
`/meridian/replace`, a call of our own: all record sets of one name and type at once (docs/reference/replace.md).

Another policy for a name is many changes that ChangeResourceRecordSets takes only together (R-POL-8). This
call works them out from what is stored, in the transaction in which it applies them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from meridian.api.access import arn, record_values
from meridian.api.authorize import require
from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.ids import bare_id
from meridian.api.json_batch import decode, read_input
from meridian.api.operations.record import apply, plan_of
from meridian.changes.replace import replacement
from meridian.changes.shape import to_api
from meridian.errors import ApiError, InvalidInput
from meridian.model.name import BadName, Name, parse, plain
from meridian.model.record import TYPES, Change, RecordSet
from meridian.model.zone import HostedZone
from meridian.settings import Settings
from meridian.store import record as records
from meridian.store import zone as zones

PATH = "/meridian/replace"

_TOKEN_SIZE = 16  # octets; a token guards against accidents, not against forgery


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What the call takes.

    Attributes:
        zone: Id or name.
        record_sets: What is to be there, in Route 53's form; their name and type may be left out.
        dry_run: Show the plan and store nothing.
        token: That of a plan which was shown; without one, whatever the plan is now is applied.
    """

    zone: str
    name: str
    type: str
    record_sets: list[dict[str, Any]] = msgspec.field(name="ResourceRecordSets")
    dry_run: bool = False
    token: str | None = None
    comment: Annotated[str, Meta(max_length=256)] | None = None


class Wanted(msgspec.Struct, frozen=True):
    """All that is to be at one name and type, no key twice."""

    name: Name
    type: str
    record_sets: tuple[RecordSet, ...]


def replace(context: Context, request: HttpRequest) -> dict[str, Any]:
    """Answer a POST of `PATH`."""
    body = decode(request.body, Body)
    wanted = read_wanted(body, context.settings)
    with context.database.read() if body.dry_run else context.database.write() as conn:
        zone = _zone(conn, context.caller.account_id, body.zone, for_update=not body.dry_run)
        return _replace(conn, context, zone, wanted, body)


def read_wanted(body: Body, settings: Settings) -> Wanted:
    """
    Read what is to be there.

    Raises:
        InvalidInput, ChangeRejected: A record set breaks a rule, or is of another name or type.
    """
    name, type_ = _name(body.name), body.type.upper()
    if type_ not in TYPES:
        raise InvalidInput(f"'{body.type}' is no type that a zone can hold; choose from {', '.join(TYPES)}")
    owned = [{"Name": body.name, "Type": type_, **members} for members in body.record_sets]
    changes = [{"Action": "CREATE", "ResourceRecordSet": members} for members in owned]
    batch = {"HostedZoneId": "", "ChangeBatch": {"Changes": changes}}
    found = [change.record_set for change in read_input(batch, settings)] if changes else []
    _require_owner(name, type_, found)
    return Wanted(name, type_, tuple(found))


def _replace(conn: Connection, context: Context, zone: HostedZone, wanted: Wanted, body: Body) -> dict[str, Any]:
    """The plan, and what became of it; read and written in one transaction."""
    if not wanted.name.is_at_or_below(zone.name):
        raise InvalidInput(f"Name {plain(wanted.name)} is not in the hosted zone {plain(zone.name)}")
    held = [found for found in records.at_name(conn, zone.id, wanted.name) if found.type == wanted.type]
    token = _token(zone, held, wanted)
    if body.token not in (None, token):
        raise _outdated(wanted)
    changes = replacement(held, wanted.record_sets)
    _require_allowed(context, zone, changes, dry_run=body.dry_run)
    reply = {
        "zone_id": zone.id,
        "zone": zone.name.text,
        "name": wanted.name.text,
        "type": wanted.type,
        "before": _side(held),
        "after": _side(wanted.record_sets),
        "Changes": [{"Action": each.action, "ResourceRecordSet": to_api(each.record_set)} for each in changes],
        "token": token,
    }
    if changes and body.dry_run:
        plan_of(conn, context.settings, zone, changes)
    elif changes:
        reply["ChangeInfo"] = apply(conn, context, zone, changes, body.comment)
    return reply


def _require_allowed(context: Context, zone: HostedZone, changes: Sequence[Change], *, dry_run: bool) -> None:
    """The plan shows what is stored; carrying it out is a batch like any other."""
    resource = [arn("hostedzone", zone.id, zone.account_id)]
    require(context, "route53:ListResourceRecordSets", resource)
    if changes and not dry_run:
        asked = ((each.action, each.record_set.name.text, each.record_set.type) for each in changes)
        require(context, "route53:ChangeResourceRecordSets", resource, record_values(asked))


def _side(record_sets: Sequence[RecordSet]) -> dict[str, Any]:
    """A group before or after: its policy, null for a group that is not there, and its record sets."""
    policy = record_sets[0].policy if record_sets else None
    return {"policy": policy, "ResourceRecordSets": [to_api(record_set) for record_set in record_sets]}


def _token(zone: HostedZone, held: Sequence[RecordSet], wanted: Wanted) -> str:
    """The same for the same plan: it stands for what is stored as well as for what is wanted."""
    sides = [[to_api(record_set) for record_set in side] for side in (held, wanted.record_sets)]
    told = msgspec.json.encode([zone.id, wanted.name.text, wanted.type, *sides])
    return hashlib.blake2s(told, digest_size=_TOKEN_SIZE).hexdigest()


def _outdated(wanted: Wanted) -> ApiError:
    text = (
        "The plan with this token is out of date: since it was made, the record sets of "
        f"{plain(wanted.name)} {wanted.type} have changed, or others are wanted. Nothing was done. "
        "Ask for the new plan with dry_run."
    )
    return ApiError("ConcurrentModification", text)


def _name(text: str) -> Name:
    try:
        return parse(text)
    except BadName as bad:
        raise InvalidInput(f"'{text}' is no domain name: {bad.explanation}") from None


def _require_owner(name: Name, type_: str, record_sets: Sequence[RecordSet]) -> None:
    identifiers: set[str | None] = set()
    for record_set in record_sets:
        if (record_set.name, record_set.type) != (name, type_):
            what = f"{plain(record_set.name)} {record_set.type}"
            raise InvalidInput(f"ResourceRecordSets holds {what}, but all of {plain(name)} {type_} is to be replaced")
        if record_set.set_identifier in identifiers:
            shown = record_set.set_identifier or "none"
            raise InvalidInput(f"ResourceRecordSets holds two record sets with the same SetIdentifier: {shown}")
        identifiers.add(record_set.set_identifier)


def _zone(conn: Connection, account_id: str, text: str, *, for_update: bool) -> HostedZone:
    """
    The account's zone with this id or name.

    Raises:
        ApiError: NoSuchHostedZone; InvalidInput: several zones have the name.
    """
    try:
        name = parse(text)
    except BadName:
        found = []
    else:
        page = zones.page_by_name(conn, account_id, start=(name.sort_key, ""), limit=10)
        found = [zone.id for zone in page if zone.name == name]
    if len(found) > 1:
        raise InvalidInput(f"Several hosted zones are named {text}; give the id of one: {', '.join(found)}")
    return zones.owned(conn, account_id, found[0] if found else bare_id(text), for_update=for_update)
