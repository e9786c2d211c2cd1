"""Waiting for news, but not for ever."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def news_within(news: asyncio.Event, seconds: float) -> None:
    """
    Wait until `news` is set, `seconds` at the most.

    Not with `asyncio.wait_for`: up to Python 3.11 it loses a cancellation that comes in the same
    turn as the news, and the loop around it would never end.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await news.wait()
