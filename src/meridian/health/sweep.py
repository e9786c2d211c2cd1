"""
Takes away what checkers said last that are gone for good, such as one that was given another name.

Their votes do not count any more, but they are still shown, and waited for whenever results begin anew
(R-HCA-5). What nobody else reports on stays: without it an edge that starts would know nothing.
"""

from __future__ import annotations

import asyncio

import structlog

from meridian.feed.feed import Feed
from meridian.health.board import Board

log = structlog.get_logger()

_GONE_AFTER = 24 * 3600.0  # seconds without a word
_LOOK_EVERY = 600.0  # seconds


async def sweep(feed: Feed, board: Board) -> None:
    """Look for such reports once."""
    keys = board.abandoned(_GONE_AFTER)
    if keys:
        await feed.delete(*keys)
        log.info("reports.swept", keys=keys)


async def keep_swept(feed: Feed, board: Board) -> None:
    """Look for them on a clock, until cancelled; one place does it for all."""
    while True:
        await sweep(feed, board)
        await asyncio.sleep(_LOOK_EVERY)
