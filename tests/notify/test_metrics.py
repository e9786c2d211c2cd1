from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request
from starlette.responses import Response

from meridian.feed.health import Definition, Observation
from meridian.health.checker import Statistics
from meridian.health.state import State, Vote
from meridian.model.health import CheckType, HealthCheck, HealthCheckConfig, Override
from meridian.notify.metrics import Beside, Control, Counted, Metrics, check_families
from meridian.notify.watch import Watch
from meridian.settings import Settings
from meridian.store import health_event, tag, webhook
from tests.notify.conftest import Feeding, Store

Samples = dict[tuple[str, tuple[str, ...]], float]

HOOKS = ("https://a.test/x", "https://a.test/y")


def parsed(text: str) -> Samples:
    """Each sample by its name and the values of its labels, sorted by the labels' names."""
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def check(slot: int, type_: CheckType, **config: bool) -> Definition:
    return Definition(f"c{slot}", slot, 1, HealthCheckConfig(type_, **config))  # type: ignore[arg-type]


def vote(region: str, connect: float | None, tls: float | None, first: float | None, *, counted: bool = True) -> Vote:
    seen = Observation(1, 1, True, 0.0, 0.0, "", connect_ms=connect, tls_ms=tls, first_byte_ms=first)
    return Vote(f"at-{region}", region, "", seen, 2.5, counted)


def samples(*checks: tuple[Definition, State], name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in check_families(checks, {"c1": "shop"})
        if family.name == name
        for sample in family.samples
    }


def test_status() -> None:
    """R-HCM-1, R-HCM-2: what is in force; who is overridden, whom nobody sees."""
    override = Override(False, 1.0, "alice")
    checks = (
        (check(1, "HTTP"), State(True, 0.0, "")),
        (check(2, "TCP"), State(False, 0.0, "", override=override)),
        (check(3, "TCP"), State(True, 0.0, "", seen=False)),
    )
    assert samples(*checks, name="r53_health_check_status") == {("c1",): 1, ("c2",): 0, ("c3",): 1}
    assert samples(*checks, name="meridian_health_check_overridden") == {("c1",): 0, ("c2",): 1, ("c3",): 0}
    assert samples(*checks, name="meridian_health_check_seen") == {("c1",): 1, ("c2",): 1, ("c3",): 0}
    info = samples(*checks, name="r53_health_check")
    assert set(info) == {("c1", "shop", "HTTP"), ("c2", "", "TCP"), ("c3", "", "TCP")}


def test_counts() -> None:
    """R-HCM-1: the share of endpoint checks that are not disabled, the number of calculated ones."""
    checks = (
        (check(1, "HTTP"), State(True, 0.0, "", 1, 8)),
        (check(2, "HTTP"), State(True, 0.0, "", 0, 0)),
        (check(3, "HTTP", disabled=True), State(True, 0.0, "", 3, 8)),
        (check(4, "CALCULATED"), State(True, 0.0, "", 2, 3)),
        (check(5, "CALCULATED"), State(False, 0.0, "", 0, 3)),
        (check(6, "RECOVERY_CONTROL"), State(True, 0.0, "")),
    )
    assert samples(*checks, name="r53_health_check_percentage_healthy") == {("c1",): 12.5}
    assert samples(*checks, name="r53_child_health_check_healthy_count") == {("c4",): 2, ("c5",): 0}


def test_latencies() -> None:
    """R-HCM-1: by region, of checks that measure; each kind of latency of the types that have it."""
    votes = (
        vote("eu-west-1", 10, 20, 30),
        vote("eu-west-1", 20, 40, 60),
        vote("us-east-1", 100, None, 300),
        vote("us-east-1", 900, 900, 900, counted=False),
    )
    state = State(True, 0.0, "", votes=votes)
    checks = (
        (check(1, "HTTP", measure_latency=True), state),
        (check(2, "HTTPS_STR_MATCH", measure_latency=True), state),
        (check(3, "TCP", measure_latency=True), state),
        (check(4, "HTTP"), state),
    )
    name = "r53_health_check_{}_milliseconds"
    europe, america = ("eu-west-1",), ("us-east-1",)
    assert samples(*checks, name=name.format("connection_time")) == {
        ("c1", *europe): 15, ("c1", *america): 100, ("c3", *europe): 15, ("c3", *america): 100
    }  # fmt: skip
    assert samples(*checks, name=name.format("ssl_handshake_time")) == {("c2", *europe): 30}
    assert samples(*checks, name=name.format("time_to_first_byte")) == {
        ("c1", *europe): 45, ("c1", *america): 300, ("c2", *europe): 45, ("c2", *america): 300
    }  # fmt: skip
    assert samples(*checks, name="meridian_checker_report_age_seconds") == {
        ("at-eu-west-1",): 2.5,
        ("at-us-east-1",): 2.5,
    }


async def watch_once(watch: Watch, feeding: Feeding, check: HealthCheck) -> None:
    """Let the watch see a check that is down."""
    await feeding.define(check)
    await feeding.report("fra", slot_1=False)
    await watch.load()


def ask(metrics: Metrics, client: str | None, accept: str = "") -> Response:
    scope = {
        "type": "http",
        "client": None if client is None else (client, 1),
        "headers": [(b"accept", accept.encode())],
    }
    return asyncio.run(metrics.answer(Request(scope)))


@pytest.fixture
def watch(store: Store, feeding: Feeding, tmp_path: Path) -> Watch:
    return Watch(
        feeding.feed, store.database, store.clock, quorum=0.18, kept=timedelta(days=1), file=tmp_path / "memory.json"
    )


@pytest.mark.parametrize(
    ("client", "allow", "status"),
    [
        ("127.0.0.1", None, 200),
        ("127.9.9.9", None, 200),
        ("::1", None, 200),
        ("::ffff:127.0.0.1", None, 200),
        ("192.0.2.1", None, 403),
        ("2001:db8::1", None, 403),
        (None, None, 403),
        ("unknown", None, 403),
        ("192.0.2.1", "192.0.2.0/24,2001:db8::/32", 200),
        ("2001:db8::1", "192.0.2.0/24,2001:db8::/32", 200),
        ("127.0.0.1", "192.0.2.0/24", 403),
        ("127.0.0.1", "", 403),
    ],
)
def test_who_may_ask(client: str | None, allow: str | None, status: int) -> None:
    """This machine, unless other blocks are set."""
    settings = Settings() if allow is None else Settings(metrics_allow=tuple(filter(None, allow.split(","))))
    assert ask(Metrics(settings.metrics_blocks, Beside()), client).status_code == status


def test_a_whole_page(store: Store, feeding: Feeding, watch: Watch) -> None:
    """What is served is read back by Prometheus's own parser: checks with names, webhooks, the edge, the process."""
    named = store.add_check()
    with store.database.write() as conn:
        tag.put(conn, "healthcheck", named.id, {"Name": 'a "quoted"\\ name'})
        for url in HOOKS:
            webhook.start(conn, url)
        for healthy in (False, True, False):
            health_event.flip(conn, named.id, store.clock.now(), healthy, "")
        webhook.advance(conn, HOOKS[0], 2)
    statistics = Statistics(checks=1, under_way=2, waiting=3, looks=4, failures=5, unseen=6, late=7)
    by_name = {"queries_udp": 7, "queries_tcp": 2, "referrals": 5, "name_errors": 3, "dnstap_dropped": 4}
    counted = Counted(by_name, {1: 6, 65: 2, 270: 1, None: 8}, [("Z1", b"\3a b\4test\0", 4)])
    beside = Beside(lambda: counted, lambda: statistics)
    metrics = Metrics(Settings().metrics_blocks, beside)
    metrics.add(Control(watch, store.database, HOOKS).families)

    asyncio.run(watch_once(watch, feeding, named))
    reply = ask(metrics, "127.0.0.1")
    assert reply.headers["content-type"].startswith("text/plain; version=")
    found = parsed(bytes(reply.body).decode())
    assert found["r53_health_check_status", (named.id,)] == 0
    assert found["r53_health_check_info", (named.id, 'a "quoted"\\ name', "TCP")] == 1
    assert found["meridian_webhook_pending_events", ("https://a.test",)] == 3
    assert found["meridian_dns_queries_total", ("udp",)] == 7
    assert found["meridian_dns_queries_total", ("tcp",)] == 2
    assert found["meridian_dns_replies_total", ("referral", "NOERROR")] == 5
    assert found["meridian_dns_replies_total", ("", "NXDOMAIN")] == 3
    asked = {"A": 6, "HTTPS": 2, "TYPE270": 1, "other": 8}
    assert {name: found["meridian_dns_questions_total", (name,)] for name in asked} == asked
    assert found["meridian_dns_zone_questions_total", ("a\\032b.test.", "Z1")] == 4
    assert found["meridian_dns_dnstap_dropped_total", ()] == 4
    gauges, counters = (
        ("checks", "under_way", "waiting"),
        ("looks_total", "failures_total", "unseen_total", "late_total"),
    )
    assert [found[f"meridian_checker_{name}", ()] for name in (*gauges, *counters)] == [1, 2, 3, 4, 5, 6, 7]
    assert found["process_open_fds", ()] > 0
    reply = ask(metrics, "127.0.0.1", "application/openmetrics-text; version=1.0.0")
    assert reply.headers["content-type"].startswith("application/openmetrics-text")
    assert bytes(reply.body).endswith(b"# EOF\n")


def test_a_database_that_is_away(store: Store, feeding: Feeding, watch: Watch) -> None:
    """States are shown all the same; only the names are missing."""
    named = store.add_check()
    with store.database.write() as conn:
        tag.put(conn, "healthcheck", named.id, {"Name": "shop"})
    asyncio.run(watch_once(watch, feeding, named))
    with store.database.write() as conn:
        conn.execute(sa.text("ALTER TABLE tag RENAME TO away"))
    metrics = Metrics(Settings().metrics_blocks, Beside())
    metrics.add(Control(watch, store.database, ()).families)
    found = parsed(bytes(ask(metrics, "::1").body).decode())
    assert found["r53_health_check_status", (named.id,)] == 0
    assert found["r53_health_check_info", (named.id, "", "TCP")] == 1
