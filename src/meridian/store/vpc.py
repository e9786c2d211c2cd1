"""Which network views private zones are seen from, and which accounts may add theirs (zones.md §4)."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from meridian.errors import ApiError
from meridian.model.zone import HostedZone, Vpc
from meridian.store.tables import hosted_zone, vpc_association, vpc_authorization


class Summary(NamedTuple):
    """A private zone as those see it who are not its owners."""

    zone_id: str
    name_wire: bytes
    account_id: str


def associate(conn: Connection, zone: HostedZone, vpc: Vpc) -> None:
    """
    Let a private zone be seen from one more view.

    Raises:
        ApiError: ConflictingDomainExists; the view sees this zone or another of the same name (R-PVT-3).
    """
    row = {"zone_id": zone.id, "vpc_id": vpc.id, "region": vpc.region, "sort_key": zone.name.sort_key}
    try:
        with conn.begin_nested():
            conn.execute(sa.insert(vpc_association), row)
    except IntegrityError:
        text = (
            f"The VPC that you chose, {vpc.id} in region {vpc.region}, is already associated with another private "
            f"hosted zone that has an overlapping name space, {zone.name}.."
        )
        raise ApiError("ConflictingDomainExists", text) from None


def disassociate(conn: Connection, zone_id: str, vpc: Vpc) -> bool:
    """Let a zone be seen from a view no more. False: it was not."""
    return bool(conn.execute(sa.delete(vpc_association).where(*_is(vpc_association, zone_id, vpc))).rowcount)


def of_zone(conn: Connection, zone_id: str) -> list[Vpc]:
    """The views that a zone is seen from, by id; none for a public zone."""
    columns = (vpc_association.c.vpc_id, vpc_association.c.region)
    query = sa.select(*columns).where(vpc_association.c.zone_id == zone_id).order_by(vpc_association.c.vpc_id)
    return [Vpc(id_, region) for id_, region in conn.execute(query)]


def zones_page(conn: Connection, vpc_id: str, start: str, limit: int) -> list[Summary]:
    """Up to `limit` zones of all accounts that are seen from a view, from id `start` on, inclusive, by id (R-LSZ-4)."""
    query = (
        sa.select(hosted_zone.c.id, hosted_zone.c.name_wire, hosted_zone.c.account_id)
        .join(vpc_association, vpc_association.c.zone_id == hosted_zone.c.id)
        .where(vpc_association.c.vpc_id == vpc_id, hosted_zone.c.id >= start)
        .order_by(hosted_zone.c.id)
        .limit(limit)
    )
    return [Summary(*row) for row in conn.execute(query)]


def authorize(conn: Connection, zone_id: str, vpc: Vpc) -> None:
    """Let the view's account associate it with the zone; to be told twice is no error."""
    if not is_authorized(conn, zone_id, vpc):
        conn.execute(sa.insert(vpc_authorization), {"zone_id": zone_id, "vpc_id": vpc.id, "region": vpc.region})


def deauthorize(conn: Connection, zone_id: str, vpc: Vpc) -> bool:
    """Take an authorisation back; an association that was made with it stays (R-PVT-4). False: there is none."""
    return bool(conn.execute(sa.delete(vpc_authorization).where(*_is(vpc_authorization, zone_id, vpc))).rowcount)


def is_authorized(conn: Connection, zone_id: str, vpc: Vpc) -> bool:
    """Tell whether the view's account may associate it with the zone."""
    query = sa.select(vpc_authorization.c.zone_id).where(*_is(vpc_authorization, zone_id, vpc))
    return conn.execute(query).first() is not None


def authorizations(conn: Connection, zone_id: str) -> int:
    """How many authorisations a zone has."""
    query = sa.select(sa.func.count()).select_from(vpc_authorization).where(vpc_authorization.c.zone_id == zone_id)
    return conn.execute(query).scalar_one()


def authorized_page(conn: Connection, zone_id: str, start: str, limit: int) -> list[Vpc]:
    """Up to `limit` views that may be associated with a zone, from id `start` on, inclusive, by id."""
    table = vpc_authorization
    query = sa.select(table.c.vpc_id, table.c.region).where(table.c.zone_id == zone_id, table.c.vpc_id >= start)
    return [Vpc(id_, region) for id_, region in conn.execute(query.order_by(table.c.vpc_id).limit(limit))]


def forget(conn: Connection, zone_id: str) -> None:
    """Remove all associations and authorisations of a zone that goes."""
    for table in (vpc_association, vpc_authorization):
        conn.execute(sa.delete(table).where(table.c.zone_id == zone_id))


def _is(table: sa.Table, zone_id: str, vpc: Vpc) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.zone_id == zone_id, table.c.vpc_id == vpc.id, table.c.region == vpc.region
