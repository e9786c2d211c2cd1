"""
Record sets that master files have no form for, in comments of theirs.

Ours is one line a record set, in the API's own JSON, so that nothing is lost and nothing more has to
be learnt; every other program passes over it:

    ; meridian {"Name": "www.example.com.", "Type": "A", "SetIdentifier": "blue", "Weight": 90, …}

cli53's are read too: a comment behind a record, and lines of a class of its own. `$self` stands for
the hosted zone that the file is of, in both.

    www 60 IN A 192.0.2.1 ; AWS routing="WEIGHTED" weight=90 identifier="blue"
    www 86400 AWS ALIAS A other $self false
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from meridian.changes.shape import to_api
from meridian.model.record import RecordSet

SELF = "$self"  # in place of a hosted zone id: the zone itself

Marks = Mapping[str, Any]
"""What a comment says of the record before it, by the API's names of members; `SetIdentifier` is among them."""

_OURS = re.compile(r";\s*meridian\s+(\{.*\})\s*")
_CLI53 = re.compile(r"""((?:[^";\\]|\\.|"(?:[^"\\]|\\.)*")*);\s*AWS\s+([A-Za-z]+=.*?)\s*""")
_CLI53_ALIAS = re.compile(r"(\S*)\s+(?:[0-9]+\s+)?AWS\s+ALIAS\s+(\S+)\s+(\S+)\s+(\S+)\s+(true|false)\s*(?:;.*)?")
_PAIR = re.compile(r'([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([0-9]+))\s*')
_ESCAPED = re.compile(r"\\(.)")


class Comment(NamedTuple):
    """
    What the extensions say in one line.

    Attributes:
        record_sets: In the API's form.
        marks: Of the record that the line holds, or begins with.
        instead: Whether the line holds nothing beside.
    """

    record_sets: list[dict[str, Any]]
    marks: Marks
    instead: bool


_NOTHING = Comment([], {}, False)


def read_comment(line: str, apex: str) -> Comment:
    """
    Read what a line of a master file says in our extension or in cli53's.

    Args:
        apex: Of the zone, absolute: what cli53's relative names are under.

    Raises:
        ValueError: It is one of the extensions, but cannot be read; says why.
    """
    if ours := _OURS.fullmatch(line):
        return Comment([_json(ours[1])], {}, True)
    cli53 = _CLI53.fullmatch(line)
    marks = _marks(cli53[2]) if cli53 else {}
    if alias := _CLI53_ALIAS.fullmatch(line):
        return Comment([{**_alias(alias, apex), **marks}], {}, True)
    return Comment([], marks, False) if marks else _NOTHING


def write_comment(record_set: RecordSet, zone_id: str) -> str:
    """Write a record set as our comment; aliases within the zone say so without its id."""
    members = to_api(record_set)
    alias = members.get("AliasTarget")
    if alias is not None and alias["HostedZoneId"] == zone_id:
        members["AliasTarget"] = {**alias, "HostedZoneId": SELF}
    return f"; meridian {json.dumps(members)}"


def _json(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the comment is no JSON: {error}") from None
    return found


# --- cli53


def _alias(found: re.Match[str], apex: str) -> dict[str, Any]:
    owner, type_, target, zone_id, evaluate = found.groups()
    if not owner:
        raise ValueError("an AWS ALIAS without an owner name cannot be read; repeat the name")
    within = zone_id == SELF
    return {
        "Name": _absolute(owner, apex),
        "Type": type_.upper(),
        "AliasTarget": {
            "HostedZoneId": zone_id,
            "DNSName": _absolute(target, apex) if within else target,
            "EvaluateTargetHealth": evaluate == "true",
        },
    }


def _absolute(name: str, apex: str) -> str:
    if name == "@":
        return apex
    return name if name.endswith(".") else f"{name}.{apex}"


def _marks(text: str) -> dict[str, Any]:
    """The members that `routing="WEIGHTED" weight=1 identifier="a"` stands for."""
    pairs = _pairs(text)
    routing = pairs.get("routing", "")
    read = _ROUTINGS.get(routing)
    if read is None:
        raise ValueError(f'routing="{routing}" in a comment of cli53 is none of {", ".join(_ROUTINGS)}')
    members = {**read(pairs), "SetIdentifier": pairs.get("identifier"), "HealthCheckId": pairs.get("healthCheckId")}
    return {member: value for member, value in members.items() if value is not None}


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    at = 0
    while at < len(text):
        found = _PAIR.match(text, at)
        if found is None:
            raise ValueError(f"a comment of cli53 cannot be read from here on: {text[at:]}")
        key, quoted, number = found.groups()
        pairs[key] = number if quoted is None else _ESCAPED.sub(r"\1", quoted)
        at = found.end()
    return pairs


def _geolocation(pairs: Mapping[str, str]) -> dict[str, Any]:
    codes = {"ContinentCode": "continentCode", "CountryCode": "countryCode", "SubdivisionCode": "subdivisionCode"}
    return {"GeoLocation": {member: pairs[key] for member, key in codes.items() if key in pairs}}


_ROUTINGS: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
    "WEIGHTED": lambda pairs: {"Weight": int(pairs.get("weight", "0"))},
    "LATENCY": lambda pairs: {"Region": pairs.get("region")},
    "FAILOVER": lambda pairs: {"Failover": pairs.get("failover")},
    "GEOLOCATION": _geolocation,
    "MULTIVALUE": lambda pairs: {"MultiValueAnswer": True},
}
