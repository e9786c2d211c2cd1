"""
Change batches: from what is stored and what is asked to what will be, or to every reason why not.

Two kinds of checks (R-CHG-3). In the given order, on a working copy: does the record set exist,
does the alias's target. On the final state: what may stand beside what. Since the latter all hold
between two record sets, those that stay are seated first, then the changed ones in their order, and
each is judged by those already seated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence

import msgspec

from meridian.changes import alias, cidr, policy, rules
from meridian.changes.draft import Draft, Reader
from meridian.errors import ChangeRejected
from meridian.model.alias_service import Services
from meridian.model.name import Name
from meridian.model.record import Action, Change, CidrRoutingConfig, Key, RecordSet
from meridian.model.zone import HostedZone
from meridian.settings import Quotas

_NO_SERVICES: Services = {}


class Plan(msgspec.Struct, frozen=True):
    """
    What a batch does to a zone.

    Attributes:
        delete: Record sets that go. Keys that `put` replaces are not among them.
        put: Record sets as they will be, new or replaced, with their `rdata`.
        silenced: Names and types that lose their last answer (`Draft.silenced`).
        before: What stood under the keys of both, as it was stored.
    """

    delete: tuple[Key, ...]
    put: tuple[RecordSet, ...]
    silenced: tuple[tuple[Name, str], ...] = ()
    before: tuple[RecordSet, ...] = ()


class References(msgspec.Struct, frozen=True):
    """
    What a batch refers to outside the zone; whether these exist is for the caller to look up.

    Attributes:
        health_checks: Ids of health checks (R-POL-9).
        cidr_locations: Locations of CIDR collections; `*` is in every collection (R-CID-2).
    """

    health_checks: frozenset[str]
    cidr_locations: frozenset[CidrRoutingConfig]


def plan(
    zone: HostedZone,
    changes: Sequence[Change],
    read: Reader,
    quotas: Quotas,
    *,
    record_set_count: int,
    outside: Services = _NO_SERVICES,
    missing: Container[CidrRoutingConfig] = frozenset(),
    protected: Container[tuple[Name, str]] = frozenset(),
    instance: str | None = None,
) -> Plan:
    """
    Work out what a batch does. Nothing or all of it: a batch with one wrong change has no plan (R-CHG-2).

    Args:
        read: Gives every record set stored at an owner name; asked once for each name, see `owner_names`.
        record_set_count: How many record sets the zone has now.
        outside: The services that an alias may lead to, by hosted zone id.
        missing: Those of `References.cidr_locations` that do not exist.
        protected: Names and types of the zone that nothing may be written at (R-PRO-1).
        instance: The id of the policy record that asks, for its own root; None for a user.

    Returns:
        An empty plan if the batch changes nothing (R-CHG-12).

    Raises:
        ChangeRejected: Every problem found, in the order of the changes (R-ERR-41).
    """
    if oversize := size_reasons(changes, quotas):
        raise ChangeRejected(oversize)
    trial = _Trial(zone, changes, read, quotas, outside, missing, protected, instance)
    trial.apply_in_order()
    trial.judge_final_state()
    reasons = [reason for told in trial.reasons for reason in told]
    growth = trial.draft.growth
    if growth > 0 and record_set_count + growth > quotas.record_sets_per_zone:
        # Ours, after R-ZON-8 (R-SET-5).
        reasons.append("Limits Exceeded: MAX_RRSETS_BY_ZONE - Cannot create more resource record sets.")
    if reasons:
        raise ChangeRejected(reasons)
    draft = trial.draft
    delete, put = tuple(draft.removed()), tuple(draft.changed())
    before = draft.stored([*delete, *(record_set.key for record_set in put)])
    return Plan(delete, put, tuple(draft.silenced()), tuple(before))


def owner_names(zone: HostedZone, changes: Iterable[Change]) -> list[Name]:
    """Give the names that `plan` reads at least, each once, so that a store can fetch them together."""
    found: dict[Name, None] = {}
    for change in changes:
        found[change.record_set.name] = None
        if change.record_set.alias and change.record_set.alias.hosted_zone_id == zone.id:
            found[alias.target_name(change.record_set.alias)] = None
    return [name for name in found if name.is_at_or_below(zone.name)]


def references(changes: Iterable[Change]) -> References:
    """Gather what the record sets to be written refer to outside the zone."""
    written = [change.record_set for change in changes if change.action != "DELETE"]
    return References(
        health_checks=frozenset(held.health_check_id for held in written if held.health_check_id),
        cidr_locations=frozenset(held.cidr_routing_config for held in written if held.cidr_routing_config),
    )


def size_reasons(changes: Iterable[Change], quotas: Quotas) -> list[str]:
    """Count values and their characters, twice for UPSERT; what has no values counts as one (R-CHG-9)."""
    values = characters = 0
    for change in changes:
        times = 2 if change.action == "UPSERT" else 1
        values += times * (len(change.record_set.values) or 1)
        characters += times * sum(map(len, change.record_set.values))
    reasons = []
    if values > quotas.batch_values:
        reasons.append(f"Number of records limit of {quotas.batch_values} exceeded.")
    if characters > quotas.batch_characters:
        reasons.append(f"Number of characters limit of {quotas.batch_characters} exceeded.")
    return reasons


class _Trial:
    """One batch on its working copy, with the reasons found so far for each change."""

    def __init__(
        self,
        zone: HostedZone,
        changes: Sequence[Change],
        read: Reader,
        quotas: Quotas,
        outside: Services,
        missing: Container[CidrRoutingConfig],
        protected: Container[tuple[Name, str]],
        instance: str | None,
    ) -> None:
        self.zone = zone
        self.changes = changes
        self.quotas = quotas
        self.outside = outside
        self.missing = missing
        self.protected = protected
        self.instance = instance
        self.draft = Draft(read)
        self.reasons: list[list[str]] = [[] for _ in changes]
        self.written: dict[Key, int] = {}  # which change wrote a record set that is there at the end
        self.deleted: dict[Key, int] = {}  # which change took one away, perhaps to be written anew

    # --- in the given order

    def apply_in_order(self) -> None:
        seen: dict[Key, Action | None] = {}
        for index, change in enumerate(self.changes):
            key = change.record_set.key
            if misplaced := rules.outside_zone(change.record_set, self.zone):
                self.reasons[index] = misplaced
            elif _may_follow(change.action, seen, key):
                seen[key] = change.action
                self.reasons[index] = self._apply(index, change, key)
            elif seen[key]:
                seen[key] = None  # told once for each key
                self.reasons[index] = [
                    f"The request contains an invalid set of changes for a resource record set '{key.type} {key.name}'"
                ]

    def _apply(self, index: int, change: Change, key: Key) -> list[str]:
        if (key.name, key.type) in self.protected:
            return [f"RRSet with DNS name {key.name}, type {key.type} cannot be changed as it is protected"]
        stored = self.draft.find(key)
        if change.action == "DELETE":
            return self._delete(index, change.record_set, stored)
        if change.action == "CREATE" and stored:
            return [f"Tried to create resource record set {_shown(key)} but it already exists"]
        return self._write(index, change.record_set, stored)

    def _delete(self, index: int, given: RecordSet, stored: RecordSet | None) -> list[str]:
        """R-CHG-5, R-ERR-2, R-ERR-3."""
        tried = f"Tried to delete resource record set {_shown(given.key)} but"
        if stored is None:
            return [f"{tried} it was not found"]
        if not rules.same_content(given, stored):
            return [f"{tried} the values provided do not match the current values"]
        self.draft.remove(given.key)
        self.deleted[given.key] = index
        return []

    def _write(self, index: int, given: RecordSet, stored: RecordSet | None) -> list[str]:
        if refused := rules.instance_reasons(given, stored, self.instance):
            return refused
        record_set, bad_values = rules.with_rdata(given)
        reasons = [
            *rules.place_reasons(record_set, self.zone),
            *rules.value_reasons(record_set, self.quotas),
            *bad_values,
            *policy.marker_reasons(record_set, self.zone),
            *cidr.location_reasons(record_set, self.missing),
            *alias.target_reasons(record_set, self.zone, self.draft, self.outside),
        ]
        self.draft.put(record_set)
        self.written[record_set.key] = index
        return reasons

    # --- on the final state

    def judge_final_state(self) -> None:
        owners = self._seat_those_that_stay()
        loops = alias.looping(self._written_aliases(), self.zone, self.draft)
        for key, index in self.written.items():
            record_set = self.changes[index].record_set
            reasons = self.reasons[index]
            if key.name in owners:
                reasons += owners[key.name].admit(record_set)
            if record_set.alias and (key.name, key.type) in loops:
                reasons.append(_loop(record_set))
            if key.type == "DS" and key.name != self.zone.name and not self.draft.group(key.name, "NS"):
                reasons.append(_lonely_ds(key.name, self.zone))
        for key, index in self.deleted.items():
            self.reasons[index] += self._missing(key)

    def _seat_those_that_stay(self) -> dict[Name, _Owner]:
        """The names where several record sets meet; one that is alone can be in nobody's way."""
        owners: dict[Name, _Owner] = {}
        for name in {key.name for key in self.written}:
            held_here = self.draft.at(name)
            if len(held_here) > 1:
                owners[name] = owner = _Owner(self.zone, self.quotas)
                for held in held_here.values():
                    if held.key not in self.written:
                        owner.admit(held)
        return owners

    def _written_aliases(self) -> list[alias.Place]:
        return [(key.name, key.type) for key, index in self.written.items() if self.changes[index].record_set.alias]

    def _missing(self, key: Key) -> list[str]:
        """What must not be taken away without another in its place (R-APX-4, R-TYP-12)."""
        at_apex = key.name == self.zone.name
        if key.type not in ("NS", "SOA") or self.draft.group(key.name, key.type):
            return []
        if at_apex and key.type == "NS":
            return ["A HostedZone must contain at least one NS record for the zone itself."]
        if at_apex:
            return ["A HostedZone must contain exactly one SOA record."]
        if key.type == "NS" and self.draft.group(key.name, "DS") and (Key(key.name, "DS", None) not in self.written):
            return [_lonely_ds(key.name, self.zone)]
        return []


class _Owner:
    """The record sets of one owner name, seated one after the other."""

    def __init__(self, zone: HostedZone, quotas: Quotas) -> None:
        self._zone = zone
        self._groups: dict[str, policy.Group] = defaultdict(lambda: policy.Group(quotas))

    def admit(self, record_set: RecordSet) -> list[str]:
        """Seat a record set, or say why it cannot stand beside those already here."""
        if conflict := self._cname_conflict(record_set):
            return [conflict]
        return self._groups[record_set.type].admit(record_set)

    def _cname_conflict(self, record_set: RecordSet) -> str | None:
        """R-SET-3, R-ERR-5, R-ERR-6."""
        what = f"RRSet of type {record_set.type} with DNS name {record_set.name} is not permitted"
        if record_set.type == "CNAME":
            if record_set.name != self._zone.name and self._groups.keys() - {"CNAME"}:
                return f"{what} as it conflicts with other records with the same DNS name in zone {self._zone.name}"
        elif "CNAME" in self._groups:
            return (
                f"{what} because a conflicting RRSet of type  CNAME "
                f"with the same DNS name already exists in zone {self._zone.name}"
            )
        return None


def _may_follow(action: Action, seen: dict[Key, Action | None], key: Key) -> bool:
    """One change for a key, or DELETE and then CREATE (R-CHG-8)."""
    return key not in seen or (seen[key] == "DELETE" and action == "CREATE")


def _shown(key: Key) -> str:
    identifier = "" if key.set_identifier is None else f", set-identifier='{key.set_identifier}'"
    return f"[name='{key.name}', type='{key.type}'{identifier}]"


def _loop(record_set: RecordSet) -> str:
    """R-ALI-7; ours."""
    assert record_set.alias is not None
    return (
        f"Tried to create an alias that targets {record_set.alias.dns_name}, type {record_set.type} "
        f"in zone {record_set.alias.hosted_zone_id}, but that target leads back to the alias"
    )


def _lonely_ds(name: Name, zone: HostedZone) -> str:
    """R-TYP-12; ours."""
    return (
        f"RRSet of type DS with DNS name {name} is not permitted "
        f"without an RRSet of type NS with the same DNS name in zone {zone.name}"
    )
