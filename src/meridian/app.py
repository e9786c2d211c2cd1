"""
The map: builds every part of the program and runs it.

    feed      file of last values ◀─ (bucket of NATS, past one machine)
    control   API ─ database ─commit─▶ publisher ─▶ feed      sync ◀─ feed
    edge      feed ─▶ agent ─▶ engine ─▶ DNS                  agent ─▶ feed

Roles decide which parts there are. All run in one `asyncio.TaskGroup`: if one fails, all end.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import structlog
import uvicorn
from starlette.routing import Route

from meridian import telemetry
from meridian._engine import Engine
from meridian.api.context import Context
from meridian.api.native import by_method
from meridian.api.operations import OPERATIONS, explain, replace
from meridian.api.operations.own import health_calls
from meridian.api.server import build_app
from meridian.clock import Clock, SystemClock
from meridian.connect import subnets
from meridian.connect.connector import Connector
from meridian.edge.agent import Agent
from meridian.edge.engine import new_engine
from meridian.edge.geodata import GeoFile
from meridian.edge.health import MEMORY, HealthAgent
from meridian.edge.outside import OutsideAgent
from meridian.errors import MeridianError, SettingsError
from meridian.explain import Explainer, apart, beside
from meridian.feed.feed import Feed
from meridian.feed.jetstream import JetstreamFeed
from meridian.feed.local import LastValues, LocalFeed
from meridian.feed.mirror import Mirror
from meridian.feed.turns import forever
from meridian.health.checker import Checker
from meridian.health.descriptors import looks_at_once
from meridian.health.probe import Prober
from meridian.health.reporter import identity
from meridian.health.sources import Sources
from meridian.health.target import Targets
from meridian.model import target
from meridian.model.account import Credential
from meridian.model.alias_service import services
from meridian.model.health import ENDPOINT_TYPES
from meridian.notify import watch
from meridian.notify.metrics import PATH as METRICS_PATH
from meridian.notify.metrics import Beside, Metrics
from meridian.notify.tail import Tail
from meridian.notify.watch import Watch
from meridian.notify.webhook import Webhooks, read_secret
from meridian.place import install, latency, prior, samples, table
from meridian.place.coordinates import places
from meridian.publish import moved
from meridian.publish.health import HealthPublisher
from meridian.publish.place import PlacePublisher
from meridian.publish.publisher import Publisher
from meridian.publish.sync import Sync
from meridian.resolve.resolver import Resolver, servers
from meridian.settings import Settings, split_address
from meridian.store import account
from meridian.store.database import Database

log = structlog.get_logger()

FEED_FILE = "feed.db"
_FIRST_VALUES_SECONDS = 5.0  # how long a process that has no values yet waits for them
_INSYNC_SECONDS = 0.5  # how long GetChange waits for a change that is on its way


class Started(NamedTuple):
    """
    Where the program can be reached.

    Attributes:
        api: URL of the API; None without the control role.
        dns: `udp://127.0.0.1:5300` and the like; empty without the edge role.
    """

    api: str | None
    dns: Sequence[str]


class _Part(NamedTuple):
    """Something that runs until it is cancelled, or until `stop` was called if it has one."""

    run: Callable[[], Coroutine[Any, Any, None]]
    stop: Callable[[], None] | None = None


def run(
    settings: Settings,
    *,
    on_first_key: Callable[[Credential], None],
    on_started: Callable[[Started], None],
) -> None:
    """
    Run the program until SIGINT or SIGTERM.

    Args:
        on_first_key: Called with the access key that is made on a database without accounts, before
            anything can fail.
        on_started: Called on the event loop when everything answers.

    Raises:
        MeridianError: Something the user can mend, such as an address in use.
    """
    telemetry.configure(settings.log_level, settings.log_format)
    try:
        asyncio.run(_run(settings, on_first_key, on_started))
    except BaseExceptionGroup as group:
        known = group.subgroup(MeridianError)
        if known is None:
            raise
        raise _first(known) from None


async def _run(
    settings: Settings, on_first_key: Callable[[Credential], None], on_started: Callable[[Started], None]
) -> None:
    clock = SystemClock()
    stop = _stop_at_signals()
    with ExitStack() as open_parts:
        _claim_data_dir(settings, open_parts)
        async with _open_feed(settings, clock) as (feed, remote):
            parts: list[_Part] = []
            api, dns = None, []
            engine = new_engine(settings) if "edge" in settings.roles else None
            checker = build_checker(settings, feed, clock) if "checker" in settings.roles else None
            if "control" in settings.roles:
                api = await _build_control(
                    settings, feed, remote, clock, engine, checker, open_parts, parts, on_first_key
                )
            if engine is not None:
                dns = await _build_edge(settings, feed, clock, engine, open_parts, parts)
            if checker is not None:
                parts.append(_Part(checker.run))
            log.info("meridian.started", roles=",".join(settings.roles), api=api, dns=" ".join(dns))
            on_started(Started(api, dns))
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


async def _run_parts(parts: Sequence[_Part], stop: asyncio.Event) -> None:
    """Run all parts; once `stop` is set, first those that end by themselves, then the others."""
    async with asyncio.TaskGroup() as tasks:
        running = [(part, tasks.create_task(part.run())) for part in parts]
        await stop.wait()
        for part, task in running:
            if part.stop is not None:
                part.stop()
                await task
        for _, task in running:
            task.cancel()


def _build_explainer(settings: Settings, engine: Engine | None, health: Watch, open_parts: ExitStack) -> Explainer:
    """What explains answers: by the engine that gives them, or by one of its own where none does here."""
    values = LastValues(Path(settings.data_dir) / FEED_FILE)
    open_parts.callback(values.close)
    return apart(settings, values, health.unhealthy) if engine is None else beside(settings, engine, values)


async def _build_control(
    settings: Settings,
    feed: Feed,
    remote: JetstreamFeed | None,
    clock: Clock,
    engine: Engine | None,
    checker: Checker | None,
    open_parts: ExitStack,
    parts: list[_Part],
    on_first_key: Callable[[Credential], None],
) -> str:
    """Add the API, the publisher and sync; give the API's URL."""
    target.read(settings.private_targets)  # so that a mistake in it is told now
    database = open_database(settings)
    open_parts.callback(database.close)
    first = account.first_key(database)
    if first is not None:
        on_first_key(first)
    moved.follow(database, places(settings))
    # What control does rests on what is, not on a copy that may be a moment old.
    fed = feed if remote is None else remote
    sync = Sync(database, fed, clock)
    publisher = Publisher(database, fed, clock, sync.wake, places(settings))
    health, tail = await _build_watch(settings, feed, database, clock, parts)
    beside = Beside(
        None if engine is None else engine.counters,
        None if checker is None else checker.statistics,
    )
    metrics = Metrics(health, database, settings.metrics_blocks, settings.webhooks, beside)
    explainer = _build_explainer(settings, engine, health, open_parts)
    server, listener = _build_api(settings, database, clock, sync, explainer, health, tail, metrics)
    open_parts.callback(listener.close)

    def end_api() -> None:
        tail.end()  # streams of events would hold the server up
        server.end()

    parts.append(_Part(partial(server.serve, [listener]), end_api))
    place_publisher = PlacePublisher(database, fed, partial(latency_table, settings, clock), sync.wake)
    connector = _connector(settings, database, fed, clock)
    filling = [publisher.run, place_publisher.run, HealthPublisher(database, fed).run, sync.run, connector.run]
    if remote is None:
        parts.extend(map(_Part, filling))
    else:
        parts.append(_Part(partial(remote.fill, *filling)))
        parts.append(_Part(partial(forever, remote.keep_house)))
    return settings.base_url


async def _build_watch(
    settings: Settings, feed: Feed, database: Database, clock: Clock, parts: list[_Part]
) -> tuple[Watch, Tail]:
    """Add what follows the health of checks, with the feed's last values already, and what tells of it."""
    folder = Path(settings.data_dir)
    kept = timedelta(days=settings.health_history_days)
    health = Watch(feed, database, clock, quorum=settings.health_quorum, kept=kept, file=folder / watch.MEMORY)
    await health.load()
    tail = Tail(database)
    parts.append(_Part(health.run))
    parts.append(_Part(tail.run))
    keys = list(map(read_secret, settings.webhook_secrets))
    if settings.webhooks:
        name = f"{socket.gethostname()}:{folder.absolute()}"
        parts.append(_Part(Webhooks(database, tail, clock, settings.webhooks, keys, name).run))
    return health, tail


def _connector(settings: Settings, database: Database, feed: Feed, clock: Clock) -> Connector:
    try:
        services(settings.alias_zone_ids)
    except ValueError as error:
        raise SettingsError(f"alias_zone_ids: {error}") from None
    resolver = Resolver(servers(settings.resolvers))
    return Connector(database, feed, clock, resolver, subnets.read(settings.resolver_subnets))


def latency_table(settings: Settings, clock: Clock) -> bytes:
    """
    The latency table for the engine: the prior, and what the sample files say (R-LAT-8, R-LAT-11).

    Raises:
        MeridianError: A sample file cannot be read; names the line.
    """
    regions = places(settings).regions
    if not settings.latency_samples:
        return latency.encode(regions, prior.default())
    samples_of = chain.from_iterable(samples.read(Path(file)) for file in settings.latency_samples)
    geo = install.current(Path(settings.data_dir) / "place") or table.empty()
    measured = latency.measure(
        samples_of,
        now=clock.now(),
        locate=lambda network: geo.find(network.network_address)[0],
        regions=regions,
        prior=prior.default(),
    )
    log.info("latency.measured", used=measured.used, ignored=dict(measured.ignored))
    return latency.encode(regions, prior.default(), measured)


def open_database(settings: Settings) -> Database:
    """
    Open the database of these settings, with its schema up to date.

    Raises:
        MeridianError: It cannot be opened; says why.
    """
    database = Database(settings.database_url)
    database.migrate()
    return database


def _build_api(
    settings: Settings,
    database: Database,
    clock: Clock,
    sync: Sync,
    explainer: Explainer,
    health: Watch,
    tail: Tail,
    metrics: Metrics,
) -> tuple[_Server, socket.socket]:
    def find_secret(access_key_id: str) -> Credential | None:
        with database.read() as conn:
            return account.find_credential(conn, access_key_id)

    def get_change(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        """Wait a moment for a change on its way, so that a client's first look finds it in sync."""
        return sync.wait_for(
            lambda: OPERATIONS["GetChange"](context, request),
            lambda reply: reply["ChangeInfo"]["Status"] == "INSYNC",
            _INSYNC_SECONDS,
        )

    application = build_app(
        operations={**OPERATIONS, "GetChange": get_change},
        database=database,
        settings=settings,
        clock=clock,
        find_secret=find_secret,
        service=explainer,
        states_of=health.states_of,
        checkers=health.checkers,
        metric_rule=Sources(settings, clock).rule,
        extra_routes=[Route(METRICS_PATH, metrics.answer)],
        native={**health_calls(tail), explain.PATH: explain.explain, replace.PATH: by_method(POST=replace.replace)},
    )
    config = uvicorn.Config(
        application,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    return _Server(config), _listen_api(settings)


class _Server(uvicorn.Server):
    """uvicorn, ended by us and not by signals of its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    def end(self) -> None:
        """Take no more requests, answer those under way, and end."""
        self.should_exit = True


def _listen_api(settings: Settings) -> socket.socket:
    host, port = split_address(settings.api_listen, "api_listen")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise _cannot_listen("api_listen", settings.api_listen, error) from None
    # asyncio sets this only on sockets that it has made; without it a reply's body waits for an ACK of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


async def _build_edge(
    settings: Settings, feed: Feed, clock: Clock, engine: Engine, open_parts: ExitStack, parts: list[_Part]
) -> list[str]:
    """Add the engine's agents; give the addresses where DNS is answered, from the feed's last values already."""
    outside = OutsideAgent(feed, engine)
    agent = Agent(feed, engine, settings.edge_name or socket.gethostname(), clock, outside.hold)
    geodata = GeoFile(Path(settings.data_dir) / "place" / install.FILE, engine)
    geodata.look()
    health = HealthAgent(feed, engine, clock, settings.health_quorum, Path(settings.data_dir) / MEMORY)
    await agent.load()
    await outside.load()
    await health.load()
    open_parts.callback(engine.stop)
    parts.append(_Part(agent.run))
    parts.append(_Part(geodata.run))
    parts.append(_Part(outside.run))
    parts.append(_Part(health.run))
    return _listen_dns(engine, settings)


def _listen_dns(engine: Engine, settings: Settings) -> list[str]:
    opened: list[str] = []
    for address in settings.dns_listen:
        try:
            opened += engine.listen([address], [address], threads=settings.dns_threads)
        except OSError as error:
            if split_address(address, "dns_listen")[0] == "::1" and _number(error) in _NO_IPV6:
                log.warning("dns.address_skipped", address=address, reason="this machine has no IPv6")
                continue
            raise _cannot_listen("dns_listen", address, error) from None
    return opened + _listen_xdp(engine, settings, opened)


def _listen_xdp(engine: Engine, settings: Settings, opened: list[str]) -> list[str]:
    addresses = [url.removeprefix("udp://") for url in opened if url.startswith("udp://")]
    try:
        return [engine.listen_xdp(interface, addresses, mode=settings.xdp_mode) for interface in settings.xdp]
    except OSError as error:
        raise SettingsError(f"xdp: {error}; or leave the setting out (docs/guides/xdp.md)") from None


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


_NO_IPV6 = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_REMEDIES = {
    errno.EADDRINUSE: "another program listens there: stop it, or choose another port with {key}",
    errno.EACCES: "ports below 1024 need the right to bind them (setcap cap_net_bind_service=+ep, or a service "
    "manager): give it, or choose a higher port with {key}",
    errno.EADDRNOTAVAIL: "no interface of this machine has this address: choose one that `ip address` shows with {key}",
}


def _cannot_listen(key: str, address: str, error: OSError) -> SettingsError:
    number = _number(error)
    remedy = _REMEDIES.get(number, "choose another address with {key}").format(key=key)
    return SettingsError(f"{key}: cannot listen on {address}: {os.strerror(number) if number else error}; {remedy}")


def _number(error: OSError) -> int:
    """The system's number for an error, 0 if unknown. The engine's errors have it only in their text."""
    found = re.search(r"\(os error (\d+)\)", str(error))
    return error.errno or (int(found[1]) if found else 0)


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
