"""
What changes for clients from one document to another: "clients in DE move from fra to par" (R-VIS-15).

Both trees are walked together. Where both choose by the same policy, the classes of clients that either tells
apart are compared one by one, so that layout, order and what endpoints are called make no difference, and neither
does a location that only repeats what the default does. Where they choose differently, that is said, with
where each leads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeVar

import msgspec

from meridian.model.place import CONTINENTS, COUNTRIES, SUBDIVISIONS
from meridian.model.record import GeoLocation, GeoProximityLocation
from meridian.model.traffic import Endpoint, Item, Rule, Tree

_Key = TypeVar("_Key")

ContinentOf = Callable[[str], str]
"""From a country's code to its continent's, empty if unknown (R-GEO-14)."""

_ENDPOINTS_TOLD = 6
MOST_TOLD = 500  # differences; trees that share nothing could have very many

_DEFAULT = GeoLocation(country_code="*")
_CHOOSES = {
    "failover": "by failover",
    "geo": "by the country they are in",
    "geoproximity": "by distance",
    "latency": "by latency",
    "multivalue": "among several values",
    "weighted": "by weight",
    "cidr": "by their network",
}


class Difference(msgspec.Struct, frozen=True):
    """
    One thing that changes.

    Attributes:
        clients: Whom it concerns, from the outermost rule to the innermost; empty for all.
        kind: `move` (another endpoint), `policy` (chosen in another way), `share`, `bias`, `health`, or `type`.
        before, after: What it is about on each side, in words.
        rules: The ids of the rules that decide it, on each side, as far as there are any.
    """

    clients: tuple[str, ...]
    kind: str
    before: str
    after: str
    rules: tuple[str | None, str | None]

    @property
    def text(self) -> str:
        """The difference as a sentence without its full stop."""
        who = ", ".join(self.clients) or "all clients"
        match self.kind:
            case "move":
                return f"{who} move from {self.before} to {self.after}"
            case "policy":
                return f"{who} were sent {self.before}, and are now sent {self.after}"
            case "type":
                return f"answers are {self.after} records in place of {self.before}"
        return f"{who}: {self.before} becomes {self.after}"


def differences(before: Tree, after: Tree, continent_of: ContinentOf) -> list[Difference]:
    """What changes for clients, in the order of the trees; empty if nothing does. At most `MOST_TOLD`."""
    walk = _Walk(before, after, continent_of)
    if before.record_type != after.record_type:
        walk.tell("type", before.record_type, after.record_type, (), (None, None))
    walk.compare(_start(before), _start(after), ())
    return walk.found


class _Node(msgspec.Struct, frozen=True):
    """Where clients are led: a rule, an endpoint, or nowhere."""

    rule: Rule | None = None
    endpoint: Endpoint | None = None


_NOWHERE = _Node()


def _start(tree: Tree) -> _Node:
    return _Node(rule=tree.rules[tree.start]) if tree.starts_with_rule else _Node(endpoint=tree.endpoints[tree.start])


class _Walk:
    """Two trees side by side, and what was found so far."""

    def __init__(self, before: Tree, after: Tree, continent_of: ContinentOf) -> None:
        self._trees = before, after
        self._continent_of = continent_of
        self._same: dict[tuple[str, str], bool] = {}
        self.found: list[Difference] = []

    def tell(
        self, kind: str, before: str, after: str, clients: tuple[str, ...], rules: tuple[str | None, str | None]
    ) -> None:
        if len(self.found) < MOST_TOLD:
            self.found.append(Difference(clients, kind, before, after, rules))

    def compare(self, before: _Node, after: _Node, clients: tuple[str, ...]) -> None:
        """Compare where these clients are led."""
        if len(self.found) >= MOST_TOLD or self._is_known_same(before, after):
            return
        told = len(self.found)
        if before.rule and after.rule and before.rule.type == after.rule.type:
            self._compare_rules(before.rule, after.rule, clients)
        elif before.rule or after.rule:
            if not self._is_one_endpoint(before, after):
                self.tell("policy", self._how(before, 0), self._how(after, 1), clients, _ids(before, after))
        elif not _is_same_endpoint(before.endpoint, after.endpoint):
            self.tell("move", _endpoint(before.endpoint), _endpoint(after.endpoint), clients, (None, None))
        if before.rule and after.rule and len(self.found) == told:
            self._same[before.rule.id, after.rule.id] = True

    def _is_known_same(self, before: _Node, after: _Node) -> bool:
        """Whether two rules were compared before and nothing was found: shared nodes are walked once."""
        return bool(before.rule and after.rule and self._same.get((before.rule.id, after.rule.id)))

    def _compare_rules(self, before: Rule, after: Rule, clients: tuple[str, ...]) -> None:
        ids = before.id, after.id
        match before.type:
            case "geo":
                for place in _places(before, after):
                    pair = (_geo(before, place, self._continent_of), _geo(after, place, self._continent_of))
                    self._compare_items(*pair, (*clients, _clients_in(place)), ids)
            case "cidr":
                for name in _keys(before, after, _network):
                    pair = _of_network(before, name), _of_network(after, name)
                    who = "clients of other networks" if name[1] == "*" else f"clients of network {name[1]}"
                    self._compare_items(*pair, (*clients, who), ids)
            case "latency":
                self._compare_seats(before, after, clients, lambda item: item.region, "clients nearest to {}")
            case "geoproximity":
                self._compare_seats(before, after, clients, _seat, "clients around {}")
            case "failover":
                for role, who in (("PRIMARY", "by the primary"), ("SECONDARY", "when the primary is down")):
                    pair = _with_role(before, role), _with_role(after, role)
                    self._compare_items(*pair, (*clients, f"clients served {who}"), ids)
            case _:
                self._compare_shares(before, after, clients)

    def _compare_items(
        self, before: Item | None, after: Item | None, clients: tuple[str, ...], rules: tuple[str, str]
    ) -> None:
        told = len(self.found)
        self.compare(self._node(before, 0), self._node(after, 1), clients)
        if before is None or after is None:
            return
        # Another target has another health of its own, which goes without saying.
        is_led_elsewhere = any(found.clients == clients for found in self.found[told:])
        sides = _health(before, is_led_elsewhere), _health(after, is_led_elsewhere)
        if sides[0] != sides[1]:
            self.tell("health", *sides, clients, rules)

    def _compare_seats(
        self, before: Rule, after: Rule, clients: tuple[str, ...], seat: Callable[[Item], object], words: str
    ) -> None:
        """Regions and places: those on both sides, those that come, and those that go."""
        ids = before.id, after.id
        old, new = ({seat(item): item for item in rule.items} for rule in (before, after))
        for where in dict.fromkeys([*old, *new]):
            who = (*clients, words.format(_seat_text(where)))
            was, now = old.get(where), new.get(where)
            if was is not None and now is not None:
                self._compare_items(was, now, who, ids)
                self._compare_bias(was, now, who, ids)
                continue
            # Which of the others takes over, or is taken from, depends on each client.
            before_it, after_it = (
                "the next nearest" if item is None else self._label(item, side) for side, item in enumerate((was, now))
            )
            self.tell("move", before_it, after_it, who, ids)

    def _compare_bias(self, before: Item, after: Item, clients: tuple[str, ...], rules: tuple[str, str]) -> None:
        old, new = _bias(before), _bias(after)
        if old != new:
            self.tell("bias", f"a bias of {old:+}", f"a bias of {new:+}", clients, rules)

    def _compare_shares(self, before: Rule, after: Rule, clients: tuple[str, ...]) -> None:
        """Weighted and multivalue rules: how much of the answers each target has, while all are healthy."""
        ids = before.id, after.id
        old, new = self._by_target(before, 0), self._by_target(after, 1)
        shares = _shares(before, old), _shares(after, new)
        for target in dict.fromkeys([*old, *new]):
            label = self._label(old[target][0], 0) if target in old else self._label(new[target][0], 1)
            was, is_now = (of_side.get(target, Fraction()) for of_side in shares)
            if was != is_now:
                self.tell("share", f"{float(was):.1%} at {label}", f"{float(is_now):.1%} at {label}", clients, ids)
            if target in old and target in new:
                pair = old[target][0], new[target][0]
                self._compare_items(*pair, (*clients, f"clients sent to {label}"), ids)

    def _by_target(self, rule: Rule, side: int) -> dict[Endpoint | str, list[Item]]:
        """The items that lead to each rule, by its id, and to each endpoint, whatever it is called."""
        found: dict[Endpoint | str, list[Item]] = {}
        for item in rule.items:
            endpoint = self._node(item, side).endpoint
            target = item.leads_to if endpoint is None else msgspec.structs.replace(endpoint, id="")
            found.setdefault(target, []).append(item)
        return found

    def _node(self, item: Item | None, side: int) -> _Node:
        tree = self._trees[side]
        if item is None:
            return _NOWHERE
        return _Node(rule=tree.rules[item.leads_to]) if item.is_rule else _Node(endpoint=tree.endpoints[item.leads_to])

    def _label(self, item: Item, side: int) -> str:
        node = self._node(item, side)
        return f"rule {node.rule.id}" if node.rule else _endpoint(node.endpoint)

    def _is_one_endpoint(self, before: _Node, after: _Node) -> bool:
        """Whether there is nothing to choose on either side, and both lead to the same."""
        sides = [self._endpoints(node, side) for side, node in enumerate((before, after))]
        rules = [node.rule for node in (before, after) if node.rule]
        leaves_out = any(rule.type in ("geo", "cidr") or any(item.is_rule for item in rule.items) for rule in rules)
        return not leaves_out and len(sides[0]) == len(sides[1]) == 1 and _is_same_endpoint(sides[0][0], sides[1][0])

    def _how(self, node: _Node, side: int) -> str:
        if node.rule is None:
            return "nowhere" if node.endpoint is None else f"to {_endpoint(node.endpoint)}"
        names = [_endpoint(endpoint) for endpoint in self._endpoints(node, side)]
        return f"{_CHOOSES[node.rule.type]} to {_listed(names)}"

    def _endpoints(self, node: _Node, side: int) -> list[Endpoint]:
        """The endpoints that a node leads to, in the order of a walk from it, each once."""
        if node.rule is None:
            return [node.endpoint] if node.endpoint else []
        return msgspec.structs.replace(self._trees[side], start=node.rule.id, starts_with_rule=True).used_endpoints


def _shares(rule: Rule, by_target: Mapping[Endpoint | str, list[Item]]) -> dict[Endpoint | str, Fraction]:
    """What part of the answers each target has (R-WEI-2, R-WEI-5)."""
    flat = not any(item.weight for item in rule.items)
    weights = {target: sum(1 if flat else item.weight or 0 for item in items) for target, items in by_target.items()}
    return {target: Fraction(weight, sum(weights.values())) for target, weight in weights.items()}


def _listed(names: list[str]) -> str:
    more = len(names) - _ENDPOINTS_TOLD
    return ", ".join(names[:_ENDPOINTS_TOLD]) + (f" and {more} more" if more > 0 else "")


def _ids(before: _Node, after: _Node) -> tuple[str | None, str | None]:
    return before.rule.id if before.rule else None, after.rule.id if after.rule else None


def _endpoint(endpoint: Endpoint | None) -> str:
    return "no answer" if endpoint is None else f"{endpoint.id} ({endpoint.value})"


def _is_same_endpoint(before: Endpoint | None, after: Endpoint | None) -> bool:
    """Whether both answer the same; what they are called makes no difference."""
    if before is None or after is None:
        return before is after
    return msgspec.structs.replace(before, id="") == msgspec.structs.replace(after, id="")


def _health(item: Item, is_led_elsewhere: bool) -> str:
    check = f"the health of check {item.health_check}" if item.health_check else ""
    target = "that of the target" if item.evaluate_target_health and not is_led_elsewhere else ""
    return " and ".join(part for part in (check, target) if part) or "no health at all"


# --- geolocation


def _places(before: Rule, after: Rule) -> list[GeoLocation]:
    return _keys(before, after, lambda item: item.geo_location or _DEFAULT)


def _geo(rule: Rule, place: GeoLocation, continent_of: ContinentOf) -> Item | None:
    """The item that clients in a place are led by: that of the place itself, or of the smallest around it (R-GEO-6)."""
    held: Mapping[GeoLocation | None, Item] = {item.geo_location: item for item in rule.items}
    country = place.country_code
    around: list[GeoLocation] = [place]
    if place.subdivision_code:
        around.append(GeoLocation(None, country))
    if country not in (None, "*"):
        around.append(GeoLocation(continent_of(country or "")))
    return next((held[each] for each in (*around, _DEFAULT) if each in held), None)


def _clients_in(place: GeoLocation) -> str:
    if place == _DEFAULT:
        return "clients elsewhere"
    if place.continent_code:
        return f"clients in {CONTINENTS.get(place.continent_code, place.continent_code)}"
    country = place.country_code or ""
    if place.subdivision_code:
        name = SUBDIVISIONS.get(country, {}).get(place.subdivision_code, place.subdivision_code)
        return f"clients in {name} ({country}-{place.subdivision_code})"
    return f"clients in {COUNTRIES.get(country, country)} ({country})"


# --- the other policies


def _keys(before: Rule, after: Rule, key: Callable[[Item], _Key]) -> list[_Key]:
    return list(dict.fromkeys(key(item) for rule in (before, after) for item in rule.items))


def _network(item: Item) -> tuple[str, str]:
    config = item.cidr_routing_config
    return (config.collection_id, config.location_name) if config else ("", "*")


def _of_network(rule: Rule, name: tuple[str, str]) -> Item | None:
    held = {_network(item): item for item in rule.items}
    return held.get(name) or next((item for (_, location), item in held.items() if location == "*"), None)


def _with_role(rule: Rule, role: str) -> Item | None:
    return next((item for item in rule.items if item.failover == role), None)


def _seat(item: Item) -> object:
    where = item.geo_proximity_location
    return where and msgspec.structs.replace(where, bias=None)


def _seat_text(where: object) -> str:
    if not isinstance(where, GeoProximityLocation):
        return str(where)
    if where.coordinates:
        return f"{where.coordinates.latitude}, {where.coordinates.longitude}"
    return where.aws_region or where.local_zone_group or ""


def _bias(item: Item) -> int:
    return (item.geo_proximity_location and item.geo_proximity_location.bias) or 0
