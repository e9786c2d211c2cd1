"""
`GET /metrics`: health checks, the edge of this process and the process itself, as Prometheus reads them (R-HCM-2).

The metrics of checks have the meaning of Route 53's in CloudWatch (R-HCM-1); those that have no
counterpart there begin with `meridian_`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from statistics import fmean
from typing import NamedTuple

import dns.name
import dns.rdatatype
import structlog
from prometheus_client import PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from meridian.feed.health import Definition, Observation
from meridian.health.checker import Statistics
from meridian.health.state import State
from meridian.notify.watch import Watch
from meridian.notify.webhook import shown
from meridian.store import health_event, tag, webhook
from meridian.store.database import Database

PATH = "/metrics"

log = structlog.get_logger()

Checks = Sequence[tuple[Definition, State]]
Source = Callable[[], Awaitable[Iterable[Metric]]]

_PLAIN = ("HTTP", "HTTP_STR_MATCH", "TCP")
_TLS = ("HTTPS", "HTTPS_STR_MATCH")
_HTTP = ("HTTP", "HTTP_STR_MATCH", *_TLS)


class _Latency(NamedTuple):
    """A latency in milliseconds, of checks of these types that measure it (R-HCM-1)."""

    name: str
    help: str
    types: tuple[str, ...]
    value: Callable[[Observation], float | None]


_LATENCIES = (
    _Latency("connection_time", "Time until the TCP connection stood", _PLAIN, lambda seen: seen.connect_ms),
    _Latency("ssl_handshake_time", "Time for the TLS handshake", _TLS, lambda seen: seen.tls_ms),
    _Latency("time_to_first_byte", "Time until the first octet of the reply", _HTTP, lambda seen: seen.first_byte_ms),
)


class Stored(NamedTuple):
    """
    What the database says.

    Attributes:
        names: Of checks, by id (R-HCU-10).
        pending: Events that each webhook has still to be told of.
    """

    names: Mapping[str, str]
    pending: Mapping[str, int]


class Counted(NamedTuple):
    """
    What an edge has counted since its start.

    Attributes:
        counters: By name.
        types: Questions by type number; None stands for all types without a count of their own.
        zones: The busiest zones, most first: id, name in wire form, questions.
    """

    counters: Mapping[str, int]
    types: Mapping[int | None, int] = {}
    zones: Sequence[tuple[str, bytes, int]] = ()


class Beside(NamedTuple):
    """
    What else runs in this process and can be asked how it does; None where it does not run here.

    Attributes:
        edge: What the edge has counted.
        statistics: Of the checker.
    """

    edge: Callable[[], Counted] | None = None
    statistics: Callable[[], Statistics] | None = None


class Metrics:
    """
    Answers requests for metrics.

    Args:
        allowed: Who may ask.
        beside: What runs in this process.
    """

    def __init__(self, allowed: Sequence[IPv4Network | IPv6Network], beside: Beside) -> None:
        self.beside = beside
        self._allowed = allowed
        self._process = (ProcessCollector(registry=None), PlatformCollector(registry=None))
        self._sources: list[Source] = []

    def add(self, source: Source) -> None:
        """Tell what this source knows as well, before all else."""
        self._sources.append(source)

    async def answer(self, request: Request) -> Response:
        """Answer a request, as text or as OpenMetrics; 403 for those who may not ask."""
        if not self._may_ask(request):
            return PlainTextResponse("This address may not read metrics: see the setting metrics_allow.\n", 403)
        families = [family for source in self._sources for family in await source()]
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        text = await asyncio.to_thread(lambda: encode(_Collected([*families, *self._own()])))
        return Response(text, headers={"Content-Type": content_type})

    def application(self) -> Starlette:
        """The same on an address of its own."""
        return Starlette(routes=[Route(PATH, self.answer)])

    def _may_ask(self, request: Request) -> bool:
        try:
            address = ip_address("" if request.client is None else request.client.host)
        except ValueError:  # such as a proxy may say in X-Forwarded-For
            return False
        address = getattr(address, "ipv4_mapped", None) or address  # as a socket for both families shows IPv4
        return any(address.version == block.version and address in block for block in self._allowed)

    def _own(self) -> Iterator[Metric]:
        """What is known of this process."""
        if self.beside.statistics is not None:
            yield from checker_families(self.beside.statistics())
        if self.beside.edge is not None:
            yield from edge_families(self.beside.edge())
        for collector in self._process:
            yield from collector.collect()


class Control:
    """What control knows: checks, and how far webhooks are behind."""

    def __init__(self, watch: Watch, database: Database, webhooks: Sequence[str]) -> None:
        self._watch = watch
        self._database = database
        self._webhooks = webhooks

    async def families(self) -> list[Metric]:
        """All of it."""
        checks = [each async for each in self._watch.all()]
        stored = await asyncio.to_thread(self._read)
        return [*check_families(checks, stored.names), *webhook_families(stored.pending)]

    def _read(self) -> Stored:
        """A database that is away takes only its own part with it."""
        try:
            with self._database.read() as conn:
                newest = health_event.newest(conn)
                pending: dict[str, int] = {}
                for url in self._webhooks:
                    told = webhook.delivered(conn, url)
                    if told is not None:
                        pending[shown(url)] = max(newest - told, pending.get(shown(url), 0))
                return Stored(tag.values(conn, "healthcheck", "Name"), pending)
        except Exception as error:
            log.warning("metrics.database_unread", reason=repr(error))
            return Stored({}, {})


class _Collected(NamedTuple):
    """Metrics as an encoder asks for them."""

    families: Sequence[Metric]

    def collect(self) -> Sequence[Metric]:
        return self.families


def check_families(checks: Checks, names: Mapping[str, str]) -> Iterator[Metric]:
    """The metrics of checks; those that have none of a kind are left out."""
    info = InfoMetricFamily("r53_health_check", "What a health check is called, and of which type it is", labels=["id"])
    for definition, _ in checks:
        info.add_metric([definition.id], {"name": names.get(definition.id, ""), "type": definition.config.type})
    yield info
    yield _gauge("r53_health_check_status", "1: healthy, 0: unhealthy; what is in force", _statuses(checks))
    yield _gauge(
        "r53_health_check_percentage_healthy", "Percentage of checkers that see the endpoint healthy", _shares(checks)
    )
    yield _gauge(
        "r53_child_health_check_healthy_count", "Healthy children of a calculated check", _healthy_children(checks)
    )
    for latency in _LATENCIES:
        yield _latency_family(latency, checks)
    yield _gauge(
        "meridian_health_check_seen",
        "0: nobody who counts reports on it, and the last status stays",
        ((definition.id, float(state.seen)) for definition, state in checks),
    )
    yield _gauge(
        "meridian_health_check_overridden",
        "1: an operator's word is in force",
        ((definition.id, float(state.override is not None)) for definition, state in checks),
    )
    yield _checker_family(checks)


# What the engine counts of queries and replies, by the names that Prometheus shows as labels.
_TRANSPORTS = {"queries_udp": "udp", "queries_tcp": "tcp"}
_REPLIES = {
    "answers": ("NOERROR", "answer"),
    "no_data": ("NOERROR", "no data"),
    "referrals": ("NOERROR", "referral"),
    "name_errors": ("NXDOMAIN", ""),
    "refused": ("REFUSED", ""),
    "format_errors": ("FORMERR", ""),
    "not_implemented": ("NOTIMP", ""),
    "bad_versions": ("BADVERS", ""),
    "bad_cookies": ("BADCOOKIE", ""),
    "server_failures": ("SERVFAIL", ""),
}


def edge_families(counted: Counted) -> Iterator[Metric]:
    """What the edge of this process has counted since its start."""
    queries = CounterMetricFamily("meridian_dns_queries", "Packets that were looked at", labels=["transport"])
    replies = CounterMetricFamily("meridian_dns_replies", "Replies that were made", labels=["rcode", "kind"])
    others = []
    for name, value in counted.counters.items():
        if name in _TRANSPORTS:
            queries.add_metric([_TRANSPORTS[name]], value)
        elif name in _REPLIES:
            replies.add_metric(_REPLIES[name], value)
        else:
            text = f"The engine's counter {name}"
            others.append(CounterMetricFamily(f"meridian_dns_{name}", text, value=value))
    types = CounterMetricFamily("meridian_dns_questions", "Questions that were understood", labels=["type"])
    for rtype, count in counted.types.items():
        types.add_metric(["other" if rtype is None else dns.rdatatype.to_text(dns.rdatatype.RdataType(rtype))], count)
    zones = CounterMetricFamily(
        "meridian_dns_zone_questions", "Questions for the busiest zones", labels=["zone_id", "zone"]
    )
    for zone_id, wire, count in counted.zones:
        zones.add_metric([zone_id, dns.name.from_wire(wire, 0)[0].to_text()], count)
    yield from (queries, replies, types, zones, *others)


def checker_families(statistics: Statistics) -> Iterator[Metric]:
    """How the checker of this process does."""
    yield GaugeMetricFamily("meridian_checker_checks", "Checks that it looks at", value=statistics.checks)
    yield GaugeMetricFamily("meridian_checker_under_way", "Looks that go on now", value=statistics.under_way)
    yield GaugeMetricFamily(
        "meridian_checker_waiting", "Looks that are due, and wait for others", value=statistics.waiting
    )
    yield CounterMetricFamily("meridian_checker_looks", "Looks that have ended", value=statistics.looks)
    yield CounterMetricFamily(
        "meridian_checker_failures", "Looks that saw the endpoint fail", value=statistics.failures
    )
    yield CounterMetricFamily(
        "meridian_checker_unseen", "Looks that saw nothing, by our own fault", value=statistics.unseen
    )
    yield CounterMetricFamily("meridian_checker_late", "Looks that started late", value=statistics.late)


def webhook_families(pending: Mapping[str, int]) -> Iterator[Metric]:
    """How far webhooks are behind."""
    family = GaugeMetricFamily(
        "meridian_webhook_pending_events", "Events that the webhook has still to be told of", labels=["webhook"]
    )
    for name, number in pending.items():
        family.add_metric([name], number)
    yield family


def _statuses(checks: Checks) -> Iterator[tuple[str, float]]:
    return ((definition.id, float(state.healthy)) for definition, state in checks)


def _shares(checks: Checks) -> Iterator[tuple[str, float]]:
    for definition, state in checks:
        if definition.config.probes and not definition.config.disabled and state.counted:
            yield definition.id, 100 * state.healthy_count / state.counted


def _healthy_children(checks: Checks) -> Iterator[tuple[str, float]]:
    for definition, state in checks:
        if definition.config.type == "CALCULATED" and not definition.config.disabled:
            yield definition.id, state.healthy_count


def _gauge(name: str, text: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["id"])
    for check_id, value in values:
        family.add_metric([check_id], value)
    return family


def _latency_family(latency: _Latency, checks: Checks) -> Metric:
    """The mean of a region's checkers, for each check that measures latency."""
    name = f"r53_health_check_{latency.name}_milliseconds"
    family = GaugeMetricFamily(name, f"{latency.help}, in the last probe", labels=["id", "region"])
    for definition, state in checks:
        if definition.config.measure_latency and definition.config.type in latency.types:
            for region, values in _by_region(latency, state).items():
                family.add_metric([definition.id, region], fmean(values))
    return family


def _by_region(latency: _Latency, state: State) -> dict[str, list[float]]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for vote in state.votes:
        value = latency.value(vote.observation)
        if vote.counted and value is not None:
            found[vote.region].append(value)
    return found


def _checker_family(checks: Checks) -> Metric:
    """How long ago each checker reported last, on whatever check."""
    ages: dict[str, float] = {}
    for _, state in checks:
        for vote in state.votes:
            ages[vote.checker] = min(vote.age, ages.get(vote.checker, vote.age))
    family = GaugeMetricFamily(
        "meridian_checker_report_age_seconds", "Time since the checker's last report arrived here", labels=["checker"]
    )
    for checker, age in sorted(ages.items()):
        family.add_metric([checker], age)
    return family
