"""An explanation for people, line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from meridian.model.name import parse, plain
from meridian.model.question import QUESTION_TYPES

Fields = dict[str, Any]


def lines(explained: Fields) -> Iterator[str]:
    """Write what `Explainer` gives, ending with how to see the same again."""
    subnet = f", for client subnet {explained['subnet']}" if explained["subnet"] else ""
    yield f"{_name(explained['name'])} {_type(explained['type'])}, asked from {explained['client']}{subnet}"
    yield from _override_lines(explained["overrides"])
    yield ""
    for number, step in enumerate(explained["steps"], 1):
        first, *rest = _STEPS.get(step["step"], _unknown)(step)
        yield f"{number:>3}. {first}"
        yield from (f"     {line}" for line in rest)
    yield ""
    yield from _response_lines(explained["response"])
    yield ""
    yield f"The same choice again: --draw {explained['draw']}"


def _override_lines(overridden: Fields) -> Iterator[str]:
    for check in overridden.get("health", ()):
        yield f"supposing {_check(check['id'], check['slot'])} is {'healthy' if check['healthy'] else 'unhealthy'}"
    if "zone_id" in overridden:
        yield f"supposing zone {overridden['zone_id']} is the only one"
    if change := overridden.get("change"):
        what = f"record sets put: {change['put']}, deleted: {change['deleted']}"
        yield f"supposing zone {change['zone_id']} is changed, {what}"
    if policy := overridden.get("traffic_policy"):
        where = "a zone of its own" if policy["zone_id"] is None else f"zone {policy['zone_id']}"
        yield f"supposing {_name(policy['name'])} {policy['type']} answers by the document, in {where}"
        yield from (f"  it could not be applied: {problem}" for problem in policy["problems"])


def _response_lines(response: Fields) -> Iterator[str]:
    scope = response["scope"]
    said = (
        ""
        if scope is None
        else f", scope /{scope}: "
        + ("good for every client" if scope == 0 else f"good for clients of the same /{scope}")
    )
    yield f"reply: {response['rcode']}{said}"
    yield from (f"     {line}" for line in response["answer"] or response["authority"])


def _client_lines(step: Fields) -> list[str]:
    whose = "the client subnet" if step["from"] == "client subnet" else "the resolver's address"
    place = ", ".join(code for code in (step["subdivision"], step["country"], step["continent"]) if code)
    point = "" if step["latitude"] is None else f"{step['latitude']:.2f}, {step['longitude']:.2f}"
    where = " at ".join(part for part in (place, point) if part) or "place unknown"
    first = f"client {step['address']}/{step['prefix']}, {whose}: {where}"
    if not step["source"]:
        return [first, "no geolocation data is installed; meridian place install gets some"]
    return [first, f"the same for all of its /{step['matched_prefix']}, by {step['source']} of {step['date']}"]


def _prohibited_lines(step: Fields) -> list[str]:
    return [f"{step['client']} may not ask here (query_allow, query_deny): REFUSED"]


def _zone_lines(step: Fields) -> list[str]:
    if step["id"] is None:
        return ["no zone here holds this name: REFUSED"]
    view = f", seen from {step['view']}," if "view" in step else ""
    return [f"zone {_name(step['apex'])} ({step['id']}, version {step['version']}){view} answers"]


def _name_lines(step: Fields) -> list[str]:
    name, by = _name(step["name"]), _name(step["by"])
    said = {
        "exact": f"{name} exists",
        "wildcard": f"{name} does not exist; the wildcard {by} stands for it",
        "empty_non_terminal": f"{name} exists only because of names below it: no data",
        "delegation": f"{name} is delegated at {by}: referral",
        "nothing": f"{name} does not exist below {by}",
    }
    return [said.get(step["found"], f"{name}: {step['found']} by {by}")]


def _record_set_lines(step: Fields) -> list[str]:
    return [f"record set {_name(step['owner'])} {_type(step['type'])}: {_records(step)}"]


def _group_lines(step: Fields) -> list[str]:
    policy = "alias" if step["policy"] == "simple" else f"{step['policy']} group"
    last_resort = "; nothing is healthy, so everything is treated as healthy" if step["last_resort"] else ""
    rule = f", rule {step['rule']}" if "rule" in step else ""
    head = f"{policy} {_name(step['owner'])} {_type(step['type'])}{rule}{last_resort}"
    return [head, *(_arm_line(arm) for arm in step["arms"])]


def _arm_line(arm: Fields) -> str:
    mark = "→" if arm["chosen"] else " "
    words = [f"{mark} {arm['probability']:>7.2%}"]
    if arm["set_identifier"]:
        words.append(arm["set_identifier"])
    words += [say(arm) for member, say in _MEASURES.items() if member in arm]
    if "rule" in arm:
        words.append(f"rule {arm['rule']}")
    if "alias_of" in arm:
        words.append(f"alias of {_target(arm['alias_of'])}")
    if not arm["healthy"]:
        words.append("unhealthy")
    if arm["excluded"]:
        words.append(f"(not considered: {arm['excluded']})")
    return "  ".join(words)


def _distance(arm: Fields) -> str:
    at = f"at {arm['latitude']:.2f}, {arm['longitude']:.2f}"
    if arm["distance_km"] is None:
        return f"{at}  distance unknown"
    biased = f", with bias {arm['bias']:+} {arm['biased_km']:.0f} km" if arm["bias"] else ""
    return f"{at}  {arm['distance_km']:.0f} km away{biased}"


def _latency(arm: Fields) -> str:
    if arm["latency_ms"] is None:
        return "latency unknown"
    known = f"{arm['latency_ms']:.1f} ms"
    if arm["latency_origin"] != "measured":
        return f"{known} (estimated from the distance)"
    return f"{known} (measured for its {arm['level']}: {arm['samples']} samples, the last {arm['age_hours']} h ago)"


def _location(arm: Fields) -> str:
    return f"location {arm['location']} of {arm['collection']}"


_MEASURES: dict[str, Callable[[Fields], str]] = {
    "weight": lambda arm: f"weight {arm['weight']}",
    "role": lambda arm: str(arm["role"]),
    "area": lambda arm: str(arm["area"]),
    "distance_km": _distance,
    "region": lambda arm: f"region {arm['region']}",
    "latency_ms": _latency,
    "location": _location,
    "health_check": lambda arm: _check(arm["health_check_id"], arm["health_check"]),
}


def _missing_target_lines(step: Fields) -> list[str]:
    return [f"the alias leads to {_name(step['owner'])} {_type(step['type'])}, which is not there: no data"]


def _outside_lines(step: Fields) -> list[str]:
    target = f"outside name {_name(step['target'])} {_type(step['type'])}"
    if not step["resolved"]:
        return [f"{target} has not been resolved yet: SERVFAIL"]
    if not step["records"]:
        return [f"{target} has no records: no data"]
    for_whom = {"block": "the client's addresses", "area": "the client's area", "everyone": "everyone"}
    asked_at = datetime.fromtimestamp(step["asked_at"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    healthy = "" if step["healthy"] else ", unhealthy"
    return [f"{target}{healthy}: {_records(step)}", f"its answer for {for_whom[step['answer_for']]}, of {asked_at}"]


def _cname_lines(step: Fields) -> list[str]:
    return [f"CNAME leads on to {_name(step['target'])}"]


def _failure_lines(step: Fields) -> list[str]:
    return [f"no answer can be given: {step['reason']}"]


def _unknown(step: Fields) -> list[str]:
    return [json.dumps(step)]


_STEPS: dict[str, Callable[[Fields], list[str]]] = {
    "client": _client_lines,
    "zone": _zone_lines,
    "prohibited": _prohibited_lines,
    "name": _name_lines,
    "record_set": _record_set_lines,
    "group": _group_lines,
    "missing_target": _missing_target_lines,
    "outside": _outside_lines,
    "cname": _cname_lines,
    "failure": _failure_lines,
}
_TYPE_NAMES = {number: text for text, number in QUESTION_TYPES.items()}


def _records(step: Fields) -> str:
    return f"{step['records']} record{'s' if step['records'] != 1 else ''}, TTL {step['ttl']} s"


def _name(text: str) -> str:
    return plain(parse(text))


def _check(id_: str | None, slot: int) -> str:
    """A health check by its id; of one that was deleted, a slot is left."""
    return f"health check {id_ or f'{slot} (not there)'}"


def _target(text: str) -> str:
    """A name, or the words for a group without one."""
    return _name(text) if text.endswith(".") else text


def _type(number: int) -> str:
    return _TYPE_NAMES.get(number, f"TYPE{number}")
