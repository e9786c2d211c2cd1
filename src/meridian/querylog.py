"""
Query logs: from the engine's lines to files, standard output and syslog (R-LOG-2 to R-LOG-4).

    engine ─ lines by log group ─▶ QueryLog ─▶ the sink of the group ─▶ file | stdout | syslog

The engine waits for nobody: while a sink is slow its lines are lost beyond a bound, and counted.
"""

from __future__ import annotations

import asyncio
import logging.handlers
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import structlog

from meridian.errors import SettingsError
from meridian.settings import Settings, split_address

log = structlog.get_logger()

EVERY = 0.1  # seconds between looks for new lines: the engine holds those of a busy second
_COMPLAIN_EVERY = 60.0  # seconds between two complaints about the same sink


class Sink(Protocol):
    """Where the lines of log groups go. Calls may block; they come from one thread at a time."""

    def write(self, group: str, lines: bytes) -> None:
        """
        Write whole lines.

        Raises:
            OSError: They could not be written.
        """
        ...

    def reopen(self) -> None:
        """Begin anew: something else has moved the files away."""
        ...


class Files:
    """
    A file for each log group, or one for all.

    Args:
        path: The file of a group.
        most: Octets of a file, after which it is moved to `….1`, that one to `….2` and so on; 0: no limit.
        kept: How many of the moved files stay.
    """

    def __init__(self, path: Callable[[str], Path], most: int, kept: int) -> None:
        self._path = path
        self._most = most
        self._kept = kept
        self._open: dict[Path, BinaryIO] = {}

    def write(self, group: str, lines: bytes) -> None:
        """Append to the file of the group; rotate before a file would grow too large."""
        path = self._path(group)
        file = self._open.get(path) or self._begin(path)
        if self._most and file.tell() and file.tell() + len(lines) > self._most:
            self._open.pop(path).close()
            self._rotate(path)
            file = self._begin(path)
        file.write(lines)

    def reopen(self) -> None:
        """Close all files; the next line opens its own again."""
        while self._open:
            self._open.popitem()[1].close()

    def _begin(self, path: Path) -> BinaryIO:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: lines come in heaps already, and a reader sees what has been written.
        file = self._open[path] = path.open("ab", buffering=0)
        return file

    def _rotate(self, path: Path) -> None:
        numbered = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, self._kept + 1))]
        for older, newer in zip(reversed(numbered), reversed(numbered[:-1]), strict=False):
            if newer.exists():
                newer.replace(older)
        if not self._kept:
            path.unlink()


class Stdout:
    """Standard output; the log of the program itself goes to standard error."""

    def write(self, group: str, lines: bytes) -> None:
        """Write and flush."""
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()

    def reopen(self) -> None:
        """Nothing to do."""


class Syslog:
    """
    A syslog daemon, one message a line, facility `daemon`, severity `info`.

    Args:
        address: The path of its socket, or host and port for UDP.
    """

    def __init__(self, address: str | tuple[str, int]) -> None:
        self._address = address
        self._handler: _Handler | None = None

    def write(self, group: str, lines: bytes) -> None:
        """Send each line; a daemon that was away is looked for again."""
        if self._handler is None:
            self._handler = _Handler(self._address, facility=logging.handlers.SysLogHandler.LOG_DAEMON)
            self._handler.ident = f"meridian[{os.getpid()}]: "
        for line in lines.decode("ascii").splitlines():
            self._handler.emit(logging.makeLogRecord({"msg": line, "levelno": logging.INFO, "levelname": "INFO"}))

    def reopen(self) -> None:
        """Connect anew with the next line."""
        if self._handler is not None:
            self._handler.close()
            self._handler = None


class _Handler(logging.handlers.SysLogHandler):
    """Raises what goes wrong, in place of a traceback on standard error."""

    append_nul = False  # as RFC 5424 daemons have it; a NUL would stand at the end of each line

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exception()
        if error is not None:
            raise error


class Route(NamedTuple):
    """Log groups whose names fit the pattern (`*` for any characters) go to this sink."""

    pattern: str
    sink: Sink


def routes(settings: Settings) -> list[Route]:
    """
    Read `query_log`: PATTERN=SINK, the first that fits decides.

    Raises:
        SettingsError: Something is not PATTERN=SINK; says what a sink is.
    """
    return [_route(text, settings) for text in settings.query_log]


def _route(text: str, settings: Settings) -> Route:
    pattern, is_given, sink = text.partition("=")
    kind, _, value = sink.partition(":")
    if not pattern or not is_given or (kind == "stdout" and value):
        kind = ""
    match kind:
        case "file":
            return Route(pattern, Files(_path(value, settings), settings.query_log_octets, settings.query_log_files))
        case "stdout":
            return Route(pattern, Stdout())
        case "syslog":
            return Route(pattern, Syslog(_syslog_address(value)))
    raise SettingsError(
        f"query_log: '{text}' is not PATTERN=SINK, such as *=file, /aws/route53/*=file:/var/log/queries.log, "
        "*=stdout, *=syslog or *=syslog:192.0.2.1:514"
    )


def _path(value: str, settings: Settings) -> Callable[[str], Path]:
    """The file that was given, or one for each group in the data folder."""
    if value:
        return lambda _: Path(value)
    folder = Path(settings.data_dir) / "query-logs"
    return lambda group: folder / file_name(group)


def file_name(group: str) -> str:
    """
    The file of a log group, below the folder of all: `/aws/route53/example.com` is `aws/route53/example.com.log`.

    Parts of a name that would lead elsewhere are left out; no two groups that differ in more share a file.
    """
    parts = [part for part in group.split("/") if part not in ("", ".", "..")]
    return "/".join(parts or ["default"]) + ".log"


def _syslog_address(value: str) -> str | tuple[str, int]:
    if not value:
        return "/dev/log"
    return value if value.startswith("/") else split_address(value, "query_log")


class QueryLog:
    """
    Passes lines on.

    Args:
        drain: Takes what has come together, by log group (`Engine.drain_log`).
        now: Seconds of a clock that does not go back.

    Attributes:
        unwritten: Lines that a sink did not take, or that no pattern had a sink for.
    """

    def __init__(
        self, drain: Callable[[], Mapping[str, bytes]], routes: Sequence[Route], now: Callable[[], float]
    ) -> None:
        self.unwritten = 0
        self._drain = drain
        self._routes = routes
        self._now = now
        self._complained: dict[str, float] = {}
        self._sinks: dict[str, Sink | None] = {}
        self._anew = False

    async def run(self) -> None:
        """Pass lines on until cancelled."""
        while True:
            lines = self._drain()
            if lines or self._anew:
                await asyncio.to_thread(self.write, lines)
            await asyncio.sleep(EVERY)

    def finish(self) -> None:
        """Pass on what came last, when nothing more comes."""
        self.write(self._drain())
        for route in self._routes:
            route.sink.reopen()

    def reopen(self) -> None:
        """Have every sink begin anew, before the next line."""
        self._anew = True

    def write(self, lines: Mapping[str, bytes]) -> None:
        """Write lines to their sinks. What goes wrong is logged and counted: a full disk stops nothing else."""
        if self._anew:
            self._anew = False
            for route in self._routes:
                route.sink.reopen()
        for group, text in lines.items():
            try:
                sink = self._sink(group)
                if sink is not None:
                    sink.write(group, text)
                    continue
                reason = "no pattern of query_log fits"
            except OSError as error:
                reason = str(error)
            self.unwritten += text.count(b"\n")
            self._complain(group, reason)

    def _sink(self, group: str) -> Sink | None:
        if group not in self._sinks:
            fits = (route.sink for route in self._routes if fnmatchcase(group, route.pattern))
            self._sinks[group] = next(fits, None)
        return self._sinks[group]

    def _complain(self, group: str, reason: str) -> None:
        if self._now() - self._complained.get(group, -_COMPLAIN_EVERY) >= _COMPLAIN_EVERY:
            self._complained[group] = self._now()
            log.error("query_log.unwritten", group=group, reason=reason, lines=self.unwritten)
