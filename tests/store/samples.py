"""Zones and record sets for tests of the store."""

from __future__ import annotations

from sqlalchemy import Connection

from meridian.changes.batch import Plan
from meridian.model.name import parse
from meridian.model.record import Key, RecordSet
from meridian.model.zone import DelegationSet, HostedZone
from meridian.store import zone
from meridian.store.ids import new_id

SERVERS = ("ns-1.a.test", "ns-1.b.test", "ns-1.c.test", "ns-1.d.test")


def add_zone(
    conn: Connection,
    account_id: str,
    name: str = "example.com",
    *,
    servers: tuple[str, ...] = SERVERS,
    zone_id: str | None = None,
    private: bool = False,
) -> HostedZone:
    """Store a zone without record sets."""
    zone_id = zone_id or new_id("Z")
    rank = zone.claim_reference(conn, account_id, f"reference of {zone_id}", zone_id)
    made = HostedZone(
        id=zone_id,
        account_id=account_id,
        name=parse(name),
        caller_reference=f"reference of {zone_id}",
        rank=rank,
        version=1,
        shard_count=1,
        record_set_count=0,
        delegation_set=DelegationSet(servers),
        private=private,
    )
    zone.insert(conn, made)
    return made


def a(name: str, *addresses: str, ttl: int = 60) -> RecordSet:
    """An A record set."""
    values = addresses or ("192.0.2.1",)
    octets = tuple(bytes(int(part) for part in value.split(".")) for value in values)
    return RecordSet(parse(name), "A", ttl=ttl, values=values, rdata=octets)


def put(*record_sets: RecordSet) -> Plan:
    return Plan(delete=(), put=record_sets)


def delete(*keys: Key) -> Plan:
    return Plan(delete=keys, put=())
