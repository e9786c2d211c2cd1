"""What the last values of a feed say of health checks, for those who read its file beside the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from meridian.clock import Clock
from meridian.errors import NoSuchHealthCheck
from meridian.feed.health import (
    CHECKS,
    REPORTS,
    Definition,
    block_of,
    checks_block,
    checks_key,
    decode_block,
    decode_report,
)
from meridian.feed.local import LastValues
from meridian.health import memory
from meridian.health.board import Board


def unhealthy(values: LastValues, clock: Clock, quorum: float, file: Path) -> set[int]:
    """
    The slots of all checks that are not healthy, by a vote on the last reports.

    Args:
        quorum: The share of healthy votes that has to be exceeded (R-HCA-1).
        file: What the edge beside it remembers; it may be missing.
    """
    board = Board(clock, quorum)
    board.remember(memory.read(file))
    blocks = {checks_block(key): decode_block(octets).checks for key, octets in _all(values, CHECKS)}
    reports = {key: decode_report(octets) for key, octets in _all(values, REPORTS)}
    board.restore(blocks, reports)
    return board.unhealthy()


class Checks:
    """Finds the ids of health checks by their slots, and the other way round."""

    def __init__(self, values: LastValues) -> None:
        self._values = values

    def id(self, slot: int) -> str | None:
        """The id of the check in a slot; None: there is none, it was deleted."""
        found = self._values.get(checks_key(block_of(slot)))
        checks: tuple[Definition, ...] = () if found is None else decode_block(found[0]).checks
        return next((check.id for check in checks if check.slot == slot), None)

    def slot(self, check_id: str) -> int:
        """
        The slot of a check.

        Raises:
            NoSuchHealthCheck: The feed knows none with this id.
        """
        for _, octets in _all(self._values, CHECKS):
            for check in decode_block(octets).checks:
                if check.id == check_id:
                    return check.slot
        raise NoSuchHealthCheck(check_id)


def _all(values: LastValues, prefix: str) -> Iterator[tuple[str, bytes]]:
    for key in values.keys(prefix):
        found = values.get(key)
        if found is not None:
            yield key, found[0]
