from __future__ import annotations

from datetime import UTC, datetime, timedelta

from meridian.model.health import HealthCheckConfig
from meridian.store import health, health_event, webhook
from meridian.store.database import Database

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = "https://hooks.example.net/a"


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_begins_with_the_present(database: Database, account_id: str) -> None:
    """What happened before a webhook was known is not for it; to know it again changes nothing."""
    config = HealthCheckConfig("TCP", ip_address="198.18.0.1", port=80)
    with database.write() as conn:
        check = health.insert(conn, account_id, "r", config, NOW).id
        assert webhook.delivered(conn, URL) is None
        assert webhook.hold(conn, URL, "a", NOW, later(60)) is None
        health_event.flip(conn, check, NOW, False, "")
        webhook.start(conn, URL)
        health_event.flip(conn, check, NOW, True, "")
        webhook.start(conn, URL)
        assert webhook.delivered(conn, URL) == 1


def test_one_at_a_time(database: Database) -> None:
    """Whoever holds may prolong; another waits until the time is up. Progress only goes forward."""
    with database.write() as conn:
        webhook.start(conn, URL)
        webhook.start(conn, URL + "2")
        assert webhook.hold(conn, URL, "a", NOW, later(60)) == 0
        assert webhook.hold(conn, URL, "b", later(30), later(90)) is None
        webhook.advance(conn, URL, 7)
        webhook.advance(conn, URL, 5)
        assert webhook.hold(conn, URL, "a", later(50), later(110)) == 7
        assert webhook.hold(conn, URL, "b", later(61), later(121)) is None
        assert webhook.hold(conn, URL, "b", later(111), later(171)) == 7
        assert webhook.hold(conn, URL, "a", later(112), later(172)) is None
        assert webhook.delivered(conn, URL + "2") == 0
