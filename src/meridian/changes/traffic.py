"""
Documents of traffic policies: read, and judged with the place of whatever is wrong (traffic-flow.md §2).

A problem names its place as a JSON pointer (RFC 6901) and as a line. Errors refuse the document. Warnings
tell what is lawful and hardly meant, or what would keep a policy record from being built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from meridian.changes import json_text
from meridian.changes.json_text import BadJson, JsonObject, pointer
from meridian.errors import ApiError
from meridian.model.name import BadName, parse
from meridian.model.place import BUILT_IN, CONTINENTS, COUNTRIES, SUBDIVISIONS, Nameable
from meridian.model.rdata import BadValue, encode
from meridian.model.record import CidrRoutingConfig, Coordinates, GeoLocation, GeoProximityLocation
from meridian.model.traffic import (
    ENDPOINT_TYPES,
    FORMATS,
    OLD_FORMAT,
    OWN_FORMAT,
    POLICIES,
    RECORD_TYPES,
    Endpoint,
    Item,
    Rule,
    Tree,
)

MOST_DEEP = 30  # rules one below another: the engine follows 32 aliases (R-TREE-1), and some may lead here
LONGEST_ID = 255  # characters (R-TFD-3)
_PROBLEMS_SHOWN = 10
_SHOWN = 60  # characters of a value in a problem

_REGION_PREFIX = "aws:route53:"
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]+)?")
_CIDR_LOCATION = re.compile(r"\*|[0-9A-Za-z_-]{1,16}")
_LOCAL_ZONE = re.compile(r"(.+)-[a-z]{3}-[0-9]{1,2}[a-z]?")

_ITEM = ("EndpointReference", "RuleReference", "EvaluateTargetHealth", "HealthCheck")
# Where the items of each type of rule are, and what each item has beside `_ITEM`.
_LISTS = {
    "geo": ("Locations", ("IsDefault", "Continent", "Country", "Subdivision")),
    "geoproximity": ("GeoproximityLocations", ("Region", "Latitude", "Longitude", "Location", "Bias")),
    "latency": ("Regions", ("Region",)),
    "multivalue": ("Items", ()),
    "weighted": ("Items", ("Weight",)),
    "cidr": ("Locations", ("IsDefault", "Location")),
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What is wrong with a document, or hardly meant.

    Attributes:
        pointer: To the value; to what it should be in, where it is missing.
        line: From 1 on.
        severity: `error` or `warning`.
    """

    pointer: str
    text: str
    severity: str = "error"
    line: int = 0

    def __str__(self) -> str:
        return f"{self.pointer or 'the document'} (line {self.line}): {self.text}"


class Reading(msgspec.Struct, frozen=True):
    """
    What a document says.

    Attributes:
        tree: None if there is an error.
        problems: All of them, in the order of their lines.
    """

    tree: Tree | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        """The problems that refuse the document."""
        return [problem for problem in self.problems if problem.severity == "error"]


def read(document: str, nameable: Nameable = BUILT_IN) -> Reading:
    """
    Read a document and find everything that is wrong with it.

    Args:
        nameable: The regions and places that it may name (R-REG-1, R-GPX-10).
    """
    try:
        found = json_text.read(document)
    except BadJson as bad:
        return Reading(None, (Problem("", f"it is not JSON: {bad}", line=bad.line),))
    reader = _Reader(nameable)
    tree = reader.tree(found)
    at = json_text.lines(document, (problem.pointer for problem in reader.problems))
    placed = [msgspec.structs.replace(problem, line=at.get(problem.pointer, 1)) for problem in reader.problems]
    placed.sort(key=lambda problem: problem.line)
    return Reading(tree, tuple(placed))


def require(document: str, nameable: Nameable = BUILT_IN) -> Tree:
    """
    Read a document that is to be stored.

    Raises:
        ApiError: InvalidTrafficPolicyDocument, with the places and reasons of the first ten errors (R-TFO-5).
    """
    reading = read(document, nameable)
    if reading.tree is None:
        raise refusal(reading)
    return reading.tree


def refusal(reading: Reading) -> ApiError:
    """The error that tells what is wrong with a document."""
    errors = reading.errors
    more = len(errors) - _PROBLEMS_SHOWN
    shown = "; ".join(map(str, errors[:_PROBLEMS_SHOWN])) + (f"; and {more} more" if more > 0 else "")
    return ApiError("InvalidTrafficPolicyDocument", f"The traffic policy document is not valid: {shown}")


def trusted(document: str) -> Tree:
    """Read a document that was stored, whatever regions and places there are now."""
    tree = read(document, _ANYTHING).tree
    assert tree is not None, "a document that was not valid has been stored"
    return tree


class _Everything:
    """Holds whatever is asked for."""

    def __contains__(self, _: object) -> bool:
        return True


_ANYTHING = Nameable(_Everything(), _Everything())


class _Reader:
    """One document, and what was found wrong with it so far."""

    def __init__(self, nameable: Nameable) -> None:
        self.problems: list[Problem] = []
        self._nameable = nameable
        self._format = ""
        self._record_type = ""
        self._endpoints: Mapping[str, Endpoint | None] = {}
        self._rules: Mapping[str, object] = {}

    # --- the document

    def tree(self, found: Any) -> Tree | None:
        known = ("AWSPolicyFormatVersion", "RecordType", "StartEndpoint", "StartRule", "Endpoints", "Rules")
        if not self._is_object(found, "", known):
            return None
        self._format = self._one_of(found, "", "AWSPolicyFormatVersion", FORMATS) or ""
        self._record_type = self._one_of(found, "", "RecordType", RECORD_TYPES) or ""
        endpoints, rules = self._map(found, "Endpoints"), self._map(found, "Rules")
        self._rules = rules
        self._endpoints = {id_: self._endpoint(id_, members) for id_, members in endpoints.items()}
        read = {id_: self._rule(id_, members) for id_, members in rules.items()}
        there = {id_: rule for id_, rule in read.items() if rule is not None}
        self._judge_chains(there)
        start = self._start(found)
        if start is None or any(problem.severity == "error" for problem in self.problems):
            return None
        tree = Tree(
            self._format,
            self._record_type,
            start[0],
            start[1],
            {id_: endpoint for id_, endpoint in self._endpoints.items() if endpoint is not None},
            there,
        )
        self._warn(tree)
        return tree

    def _map(self, found: JsonObject, member: str) -> JsonObject:
        """Endpoints or Rules: absent ones are empty."""
        held = found.get(member)
        if held is None:
            return JsonObject()
        if not self._is_object(held, pointer(member)):
            return JsonObject()
        for id_ in held:
            if not 1 <= len(id_) <= LONGEST_ID or not id_.isprintable():
                self._error(pointer(member, id_), f"an id has 1 to {LONGEST_ID} characters, which can be printed")
        return held  # type: ignore[no-any-return]

    def _start(self, found: JsonObject) -> tuple[str, bool] | None:
        """R-TFD-1: what the document starts with, and whether that is a rule."""
        given = [member for member in ("StartEndpoint", "StartRule") if found.get(member) is not None]
        if len(given) != 1:
            how = "has both" if given else "has neither"
            at = pointer(given[1]) if given else ""
            self._error(at, f"exactly one of StartEndpoint and StartRule is needed, and the document {how}")
            return None
        member = given[0]
        is_rule = member == "StartRule"
        start = self._text(found, "", member)
        if start is None or not self._is_there(pointer(member), start, is_rule):
            return None
        return start, is_rule

    # --- endpoints

    def _endpoint(self, id_: str, members: Any) -> Endpoint | None:
        at = pointer("Endpoints", id_)
        if not self._is_object(members, at, ("Type", "Value", "Region")):
            return None
        type_ = self._one_of(members, at, "Type", tuple(ENDPOINT_TYPES))
        value = self._text(members, at, "Value")
        region = self._text(members, at, "Region", needed=type_ == "s3-website")
        if type_ is None or value is None:
            return None
        if type_ == "value":
            self._judge_value(value, at)
        else:
            self._judge_service(type_, value, region, at)
        return Endpoint(id_, type_, value, region if type_ == "s3-website" else None)

    def _judge_value(self, value: str, at: str) -> None:
        """R-TFE-1."""
        if not self._record_type:
            return
        try:
            encode(self._record_type, value)
        except BadValue as bad:
            self._error(f"{at}/Value", str(bad))

    def _judge_service(self, type_: str, value: str, region: str | None, at: str) -> None:
        """R-TFE-2..5."""
        types = ENDPOINT_TYPES[type_].record_types
        if self._record_type and self._record_type not in types:
            text = f"a {type_} endpoint can answer {' and '.join(types)} alone, and RecordType is {self._record_type}"
            self._error(f"{at}/Type", text)
        try:
            parse(value)
        except BadName as bad:
            self._error(f"{at}/Value", f"'{_cut(value)}' is no domain name: {bad.explanation}")
        if type_ == "s3-website" and region is not None and region not in self._nameable.regions:
            self._error(f"{at}/Region", f"'{_cut(region)}' is not a region")

    # --- rules

    def _rule(self, id_: str, members: Any) -> Rule | None:
        at = pointer("Rules", id_)
        if not self._is_object(members, at):
            return None
        types = tuple(POLICIES) if self._format == OWN_FORMAT else tuple(type_ for type_ in POLICIES if type_ != "cidr")
        type_ = self._one_of(members, at, "RuleType", types)
        if type_ is None:
            return None
        items = self._failover(members, at) if type_ == "failover" else self._list(type_, members, at)
        return Rule(id_, type_, tuple(items)) if items else None

    def _failover(self, members: JsonObject, at: str) -> list[Item]:
        """R-TFR-1."""
        self._warn_unknown(members, at, ("RuleType", "Primary", "Secondary"))
        found = []
        for member in ("Primary", "Secondary"):
            place = f"{at}/{member}"
            if members.get(member) is None:
                self._error(at, f"a failover rule needs {member}")
            elif self._is_object(members[member], place, _ITEM):
                found.append(self._item(members[member], place, failover=member.upper()))
        return [item for item in found if item is not None]

    def _list(self, type_: str, members: JsonObject, at: str) -> list[Item]:
        """The items of a rule of any other type."""
        member, beside = _LISTS[type_]
        collection = ("CollectionId",) if type_ == "cidr" else ()
        self._warn_unknown(members, at, ("RuleType", member, *collection))
        listed = members.get(member)
        if not isinstance(listed, list) or not listed:
            self._error(at if listed is None else f"{at}/{member}", f"a {type_} rule needs a list of {member}")
            return []
        of_rule = self._text(members, at, "CollectionId") if collection else None
        if collection and of_rule is None:
            return []
        seats: dict[object, int] = {}
        found = []
        for number, given in enumerate(listed):
            place = f"{at}/{member}/{number}"
            if not self._is_object(given, place, (*_ITEM, *beside)):
                continue
            markers = self._markers(type_, given, place, of_rule)
            if markers is None:
                continue
            self._judge_seat(seats, _seat(markers), number, place)
            found.append(self._item(given, place, no_rules=type_ == "multivalue", **markers))
        return [item for item in found if item is not None]

    def _judge_seat(self, seats: dict[object, int], seat: object, number: int, place: str) -> None:
        """What a rule has once: a location, a region, a place (R-TFR-2..4)."""
        if seat is None:
            return
        if seat in seats:
            self._error(place, f"this is the same as item {seats[seat] + 1}: each may be there once")
        seats.setdefault(seat, number)

    def _item(self, members: JsonObject, at: str, *, no_rules: bool = False, **markers: Any) -> Item | None:
        given = [member for member in _ITEM[:2] if members.get(member) is not None]
        if len(given) != 1:
            how = "both are" if given else "neither is"
            self._error(at, f"exactly one of EndpointReference and RuleReference is needed, and {how} there")
            return None
        member = given[0]
        is_rule = member == "RuleReference"
        to = self._text(members, at, member)
        evaluates = self._flag(members, at, "EvaluateTargetHealth")
        check = self._text(members, at, "HealthCheck", needed=False)
        if to is None or not self._is_there(f"{at}/{member}", to, is_rule):
            return None
        if no_rules and not self._is_value(to, is_rule):
            self._error(f"{at}/{member}", "a multivalue rule can lead to endpoints of type value alone")  # R-TFR-5
            return None
        evaluates = self._evaluates(to, is_rule, evaluates, f"{at}/EvaluateTargetHealth")
        return Item(to, is_rule, at, check or None, evaluates, **markers)

    def _is_value(self, to: str, is_rule: bool) -> bool:
        endpoint = self._endpoints.get(to)
        return not is_rule and (endpoint is None or endpoint.type == "value")

    def _evaluates(self, to: str, is_rule: bool, given: bool | None, at: str) -> bool:
        """R-TFR-8."""
        if is_rule:
            return given is not False
        endpoint = self._endpoints.get(to)
        means = endpoint is not None and ENDPOINT_TYPES[endpoint.type].evaluates_health
        if given and endpoint is not None and not means:
            self._warning(at, f"it means nothing for an endpoint of type {endpoint.type}")
        return means and given is not False

    # --- what each type of rule asks for

    def _markers(self, type_: str, given: JsonObject, at: str, collection: str | None) -> dict[str, Any] | None:
        match type_:
            case "geo":
                place = self._geo_location(given, at)
                return None if place is None else {"geo_location": place}
            case "geoproximity":
                where = self._geo_proximity(given, at)
                return None if where is None else {"geo_proximity_location": where}
            case "latency":
                region = self._region(given, at, "Region", "")
                return None if region is None else {"region": region}
            case "weighted":
                weight = self._number(given, at, "Weight", 0, 255, needed=True)
                return None if weight is None else {"weight": weight}
            case "cidr":
                location = self._cidr_location(given, at)
                if location is None:
                    return None
                return {"cidr_routing_config": CidrRoutingConfig(collection or "", location)}
        return {}

    def _geo_location(self, given: JsonObject, at: str) -> GeoLocation | None:
        """R-TFR-2."""
        is_default = self._flag(given, at, "IsDefault")
        names = ("Continent", "Country", "Subdivision")
        continent, country, subdivision = (self._text(given, at, name, needed=False) or None for name in names)
        if is_default or country == "*":
            if continent or subdivision or country not in (None, "*"):
                self._error(at, "the default location names no continent, country or subdivision")
                return None
            return GeoLocation(country_code="*")
        if continent:
            if country or subdivision:
                self._error(at, "a Continent cannot be together with a Country or Subdivision")
                return None
            return self._known(f"{at}/Continent", continent, CONTINENTS, GeoLocation(continent), "a continent")
        if country is None:
            what = "a Subdivision needs its Country" if subdivision else "it names no location, and is not the default"
            self._error(at, what)
            return None
        if subdivision is None:
            return self._known(f"{at}/Country", country, COUNTRIES, GeoLocation(None, country), "a country")
        known = SUBDIVISIONS.get(country, {})
        made = GeoLocation(None, country, subdivision)
        return self._known(f"{at}/Subdivision", subdivision, known, made, f"a subdivision of {country}")

    def _known(self, at: str, code: str, known: Iterable[str], made: GeoLocation, what: str) -> GeoLocation | None:
        if code in known:
            return made
        self._error(at, f"'{_cut(code)}' is not {what} that ListGeoLocations shows")
        return None

    def _geo_proximity(self, given: JsonObject, at: str) -> GeoProximityLocation | None:
        """R-TFR-3, R-TFR-7."""
        bias = self._number(given, at, "Bias", -99, 99, needed=False)
        old = [member for member in ("Region", "Latitude", "Longitude") if given.get(member) is not None]
        if self._format == OLD_FORMAT:
            if given.get("Location") is not None:
                text = f"Location is of a later format; {OLD_FORMAT} has Region, or Latitude and Longitude"
                self._error(f"{at}/Location", text)
                return None
            return self._old_place(given, at, old, bias)
        if old:
            self._error(f"{at}/{old[0]}", f"{old[0]} is of format {OLD_FORMAT}; later ones have Location")
            return None
        location = given.get("Location")
        if location is None:
            self._error(at, "it has no Location")
            return None
        at += "/Location"
        if not self._is_object(location, at, ("Type", "LocationName", "Latitude", "Longitude")):
            return None
        match self._one_of(location, at, "Type", ("Region", "LocalZone", "Coordinate")):
            case "Region":
                region = self._region(location, at, "LocationName", _REGION_PREFIX)
                return None if region is None else GeoProximityLocation(aws_region=region, bias=bias)
            case "LocalZone":
                zone = self._local_zone(location, at)
                return None if zone is None else GeoProximityLocation(local_zone_group=zone, bias=bias)
            case "Coordinate":
                return self._coordinates(location, at, bias)
        return None

    def _old_place(
        self, given: JsonObject, at: str, old: Sequence[str], bias: int | None
    ) -> GeoProximityLocation | None:
        if old == ["Region"]:
            region = self._region(given, at, "Region", _REGION_PREFIX)
            return None if region is None else GeoProximityLocation(aws_region=region, bias=bias)
        if old == ["Latitude", "Longitude"]:
            return self._coordinates(given, at, bias)
        self._error(at, "either Region, or Latitude and Longitude, are needed")
        return None

    def _region(self, given: JsonObject, at: str, member: str, prefix: str) -> str | None:
        """A region; geoproximity writes it `aws:route53:us-east-1`, and a bare one does no harm."""
        text = self._text(given, at, member)
        if text is None:
            return None
        region = text.removeprefix(prefix)
        if region not in self._nameable.regions:
            self._error(f"{at}/{member}", f"'{_cut(text)}' is not a region")
            return None
        return region

    def _local_zone(self, given: JsonObject, at: str) -> str | None:
        text = self._text(given, at, "LocationName")
        if text is None:
            return None
        zone = text.removeprefix(_REGION_PREFIX)
        parts = _LOCAL_ZONE.fullmatch(zone)
        group = re.sub(r"(?<=[0-9])[a-z]$", "", zone)  # us-west-2-lax-1a is in the group us-west-2-lax-1
        if group not in self._nameable.places and not (parts and parts[1] in self._nameable.regions):
            self._error(f"{at}/LocationName", f"'{_cut(text)}' is not a local zone")
            return None
        return group

    def _coordinates(self, given: JsonObject, at: str, bias: int | None) -> GeoProximityLocation | None:
        latitude = self._degrees(given, at, "Latitude", 90)
        longitude = self._degrees(given, at, "Longitude", 180)
        if latitude is None or longitude is None:
            return None
        return GeoProximityLocation(coordinates=Coordinates(latitude, longitude), bias=bias)

    def _cidr_location(self, given: JsonObject, at: str) -> str | None:
        if self._flag(given, at, "IsDefault"):
            if given.get("Location") not in (None, "*"):
                self._error(at, "the default location names no Location")
                return None
            return "*"
        location = self._text(given, at, "Location")
        if location is not None and not _CIDR_LOCATION.fullmatch(location):
            self._error(f"{at}/Location", f"'{_cut(location)}' is no name of a CIDR location")
            return None
        return location

    # --- the graph

    def _is_there(self, at: str, id_: str, is_rule: bool) -> bool:
        if id_ in (self._rules if is_rule else self._endpoints):
            return True
        what, other, others = (
            ("rule", "an endpoint", self._endpoints) if is_rule else ("endpoint", "a rule", self._rules)
        )
        hint = f"; {other} has this id" if id_ in others else ""
        self._error(at, f"there is no {what} '{_cut(id_)}'{hint}")
        return False

    def _judge_chains(self, rules: Mapping[str, Rule]) -> None:
        """R-TFD-5: tells each reference that closes a circle, and chains that are too long."""
        heights: dict[str, int] = {}
        for start in rules:
            self._walk(start, rules, heights)
        for id_, height in heights.items():
            if height == MOST_DEEP + 1:
                self._error(pointer("Rules", id_), f"more than {MOST_DEEP} rules follow one another from here on")

    def _walk(self, start: str, rules: Mapping[str, Rule], heights: dict[str, int]) -> None:
        """Note how many rules follow one another from each rule on; depth first, without recursion."""
        path: dict[str, Iterator[Item]] = {} if start in heights else {start: iter(rules[start].items)}
        while path:
            id_, items = next(reversed(path.items()))
            for item in items:
                if not item.is_rule or item.leads_to in heights or item.leads_to not in rules:
                    continue
                if item.leads_to in path:
                    way = list(path)
                    way = [*way[way.index(item.leads_to) :], item.leads_to]
                    self._error(f"{item.place}/RuleReference", f"it leads back to itself: {' → '.join(map(_cut, way))}")
                    continue
                path[item.leads_to] = iter(rules[item.leads_to].items)
                break
            else:
                del path[id_]
                below = [heights.get(item.leads_to, 0) for item in rules[id_].items if item.is_rule]
                heights[id_] = 1 + max(below, default=0)

    # --- warnings (R-VIS-14)

    def _warn(self, tree: Tree) -> None:
        used = {rule.id for rule in tree.used_rules}, {endpoint.id for endpoint in tree.used_endpoints}
        for member, held, of in (("Rules", tree.rules, used[0]), ("Endpoints", tree.endpoints, used[1])):
            for id_ in held:
                if id_ not in of:
                    self._warning(pointer(member, id_), "nothing leads here")
        for rule in tree.used_rules:
            self._warn_rule(rule, tree)

    def _warn_rule(self, rule: Rule, tree: Tree) -> None:
        at = pointer("Rules", rule.id)
        places = [item.geo_location for item in rule.items if item.geo_location]
        if rule.type == "geo" and GeoLocation(country_code="*") not in places:
            self._warning(at, "without a default, clients elsewhere, and those whose place is unknown, get no answer")
        networks = [item.cidr_routing_config for item in rule.items if item.cidr_routing_config]
        if rule.type == "cidr" and not any(network.location_name == "*" for network in networks):
            self._warning(at, "without a default, clients of other networks get no answer")
        if rule.type == "weighted" and not any(item.weight for item in rule.items):
            self._warning(at, "all weights are 0: every item is as likely as any other")
        if rule.type == "multivalue" and tree.record_type == "CNAME":
            self._warning(at, "a policy record cannot be built: multivalue answers cannot be CNAME")
        for item in rule.items:
            if item.failover == "PRIMARY" and not item.health_check:
                self._warn_unchecked(item, tree)

    def _warn_unchecked(self, item: Item, tree: Tree) -> None:
        if not item.is_rule and tree.endpoints[item.leads_to].type == "value":
            text = "a policy record cannot be built: a primary endpoint of type value needs a HealthCheck"  # R-TFC-7
            self._warning(item.place, text)
        elif not item.evaluate_target_health:
            self._warning(item.place, "with neither HealthCheck nor EvaluateTargetHealth, it never fails over")

    # --- members

    def _is_object(self, found: Any, at: str, known: Sequence[str] = ()) -> bool:
        if not isinstance(found, JsonObject):
            self._error(at, f"an object is needed, not {_shown(found)}")
            return False
        for member in found.repeated:
            self._error(at + pointer(member), "it is there more than once")
        if known:
            self._warn_unknown(found, at, known)
        return True

    def _warn_unknown(self, found: JsonObject, at: str, known: Sequence[str]) -> None:
        for member in found:
            if member not in known:
                self._warning(at + pointer(member), f"it has no meaning here; what has is {', '.join(known)}")

    def _text(self, found: JsonObject, at: str, member: str, *, needed: bool = True) -> str | None:
        given = found.get(member)
        if given is None:
            if needed:
                self._error(at, f"it has no {member}")
            return None
        if not isinstance(given, str) or not given.isprintable() or (needed and not given):
            self._error(f"{at}/{member}", f"text is needed, not {_shown(given)}")
            return None
        return given

    def _one_of(self, found: JsonObject, at: str, member: str, choices: Sequence[str]) -> str | None:
        given = self._text(found, at, member)
        if given is None or given in choices:
            return given
        self._error(f"{at}/{member}", f"'{_cut(given)}' is none of {', '.join(choices)}")
        return None

    def _flag(self, found: JsonObject, at: str, member: str) -> bool | None:
        """A truth value, or a string that says one (R-TFD-4)."""
        given = found.get(member)
        if given is None or isinstance(given, bool):
            return given
        if isinstance(given, str) and given.lower() in ("true", "false"):
            return given.lower() == "true"
        self._error(f"{at}/{member}", f"true or false is needed, not {_shown(given)}")
        return None

    def _number(self, found: JsonObject, at: str, member: str, low: int, high: int, *, needed: bool) -> int | None:
        """A whole number, or a string that says one (R-TFD-4)."""
        given = found.get(member)
        if given is None:
            if needed:
                self._error(at, f"it has no {member}")
            return None
        number = _whole(given)
        if number is None or not low <= number <= high:
            self._error(f"{at}/{member}", f"a whole number from {low} to {high} is needed, not {_shown(given)}")
            return None
        return number

    def _degrees(self, found: JsonObject, at: str, member: str, limit: int) -> str | None:
        """Degrees with at most two decimals, as text."""
        given = found.get(member)
        if given is None:
            self._error(at, f"it has no {member}")
            return None
        text = given if isinstance(given, str) else _plain(given)
        if text is None or not _DEGREES.fullmatch(text) or abs(exact := Decimal(text)) > limit:
            self._error(f"{at}/{member}", f"degrees from -{limit} to {limit} are needed, not {_shown(given)}")
            return None
        if exact != exact.quantize(Decimal("0.01")):
            self._error(f"{at}/{member}", f"{text} has more than two decimals")
            return None
        return str(exact.quantize(Decimal("0.01")))

    def _error(self, at: str, text: str) -> None:
        self.problems.append(Problem(at, text))

    def _warning(self, at: str, text: str) -> None:
        self.problems.append(Problem(at, text, "warning"))


def _seat(markers: Mapping[str, Any]) -> object:
    """What no two items of a rule may share; None for what may be there several times."""
    where = markers.get("geo_proximity_location")
    if where is not None:
        return msgspec.structs.replace(where, bias=None)
    return markers.get("geo_location") or markers.get("region") or markers.get("cidr_routing_config")


def _whole(given: Any) -> int | None:
    if isinstance(given, str):
        return int(given) if _NUMBER.fullmatch(given) else None
    if isinstance(given, Decimal):
        return int(given) if given.is_finite() and abs(given) < 10**9 and given == int(given) else None
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def _plain(given: Any) -> str | None:
    """A number without an exponent; None for what is none, or is out of all measure."""
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        return None
    number = Decimal(given)
    return format(number, "f") if -20 < number.adjusted() < 4 else None


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _shown(given: Any) -> str:
    """A value in a problem."""
    match given:
        case None:
            return "null"
        case bool():
            return str(given).lower()
        case str():
            return f"'{_cut(given)}'" if given.isprintable() else "text that cannot be printed"
        case dict():
            return "an object"
        case list():
            return "a list"
    return _cut(str(given))
