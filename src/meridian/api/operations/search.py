"""
`/meridian/search`, a call of our own: whatever has a text in it, or holds an address (docs/reference/search.md).

What the caller may not list is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Connection

from meridian.api import access
from meridian.api.authorize import may
from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.ids import bare_id
from meridian.errors import InvalidInput
from meridian.model.authorization import EVERYTHING
from meridian.model.name import plain
from meridian.store import search
from meridian.store.search import Address, Record, Version, Within

PATH = "/meridian/search"

_LONGEST = 255  # characters of what is looked for, as of a name
_PAGE, _MOST = 20, 1000  # of each kind
_WORD = re.compile(r"(?:ip[46]:)?([0-9A-Fa-f:.]+)")  # what can be an address; SPF has it behind `ip4:` (RFC 7208 §5.6)

Fields = dict[str, Any]


def find(context: Context, request: HttpRequest) -> Fields:
    """Up to `limit` of each kind; `more` lists the kinds of which there are more."""
    text, limit = _asked(request)
    may_do = partial(may, context)
    found: list[Fields] = []
    more: list[str] = []
    with context.database.read() as conn:
        for kind, action, look in _KINDS:
            if not may_do(action, EVERYTHING):
                continue
            of_kind = look(context, conn, text, limit + 1)
            found += of_kind[:limit]
            more += [kind] if len(of_kind) > limit else []
    return {"query": text, "found": found, "more": more}


def read_address(text: str) -> Address | None:
    """The address that a text is, of either version; None for another text."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def holds_address(text: str, address: Address) -> bool:
    """Whether an address stands in a text, however it is written, and not as a part of another one."""
    return any(read_address(word.rstrip(".")) == address for word in _WORD.findall(text))


def _zones(context: Context, conn: Connection, text: str, limit: int) -> list[Fields]:
    return [
        {"kind": "zone", "id": zone.id, "name": plain(zone.name), "private": zone.private, "comment": zone.comment}
        for zone in search.zones(conn, context.caller.account_id, text, limit)
    ]


def _records(context: Context, conn: Connection, text: str, limit: int) -> list[Fields]:
    @cache
    def is_shown(zone_id: str) -> bool:
        return may(context, "route53:ListResourceRecordSets", access.arn("hostedzone", zone_id, ""))

    shown = [
        record
        for record in records_with(conn, Within(context.caller.account_id), text, limit)
        if is_shown(record.zone_id)
    ]
    return [
        {
            "kind": "record",
            "zone_id": record.zone_id,
            "zone_name": plain(record.zone_name),
            "name": plain(record.name),
            "type": record.type,
            "set_identifier": record.set_identifier or None,
            "values": list(record.values),
            "alias_target": record.target or None,
        }
        for record in shown
    ]


def records_with(conn: Connection, within: Within, text: str, limit: int) -> Sequence[Record]:
    """Up to `limit` record sets that say this, or hold it, where it is an address."""
    address = read_address(text)
    if address is None:
        return search.records(conn, within, text, limit)
    exact = search.records_with_address(conn, within, address, limit)
    # Other types have addresses in their text: SPF, hints of HTTPS. Identifiers are often called by one.
    others = [
        record
        for record in search.records(conn, within, text, limit)
        if record not in exact
        and any(holds_address(part, address) for part in (plain(record.name), record.set_identifier, *record.values))
    ]
    return [*exact, *others][:limit]


def _checks(context: Context, conn: Connection, text: str, limit: int) -> list[Fields]:
    found, address = search.checks(conn, context.caller.account_id, text, limit), read_address(text)
    if address is not None:
        found = [check for check in found if holds_address(f"{check.name} {check.config}", address)]
    return [{"kind": "check", "id": check.id, "name": check.name} for check in found]


def _policies(context: Context, conn: Connection, text: str, limit: int) -> list[Fields]:
    """Policies, each by the newest version that was found."""
    newest: dict[str, Version] = {}
    for version in _versions(context, conn, text):
        newest.setdefault(version.id, version)
    return [
        {"kind": "policy", "id": version.id, "version": version.version, "name": version.name}
        for version in list(newest.values())[:limit]
    ]


def _versions(context: Context, conn: Connection, text: str) -> Iterator[Version]:
    account_id, address = context.caller.account_id, read_address(text)
    if address is None:
        yield from search.versions(conn, account_id, text, _MOST)
        return
    for version in search.versions_of_type(conn, account_id, "A" if address.version == 4 else "AAAA", _MOST):
        if holds_address(version.document, address):
            yield version


def _policy_records(context: Context, conn: Connection, text: str, limit: int) -> list[Fields]:
    return [
        {
            "kind": "policy_record",
            "id": record.id,
            "zone_id": record.zone_id,
            "name": plain(record.name),
            "type": record.type,
        }
        for record in search.policy_records(conn, context.caller.account_id, text, limit)
    ]


def _collections(context: Context, conn: Connection, text: str, limit: int) -> list[Fields]:
    found = search.collections(conn, context.caller.account_id, text, limit)
    return [{"kind": "cidr_collection", "id": each.id, "name": each.name} for each in found]


_KINDS = (
    ("zone", "route53:ListHostedZones", _zones),
    ("record", "route53:ListHostedZones", _records),
    ("check", "route53:ListHealthChecks", _checks),
    ("policy", "route53:ListTrafficPolicies", _policies),
    ("policy_record", "route53:ListTrafficPolicyInstances", _policy_records),
    ("cidr_collection", "route53:ListCidrCollections", _collections),
)
"""Each kind of thing, the action that lists it, and how it is looked for, in the order of the reply."""


def _asked(request: HttpRequest) -> tuple[str, int]:
    pairs = parse_qsl(request.query.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
    given = {name: value for name, value in pairs if not name.startswith("X-Amz-")}
    for name in given:
        if name not in ("q", "limit"):
            raise InvalidInput(f"Unknown parameter '{name}'; there are q, limit")
    text = bare_id(given.get("q", "").strip()).strip()
    if not 0 < len(text) <= _LONGEST:
        raise InvalidInput(f"q: give 1 to {_LONGEST} characters.")
    limit = given.get("limit", str(_PAGE))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= _MOST):
        raise InvalidInput(f"limit: give 1 to {_MOST}.")
    return text, int(limit)
