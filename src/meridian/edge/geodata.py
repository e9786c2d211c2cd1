"""Geolocation data: a file beside the edge, put in force when it is installed or changes (R-GEO-10)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

import structlog

log = structlog.get_logger()

_LOOK_EVERY = 2.0  # seconds between looks at the file


class Serving(Protocol):
    """What of `meridian._engine.Engine` is used here."""

    def set_place(self, kind: str, data: bytes) -> None:
        """Put a table of places in force; no octets: it is gone."""
        ...


class GeoFile:
    """
    Keeps the engine's geolocation table that of a file.

    A file that cannot be used is logged once, and the table in force stays.

    Args:
        file: Replaced as a whole when it changes; it may be missing.
    """

    def __init__(self, file: Path, engine: Serving) -> None:
        self._file = file
        self._engine = engine
        self._seen: tuple[int, int, int] | None = None

    async def run(self) -> None:
        """Look at the file again and again, until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(_LOOK_EVERY)

    def look(self) -> bool:
        """Load the file if it is another than the one seen last; tell whether a table was put in force."""
        now = identity(self._file)
        if now == self._seen:
            return False
        self._seen = now
        try:
            self._engine.set_place("geo", b"" if now is None else self._file.read_bytes())
        except (OSError, ValueError) as error:
            log.error("geodata.load_failed", file=str(self._file), reason=str(error))
            return False
        log.info("geodata.served", file=str(self._file), octets=0 if now is None else now[2])
        return True


def identity(file: Path) -> tuple[int, int, int] | None:
    """What another file in the same place differs in: inode, time and size; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
