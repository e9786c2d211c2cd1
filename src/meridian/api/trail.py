"""What a request has changed, for the audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from meridian.clock import Clock
from meridian.model.audit import NO_RECORD, Actor, Changed, RecordKey
from meridian.store import audit


class Trail:
    """
    Gathers what one request changes, and writes it at the end of its transaction.

    A call that changes something and does not say what is written as well, with what it was asked: so no call can
    be forgotten here.

    Args:
        asked: Kind and resource that the call is about, and what it was asked.
    """

    def __init__(self, actor: Actor, clock: Clock, asked: Changed) -> None:
        self._actor, self._clock, self._asked = actor, clock, asked
        self._changes: list[Changed] = []

    def changed(
        self,
        kind: str,
        resource: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        record: RecordKey = NO_RECORD,
    ) -> None:
        """Say that one thing is changed by the transaction under way; see `Changed`."""
        self._changes.append(Changed(kind, resource, before, after, record))

    @contextmanager
    def around(self, conn: Connection) -> Iterator[None]:
        """Write, at the end of a transaction, what was said since its beginning."""
        self._changes.clear()
        yield
        audit.add(conn, self._actor, self._clock.now(), self._changes or [self._asked])


class NoTrail:
    """Where nothing is kept."""

    def changed(
        self,
        kind: str,
        resource: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        record: RecordKey = NO_RECORD,
    ) -> None:
        """Keep nothing."""
