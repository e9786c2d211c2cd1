"""`meridian replace`: all record sets of one name and type by others, in one step, through the API as any client."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from meridian.client import Api
from meridian.errors import MeridianError

_CALL, _EXPLAIN = "/meridian/replace", "/meridian/explain"
_EXAMPLE = '{"ResourceRecordSets": [{"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}]}'

Plan = Mapping[str, Any]
"""What the call answers (docs/reference/replace.md)."""


class Wanted(NamedTuple):
    """All that is to be at one name and type; `record_sets` as Route 53's JSON has them. `zone` is an id or a name."""

    zone: str
    name: str
    type: str
    record_sets: Sequence[Any]


class Foreseen(NamedTuple):
    """
    What somebody is answered before and after: two explanations (docs/reference/explain.md).

    Attributes:
        client: Who: a client subnet, or the resolver's address.
    """

    client: str
    now: Mapping[str, Any]
    then: Mapping[str, Any]


def read(text: bytes, source: str) -> list[Any]:
    """
    Read record sets, such as `aws route53 list-resource-record-sets` prints: in an object, or a list alone.

    Args:
        source: What names the text in errors.

    Raises:
        MeridianError: There are none to be found. An empty list is one.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MeridianError(f"{source}: not JSON: {error}") from None
    record_sets = found.get("ResourceRecordSets") if isinstance(found, dict) else found
    if not isinstance(record_sets, list):
        raise MeridianError(f"{source}: holds no list of ResourceRecordSets, such as {_EXAMPLE}")
    return record_sets


def propose(api: Api, wanted: Wanted, token: str | None = None) -> Plan:
    """
    Ask for the plan; nothing is changed.

    Args:
        token: Of a plan seen before, which this one has to be.
    """
    return api.native(_CALL, {**_body(wanted), "dry_run": True, "token": token})


def foresee(api: Api, plan: Plan, subnets: Sequence[str]) -> Iterator[Foreseen]:
    """Ask for the answers before and after a plan: for each client subnet, or for one resolver if there is none."""
    if not plan["Changes"]:
        return
    batch = {"HostedZoneId": plan["zone_id"], "ChangeBatch": {"Changes": plan["Changes"]}}
    for subnet in subnets or [""]:
        asked = {"name": plan["name"], "type": plan["type"], "zone": plan["zone_id"]}
        if subnet:
            asked["subnet"] = subnet
        now, then = api.native(_EXPLAIN, **asked), api.native(_EXPLAIN, batch, **asked)
        yield Foreseen(now["subnet"] or now["client"], now, then)


def carry_out(api: Api, wanted: Wanted, plan: Plan, comment: str | None = None) -> Plan:
    """Apply this plan and no other; the comment goes into the change."""
    return api.native(_CALL, {**_body(wanted), "token": plan["token"], "comment": comment})


def _body(wanted: Wanted) -> dict[str, Any]:
    return {
        "zone": wanted.zone,
        "name": wanted.name,
        "type": wanted.type,
        "ResourceRecordSets": wanted.record_sets,
    }
