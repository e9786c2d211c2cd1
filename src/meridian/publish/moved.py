"""
Regions and places that have moved: images hold coordinates, so those that name them are to be made anew.

The coordinates come from the settings and from the package, so they change between one start and the
next (R-GPX-10, R-REG-1). The database knows what they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain

import structlog
from sqlalchemy import Connection

from meridian.errors import SettingsError
from meridian.model.name import plain
from meridian.model.record import RecordSet
from meridian.model.traffic import record_sets
from meridian.place.coordinates import BUILT_IN, Places, Region
from meridian.store import outbox, place, record, traffic
from meridian.store import zone as zones
from meridian.store.database import Database

log = structlog.get_logger()


def follow(database: Database, now: Places) -> int:
    """
    Ask for every name to be published whose record sets lie elsewhere than at the last start.

    Returns:
        How many zones that concerns.

    Raises:
        SettingsError: A record set names what there is no more.
    """
    with database.write() as conn:
        before = _places(place.points(conn))
        if _points(before) == _points(now):
            return 0
        due: dict[str, set[int]] = defaultdict(set)
        for zone_id, record_set in chain(record.naming_places(conn), _in_policy_records(conn)):
            _require_known(zone_id, record_set, now)
            where = record_set.geo_proximity_location
            if where is not None and before.point(where) != now.point(where):
                due[zone_id].add(record_set.name.slot)
        for zone_id, slots in due.items():
            outbox.add(conn, zone_id, zones.bump_version(conn, zone_id), slots)
        place.set_points(conn, _points(now))
    log.info("places.moved", zones=len(due))
    return len(due)


def _in_policy_records(conn: Connection) -> Iterator[tuple[str, RecordSet]]:
    """Zone id and, of each served policy record, the record sets that its tree stands for."""
    for zone_id, name, tree in traffic.served(conn):
        for rule in tree.used_rules:
            for found in record_sets(tree, rule, name, 0):
                yield zone_id, found


def _require_known(zone_id: str, record_set: RecordSet, now: Places) -> None:
    where = record_set.geo_proximity_location
    is_known = record_set.region in (None, *now.regions) and (where is None or now.point(where) is not None)
    if is_known:
        return
    group = where and where.local_zone_group
    gone = f"places.{group}" if group else f"regions.{record_set.region or (where and where.aws_region)}"
    raise SettingsError(
        f"{gone}: it is not defined any more, but {plain(record_set.name)} {record_set.type} in zone {zone_id} "
        f"names it; put [{gone}] back into the settings, or change that record set before it goes"
    )


def _points(places: Places) -> place.Points:
    tables = {"region": places.regions, "place": places.local_zones}
    return {(kind, name): found.point for kind, by_id in tables.items() for name, found in by_id.items()}


def _places(points: place.Points) -> Places:
    """What was in force; what the package has, if nothing has moved yet."""
    if not points:
        return BUILT_IN

    def of(kind: str) -> Mapping[str, Region]:
        return {name: Region(name, point) for (of_kind, name), point in points.items() if of_kind == kind}

    return Places(of("region"), of("place"))
