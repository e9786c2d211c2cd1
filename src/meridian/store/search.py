"""
Finding things by a part of what they say: the account's zones, record sets, checks, policies and collections.

There is no index of parts of texts. One look at each row is all a search costs, some 0.1 s for 100,000 record
sets, and it ends as soon as enough is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from meridian.model.name import BadName, Name, from_wire, parse, plain
from meridian.store.tables import (
    cidr_collection,
    health_check,
    hosted_zone,
    record_set,
    tag,
    traffic_policy,
    traffic_policy_instance,
    traffic_policy_version,
)

Address = IPv4Address | IPv6Address

_SPARE = 10  # rows read for each one wanted: the database's patterns let some through that do not match
_ASTERISK = r"\052"  # as sort keys have it (R-NAM-5)

_read_values = msgspec.json.Decoder(tuple[str, ...]).decode


class Zone(NamedTuple):
    """A hosted zone that was found."""

    id: str
    name: Name
    private: bool
    comment: str


class Record(NamedTuple):
    """
    A record set that was found.

    Attributes:
        values: As they were sent; empty for an alias and for the root of a policy record.
        target: The DNS name of an alias; empty for others.
    """

    zone_id: str
    zone_name: Name
    name: Name
    type: str
    set_identifier: str
    values: Sequence[str]
    target: str


class Check(NamedTuple):
    """A health check that was found: its tag `Name`, empty without one, and its configuration in JSON."""

    id: str
    name: str
    config: str


class Version(NamedTuple):
    """A version of a traffic policy that was found, with its document as it was sent."""

    id: str
    version: int
    name: str
    document: str


class PolicyRecord(NamedTuple):
    """A policy record that was found."""

    id: str
    zone_id: str
    name: Name
    type: str


class Collection(NamedTuple):
    """A CIDR collection that was found."""

    id: str
    name: str


def zones(conn: Connection, account_id: str, text: str, limit: int) -> list[Zone]:
    """Up to `limit` zones with this in their name, id or comment, shorter names first."""
    columns = hosted_zone.c
    query = sa.select(columns.id, columns.name_wire, columns.private, columns.comment).where(
        columns.account_id == account_id,
        sa.or_(_in_name(columns.sort_key, text), _holds(columns.id, text), _holds(columns.comment, text)),
    )
    rows = conn.execute(query.order_by(sa.func.length(columns.sort_key), columns.sort_key).limit(limit * _SPARE))
    found = (Zone(id_, from_wire(wire), private, comment or "") for id_, wire, private, comment in rows)
    return [zone for zone in found if _any_holds(text, plain(zone.name), zone.id, zone.comment)][:limit]


class Within(NamedTuple):
    """Which record sets are looked at: an account's, or of them those of one zone, of one type."""

    account_id: str
    zone_id: str | None = None
    type: str | None = None


def records(conn: Connection, within: Within, text: str, limit: int) -> list[Record]:
    """Up to `limit` record sets with this in their name, values, alias target or identifier; the name itself first."""
    columns = record_set.c
    wanted = sa.or_(
        _in_name(columns.sort_key, text),
        _holds(columns.record_values, _in_json(text)),
        _holds(columns.set_identifier, text),
        _holds(columns.rest, _in_json(text)),
    )
    named = _records(conn, sa.and_(_has_name(within.account_id, text), _of(within)), limit)
    keys = {_key(record) for record in named}
    found = _records(conn, sa.and_(_of_account(within.account_id), _of(within), wanted), limit * _SPARE)
    others = (record for record in found if _key(record) not in keys)
    return [*named, *(record for record in others if _says(record, text))][:limit]


def records_with_address(conn: Connection, within: Within, address: Address, limit: int) -> list[Record]:
    """Up to `limit` record sets of type A or AAAA that hold this address, however it is written."""
    octets = address.packed
    packed = sa.literal(bytes((0xC4, len(octets))) + octets, sa.LargeBinary())  # as MessagePack has it
    if conn.dialect.name == "sqlite":
        holds: ColumnElement[bool] = sa.func.instr(record_set.c.rdata, packed) > 0
    else:
        holds = sa.func.position(packed.op("IN")(record_set.c.rdata)) > 0
    type_ = "A" if address.version == 4 else "AAAA"
    wanted = sa.and_(_of_account(within.account_id), _of(within), record_set.c.type == type_, holds)
    return _records(conn, wanted, limit)


def checks(conn: Connection, account_id: str, text: str, limit: int) -> list[Check]:
    """Up to `limit` health checks with this in their name, their id or what they look at, by id."""
    name = sa.and_(tag.c.resource_type == "healthcheck", tag.c.resource_id == health_check.c.id, tag.c.key == "Name")
    query = (
        sa.select(health_check.c.id, sa.func.coalesce(tag.c.value, ""), health_check.c.config)
        .join_from(health_check, tag, name, isouter=True)
        .where(
            health_check.c.account_id == account_id,
            sa.or_(
                _holds(health_check.c.id, text),
                _holds(tag.c.value, text),
                _holds(health_check.c.config, _in_json(text)),
            ),
        )
        .order_by(health_check.c.id)
        .limit(limit)
    )
    return [Check(*row) for row in conn.execute(query)]


def versions(conn: Connection, account_id: str, text: str, limit: int) -> list[Version]:
    """Up to `limit` versions of policies with this in their name, id or document, newest first."""
    columns = traffic_policy_version.c
    wanted = sa.or_(
        _holds(traffic_policy.c.name, text), _holds(columns.policy_id, text), _holds(columns.document, _in_json(text))
    )
    return _versions(conn, account_id, wanted, limit)


def versions_of_type(conn: Connection, account_id: str, type_: str, limit: int) -> list[Version]:
    """Up to `limit` versions of policies for this type, newest first."""
    return _versions(conn, account_id, traffic_policy_version.c.type == type_, limit)


def policy_records(conn: Connection, account_id: str, text: str, limit: int) -> list[PolicyRecord]:
    """Up to `limit` policy records with this in their name or id."""
    columns = traffic_policy_instance.c
    query = sa.select(columns.id, columns.zone_id, columns.name_wire, columns.type).where(
        columns.account_id == account_id, sa.or_(_in_name(columns.sort_key, text), _holds(columns.id, text))
    )
    rows = conn.execute(query.order_by(columns.sort_key, columns.type).limit(limit * _SPARE))
    found = (PolicyRecord(id_, zone_id, from_wire(wire), type_) for id_, zone_id, wire, type_ in rows)
    return [record for record in found if _any_holds(text, plain(record.name), record.id)][:limit]


def collections(conn: Connection, account_id: str, text: str, limit: int) -> list[Collection]:
    """Up to `limit` CIDR collections with this in their name or id, by name."""
    columns = cidr_collection.c
    query = sa.select(columns.id, columns.name).where(
        columns.account_id == account_id, sa.or_(_holds(columns.name, text), _holds(columns.id, text))
    )
    return [Collection(*row) for row in conn.execute(query.order_by(columns.name).limit(limit))]


def _records(conn: Connection, wanted: ColumnElement[bool], limit: int) -> list[Record]:
    columns = record_set.c
    query = sa.select(
        columns.zone_id, columns.name_wire, columns.type, columns.set_identifier, columns.record_values, columns.rest
    )
    rows = conn.execute(query.where(wanted).limit(limit)).all()
    zone_ids = sorted({row.zone_id for row in rows})
    named = sa.select(hosted_zone.c.id, hosted_zone.c.name_wire).where(hosted_zone.c.id.in_(zone_ids))
    zone_names = {row.id: from_wire(row.name_wire) for row in conn.execute(named)}
    return [
        Record(
            row.zone_id,
            zone_names[row.zone_id],
            from_wire(row.name_wire),
            row.type,
            row.set_identifier,
            () if row.record_values is None else _read_values(row.record_values),
            _alias_target(row.rest),
        )
        for row in rows
    ]


def _of(within: Within) -> ColumnElement[bool]:
    zone, type_ = within.zone_id, within.type
    return sa.and_(
        sa.true(),
        *([] if zone is None else [record_set.c.zone_id == zone]),
        *([] if type_ is None else [record_set.c.type == type_]),
    )


def _of_account(account_id: str) -> ColumnElement[bool]:
    """
    Which record sets are the account's.

    The empty text keeps SQLite from going by the index on zones: it would read the rows in the order of their
    names, which takes six times as long as reading them as they lie.
    """
    of_account = sa.select(hosted_zone.c.id).where(hosted_zone.c.account_id == account_id)
    return record_set.c.zone_id.concat("").in_(of_account)


def _alias_target(rest: str | None) -> str:
    alias = None if rest is None else msgspec.json.decode(rest).get("alias")
    return "" if alias is None else str(alias["dns_name"])


def _key(record: Record) -> tuple[str, Name, str, str]:
    return record.zone_id, record.name, record.type, record.set_identifier


def _versions(conn: Connection, account_id: str, wanted: ColumnElement[bool], limit: int) -> list[Version]:
    columns = traffic_policy_version.c
    query = (
        sa.select(columns.policy_id, columns.version, traffic_policy.c.name, columns.document)
        .join_from(traffic_policy_version, traffic_policy)
        .where(traffic_policy.c.account_id == account_id, ~columns.deleted, wanted)
        .order_by(traffic_policy.c.number.desc(), columns.version.desc())
        .limit(limit)
    )
    return [Version(*row) for row in conn.execute(query)]


def _has_name(account_id: str, text: str) -> ColumnElement[bool]:
    """Which record sets have this name: those of zones at or above it need a look, by an index."""
    try:
        name = parse(text)
    except BadName:
        return sa.false()
    keys = [Name(name.labels[skip:]).sort_key for skip in range(len(name.labels) + 1)]
    of_account = sa.select(hosted_zone.c.id).where(
        hosted_zone.c.account_id == account_id, hosted_zone.c.sort_key.in_(keys)
    )
    return sa.and_(record_set.c.zone_id.in_(of_account), record_set.c.sort_key == name.sort_key)


def _in_name(sort_key: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """
    Names that may have this text in them.

    Of `a.b.c` the first label may be the end of one and the last the beginning of one. Sort keys have
    labels in the other order, so that this lets some names through that do not have it.
    """
    first, *others = text.lower().strip(".").replace("*", _ASTERISK).split(".")
    if not others:
        return sort_key.contains(first, autoescape=True)
    *middle, last = others
    parts = [_escaped(last) + "%", *map(_escaped, reversed(middle)), "%" + _escaped(first)]
    return sort_key.like("%" + ".".join(parts) + ".%", escape="/")


def _holds(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return column.ilike(f"%{_escaped(text)}%", escape="/")


def _escaped(text: str) -> str:
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def _in_json(text: str) -> str:
    """The text as it stands inside of a JSON string."""
    return msgspec.json.encode(text).decode()[1:-1]


def _says(record: Record, text: str) -> bool:
    return _any_holds(text, plain(record.name), *record.values, record.set_identifier, record.target)


def _any_holds(text: str, *texts: str) -> bool:
    wanted = text.lower()
    return any(wanted in each.lower() for each in texts)
