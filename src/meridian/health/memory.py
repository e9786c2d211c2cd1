"""
What a board remembers across restarts: one small file.

The feed holds what was last reported. What that had come to before it fell silent, before the check
was changed, or before a metric ran out of data, stands nowhere but here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from meridian.health.board import Remembered

log = structlog.get_logger()

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
