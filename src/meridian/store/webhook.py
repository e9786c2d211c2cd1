"""How far each webhook has got in the history, and which control plane delivers to it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from meridian.store import health_event
from meridian.store.moments import milliseconds
from meridian.store.tables import webhook

_DELIVERED = sa.select(webhook.c.delivered).where(webhook.c.url == bindparam("url"))
_START = sa.text(
    "INSERT INTO webhook (url, delivered, holder, held_until) VALUES (:url, :delivered, '', 0)"
    " ON CONFLICT (url) DO NOTHING"
)
_HOLD = (
    sa.update(webhook)
    .where(
        webhook.c.url == bindparam("to"),
        sa.or_(webhook.c.holder == bindparam("who"), webhook.c.held_until < bindparam("now")),
    )
    .values(holder=bindparam("who"), held_until=bindparam("until"))
    .returning(webhook.c.delivered)
)
_ADVANCE = (
    sa.update(webhook)
    .where(webhook.c.url == bindparam("to"), webhook.c.delivered < bindparam("event_id"))
    .values(delivered=bindparam("event_id"))
)


def start(conn: Connection, url: str) -> None:
    """Know a webhook from now on; what happened before it was known is not delivered to it."""
    conn.execute(_START, {"url": url, "delivered": health_event.newest(conn)})


def delivered(conn: Connection, url: str) -> int | None:
    """The number of the last event that a webhook was told of; None if the webhook is not known."""
    return conn.execute(_DELIVERED, {"url": url}).scalar_one_or_none()


def hold(conn: Connection, url: str, holder: str, now: datetime, until: datetime) -> int | None:
    """
    Let one control plane alone deliver to a webhook for a while.

    Args:
        holder: The control plane that asks, by a name of its own. Whoever holds may prolong.

    Returns:
        The number of the last event delivered; None while another holds it.
    """
    times = {"now": milliseconds(now), "until": milliseconds(until)}
    return conn.execute(_HOLD, {"to": url, "who": holder, **times}).scalar_one_or_none()


def advance(conn: Connection, url: str, event_id: int) -> None:
    """Note that a webhook was told of this event and all before it."""
    conn.execute(_ADVANCE, {"to": url, "event_id": event_id})
