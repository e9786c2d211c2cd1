"""
Outside alias targets that a change leads to: it waits for their first answer, but not for ever (R-ALI-14).

An alias whose target was never asked for could only be answered SERVFAIL. The connector asks as soon as
the change is committed; until the feed has an answer, or some seconds have passed, the zone stays as it
was. Each target is waited for once: one that nobody resolves does not hold up every later change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from meridian.clock import Clock
from meridian.compile.zone import NO_TREES
from meridian.feed.feed import Feed
from meridian.feed.keys import outside_key
from meridian.model.name import parse
from meridian.model.record import RecordSet
from meridian.model.traffic import Tree

log = structlog.get_logger()

PATIENCE = 5.0  # seconds: two resolvers that are silent, and one that answers


class Unresolved(Exception):
    """
    A zone is to lead to names that nobody has answered for yet.

    Attributes:
        keys: Of these names in the feed.
    """

    def __init__(self, keys: list[str]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


class FirstAnswers:
    """Which targets have still to be waited for."""

    def __init__(self, feed: Feed, clock: Clock) -> None:
        self._feed = feed
        self._clock = clock
        self._until: dict[str, float] = {}  # by key; the time stays when it has passed, so that it does not begin anew
        self._in_vain: set[str] = set()

    async def require(self, keys: Iterable[str]) -> None:
        """
        Begin to wait for these targets, or go on.

        Raises:
            Unresolved: Those that are still to be waited for.
        """
        missing = [key for key in sorted(set(keys)) if await self._is_missing(key)]
        if missing:
            raise Unresolved(missing)

    def awaits(self, key: str) -> bool:
        """Whether somebody waits for this target, or has waited in vain."""
        return key in self._until

    async def _is_missing(self, key: str) -> bool:
        if await self._feed.get(key) is not None:
            self._until.pop(key, None)
            self._in_vain.discard(key)
            return False
        now = self._clock.monotonic()
        if now < self._until.setdefault(key, now + PATIENCE):
            return True
        if key not in self._in_vain:
            self._in_vain.add(key)
            log.warning("outside.served_unresolved", key=key, waited_s=PATIENCE)
        return False


def targets(zone_id: str, record_sets: Iterable[RecordSet], trees: Mapping[str, Tree] = NO_TREES) -> set[str]:
    """Keys of the names outside the zone that record sets lead to, policy records by their trees."""
    record_sets = list(record_sets)
    aliases = {
        outside_key(parse(found.alias.dns_name).text, found.type)
        for found in record_sets
        if found.alias is not None and found.alias.hosted_zone_id != zone_id
    }
    return aliases | {
        outside_key(endpoint.target.text, found.type)
        for found in record_sets
        if found.traffic_policy_instance_id is not None
        for endpoint in trees[found.traffic_policy_instance_id].used_endpoints
        if endpoint.target is not None
    }
