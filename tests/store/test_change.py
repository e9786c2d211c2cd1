from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from meridian.errors import NoSuchChange
from meridian.model.zone import ChangeInfo
from meridian.store import change
from meridian.store.database import Database

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_912, tzinfo=UTC)
ACCOUNT = "123456789012"


def add(database: Database, zone_id: str, version: int, now: datetime = NOW) -> str:
    made = change.new(now, "why")
    with database.write() as conn:
        change.insert(conn, made, ACCOUNT, zone_id, version)
    return made.id


def statuses(database: Database, *change_ids: str) -> list[str]:
    with database.read() as conn:
        return [change.get(conn, ACCOUNT, change_id).status for change_id in change_ids]


def test_a_change_comes_back_as_it_was(database: Database) -> None:
    """R-CHG-16: PENDING, the time in UTC to the millisecond (R-API-5)."""
    made = change.new(NOW, "why")
    with database.write() as conn:
        change.insert(conn, made, ACCOUNT, "Z1", 2)

        assert change.get(conn, ACCOUNT, made.id) == made
    assert made == ChangeInfo(made.id, "PENDING", NOW.replace(microsecond=678_000), "why")


def test_change_ids_look_like_route_53s() -> None:
    """records.md §11: C and capitals or digits, at most 32, never the same."""
    ids = {change.new(NOW).id for _ in range(100)}

    assert len(ids) == 100
    assert all(re.fullmatch(r"C[A-Z0-9]{12,19}", change_id) for change_id in ids)


def test_unknown_and_foreign_changes_look_the_same(database: Database) -> None:
    """R-CHG-17, R-API-25."""
    made = add(database, "Z1", 2)
    for account_id, change_id in ((ACCOUNT, "C0"), ("210987654321", made)):
        with (
            database.read() as conn,
            pytest.raises(NoSuchChange, match=f"Could not find resource with ID: {change_id}"),
        ):
            change.get(conn, account_id, change_id)


def test_a_position_is_given_once_and_up_to_the_version(database: Database) -> None:
    """Publishing version 3 places the changes up to 3 of that zone; publishing 4 later does not move them."""
    ids = [add(database, "Z1", version) for version in (2, 3, 4)]
    add(database, "Z2", 2)
    with database.write() as conn:
        assert change.published(conn, "Z1", 3, catalog=7, catalog_version=10) == 2
        assert change.published(conn, "Z1", 4, catalog=7, catalog_version=11) == 1
        assert change.pending_positions(conn) == [(7, 10), (7, 11)]
        assert change.acknowledge(conn, {7: 10}) == 2

    assert statuses(database, *ids) == ["INSYNC", "INSYNC", "PENDING"]


# Where the change waits, what all live edges have acknowledged, and what follows.
ACKNOWLEDGED = [
    ({0: 5}, "INSYNC"),
    ({0: 6}, "INSYNC"),
    ({0: 4}, "PENDING"),
    ({1: 9}, "PENDING"),
    ({}, "PENDING"),
    ({1: 1, 0: 5}, "INSYNC"),
]


@pytest.mark.parametrize(("positions", "status"), ACKNOWLEDGED)
def test_in_sync_when_its_catalog_is_acknowledged(database: Database, positions: dict[int, int], status: str) -> None:
    """R-CHG-16: at its catalog's version or newer, and by nothing else."""
    change_id = add(database, "Z1", 2)
    with database.write() as conn:
        change.published(conn, "Z1", 2, catalog=0, catalog_version=5)
        change.acknowledge(conn, positions)

    assert statuses(database, change_id) == [status]


def test_a_change_that_is_not_published_is_never_in_sync(database: Database) -> None:
    change_id = add(database, "Z1", 2)
    with database.write() as conn:
        assert change.acknowledge(conn, {catalog: 10**9 for catalog in range(4)}) == 0

    assert statuses(database, change_id) == ["PENDING"]


def test_changes_of_zones_that_failed_stay_pending(database: Database) -> None:
    """An edge that could not load a zone does not serve its change, whatever it says of the catalog."""
    good, bad = add(database, "Z1", 2), add(database, "Z2", 2)
    with database.write() as conn:
        for zone_id in ("Z1", "Z2"):
            change.published(conn, zone_id, 2, catalog=0, catalog_version=1)

        assert change.acknowledge(conn, {0: 1}, ["Z2", "Z3"]) == 1
    assert statuses(database, good, bad) == ["INSYNC", "PENDING"]


def test_old_changes_are_pruned_once_in_sync(database: Database) -> None:
    """R-CHG-17: readable for at least 24 hours; one that is still PENDING stays for ever."""
    old, pending = add(database, "Z1", 2), add(database, "Z2", 2)
    young = add(database, "Z1", 3, NOW + timedelta(hours=1))
    with database.write() as conn:
        change.published(conn, "Z1", 3, catalog=0, catalog_version=1)
        change.acknowledge(conn, {0: 1})

        assert change.prune(conn, NOW + timedelta(hours=24)) == 0
        assert change.prune(conn, NOW + change.KEPT + timedelta(seconds=1)) == 1
        with pytest.raises(NoSuchChange):
            change.get(conn, ACCOUNT, old)
    assert statuses(database, pending, young) == ["PENDING", "INSYNC"]
