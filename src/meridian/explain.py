"""
`meridian explain`: why a question is answered as it is.

An engine of its own loads the zone from the feed's last values and is asked; so it is the evaluator
of the wire that explains, and no server has to run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import dns.message
import dns.rcode
import msgspec

from meridian._engine import Engine
from meridian.compile.image import decode_head
from meridian.errors import MeridianError
from meridian.feed.keys import CATALOGS, decode_catalog, head_key, shard_key
from meridian.feed.local import LastValues
from meridian.model.name import Name, from_wire, parse, plain
from meridian.model.record import TYPES

_OTHER_TYPES = {"ANY": 255, "DNSKEY": 48}


class _Place(msgspec.Struct):
    """What of a head says which questions the zone answers."""

    apex: bytes
    rank: int


_decode_place = msgspec.msgpack.Decoder(_Place).decode


class _Candidate(NamedTuple):
    """A zone that could answer; the greatest does: the longest apex, and of these the lowest rank."""

    labels: int
    minus_rank: int
    zone_id: str


def explain(values: LastValues, name: str, rtype: str, client: str, draw: int | None = None) -> dict[str, Any]:
    """
    Ask a question of the values that a server has served last.

    Args:
        client: The resolver's address.
        draw: 64 random bits, to see the same choice again; None takes fresh ones.

    Returns:
        What docs/reference/explain.md describes.

    Raises:
        MeridianError: The question makes no sense; says what to write.
    """
    question, number = _question(name, rtype)
    engine = Engine()
    zone_id = _find_zone(values, question)
    if zone_id is not None:
        _load(engine, values, zone_id)
    try:
        explained: dict[str, Any] = json.loads(engine.explain(question.wire, number, client, draw))
    except ValueError as error:
        raise MeridianError(str(error)) from None
    return explained


def lines(explained: dict[str, Any]) -> Iterator[str]:
    """The explanation for people, line by line."""
    yield f"{plain(parse(explained['name']))} {_type_text(explained['type'])}, asked from {explained['client']}"
    yield ""
    for number, step in enumerate(explained["steps"], 1):
        first, *rest = _STEPS.get(step["step"], _unknown)(step)
        yield f"{number:>3}. {first}"
        yield from (f"     {line}" for line in rest)
    yield ""
    reply = dns.message.from_wire(bytes.fromhex(explained["reply"]))
    yield f"reply: {dns.rcode.to_text(reply.rcode())}"
    for section in (reply.answer, reply.authority if not reply.answer else []):
        yield from (f"     {line}" for rrset in section for line in rrset.to_text().splitlines())
    yield ""
    yield f"The same choice again: --draw {explained['draw']}"


def _question(name: str, rtype: str) -> tuple[Name, int]:
    try:
        question = parse(name)
    except ValueError as error:
        raise MeridianError(f"'{name}' is no domain name: {getattr(error, 'explanation', error)}") from None
    number = (TYPES | _OTHER_TYPES).get(rtype.upper())
    if number is None:
        raise MeridianError(f"'{rtype}' is no type that a zone can hold; choose from {', '.join(TYPES)}")
    return question, number


def _find_zone(values: LastValues, question: Name) -> str | None:
    candidates = []
    for key in values.keys(CATALOGS):
        found = values.get(key)
        for zone_id in decode_catalog(found[0]).zones if found else ():
            head = values.get(head_key(zone_id))
            if head is None:
                continue
            place = _decode_place(head[0])
            apex = from_wire(place.apex)
            if question.is_at_or_below(apex):
                candidates.append(_Candidate(len(apex.labels), -place.rank, zone_id))
    return max(candidates).zone_id if candidates else None


def _load(engine: Engine, values: LastValues, zone_id: str) -> None:
    head = values.get(head_key(zone_id))
    if head is None:
        raise MeridianError(f"zone {zone_id} was removed just now; ask again")
    count = len(decode_head(head[0]).shard_versions)
    shards = [values.get(shard_key(zone_id, count, index)) for index in range(count)]
    try:
        engine.publish(head[0], [shard[0] for shard in shards if shard is not None])
    except ValueError as error:
        raise MeridianError(f"zone {zone_id} was changed just now; ask again ({error})") from None


def _zone_lines(step: dict[str, Any]) -> list[str]:
    if step["id"] is None:
        return ["no zone here holds this name: REFUSED"]
    return [f"zone {plain(parse(step['apex']))} ({step['id']}, version {step['version']}) answers"]


def _name_lines(step: dict[str, Any]) -> list[str]:
    name, by = plain(parse(step["name"])), plain(parse(step["by"]))
    said = {
        "exact": f"{name} exists",
        "wildcard": f"{name} does not exist; the wildcard {by} stands for it",
        "empty_non_terminal": f"{name} exists only because of names below it: no data",
        "delegation": f"{name} is delegated at {by}: referral",
        "nothing": f"{name} does not exist below {by}",
    }
    return [said.get(step["found"], f"{name}: {step['found']} by {by}")]


def _record_set_lines(step: dict[str, Any]) -> list[str]:
    records = f"{step['records']} record{'s' if step['records'] != 1 else ''}"
    return [f"record set {plain(parse(step['owner']))} {_type_text(step['type'])}: {records}, TTL {step['ttl']} s"]


def _group_lines(step: dict[str, Any]) -> list[str]:
    policy = "alias" if step["policy"] == "simple" else f"{step['policy']} group"
    last_resort = "; nothing is healthy, so everything is treated as healthy" if step["last_resort"] else ""
    head = f"{policy} {plain(parse(step['owner']))} {_type_text(step['type'])}{last_resort}"
    return [head, *(_arm_line(arm) for arm in step["arms"])]


def _arm_line(arm: dict[str, Any]) -> str:
    mark = "→" if arm["chosen"] else " "
    words = [f"{mark} {arm['probability']:>7.2%}"]
    if arm["set_identifier"]:
        words.append(arm["set_identifier"])
    words += [f"{key} {arm[key]}" for key in ("weight", "role", "health_check") if key in arm]
    if "alias_of" in arm:
        words.append(f"alias of {plain(parse(arm['alias_of']))}")
    if not arm["healthy"]:
        words.append("unhealthy")
    if arm["excluded"]:
        words.append(f"(not considered: {arm['excluded']})")
    return "  ".join(words)


def _missing_target_lines(step: dict[str, Any]) -> list[str]:
    return [f"the alias leads to {plain(parse(step['owner']))} {_type_text(step['type'])}, which is not there: no data"]


def _cname_lines(step: dict[str, Any]) -> list[str]:
    return [f"CNAME leads on to {plain(parse(step['target']))}"]


def _failure_lines(step: dict[str, Any]) -> list[str]:
    return [f"no answer can be given: {step['reason']}"]


def _unknown(step: dict[str, Any]) -> list[str]:
    return [json.dumps(step)]


_STEPS = {
    "zone": _zone_lines,
    "name": _name_lines,
    "record_set": _record_set_lines,
    "group": _group_lines,
    "missing_target": _missing_target_lines,
    "cname": _cname_lines,
    "failure": _failure_lines,
}
_TYPE_NAMES = {number: text for text, number in (TYPES | _OTHER_TYPES).items()}


def _type_text(number: int) -> str:
    return _TYPE_NAMES.get(number, f"TYPE{number}")
