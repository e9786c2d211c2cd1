"""
What a board remembers across restarts: one small file.

The feed holds what was last reported. What that had come to before it fell silent, before the check
was changed, or before a metric ran out of data, stands nowhere but here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from meridian.feed.waiting import news_within
from meridian.health.board import Board, Remembered

log = structlog.get_logger()

_REMEMBER_EVERY = 60.0  # seconds, when nothing flips
_PAUSE = 1.0  # seconds between two writings at least
_decode = msgspec.json.Decoder(list[Remembered]).decode


def read(file: Path) -> list[Remembered]:
    """What was written last; nothing if there is no file, or none that can be read."""
    try:
        return _decode(file.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        log.warning("health.not_remembered", file=str(file), reason=f"{type(error).__name__}: {error}")
        return []


def write(file: Path, statuses: Sequence[Remembered]) -> None:
    """
    Keep statuses in place of those before; a reader finds the old ones or the new ones.

    Raises:
        OSError: They cannot be written.
    """
    new = file.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(statuses))
    new.replace(file)


async def keep(file: Path, board: Board, news: asyncio.Event) -> None:
    """Write a board's statuses whenever there is news, and on a clock, until cancelled."""
    while True:
        await news_within(news, _REMEMBER_EVERY)
        news.clear()
        await asyncio.to_thread(write, file, board.statuses())
        await asyncio.sleep(_PAUSE)
