"""From a zone's rows to its head and shards (architecture §3). Pure: the same rows make the same octets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from meridian.compile import traffic
from meridian.compile.group import NO_CHECKS, CannotCompile, group, records
from meridian.compile.image import FORMAT, Group, Head, HiddenGroup, Shard
from meridian.model.name import Name
from meridian.model.record import TYPES, RecordSet
from meridian.model.traffic import Tree
from meridian.model.zone import HostedZone
from meridian.place.coordinates import BUILT_IN, Places

SLOTS = 4096

NO_TREES: Mapping[str, Tree] = MappingProxyType({})


def slots_of(index: int, count: int) -> tuple[int, int]:
    """The first and the last slot (`Name.slot`) that shard `index` of `count` holds."""
    width = SLOTS // count
    return index * width, (index + 1) * width - 1


def shard_of(slot: int, count: int) -> int:
    """Which shard of `count` holds this slot."""
    return slot * count // SLOTS


def shard(
    zone_id: str,
    index: int,
    count: int,
    version: int,
    record_sets: Iterable[RecordSet],
    empty_non_terminals: Iterable[Name],
    places: Places = BUILT_IN,
    checks: Mapping[str, int] = NO_CHECKS,
    trees: Mapping[str, Tree] = NO_TREES,
) -> Shard:
    """
    Compile one shard.

    Args:
        version: The zone version that the rows were read at.
        record_sets: All of the shard's slots, in any order.
        empty_non_terminals: Names of the shard's slots that exist only because of names below them
            (RFC 4592 §2.2.2).
        places: Where geoproximity's regions and places are.
        checks: The slots of health checks, by id; without those that were deleted.
        trees: What each policy record of the shard answers by, by instance id.

    Raises:
        CannotCompile: A record set has no form in the image.
    """
    hidden: dict[str, HiddenGroup] = {}

    def compiled(of_type: Sequence[RecordSet]) -> Group:
        root = of_type[0]
        if root.traffic_policy_instance_id is None:
            return group(zone_id, of_type, places, checks)
        tree = trees.get(root.traffic_policy_instance_id)
        if tree is None:
            raise CannotCompile(f"{root.name} {root.type}: there is no instance {root.traffic_policy_instance_id}")
        made = traffic.groups(root, tree, places, checks)
        hidden.update(made.hidden)
        return made.root

    sets: dict[bytes, dict[int, list[RecordSet]]] = defaultdict(lambda: defaultdict(list))
    for record_set in record_sets:
        sets[record_set.name.wire][TYPES[record_set.type]].append(record_set)
    names: dict[bytes, dict[int, Group]] = {name.wire: {} for name in empty_non_terminals}
    for owner, types in sets.items():
        names[owner] = {number: compiled(types[number]) for number in sorted(types)}
    return Shard(
        format=FORMAT,
        zone_id=zone_id,
        index=index,
        count=count,
        version=version,
        names=dict(sorted(names.items())),
        groups=dict(sorted(hidden.items())),
    )


def head(
    zone: HostedZone,
    soa: RecordSet,
    ns: RecordSet,
    shard_versions: Sequence[int],
    log: str = "",
    views: Sequence[str] = (),
) -> Head:
    """
    Compile a zone's head.

    Args:
        soa: The zone's SOA record set.
        ns: The NS record set of its apex.
        shard_versions: The version of each shard, in order.
        log: The log group that the zone's queries are logged to, empty for none.
        views: Of a private zone, the network views that it is seen from, at least one (R-PVT-1).

    Raises:
        CannotCompile: The SOA or NS record set holds no records, or nobody could see a private zone.
    """
    if zone.private != bool(views):
        raise CannotCompile(f"{zone.name} {zone.id}: a private zone has network views, a public one has none")
    return Head(
        format=FORMAT,
        zone_id=zone.id,
        version=zone.version,
        apex=zone.name.wire,
        rank=zone.rank,
        soa=records(soa),
        ns=records(ns),
        shard_versions=list(shard_versions),
        view=views[0] if views else None,
        log=log,
        views=list(views),
    )
