from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck as Health
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from meridian.errors import ApiError, NoSuchHealthCheck
from meridian.model.health import (
    AlarmIdentifier,
    Dimension,
    HealthCheck,
    HealthCheckConfig,
    MetricRule,
    Options,
    Override,
)
from meridian.model.record import Key, RecordSet
from meridian.store import account, health, record, zone
from meridian.store.database import Database
from meridian.store.ids import new_uuid
from tests.store.samples import a, add_zone, delete, put

LAW = settings(max_examples=40, deadline=None, suppress_health_check=[Health.function_scoped_fixture])
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DAY = timedelta(days=1)
HTTP = HealthCheckConfig("HTTP", ip_address="198.18.0.1", port=80, request_interval=30, failure_threshold=3)
RULE = MetricRule("cloudwatch", "GreaterThanThreshold", 0.5, dimensions=(Dimension("Host", "a"),))
CONFIGS = [
    HTTP,
    HealthCheckConfig("HTTPS_STR_MATCH", fully_qualified_domain_name="x.test", search_string='"\\ é', enable_sni=False),
    HealthCheckConfig("CALCULATED", health_threshold=0, child_health_checks=("a", "b"), inverted=True),
    HealthCheckConfig("CLOUDWATCH_METRIC", alarm_identifier=AlarmIdentifier("us-east-1", "x"), disabled=True),
]


def add(conn: Connection, account_id: str, config: HealthCheckConfig = HTTP, reference: str = "") -> HealthCheck:
    return health.insert(conn, account_id, reference or new_uuid(), config, NOW)


def parent(*children: str) -> HealthCheckConfig:
    return HealthCheckConfig("CALCULATED", health_threshold=1, child_health_checks=children)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.type)
def test_a_check_comes_back_to_its_account(database: Database, account_id: str, config: HealthCheckConfig) -> None:
    """R-API-25: to others it is not there."""
    with database.write() as conn:
        other = account.create_account(conn)
        made = health.insert(conn, account_id, "r", config, NOW, RULE)
        assert made == HealthCheck(made.id, account_id, 1, "r", 1, 1, config, metric=RULE)
        assert health.owned(conn, account_id, made.id) == made
        assert health.owned(conn, account_id, made.id, for_update=True) == made
        assert health.with_reference(conn, account_id, "r") == made
        assert (health.with_reference(conn, account_id, "R"), health.with_reference(conn, other, "r")) == (None, None)
        for asking, asked in ((other, made.id), (account_id, new_uuid())):
            with pytest.raises(NoSuchHealthCheck, match=f"A health check with id {asked} does not exist"):
                health.owned(conn, asking, asked)


def test_a_reference_is_taken_once_in_an_account(database: Database, account_id: str) -> None:
    """R-HCU-1: the database keeps two that come at once apart; the client is told to send its call again."""
    with database.write() as conn:
        add(conn, account.create_account(conn), reference="r")
        add(conn, account_id, reference="r")
        with pytest.raises(ApiError, match="PriorRequestNotComplete"):
            add(conn, account_id, reference="r")

        assert health.count(conn, account_id) == 1


def test_a_deleted_reference_is_remembered_for_some_days(database: Database, account_id: str) -> None:
    """R-HCU-1: refused for a week, of that account alone; after that it may come and go again."""
    with database.write() as conn:
        other = account.create_account(conn)
        health.delete(conn, add(conn, account_id, reference="r"), NOW)

        assert [health.is_remembered(conn, account_id, "r", NOW + days * DAY) for days in (0, 7, 8)] == [
            True,
            True,
            False,
        ]
        assert not health.is_remembered(conn, other, "r", NOW)
        again = add(conn, account_id, reference="r")
        assert not health.is_remembered(conn, account_id, "r", NOW)
        health.delete(conn, again, NOW - DAY)  # by a clock that was set back
        assert health.is_remembered(conn, account_id, "r", NOW)


def test_creations_are_counted_also_of_checks_that_are_gone(database: Database, account_id: str) -> None:
    """R-HCU-7: deleting gives back the place, not the creation."""
    with database.write() as conn:
        checks = [add(conn, account_id) for _ in range(3)]
        health.delete(conn, checks[0], NOW)

        assert health.count(conn, account_id) == 2
        assert health.created_since(conn, account_id, NOW - DAY) == 3
        assert health.created_since(conn, account_id, NOW) == 0


def test_a_slot_is_never_given_twice(database: Database, account_id: str) -> None:
    """A name server may still hold record sets with the slot of a check that is gone."""
    with database.write() as conn:
        first = [add(conn, account_id).slot for _ in range(2)]
        for check in health.page(conn, account_id, "", 10):
            health.delete(conn, check, NOW)
    with database.write() as conn:
        assert (first, add(conn, account_id).slot) == ([1, 2], 3)


def test_checks_are_listed_by_id(database: Database, account_id: str) -> None:
    """R-HCU-9: from a marker on, inclusive."""
    with database.write() as conn:
        add(conn, account.create_account(conn))
        made = sorted(add(conn, account_id).id for _ in range(5))

        assert [check.id for check in health.page(conn, account_id, "", 3)] == made[:3]
        assert [check.id for check in health.page(conn, account_id, made[3], 3)] == made[3:]


def test_what_is_said_by_hand_is_stored(database: Database, account_id: str) -> None:
    """An override, options and a switch come and go; options alone let checkers count anew (R-HCA-7)."""
    override, options = Override(False, 1_790_000_000.5, "ada", "flood"), Options(interval=0.5, rise=1)
    with database.write() as conn:
        check = add(conn, account_id)
        changes: list[Callable[[HealthCheck], HealthCheck]] = [
            lambda check: health.set_override(conn, check, override),
            lambda check: health.set_options(conn, check, options),
            lambda check: health.set_switch(conn, check, False),
            lambda check: health.set_override(conn, check, None),
        ]
        steps = []
        for change in changes:
            check = change(check)
            assert health.owned(conn, account_id, check.id) == check
            steps.append((check.override, check.options, check.switch, check.revision, health.block_versions(conn)[0]))

        assert steps == [
            (override, Options(), None, 1, 2),
            (override, options, None, 2, 3),
            (override, options, False, 2, 4),
            (None, options, False, 2, 5),
        ]
        assert check.version == 1  # the API's counts what its own calls change


def test_each_change_raises_the_version_of_its_block(database: Database, account_id: str) -> None:
    """The publisher sees by the versions alone which blocks the feed has to be told of."""
    with database.write() as conn:
        assert health.block_versions(conn) == {}
        checks = [add(conn, account_id) for _ in range(256)]
        assert health.block_versions(conn) == {0: 255, 1: 1}  # slots begin at 1
        health.replace(conn, checks[255])
        health.delete(conn, checks[0], NOW)

        assert health.block_versions(conn) == {0: 256, 1: 2}
        assert [defined.check.slot for defined in health.in_block(conn, 0)] == list(range(2, 256))
        assert [defined.check for defined in health.in_block(conn, 1)] == [checks[255]]


def test_a_calculated_check_knows_which_children_are_there(database: Database, account_id: str) -> None:
    """R-HCC-5: one that is deleted drops out, and the parent's block tells so."""
    with database.write() as conn:
        one, two = add(conn, account_id), add(conn, account_id)
        for _ in range(254):
            add(conn, account_id)
        add(conn, account_id, parent(two.id, new_uuid(), one.id))
        assert [defined.children for defined in health.in_block(conn, 1)][1:] == [(2, 1)]
        before = health.block_versions(conn)
        health.delete(conn, two, NOW)

        assert [defined.children for defined in health.in_block(conn, 1)][1:] == [(1,)]
        assert health.block_versions(conn) == {block: version + 1 for block, version in before.items()}


def test_a_version_is_raised_beyond_what_the_feed_holds(database: Database, account_id: str) -> None:
    """A database restored from a backup tells the feed so by newer versions, never by the same ones."""
    with database.write() as conn:
        add(conn, account_id)
        versions = []
        for beyond in (0, 1, 7, 7):
            health.raise_version(conn, 0, beyond)
            versions.append(health.block_versions(conn)[0])

    assert versions == [1, 2, 8, 8]


def test_ids_and_slots_lead_to_each_other(database: Database, account_id: str) -> None:
    """R-HLT-2: checks that are gone, or never were, are in neither."""
    with database.write() as conn:
        one, two = add(conn, account_id), add(conn, account.create_account(conn))
        gone = add(conn, account_id)
        health.delete(conn, gone, NOW)

        assert health.slots(conn, [one.id, two.id, gone.id]) == {one.id: 1, two.id: 2}
        assert health.ids(conn, [1, 2, 3, 99]) == {1: one.id, 2: two.id}
        assert (health.slots(conn, []), health.ids(conn, [])) == ({}, {})
        assert health.among(conn, account_id, [one.id, two.id, gone.id]) == {one.id: one}
        assert health.among(conn, account_id, []) == {}


def test_who_uses_a_check_is_a_query(database: Database, account_id: str) -> None:
    """R-HCU-6: a use begins and ends with its record set, in whatever zone, and outlives the check."""
    with database.write() as conn:
        check, other = add(conn, account_id), add(conn, account_id)
        home, second = add_zone(conn, account_id), add_zone(conn, account_id, "example.net")
        one, two = checked("w.example.com", "1", check), checked("w.example.com", "2", other)
        record.apply(conn, home, put(one, two, a("example.com")))
        record.apply(conn, second, put(checked("example.net", "1", check)))
        both = [health.User(home.id, one.key), health.User(second.id, Key(second.name, "A", "1"))]
        assert health.users(conn, check.id) == sorted(both)
        health.delete(conn, check, NOW)
        assert health.users(conn, check.id) == sorted(both)
        record.apply(conn, home, delete(one.key))
        zone.delete(conn, second.id)

        assert health.users(conn, check.id) == []
        assert health.users(conn, other.id) == [health.User(home.id, two.key)]


@LAW
@given(steps=st.lists(st.sampled_from(["create", "replace", "delete"]), max_size=12))
def test_whoever_follows_the_versions_sees_every_change(database: Database, steps: list[str]) -> None:
    """A block whose version is the same holds the same checks."""
    with database.write() as conn:
        account_id = account.create_account(conn)
        seen: dict[int, tuple[int, object]] = {}
        for step in steps:
            checks = health.page(conn, account_id, "", 100)
            if step == "create":
                add(conn, account_id, parent(*(check.id for check in checks[:2])))
            elif checks and step == "replace":
                health.set_switch(conn, checks[-1], not checks[-1].switch)
            elif checks:
                health.delete(conn, checks[0], NOW)
            for block, version in health.block_versions(conn).items():
                known, held = seen.get(block, (0, None))
                now = health.in_block(conn, block)
                assert version > known or held == now
                seen[block] = version, now


def checked(name: str, identifier: str, check: HealthCheck) -> RecordSet:
    """A record set that uses a check."""
    plain = a(name)
    return RecordSet(
        plain.name, "A", identifier, plain.ttl, plain.values, plain.rdata, weight=1, health_check_id=check.id
    )  # fmt: skip
