"""
Record sets, and the names between them and the apex.

`apply` keeps two counts in step with the record sets: the zone's `record_set_count`, and for each
name strictly between an owner name and the apex the number of owner names below it. So the empty
non-terminals of a shard are an indexed read, and no change ever scans a zone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, tuple_, update

from meridian.changes.batch import Plan
from meridian.model.name import Name, from_wire, parse
from meridian.model.record import AliasTarget, CidrRoutingConfig, GeoLocation, GeoProximityLocation, Key, RecordSet
from meridian.model.zone import HostedZone
from meridian.store.database import insert_many
from meridian.store.tables import ancestor, hosted_zone, record_set

_CHUNK = 500  # names in one IN (…): SQLite takes 32,766 parameters, but long statements are slow to prepare

_T = TypeVar("_T")


class Start(NamedTuple):
    """Where a listing begins, inclusive (R-LST-6). Empty strings come before everything."""

    sort_key: str = ""
    type: str = ""
    set_identifier: str = ""


class _Rest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of `RecordSet` that few have; one JSON column keeps them."""

    alias: AliasTarget | None = None
    weight: int | None = None
    region: str | None = None
    geo_location: GeoLocation | None = None
    failover: str | None = None
    multi_value_answer: bool | None = None
    cidr_routing_config: CidrRoutingConfig | None = None
    geo_proximity_location: GeoProximityLocation | None = None
    health_check_id: str | None = None
    traffic_policy_instance_id: str | None = None


_REST_FIELDS = _Rest.__struct_fields__
_read_rest = msgspec.json.Decoder(_Rest).decode
_read_values = msgspec.json.Decoder(tuple[str, ...]).decode
_read_rdata = msgspec.msgpack.Decoder(tuple[bytes, ...]).decode
_write_json = msgspec.json.Encoder().encode
_write_rdata = msgspec.msgpack.Encoder().encode

_ORDER = (record_set.c.sort_key, record_set.c.type, record_set.c.set_identifier)
_COLUMNS = (
    record_set.c.name_wire,
    record_set.c.type,
    record_set.c.set_identifier,
    record_set.c.ttl,
    record_set.c.rdata,
    record_set.c.rest,
)
_PAGE = (
    select(*_COLUMNS, record_set.c.record_values)
    .where(
        record_set.c.zone_id == bindparam("zone_id"),
        tuple_(*_ORDER) >= tuple_(bindparam("sort_key"), bindparam("type"), bindparam("set_identifier")),
    )
    .order_by(*_ORDER)
    .limit(bindparam("count"))
)
_AT_NAME = (
    select(*_COLUMNS, record_set.c.record_values)
    .where(record_set.c.zone_id == bindparam("zone_id"), record_set.c.sort_key == bindparam("sort_key"))
    .order_by(*_ORDER)
)
_AT_NAMES = (
    select(*_COLUMNS, record_set.c.record_values)
    .where(
        record_set.c.zone_id == bindparam("zone_id"), record_set.c.sort_key.in_(bindparam("sort_keys", expanding=True))
    )
    .order_by(*_ORDER)
)
_KEYS = select(*_ORDER).where(
    record_set.c.zone_id == bindparam("zone_id"), record_set.c.sort_key.in_(bindparam("sort_keys", expanding=True))
)
_OUTSIDE_TARGETS = (
    select(record_set.c.outside_target, record_set.c.type).where(record_set.c.outside_target.is_not(None)).distinct()
)
# The column is JSON, so that its text tells who has a member; a wrong guess costs a look at the record set.
_NAMING_PLACES = select(*_COLUMNS, record_set.c.zone_id).where(
    or_(record_set.c.rest.contains('"region"'), record_set.c.rest.contains('"geo_proximity_location"'))
)
_IN_SLOTS = (
    select(*_COLUMNS)
    .where(
        record_set.c.zone_id == bindparam("zone_id"),
        record_set.c.slot.between(bindparam("first"), bindparam("last")),
    )
    .order_by(*_ORDER)
)
_ANCESTORS_IN_SLOTS = select(ancestor.c.name_wire).where(
    ancestor.c.zone_id == bindparam("zone_id"), ancestor.c.slot.between(bindparam("first"), bindparam("last"))
)
_DELETE = delete(record_set).where(
    record_set.c.zone_id == bindparam("in_zone"),
    record_set.c.sort_key == bindparam("at_sort_key"),
    record_set.c.type == bindparam("at_type"),
    record_set.c.set_identifier == bindparam("at_set_identifier"),
)
_ADD_TO_COUNT = (
    update(hosted_zone)
    .where(hosted_zone.c.id == bindparam("in_zone"))
    .values(record_set_count=hosted_zone.c.record_set_count + bindparam("more"))
)
_DESCENDANTS = select(ancestor.c.name_wire, ancestor.c.descendants).where(
    ancestor.c.zone_id == bindparam("zone_id"), ancestor.c.name_wire.in_(bindparam("wires", expanding=True))
)
_AT_ANCESTOR = and_(ancestor.c.zone_id == bindparam("in_zone"), ancestor.c.name_wire == bindparam("at_wire"))
_DELETE_ANCESTOR = delete(ancestor).where(_AT_ANCESTOR)
_SET_DESCENDANTS = update(ancestor).where(_AT_ANCESTOR).values(descendants=bindparam("now"))


def at_name(conn: Connection, zone_id: str, name: Name) -> tuple[RecordSet, ...]:
    """All record sets of one owner name, by type and identifier."""
    rows = conn.execute(_AT_NAME, {"zone_id": zone_id, "sort_key": name.sort_key})
    return tuple(_full(name, row) for row in rows)


def at_names(conn: Connection, zone_id: str, names: Collection[Name]) -> dict[Name, tuple[RecordSet, ...]]:
    """All record sets of many owner names, in few reads. Names without any have an empty tuple."""
    found: dict[Name, list[RecordSet]] = {name: [] for name in names}
    by_wire = {name.wire: name for name in names}
    for chunk in _chunks(names):
        keys = [name.sort_key for name in chunk]
        for row in conn.execute(_AT_NAMES, {"zone_id": zone_id, "sort_keys": keys}):
            name = by_wire[row.name_wire]
            found[name].append(_full(name, row))
    return {name: tuple(sets) for name, sets in found.items()}


def page(conn: Connection, zone_id: str, start: Start, limit: int) -> list[RecordSet]:
    """Up to `limit` record sets from `start` on, inclusive, in listing order (R-LST-1..4, R-LST-6)."""
    rows = conn.execute(_PAGE, {"zone_id": zone_id, **start._asdict(), "count": limit})
    return [_full(from_wire(row.name_wire), row) for row in rows]


def in_slots(conn: Connection, zone_id: str, first: int, last: int) -> tuple[list[RecordSet], list[Name]]:
    """
    What the names in slots `first` to `last`, inclusive, own, and which of those are ancestors.

    Returns:
        Record sets in listing order, without `values`: `rdata` says the same in octets. Then the
        names that stand between an owner name and the apex, in no order; those of them without
        record sets are empty non-terminals.
    """
    slots = {"zone_id": zone_id, "first": first, "last": last}
    record_sets = [_lean(from_wire(row[0]), row) for row in conn.execute(_IN_SLOTS, slots).all()]
    return record_sets, [from_wire(wire) for wire in conn.execute(_ANCESTORS_IN_SLOTS, slots).scalars()]


def outside_targets(conn: Connection) -> set[tuple[Name, str]]:
    """Every name outside its zone that an alias leads to, with the type asked for there; each once."""
    return {(from_wire(wire), type_) for wire, type_ in conn.execute(_OUTSIDE_TARGETS)}


def naming_places(conn: Connection) -> Iterator[tuple[str, RecordSet]]:
    """
    Zone id and record set, without `values`, of all that can name a region or place.

    Reads all record sets there are.
    """
    for row in conn.execute(_NAMING_PLACES):
        yield row.zone_id, _lean(from_wire(row.name_wire), row)


class Foreseen(NamedTuple):
    """
    What a plan would change, without being stored.

    Attributes:
        slots: Every slot whose names would change, those of ancestors that come or go included.
        come, gone: Names that would begin, or cease, to stand between an owner name and the apex.
    """

    plan: Plan
    slots: frozenset[int]
    come: frozenset[Name]
    gone: frozenset[Name]

    def over(
        self, found: tuple[Sequence[RecordSet], Sequence[Name]], first: int, last: int
    ) -> tuple[list[RecordSet], list[Name]]:
        """What `in_slots` would find in slots `first` to `last`, from what it has `found`."""
        record_sets, ancestors = found
        replaced = {*self.plan.delete, *(record.key for record in self.plan.put)}
        kept = [record for record in record_sets if record.key not in replaced]
        put = [record for record in self.plan.put if first <= record.name.slot <= last]
        come = [name for name in self.come if first <= name.slot <= last]
        return kept + put, [name for name in ancestors if name not in self.gone] + come


def foresee(conn: Connection, zone: HostedZone, plan: Plan) -> Foreseen:
    """Work out what `apply` would change, and write nothing."""
    change = _Change(conn, zone, plan)
    moves = _moves(conn, zone.id, change.steps(zone))
    return Foreseen(plan, change.slots | moves.slots, frozenset(moves.come), frozenset(moves.gone))


def apply(conn: Connection, zone: HostedZone, plan: Plan) -> frozenset[int]:
    """
    Delete and put what the plan says, and keep the counts in step.

    Returns:
        Every slot whose names have changed, those of ancestors that came or went included.
    """
    change = _Change(conn, zone, plan)
    gone = [*plan.delete, *(record.key for record in plan.put if _row_key(record.key) in change.before)]
    _many(conn, _DELETE, [_delete_row(zone.id, key) for key in gone])
    insert_many(conn, record_set, _INSERTED, [_insert_row(zone.id, record) for record in plan.put])
    conn.execute(_ADD_TO_COUNT, {"in_zone": zone.id, "more": len(change.after) - len(change.before)})
    moves = _moves(conn, zone.id, change.steps(zone))
    _move_ancestors(conn, zone.id, moves)
    return change.slots | moves.slots


class _Change:
    """The owner names that a plan touches, with the rows that they have before and after it."""

    def __init__(self, conn: Connection, zone: HostedZone, plan: Plan) -> None:
        self.names = {key.name for key in plan.delete} | {record.name for record in plan.put}
        self.before = _keys_at(conn, zone.id, self.names)
        kept = self.before - {_row_key(key) for key in plan.delete}
        self.after = kept | {_row_key(record.key) for record in plan.put}
        self.slots = frozenset(name.slot for name in self.names)

    def steps(self, zone: HostedZone) -> dict[Name, int]:
        """By how much the number of owner names below each ancestor changes, where it does."""
        owned_before = {key.sort_key for key in self.before}
        owned_after = {key.sort_key for key in self.after}
        steps: Counter[Name] = Counter()
        for name in self.names:
            step = (name.sort_key in owned_after) - (name.sort_key in owned_before)
            if step:
                steps.update(dict.fromkeys(name.between(zone.name), step))
        return {name: step for name, step in steps.items() if step}


class _Moves(NamedTuple):
    """Ancestors with their new numbers of owner names below: those that come, go, and stay."""

    come: Mapping[Name, int]
    gone: Sequence[Name]
    stay: Mapping[Name, int]

    @property
    def slots(self) -> frozenset[int]:
        """Where ancestors come or go."""
        return frozenset(name.slot for name in (*self.come, *self.gone))


def _moves(conn: Connection, zone_id: str, steps: Mapping[Name, int]) -> _Moves:
    old = _descendants(conn, zone_id, steps)
    new = {name: old.get(name.wire, 0) + step for name, step in steps.items()}
    return _Moves(
        come={name: count for name, count in new.items() if name.wire not in old},
        gone=[name for name, count in new.items() if not count],
        stay={name: count for name, count in new.items() if count and name.wire in old},
    )


def _move_ancestors(conn: Connection, zone_id: str, moves: _Moves) -> None:
    _many(
        conn,
        insert(ancestor),
        [
            {"zone_id": zone_id, "name_wire": name.wire, "slot": name.slot, "descendants": count}
            for name, count in moves.come.items()
        ],
    )
    _many(conn, _DELETE_ANCESTOR, [{"in_zone": zone_id, "at_wire": name.wire} for name in moves.gone])
    stay = [{"in_zone": zone_id, "at_wire": name.wire, "now": count} for name, count in moves.stay.items()]
    _many(conn, _SET_DESCENDANTS, stay)


def _descendants(conn: Connection, zone_id: str, names: Iterable[Name]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for chunk in _chunks(names):
        rows = conn.execute(_DESCENDANTS, {"zone_id": zone_id, "wires": [name.wire for name in chunk]})
        found.update((wire, count) for wire, count in rows)
    return found


def _keys_at(conn: Connection, zone_id: str, names: Iterable[Name]) -> set[Start]:
    found: set[Start] = set()
    for chunk in _chunks(names):
        rows = conn.execute(_KEYS, {"zone_id": zone_id, "sort_keys": [name.sort_key for name in chunk]})
        found.update(Start(*row) for row in rows)
    return found


def _row_key(key: Key) -> Start:
    return Start(key.name.sort_key, key.type, key.set_identifier or "")


def _delete_row(zone_id: str, key: Key) -> dict[str, Any]:
    row = _row_key(key)
    return {
        "in_zone": zone_id,
        "at_sort_key": row.sort_key,
        "at_type": row.type,
        "at_set_identifier": row.set_identifier,
    }


_INSERTED = tuple(record_set.c.keys())


def _insert_row(zone_id: str, record: RecordSet) -> tuple[Any, ...]:
    """The columns of the table, in their order."""
    cidr = record.cidr_routing_config
    name = record.name
    return (
        zone_id,
        name.sort_key,
        record.type,
        record.set_identifier or "",
        name.wire,
        name.slot,
        record.ttl,
        _write_json(record.values).decode() if record.values else None,
        _write_rdata(record.rdata) if record.rdata else None,
        _rest(record),
        cidr and cidr.collection_id,
        cidr and cidr.location_name,
        _outside_target(zone_id, record.alias),
        record.health_check_id,
    )


def _rest(record: RecordSet) -> str | None:
    members = [getattr(record, field) for field in _REST_FIELDS]
    return None if members == _NO_REST else _write_json(_Rest(*members)).decode()


_NO_REST = [None] * len(_REST_FIELDS)


def _outside_target(zone_id: str, alias: AliasTarget | None) -> bytes | None:
    if alias is None or alias.hosted_zone_id == zone_id:
        return None
    return parse(alias.dns_name).wire


def _full(name: Name, row: Any) -> RecordSet:
    lean = _lean(name, row)
    values = row.record_values
    return lean if values is None else msgspec.structs.replace(lean, values=_read_values(values))


def _lean(name: Name, row: Any) -> RecordSet:
    _, type_, identifier, ttl, rdata, rest = row[:6]
    octets = () if rdata is None else _read_rdata(rdata)
    if rest is None:
        return RecordSet(name, type_, identifier or None, ttl, (), octets)
    return RecordSet(name, type_, identifier or None, ttl, (), octets, *msgspec.structs.astuple(_read_rest(rest)))


def _many(conn: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        conn.execute(statement, rows)


def _chunks(items: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(items)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
