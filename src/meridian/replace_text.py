"""The plan of a replacement for people, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meridian.model.name import parse, plain
from meridian.replace import Foreseen, Plan

Fields = Mapping[str, Any]

_SHOWN = 4  # values of a record set; more are counted


def lines(plan: Plan, foreseen: Sequence[Foreseen]) -> Iterator[str]:
    """Write what goes, what comes and what stays, and what that means for those who ask."""
    before, after = plan["before"], plan["after"]
    policies = [side["policy"] or "nothing" for side in (before, after)]
    zone = f"zone {plain(parse(plan['zone']))} ({plan['zone_id']})"
    yield f"{subject(plan)} in {zone}: {' → '.join(dict.fromkeys(policies))}"
    if not plan["Changes"]:
        yield "All of it is there already; nothing is to be changed."
        return
    yield ""
    yield from _difference(plan)
    for each in foreseen:
        yield ""
        yield f"asked from {each.client}:"
        yield from _labelled("now", _answer(each.now))
        yield from _labelled("then", _answer(each.then))
    yield ""
    yield from _consequences(before["ResourceRecordSets"], after)


def subject(plan: Plan) -> str:
    """The name and type that a plan is about."""
    return f"{plain(parse(plan['name']))} {plan['type']}"


def _difference(plan: Plan) -> Iterator[str]:
    """As a diff: `-` goes, `+` comes, no sign stays. A record set that is replaced has one line of each."""
    changed = {each["ResourceRecordSet"].get("SetIdentifier") for each in plan["Changes"]}
    before, after = (plan[side]["ResourceRecordSets"] for side in ("before", "after"))
    for record_set in before:
        sign = "-" if record_set.get("SetIdentifier") in changed else " "
        yield f"  {sign} {_record_set(record_set)}"
    for record_set in after:
        if record_set.get("SetIdentifier") in changed:
            yield f"  + {_record_set(record_set)}"


def _record_set(members: Fields) -> str:
    words = [members.get("SetIdentifier"), _measure(members), _content(members)]
    if "TTL" in members:
        words.append(f"TTL {members['TTL']} s")
    if "HealthCheckId" in members:
        words.append(f"health check {members['HealthCheckId']}")
    return "  ".join(word for word in words if word)


def _measure(members: Fields) -> str:
    """What the policy goes by, in the words of an explanation."""
    match members:
        case {"Weight": weight}:
            return f"weight {weight}"
        case {"Region": region}:
            return f"region {region}"
        case {"Failover": role}:
            return str(role)
        case {"GeoLocation": {"ContinentCode": continent}}:
            return f"continent {continent}"
        case {"GeoLocation": {"CountryCode": country, "SubdivisionCode": subdivision}}:
            return f"{country}-{subdivision}"
        case {"GeoLocation": {"CountryCode": country}}:
            return str(country)
        case {"CidrRoutingConfig": config}:
            return f"location {config['LocationName']} of {config['CollectionId']}"
        case {"GeoProximityLocation": place}:
            return _place(place)
    return ""


def _place(place: Fields) -> str:
    bias = f", bias {place['Bias']:+}" if place.get("Bias") else ""
    match place:
        case {"Coordinates": at}:
            return f"at {at['Latitude']}, {at['Longitude']}{bias}"
        case {"LocalZoneGroup": group}:
            return f"local zone group {group}{bias}"
    return f"region {place['AWSRegion']}{bias}"


def _content(members: Fields) -> str:
    if "AliasTarget" in members:
        return f"alias of {plain(parse(members['AliasTarget']['DNSName']))}"
    if "TrafficPolicyInstanceId" in members:
        return f"traffic policy instance {members['TrafficPolicyInstanceId']}"
    values = [record["Value"] for record in members["ResourceRecords"]]
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return ", ".join(values[:_SHOWN]) + more


def _labelled(label: str, answer: Sequence[str]) -> Iterator[str]:
    for index, line in enumerate(answer):
        yield f"  {'' if index else label:<4}  {line}"


def _answer(explained: Fields) -> list[str]:
    """The records; where chance decides which, how likely each record set is."""
    for step in explained["steps"]:
        by_chance = [arm for arm in step.get("arms", ()) if 0 < arm["probability"] < 1]
        if by_chance:
            return [f"{arm['probability']:>7.2%}  {arm['set_identifier']}" for arm in by_chance]
    response = explained["response"]
    return response["answer"] or ["no records" if response["rcode"] == "NOERROR" else response["rcode"]]


def _consequences(before: Sequence[Fields], after: Fields) -> Iterator[str]:
    yield "Each edge changes over at one moment."
    ttls = [record_set["TTL"] for record_set in before if "TTL" in record_set]
    if ttls:
        yield f"Resolvers may use an answer that they have for up to {max(ttls)} s more."
    policy, record_sets = after["policy"], after["ResourceRecordSets"]
    if policy == "geolocation" and not any(each["GeoLocation"].get("CountryCode") == "*" for each in record_sets):
        yield "Who is in none of these places gets no records: there is no default, CountryCode * (R-GEO-9)."
    if policy == "cidr" and not any(each["CidrRoutingConfig"]["LocationName"] == "*" for each in record_sets):
        yield "Who is in none of these locations gets no records: there is no default, LocationName * (R-CID-5)."
