"""
The control role: the API, and what makes the feed say what the database says.

    API ─ database ─commit─▶ publisher ─▶ feed      sync ◀─ feed
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import structlog
from starlette.routing import Route

from meridian import console
from meridian._engine import Engine
from meridian.api.context import Context
from meridian.api.operations import OPERATIONS
from meridian.api.operations.overview import Counted, Edge, Geodata, Watched
from meridian.api.operations.own import calls
from meridian.api.server import build_app
from meridian.api.tls import Certificate
from meridian.clock import Clock
from meridian.connect import subnets
from meridian.connect.connector import Connector
from meridian.errors import SettingsError
from meridian.explain import Explainer, apart, beside
from meridian.feed.feed import Feed
from meridian.feed.jetstream import JetstreamFeed
from meridian.feed.keys import Ack, Counts
from meridian.feed.local import FEED_FILE, LastValues
from meridian.feed.turns import forever
from meridian.health.sources import Sources
from meridian.http_server import HttpServer
from meridian.model import target
from meridian.model.account import Credential
from meridian.model.alias_service import services
from meridian.model.secondary import secondaries
from meridian.model.view import views
from meridian.notify import watch
from meridian.notify.metrics import PATH as METRICS_PATH
from meridian.notify.metrics import Control as ControlMetrics
from meridian.notify.metrics import Metrics
from meridian.notify.tail import Tail
from meridian.notify.watch import Watch
from meridian.notify.webhook import Webhooks, read_secret
from meridian.parts import Part
from meridian.place import install, latency, prior, samples, table
from meridian.place.atlas import Atlas
from meridian.place.coordinates import places
from meridian.place.locations import continent_of
from meridian.place.views import encode as encode_views
from meridian.publish import moved
from meridian.publish.counts import EdgeCounts
from meridian.publish.health import HealthPublisher
from meridian.publish.place import PlacePublisher
from meridian.publish.publisher import Publisher
from meridian.publish.sync import LIVE_FOR, Sync
from meridian.resolve.resolver import Resolver, servers
from meridian.settings import Settings
from meridian.store import account, audit, session
from meridian.store.database import Database, open_database

log = structlog.get_logger()

_PRUNE_SECONDS = 3600.0
_INSYNC_SECONDS = 0.5  # how long GetChange waits for a change that is on its way


async def build_control(
    settings: Settings,
    feed: Feed,
    remote: JetstreamFeed | None,
    clock: Clock,
    engine: Engine | None,
    metrics: Metrics,
    listener: socket.socket,
    open_parts: ExitStack,
    parts: list[Part],
    on_first_key: Callable[[Credential, str], None],
) -> str:
    """
    Add the API, the publisher and sync; give the API's URL.

    Args:
        engine: The engine of this process, if it is an edge as well.
        metrics: What is told of this process, to which what control knows is added.
        listener: Where the API takes its connections.
    """
    target.read(settings.private_targets)  # so that a mistake in it is told now
    database = open_database(settings)
    open_parts.callback(database.close)
    first = account.first_key(database, clock.now())
    if first is not None:
        on_first_key(first, _first_password(database, first))
    moved.follow(database, places(settings))
    # What control does rests on what is, not on a copy that may be a moment old.
    fed = feed if remote is None else remote
    sync = Sync(database, fed, clock)
    publisher = Publisher(database, fed, clock, sync.wake, places(settings), secondaries(settings))
    health, tail = await _build_watch(settings, feed, database, clock, parts)
    metrics.add(ControlMetrics(health, database, settings.webhooks).families)
    explainer = _build_explainer(settings, engine, health, open_parts)
    counts = EdgeCounts(feed)
    parts.append(Part(counts.run))
    watched = Watched(partial(_edges, sync, counts, clock), partial(_geodata, settings))
    certificate = _certificate(settings, parts)
    server = _build_api(settings, database, clock, sync, explainer, health, tail, metrics, watched, certificate)

    def end_api() -> None:
        tail.end()  # streams of events would hold the server up
        server.end()

    parts.append(Part(partial(server.serve, [listener]), end_api))
    if settings.audit_days:
        parts.append(Part(partial(forever, partial(_forget_old_changes, database, clock, settings.audit_days))))
    seen_by = encode_views(views(settings).values(), places(settings).regions)
    place_publisher = PlacePublisher(database, fed, partial(latency_table, settings, clock), sync.wake, seen_by)
    connector = _connector(settings, database, fed, clock)
    filling = [publisher.run, place_publisher.run, HealthPublisher(database, fed).run, sync.run, connector.run]
    if remote is None:
        parts.extend(map(Part, filling))
    else:
        parts.append(Part(partial(remote.fill, *filling)))
        parts.append(Part(partial(forever, remote.keep_house)))
    return settings.base_url


def _edges(sync: Sync, counts: EdgeCounts, clock: Clock) -> list[Edge]:
    now, counted = clock.now().timestamp(), counts.said()

    def edge(ack: Ack) -> Edge:
        live = now - ack.at < LIVE_FOR
        return Edge(ack.edge, ack.at, ack.started_at, live, ack.catalogs, ack.failed, _counted(counted.get(ack.edge)))

    return list(map(edge, sync.said()))


def _counted(counts: Counts | None) -> Counted | None:
    return None if counts is None else Counted(counts.at, counts.counters, counts.types, counts.zones)


def _geodata(settings: Settings) -> Geodata | None:
    found = table.about(Path(settings.data_dir) / "place" / install.FILE)
    return None if found is None else Geodata(found.source, found.date, found.attribution, found.networks)


def _first_password(database: Database, owner: Credential) -> str:
    """Let the first user sign in to the console."""
    password = session.new_password()
    with database.write() as conn:
        session.set_password(conn, owner.account_id, owner.user, password)
    return password


def _build_explainer(settings: Settings, engine: Engine | None, health: Watch, open_parts: ExitStack) -> Explainer:
    """What explains answers: by the engine that gives them, or by one of its own where none does here."""
    values = LastValues(Path(settings.data_dir) / FEED_FILE)
    open_parts.callback(values.close)
    return apart(settings, values, health.unhealthy) if engine is None else beside(settings, engine, values)


async def _build_watch(
    settings: Settings, feed: Feed, database: Database, clock: Clock, parts: list[Part]
) -> tuple[Watch, Tail]:
    """Add what follows the health of checks, with the feed's last values already, and what tells of it."""
    folder = Path(settings.data_dir)
    kept = timedelta(days=settings.health_history_days)
    health = Watch(feed, database, clock, quorum=settings.health_quorum, kept=kept, file=folder / watch.MEMORY)
    await health.load()
    tail = Tail(database)
    parts.append(Part(health.run))
    parts.append(Part(tail.run))
    keys = list(map(read_secret, settings.webhook_secrets))
    if settings.webhooks:
        name = f"{socket.gethostname()}:{folder.absolute()}"
        parts.append(Part(Webhooks(database, tail, clock, settings.webhooks, keys, name).run))
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


def _build_api(
    settings: Settings,
    database: Database,
    clock: Clock,
    sync: Sync,
    explainer: Explainer,
    health: Watch,
    tail: Tail,
    metrics: Metrics,
    watched: Watched,
    certificate: Certificate | None,
) -> HttpServer:
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

    def get_instance(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        """The same for a policy record that is being created or updated."""
        return sync.wait_for(
            lambda: OPERATIONS["GetTrafficPolicyInstance"](context, request),
            lambda reply: reply["TrafficPolicyInstance"]["State"] not in ("Creating", "Updating"),
            _INSYNC_SECONDS,
        )

    application = build_app(
        operations={**OPERATIONS, "GetChange": get_change, "GetTrafficPolicyInstance": get_instance},
        database=database,
        settings=settings,
        clock=clock,
        find_secret=find_secret,
        service=explainer,
        states_of=health.states_of,
        checkers=health.checkers,
        metric_rule=Sources(settings, clock).rule,
        extra_routes=[Route(METRICS_PATH, metrics.answer), *console.routes()],
        native=calls(tail, continent_of, Atlas(settings), watched),
    )
    return HttpServer(application, None if certificate is None else lambda: certificate.context)


def _certificate(settings: Settings, parts: list[Part]) -> Certificate | None:
    """Add what follows the API's certificate; None where there is to be none."""
    if not settings.tls_certificate:
        return None
    certificate = Certificate(Path(settings.tls_certificate), Path(settings.tls_key or settings.tls_certificate))
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, certificate.wake)
    parts.append(Part(certificate.run))
    return certificate


async def _forget_old_changes(database: Database, clock: Clock, days: int) -> None:
    """Keep the audit trail to so many days, until cancelled."""

    def forget() -> int:
        with database.write() as conn:
            return audit.prune(conn, clock.now() - timedelta(days=days))

    while True:
        count = await asyncio.to_thread(forget)
        if count:
            log.info("audit.pruned", events=count)
        await asyncio.sleep(_PRUNE_SECONDS)
