"""
Traffic policies, their versions, and the policy records made from them (traffic-flow.md).

Documents are kept as they were sent. What a policy record answers is read from its version's document when
its shard is compiled, so that there is no second copy that could differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Select, bindparam
from sqlalchemy.exc import IntegrityError

from meridian.changes import traffic
from meridian.errors import ApiError, NoSuchTrafficPolicy, NoSuchTrafficPolicyInstance
from meridian.model.name import Name, from_wire
from meridian.model.record import Key
from meridian.model.traffic import Instance, PolicySummary, PolicyVersion, Tree
from meridian.store.tables import (
    change,
    traffic_policy,
    traffic_policy_instance,
    traffic_policy_version,
    traffic_use,
)

MOST_VERSIONS = 1000  # numbers a policy can give in all (R-TFO-5)
_CHUNK = 500  # keys in one IN (…), as in `store.record`
_TREES_KEPT = 256  # documents that stay read: many policy records have the same one

_VERSION = (
    sa.select(traffic_policy_version, traffic_policy.c.name)
    .join_from(traffic_policy_version, traffic_policy)
    .where(
        traffic_policy.c.account_id == bindparam("account_id"),
        traffic_policy_version.c.policy_id == bindparam("policy_id"),
        traffic_policy_version.c.version == bindparam("version"),
    )
)
_POLICY = sa.select(traffic_policy).where(
    traffic_policy.c.account_id == bindparam("account_id"),
    traffic_policy.c.id == bindparam("policy_id"),
)
_POLICY_LOCKED = _POLICY.with_for_update()  # SQLite has no such clause and needs none: there is one writer

# A change that is gone was in sync long ago (`store.change.KEPT`).
_INSTANCES = sa.select(traffic_policy_instance, change.c.status).join_from(
    traffic_policy_instance, change, traffic_policy_instance.c.change_id == change.c.id, isouter=True
)
_INSTANCE_ORDER = (
    traffic_policy_instance.c.zone_id,
    traffic_policy_instance.c.sort_key,
    traffic_policy_instance.c.type,
)
_DOCUMENTS = (
    sa.select(traffic_policy_instance.c.id, traffic_policy_version.c.document)
    .join_from(traffic_policy_instance, traffic_policy_version)
    .where(traffic_policy_instance.c.id.in_(bindparam("ids", expanding=True)))
)
_SOME_ROOTED = (
    sa.select(traffic_policy_instance.c.id)
    .where(traffic_policy_instance.c.zone_id == bindparam("zone_id"), traffic_policy_instance.c.rooted)
    .limit(1)
)
_SERVED = (
    sa.select(traffic_policy_instance.c.zone_id, traffic_policy_instance.c.name_wire, traffic_policy_version.c.document)
    .join_from(traffic_policy_instance, traffic_policy_version)
    .where(traffic_policy_instance.c.rooted)
)
_OUTSIDE_TARGETS = (
    sa.select(traffic_use.c.outside_target, traffic_policy_instance.c.type)
    .join_from(traffic_use, traffic_policy_instance)
    .where(traffic_use.c.outside_target.is_not(None))
    .distinct()
)


class InstanceStart(NamedTuple):
    """Where a listing of instances begins, inclusive: zone, name, type (R-TFI-12)."""

    zone_id: str = ""
    sort_key: str = ""
    type: str = ""


# --- policies and versions


def insert_policy(conn: Connection, account_id: str, version: PolicyVersion) -> None:
    """
    Store a new policy with its first version.

    Raises:
        ApiError: TrafficPolicyAlreadyExists (R-TFO-5).
    """
    row = {"id": version.id, "account_id": account_id, "name": version.name, "last_version": 0, "deleted": False}
    try:
        with conn.begin_nested():
            conn.execute(sa.insert(traffic_policy), row)
    except IntegrityError:
        text = f"A traffic policy named {version.name} exists already."
        raise ApiError("TrafficPolicyAlreadyExists", text) from None
    insert_version(conn, version)


def insert_version(conn: Connection, version: PolicyVersion) -> None:
    """Store a further version of a policy; its number is given for ever (R-TFO-3)."""
    row = {
        "policy_id": version.id,
        "version": version.version,
        "type": version.type,
        "document": version.document,
        "comment": version.comment,
        "deleted": False,
    }
    conn.execute(sa.insert(traffic_policy_version), row)
    given = sa.update(traffic_policy).where(traffic_policy.c.id == version.id).values(last_version=version.version)
    conn.execute(given)


def next_version(conn: Connection, account_id: str, policy_id: str) -> tuple[str, int]:
    """
    The name of a policy and the number of its next version; the policy stays as it is until the transaction ends.

    Raises:
        ApiError: NoSuchTrafficPolicy; TooManyTrafficPolicyVersionsForCurrentPolicy: a thousand were given (R-TFO-5).
    """
    row = _policy(conn, account_id, policy_id, for_update=True)
    if row is None or row.deleted:
        raise NoSuchTrafficPolicy(policy_id)
    if row.last_version >= MOST_VERSIONS:
        text = f"The traffic policy with ID {policy_id} has had {MOST_VERSIONS} versions, which is the most."
        raise ApiError("TooManyTrafficPolicyVersionsForCurrentPolicy", text)
    return row.name, row.last_version + 1


def version(conn: Connection, account_id: str, policy_id: str, number: int) -> PolicyVersion:
    """
    A version of the account's policies, also one that was deleted (R-TFO-6).

    Raises:
        NoSuchTrafficPolicy: There is none, or it is someone else's (R-API-25).
    """
    asked = {"account_id": account_id, "policy_id": policy_id, "version": number}
    row = conn.execute(_VERSION, asked).one_or_none()
    if row is None:
        raise NoSuchTrafficPolicy(policy_id, number)
    return _version(row)


def live_version(conn: Connection, account_id: str, policy_id: str, number: int) -> PolicyVersion:
    """
    A version that was not deleted; its policy stays as it is until the transaction ends.

    Raises:
        NoSuchTrafficPolicy: There is none.
    """
    _policy(conn, account_id, policy_id, for_update=True)
    found = version(conn, account_id, policy_id, number)
    if found.deleted:
        raise NoSuchTrafficPolicy(policy_id, number)
    return found


def versions_page(conn: Connection, account_id: str, policy_id: str, start: int, limit: int) -> list[PolicyVersion]:
    """
    Up to `limit` versions of a policy from number `start` on, ascending (R-TFO-8).

    Raises:
        NoSuchTrafficPolicy: There is none, or all of its versions were deleted.
    """
    row = _policy(conn, account_id, policy_id)
    if row is None or row.deleted:
        raise NoSuchTrafficPolicy(policy_id)
    query = (
        sa.select(traffic_policy_version, traffic_policy.c.name)
        .join_from(traffic_policy_version, traffic_policy)
        .where(
            traffic_policy_version.c.policy_id == policy_id,
            traffic_policy_version.c.version >= start,
            ~traffic_policy_version.c.deleted,
        )
        .order_by(traffic_policy_version.c.version)
        .limit(limit)
    )
    return [_version(found) for found in conn.execute(query)]


def policies_page(conn: Connection, account_id: str, start: str, limit: int) -> list[PolicySummary]:
    """
    Up to `limit` policies in the order of their creation, from the one with id `start` on (R-TFO-8).

    Raises:
        ApiError: InvalidInput: the account never had a policy with this id.
    """
    first = 0
    if start:
        row = _policy(conn, account_id, start)
        if row is None:
            raise ApiError("InvalidInput", f"There is no traffic policy with ID {start} to begin the list with.")
        first = row.number
    numbers = sa.func.max(traffic_policy_version.c.version), sa.func.count()
    query = (
        sa.select(traffic_policy.c.id, traffic_policy.c.name, *numbers)
        .join_from(traffic_policy, traffic_policy_version)
        .where(
            traffic_policy.c.account_id == account_id,
            traffic_policy.c.number >= first,
            ~traffic_policy_version.c.deleted,
        )
        .group_by(traffic_policy.c.number, traffic_policy.c.id, traffic_policy.c.name)
        .order_by(traffic_policy.c.number)
        .limit(limit)
    )
    rows = conn.execute(query).all()
    latest = {(id_, number) for id_, _, number, _ in rows}
    key = sa.tuple_(traffic_policy_version.c.policy_id, traffic_policy_version.c.version)
    columns = traffic_policy_version.c.policy_id, traffic_policy_version.c.type
    types = {id_: type_ for id_, type_ in conn.execute(sa.select(*columns).where(key.in_(sorted(latest))))}
    return [PolicySummary(id_, name, types[id_], number, count) for id_, name, number, count in rows]


def count_policies(conn: Connection, account_id: str) -> int:
    """How many policies the account has; deleted ones do not count."""
    query = sa.select(sa.func.count()).select_from(traffic_policy)
    return conn.execute(query.where(traffic_policy.c.account_id == account_id, ~traffic_policy.c.deleted)).scalar_one()


def set_comment(conn: Connection, policy_id: str, number: int, comment: str) -> None:
    """Set the comment of a version, the only thing of it that changes (R-TFO-2)."""
    conn.execute(_of_version(policy_id, number).values(comment=comment))


def delete_version(conn: Connection, policy_id: str, number: int) -> None:
    """Take a version off the lists; with the last one, the policy, whose name may be used again (R-TFO-6)."""
    conn.execute(_of_version(policy_id, number).values(deleted=True))
    left = sa.exists().where(traffic_policy_version.c.policy_id == policy_id, ~traffic_policy_version.c.deleted)
    conn.execute(sa.update(traffic_policy).where(traffic_policy.c.id == policy_id, ~left).values(deleted=True))


# --- instances


def insert_instance(conn: Connection, instance: Instance) -> None:
    """
    Store a new instance, which is not built yet.

    Raises:
        ApiError: TrafficPolicyInstanceAlreadyExists (R-TFI-9).
    """
    row = {
        "id": instance.id,
        "account_id": instance.account_id,
        "zone_id": instance.zone_id,
        "sort_key": instance.name.sort_key,
        "type": instance.type,
        "name_wire": instance.name.wire,
        "ttl": instance.ttl,
        "policy_id": instance.policy_id,
        "version": instance.version,
        "failure": "",
        "rooted": False,
        "change_id": None,
        "updated": False,
    }
    try:
        with conn.begin_nested():
            conn.execute(sa.insert(traffic_policy_instance), row)
    except IntegrityError:
        text = (
            f"The hosted zone has a traffic policy instance for {instance.name} with the type {instance.type} already."
        )
        raise ApiError("TrafficPolicyInstanceAlreadyExists", text) from None


def instance(conn: Connection, account_id: str, instance_id: str) -> Instance:
    """
    An instance of the account.

    Raises:
        NoSuchTrafficPolicyInstance: There is none, or it is someone else's (R-API-25).
    """
    query = _INSTANCES.where(
        traffic_policy_instance.c.account_id == account_id, traffic_policy_instance.c.id == instance_id
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NoSuchTrafficPolicyInstance(instance_id)
    return _instance(row)


def instances_page(
    conn: Connection,
    account_id: str,
    start: InstanceStart,
    limit: int,
    *,
    zone_id: str | None = None,
    policy: tuple[str, int] | None = None,
) -> list[Instance]:
    """
    Up to `limit` instances of the account from `start` on, by zone, name and type.

    Args:
        zone_id: The only zone wanted.
        policy: The id and number of the only version wanted.
    """
    query = _INSTANCES.where(
        traffic_policy_instance.c.account_id == account_id, sa.tuple_(*_INSTANCE_ORDER) >= tuple(start)
    )
    if zone_id is not None:
        query = query.where(traffic_policy_instance.c.zone_id == zone_id)
    if policy is not None:
        query = query.where(_made_from(*policy))
    return [_instance(row) for row in conn.execute(query.order_by(*_INSTANCE_ORDER).limit(limit))]


def count_instances(conn: Connection, account_id: str) -> int:
    """How many instances the account has (R-TFI-16)."""
    query = sa.select(sa.func.count()).select_from(traffic_policy_instance)
    return conn.execute(query.where(traffic_policy_instance.c.account_id == account_id)).scalar_one()


def is_used(conn: Connection, policy_id: str, number: int) -> bool:
    """Whether an instance is made from this version (R-TFO-6)."""
    query = sa.select(traffic_policy_instance.c.id).where(_made_from(policy_id, number)).limit(1)
    return conn.execute(query).first() is not None


def set_built(conn: Connection, instance: Instance, tree: Tree, change_id: str) -> None:
    """Note that an instance serves what it says since this change, and what its tree refers to."""
    built = {"ttl": instance.ttl, "policy_id": instance.policy_id, "version": instance.version}
    _update(conn, [instance.id], **built, failure="", rooted=True, change_id=change_id, updated=instance.is_updated)
    _forget_uses(conn, [instance.id])
    if rows := [{**_NO_USE, "instance_id": instance.id, **use} for use in _uses(tree)]:
        conn.execute(sa.insert(traffic_use), rows)


def set_failed(conn: Connection, instance_id: str, failure: str) -> None:
    """Note why an attempt to build an instance failed; what it serves stays (R-TFI-11)."""
    _update(conn, [instance_id], failure=failure)


def uproot(conn: Connection, zone_id: str, keys: Iterable[Key], failure: str) -> None:
    """Note of the instances with one of these roots, if there are any, that it was taken away (R-TFI-10)."""
    columns = traffic_policy_instance.c
    if conn.execute(_SOME_ROOTED, {"zone_id": zone_id}).first() is None:
        return  # as in nearly every zone, for the price of one look at an index
    rooted = sa.select(columns.id).where(columns.zone_id == zone_id, columns.rooted)
    wanted = iter([(key.name.sort_key, key.type) for key in keys if key.set_identifier is None])
    at = sa.tuple_(columns.sort_key, columns.type)
    while chunk := list(islice(wanted, _CHUNK)):
        ids = list(conn.execute(rooted.where(at.in_(chunk))).scalars())
        if ids:
            _update(conn, ids, failure=failure, rooted=False)
            _forget_uses(conn, ids)


def delete_instance(conn: Connection, instance_id: str) -> None:
    """Delete an instance; its root record set is the caller's to delete."""
    _forget_uses(conn, [instance_id])
    conn.execute(sa.delete(traffic_policy_instance).where(traffic_policy_instance.c.id == instance_id))


# --- what instances answer


def trees(conn: Connection, ids: Collection[str]) -> dict[str, Tree]:
    """What each of these instances answers by; those that are not there are left out."""
    if not ids:
        return {}
    return {id_: tree_of(document) for id_, document in conn.execute(_DOCUMENTS, {"ids": sorted(ids)})}


@lru_cache(maxsize=_TREES_KEPT)
def tree_of(document: str) -> Tree:
    """Read a document that was stored."""
    return traffic.trusted(document)


def rooted_at(conn: Connection, zone_id: str, name: Name, type_: str) -> tuple[Instance, Tree] | None:
    """The instance that answers for a name and type of a zone, and what it answers by."""
    query = _INSTANCES.where(
        traffic_policy_instance.c.zone_id == zone_id,
        traffic_policy_instance.c.sort_key == name.sort_key,
        traffic_policy_instance.c.type == type_,
        traffic_policy_instance.c.rooted,
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else (_instance(row), trees(conn, [row.id])[row.id])


def served(conn: Connection) -> Iterator[tuple[str, Name, Tree]]:
    """Zone id, name and tree of every instance that is served. Reads all there are."""
    for zone_id, wire, document in conn.execute(_SERVED):
        yield zone_id, from_wire(wire), tree_of(document)


def outside_targets(conn: Connection) -> set[tuple[Name, str]]:
    """Every name outside that an endpoint of a served tree leads to, with the type asked for there; each once."""
    return {(from_wire(wire), type_) for wire, type_ in conn.execute(_OUTSIDE_TARGETS)}


_NO_USE = {"health_check_id": None, "cidr_collection_id": None, "cidr_location": None, "outside_target": None}


def _uses(tree: Tree) -> list[dict[str, Any]]:
    items = list(tree.items)
    checks = {item.health_check for item in items if item.health_check}
    networks = {item.cidr_routing_config for item in items if item.cidr_routing_config}
    targets = {endpoint.target.wire for endpoint in tree.used_endpoints if endpoint.target is not None}
    return [
        *({"health_check_id": check} for check in sorted(checks)),
        *({"cidr_collection_id": found.collection_id, "cidr_location": found.location_name} for found in networks),
        *({"outside_target": wire} for wire in sorted(targets)),
    ]


def _forget_uses(conn: Connection, ids: Collection[str]) -> None:
    conn.execute(sa.delete(traffic_use).where(traffic_use.c.instance_id.in_(ids)))


def _update(conn: Connection, ids: Collection[str], **values: Any) -> None:
    conn.execute(sa.update(traffic_policy_instance).where(traffic_policy_instance.c.id.in_(ids)).values(**values))


def _made_from(policy_id: str, number: int) -> Any:
    columns = traffic_policy_instance.c
    return sa.and_(columns.policy_id == policy_id, columns.version == number)


def _of_version(policy_id: str, number: int) -> Any:
    columns = traffic_policy_version.c
    return sa.update(traffic_policy_version).where(columns.policy_id == policy_id, columns.version == number)


def _policy(conn: Connection, account_id: str, policy_id: str, *, for_update: bool = False) -> Any:
    query: Select[Any] = _POLICY_LOCKED if for_update else _POLICY
    return conn.execute(query, {"account_id": account_id, "policy_id": policy_id}).one_or_none()


def _version(row: Any) -> PolicyVersion:
    return PolicyVersion(row.policy_id, row.version, row.name, row.type, row.document, row.comment, row.deleted)


def _instance(row: Any) -> Instance:
    return Instance(
        id=row.id,
        account_id=row.account_id,
        zone_id=row.zone_id,
        name=from_wire(row.name_wire),
        type=row.type,
        ttl=row.ttl,
        policy_id=row.policy_id,
        version=row.version,
        failure=row.failure,
        is_rooted=row.rooted,
        in_sync=row.status != "PENDING",
        is_updated=row.updated,
    )
