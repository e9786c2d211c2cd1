"""
The map: builds every part of the program and runs it.

    feed      file of last values ◀─ (bucket of NATS, past one machine)
    control   API ─ database ─commit─▶ publisher ─▶ feed      sync ◀─ feed
    edge      feed ─▶ agent ─▶ engine ─▶ DNS                  agent ─▶ feed

Roles decide which parts there are. All run in one `asyncio.TaskGroup`: if one fails, all end.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import structlog

from meridian import service_manager, telemetry
from meridian._engine import Engine
from meridian.clock import Clock, SystemClock
from meridian.control import build_control
from meridian.edge.agent import Agent
from meridian.edge.counts import CountsReporter
from meridian.edge.engine import new_engine, open_dnstap
from meridian.edge.geodata import GeoFile
from meridian.edge.health import MEMORY, HealthAgent
from meridian.edge.notifier import Notifier
from meridian.edge.outside import OutsideAgent
from meridian.errors import MeridianError, SettingsError
from meridian.feed.feed import Feed
from meridian.feed.jetstream import JetstreamFeed
from meridian.feed.keys import Counts
from meridian.feed.local import FEED_FILE, LocalFeed
from meridian.feed.mirror import Mirror
from meridian.health.checker import Checker
from meridian.health.descriptors import looks_at_once
from meridian.health.probe import Prober
from meridian.health.reporter import identity
from meridian.health.sources import Sources
from meridian.health.target import Targets
from meridian.http_server import HttpServer
from meridian.listening import listen_dns, listen_http
from meridian.model import target
from meridian.model.account import Credential
from meridian.model.health import ENDPOINT_TYPES
from meridian.model.secondary import secondaries
from meridian.notify.metrics import Beside, Counted, Metrics
from meridian.parts import Part
from meridian.place import install
from meridian.privileges import Privileges
from meridian.querylog import QueryLog, routes
from meridian.resolve.resolver import Resolver, servers
from meridian.settings import Settings

log = structlog.get_logger()

# New objects until Python looks for cycles among them. Compiling makes many objects and no cycle: with Python's own 700
# it took half of the time to look.
_COLLECT_EVERY = 10_000
_FIRST_VALUES_SECONDS = 5.0  # how long a process that has no values yet waits for them


class Started(NamedTuple):
    """
    Where the program can be reached.

    Attributes:
        api: URL of the API; None without the control role.
        dns: `udp://127.0.0.1:5300` and the like; empty without the edge role.
    """

    api: str | None
    dns: Sequence[str]


class _Edge(NamedTuple):
    """What answers, and what passes on the query logs of it."""

    engine: Engine
    query_log: QueryLog


def run(
    settings: Settings,
    *,
    on_first_key: Callable[[Credential, str], None],
    on_started: Callable[[Started], None],
) -> None:
    """
    Run the program until SIGINT or SIGTERM.

    Args:
        on_first_key: Called with the access key that is made on a database without accounts, and with its
            user's password for the console, before anything can fail.
        on_started: Called on the event loop when everything answers.

    Raises:
        MeridianError: Something the user can mend, such as an address in use.
    """
    telemetry.configure(settings.log_level, settings.log_format)
    gc.set_threshold(_COLLECT_EVERY)
    try:
        asyncio.run(_run(settings, on_first_key, on_started))
    except BaseExceptionGroup as group:
        known = group.subgroup(MeridianError)
        if known is None:
            raise
        raise _first(known) from None


async def _run(
    settings: Settings, on_first_key: Callable[[Credential, str], None], on_started: Callable[[Started], None]
) -> None:
    clock = SystemClock()
    stop = _stop_at_signals()
    with ExitStack() as open_parts:
        privileges = _lowered(settings)
        _claim_data_dir(settings, open_parts)
        async with _open_feed(settings, clock) as (feed, remote):
            parts: list[Part] = []
            api, dns = None, []
            edge = _new_edge(settings, clock) if "edge" in settings.roles else None
            engine = None if edge is None else edge.engine
            _reopen_at_hangup(edge)
            checker = build_checker(settings, feed, clock) if "checker" in settings.roles else None
            beside = Beside(
                None if edge is None else partial(_counted, settings, edge),
                None if checker is None else checker.statistics,
            )
            metrics = Metrics(settings.metrics_blocks, beside)
            if settings.metrics_listen:
                with privileges.raised():
                    listener = open_parts.enter_context(listen_http("metrics_listen", settings.metrics_listen))
                server = HttpServer(metrics.application())
                parts.append(Part(partial(server.serve, [listener]), server.end))
            if "control" in settings.roles:
                with privileges.raised():
                    listener = open_parts.enter_context(listen_http("api_listen", settings.api_listen))
                api = await build_control(
                    settings, feed, remote, clock, engine, metrics, listener, open_parts, parts, on_first_key
                )
            if edge is not None:
                await _build_edge(settings, feed, clock, edge, open_parts, parts)
                with privileges.raised():
                    dns = listen_dns(edge.engine, settings)
            privileges.drop()
            if checker is not None:
                parts.append(Part(checker.run))
            log.info("meridian.started", roles=",".join(settings.roles), api=api, dns=" ".join(dns))
            on_started(Started(api, dns))
            service_manager.tell("READY=1")
            await _run_parts(parts, stop)
    log.info("meridian.stopped")


@asynccontextmanager
async def _open_feed(settings: Settings, clock: Clock) -> AsyncIterator[tuple[Feed, JetstreamFeed | None]]:
    """
    The feed as this process reads it, from its own disk; and past one machine, the bucket that it follows.

    A process that has never seen the bucket waits a moment for its values.
    """
    local = LocalFeed(Path(settings.data_dir) / FEED_FILE)
    try:
        if not settings.feed:
            yield local, None
            return
        name = f"meridian {','.join(settings.roles)} {settings.edge_name or socket.gethostname()}"
        remote = JetstreamFeed(settings, name, clock, makes_bucket="control" in settings.roles)
        mirror = Mirror(remote, local, clock)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(part.run()) for part in (remote, mirror)]
            if await local.position() is None and "control" not in settings.roles:
                await mirror.caught_up(_FIRST_VALUES_SECONDS)
            yield mirror, remote
            for task in running:
                task.cancel()
    finally:
        local.close()


async def _run_parts(parts: Sequence[Part], stop: asyncio.Event) -> None:
    """Run all parts; once `stop` is set, first those that end by themselves, then the others."""
    async with asyncio.TaskGroup() as tasks:
        running = [(part, tasks.create_task(part.run())) for part in parts]
        await stop.wait()
        service_manager.tell("STOPPING=1")
        for part, task in running:
            if part.stop is not None:
                part.stop()
                await task
        for _, task in running:
            task.cancel()


def _new_edge(settings: Settings, clock: Clock) -> _Edge:
    engine = new_engine(settings)
    if settings.metrics_zones:
        engine.count_zones()
    return _Edge(engine, QueryLog(engine.drain_log, routes(settings), clock.monotonic))


async def _build_edge(
    settings: Settings, feed: Feed, clock: Clock, edge: _Edge, open_parts: ExitStack, parts: list[Part]
) -> None:
    """Add the engine's agents; from now on it can answer, from the feed's last values."""
    engine, query_log = edge
    outside = OutsideAgent(feed, engine)
    notifier = Notifier(secondaries(settings))
    agent = Agent(feed, engine, settings.edge_name or socket.gethostname(), clock, outside.hold, notifier.served)
    geodata = GeoFile(Path(settings.data_dir) / "place" / install.FILE, engine)
    geodata.look()
    health = HealthAgent(feed, engine, clock, settings.health_quorum, Path(settings.data_dir) / MEMORY)
    await agent.load()
    await outside.load()
    await health.load()
    open_parts.callback(query_log.finish)
    open_parts.callback(engine.stop)
    open_dnstap(engine, settings)
    counts = CountsReporter(feed, clock, partial(_counts, settings, edge, clock))
    parts.append(Part(query_log.run))
    parts.append(Part(counts.run))
    parts.append(Part(agent.run))
    parts.append(Part(geodata.run))
    parts.append(Part(outside.run))
    parts.append(Part(notifier.run))
    parts.append(Part(health.run))


def _counted(settings: Settings, edge: _Edge) -> Counted:
    engine, query_log = edge
    counters = {**engine.counters(), "query_log_unwritten": query_log.unwritten}
    return Counted(counters, engine.types(), engine.busiest(settings.metrics_zones))


def _counts(settings: Settings, edge: _Edge, clock: Clock) -> Counts:
    """What this edge tells control of it."""
    at = clock.now().timestamp()
    counters, types, zones = _counted(settings, edge)
    by_type = {number or 0: questions for number, questions in types.items()}
    by_zone = {zone_id: questions for zone_id, _, questions in zones}
    return Counts(settings.edge_name or socket.gethostname(), at, dict(counters), by_type, by_zone)


def _reopen_at_hangup(edge: _Edge | None) -> None:
    """At SIGHUP whoever rotates logs has moved files away; where there are none it ends nothing."""

    def reopen() -> None:
        if edge is not None:
            edge.query_log.reopen()
            edge.engine.reopen_dnstap()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reopen)


def build_checker(settings: Settings, feed: Feed, clock: Clock) -> Checker:
    """
    A checker as these settings have it.

    Raises:
        SettingsError: They cannot be; says why.
    """
    at_once = looks_at_once()
    resolver = Resolver(servers(settings.resolvers), at_once=at_once)
    targets = Targets(resolver, clock, target.read(settings.private_targets))
    looks = {
        **dict.fromkeys(ENDPOINT_TYPES, Prober(targets, clock).probe),
        "CLOUDWATCH_METRIC": Sources(settings, clock).look,
    }
    return Checker(feed, clock, identity(settings), looks, at_once=at_once)


def _lowered(settings: Settings) -> Privileges:
    """
    The process as the user that it is to be, root's rights in reserve, with a data folder of the user's.

    Raises:
        SettingsError: It cannot be that user.
    """
    privileges = Privileges(settings.user, settings.group)
    with suppress(OSError):  # Whoever claims the folder says what is wrong with it.
        privileges.own(Path(settings.data_dir))
    privileges.lower()
    return privileges


def _claim_data_dir(settings: Settings, open_parts: ExitStack) -> None:
    """
    Keep every other process of the same role out of the data folder, until this one ends.

    Raises:
        SettingsError: One is there already, or the folder cannot be made.
    """
    folder = Path(settings.data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Two processes that follow a bucket would write the same file of last values.
        for name in (*settings.roles, *(("feed",) if settings.feed else ())):
            lock = open_parts.enter_context((folder / f"{name}.lock").open("a+"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
    except BlockingIOError:
        raise SettingsError(
            f"data_dir: another meridian already uses {folder}; stop it, or choose another folder with data_dir"
        ) from None
    except OSError as error:
        raise SettingsError(f"data_dir: {folder}: {error.strerror}; choose another folder with data_dir") from None


def _stop_at_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _first(group: BaseExceptionGroup[MeridianError]) -> MeridianError:
    """The first error of a group."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
