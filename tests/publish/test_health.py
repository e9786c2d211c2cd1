"""Health checks on their way from the database to the feed, through whatever happens in between."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meridian.changes.batch import Plan
from meridian.compile.image import decode_shard
from meridian.feed.feed import Entry
from meridian.feed.health import CHECKS, Block, Definition, checks_key, decode_block, encode
from meridian.feed.keys import shard_key
from meridian.model.health import HealthCheck, HealthCheckConfig, MetricRule, Options, Override
from meridian.publish.health import HealthPublisher, definition
from meridian.publish.preview import preview
from meridian.store import health, outbox, record
from meridian.store import zone as zones
from meridian.store.health import Defined
from meridian.store.ids import new_id
from tests import databases
from tests.publish.world import Broken, World, a

HTTP = HealthCheckConfig("HTTP", ip_address="198.18.0.1", port=80, request_interval=30, failure_threshold=3)


class Checks:
    """The health checks of a world, and what publishes them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.restart()

    def restart(self) -> None:
        """A control plane that remembers nothing."""
        self.publisher = HealthPublisher(self.world.database, self.world.feed)

    def add(self, config: HealthCheckConfig = HTTP) -> HealthCheck:
        with self.world.database.write() as conn:
            reference = new_id("r")
            return health.insert(conn, self.world.account_id, reference, config, self.world.clock.now())

    def delete(self, check: HealthCheck) -> None:
        with self.world.database.write() as conn:
            health.delete(conn, check, self.world.clock.now())

    def stored(self) -> dict[str, tuple[Definition, ...]]:
        """What the feed should hold."""
        with self.world.database.read() as conn:
            return {
                checks_key(block): tuple(map(definition, health.in_block(conn, block)))
                for block in health.block_versions(conn)
            }

    async def held(self) -> dict[str, tuple[Definition, ...]]:
        found = {key: await self.world.feed.get(key) for key in await self.world.feed.keys(CHECKS)}
        return {key: decode_block(value[0]).checks for key, value in found.items() if value is not None}

    async def version(self, block: int = 0) -> int:
        found = await self.world.feed.get(checks_key(block))
        return 0 if found is None else found[1]

    def save(self, file: Path) -> None:
        """Make a backup of the database."""
        if not databases.is_sqlite():
            pytest.skip("a backup of PostgreSQL is made and restored by its own tools")
        with closing(sqlite3.connect(self.world.folder / "meridian.db")) as conn:
            conn.execute("VACUUM INTO ?", (str(file),))

    def restore(self, file: Path) -> None:
        """Let a backup take the place of the database."""
        self.world.database.close()
        for old in self.world.folder.glob("meridian.db*"):
            old.unlink()
        (self.world.folder / "meridian.db").write_bytes(file.read_bytes())
        self.world.database = databases.open_in(self.world.folder)
        self.restart()


@pytest.fixture
def checks(world: World) -> Checks:
    return Checks(world)


def test_a_definition_says_all_of_a_check_but_who_owns_it() -> None:
    """Children stand there by their slots alone, so that 256 parents of 256 children stay small."""
    parent = HealthCheckConfig("CALCULATED", health_threshold=1, child_health_checks=("a", "b"), inverted=True)
    override, options = Override(False, 5.0, "ada"), Options(rise=1)
    rule = MetricRule("prometheus", "LessThanThreshold", 1.0, query="up")
    check = HealthCheck("id", "111122223333", 9, "r", 4, 3, parent, options, rule, override, True)

    assert definition(Defined(check, (7, 8))) == Definition(
        "id",
        9,
        3,
        HealthCheckConfig("CALCULATED", health_threshold=1, inverted=True),
        options,
        rule,
        override,
        True,
        (7, 8),
    )


def test_a_block_is_put_when_it_changes(checks: Checks) -> None:
    """Only then, whatever else is committed."""

    async def test() -> None:
        one, two = checks.add(), checks.add()
        await checks.publisher.reconcile()
        assert await checks.held() == checks.stored()
        assert [found.id for found in (await checks.held())[checks_key(0)]] == [one.id, two.id]
        before = await checks.version()
        checks.world.create()
        await checks.publisher.publish()
        assert await checks.version() == before
        checks.delete(one)
        await checks.publisher.publish()
        assert [found.id for found in (await checks.held())[checks_key(0)]] == [two.id]
        checks.delete(two)
        await checks.publisher.publish()
        assert await checks.held() == {checks_key(0): ()}  # edges are told that there are none

    asyncio.run(test())


def test_an_end_between_commit_and_publication_loses_nothing(checks: Checks) -> None:
    """Wherever the publisher is cut off, the next start puts what is missing."""

    async def test() -> None:
        for calls in range(8):
            for _ in range(200):  # into the next block now and then
                checks.add()
            checks.world.feed.calls_left = calls
            with suppress(Broken):
                await checks.publisher.reconcile()
            checks.world.feed.calls_left = None
            checks.restart()
            await checks.publisher.reconcile()
            assert await checks.held() == checks.stored()

    asyncio.run(test())


def test_a_block_that_fails_holds_up_no_other(checks: Checks) -> None:
    """It is tried again at the next look."""

    async def test() -> None:
        for _ in range(256):
            checks.add()
        checks.world.feed.refused = checks_key(0)
        await checks.publisher.reconcile()
        assert list(await checks.held()) == [checks_key(1)]
        checks.world.feed.refused = None
        await checks.publisher.publish()
        assert await checks.held() == checks.stored()

    asyncio.run(test())


def test_a_restored_database_is_told_by_newer_versions(checks: Checks, tmp_path: Path) -> None:
    """Edges see the old checks again, and at no moment none."""

    async def test() -> None:
        kept = checks.add()
        checks.save(tmp_path / "backup.db")
        for _ in range(256):
            checks.add()
        await checks.publisher.reconcile()
        before = await checks.version()
        checks.restore(tmp_path / "backup.db")
        seen = [asyncio.create_task(first_of(checks, key)) for key in (checks_key(0), checks_key(1))]
        await asyncio.sleep(0)
        await checks.publisher.reconcile()
        assert [found.id for found in (await checks.held())[checks_key(0)]] == [kept.id]
        assert (await checks.held())[checks_key(1)] == ()
        assert await checks.version() > before
        assert [await task for task in seen] == [True, True]

    asyncio.run(test())


def test_another_encoding_of_the_same_version_is_put_anew(checks: Checks) -> None:
    """So a newer program's fields reach the feed, though no check was changed."""

    async def test() -> None:
        checks.add()
        await checks.publisher.reconcile()
        version = await checks.version()
        older = encode(
            Block(tuple(msgspec.structs.replace(one, children=(5,)) for one in checks.stored()[checks_key(0)]))
        )
        await checks.world.feed.delete(checks_key(0))
        await checks.world.feed.put(Entry(checks_key(0), older, version))
        checks.restart()
        await checks.publisher.reconcile()
        assert await checks.held() == checks.stored()

    asyncio.run(test())


STEPS = st.lists(
    st.sampled_from(["create", "delete", "override", "publish", "crash", "save", "restore", "lose the feed"]),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_whatever_happens_the_feed_says_what_the_database_says(steps: Sequence[str]) -> None:
    """After the next start, and its version never went back while the feed was there."""

    async def test(checks: Checks, backup: Path) -> None:
        version = 0
        for step in steps:
            match step:
                case "create":
                    checks.add()
                case "delete" | "override":
                    with checks.world.database.read() as conn:
                        known = health.page(conn, checks.world.account_id, "", 1)
                    for check in known:
                        change(checks, check, step)
                case "publish":
                    await checks.publisher.publish()
                case "crash":
                    checks.restart()
                    await checks.publisher.reconcile()
                case "save":
                    backup.unlink(missing_ok=True)
                    checks.save(backup)
                case "restore" if backup.exists():
                    checks.restore(backup)
                    await checks.publisher.reconcile()
                case "lose the feed":
                    checks.world.lose_feed()
                    checks.restart()
                    await checks.publisher.reconcile()
                    version = 0
            assert await checks.version() >= version
            version = await checks.version()
        checks.restart()
        await checks.publisher.reconcile()
        assert await checks.held() == checks.stored()

    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        asyncio.run(test(Checks(world), Path(folder) / "backup"))
        world.close()


def test_a_commit_wakes_the_publisher(checks: Checks) -> None:
    """Nothing but a commit is needed."""

    async def test() -> None:
        running = asyncio.create_task(checks.publisher.run())
        async with asyncio.timeout(30):
            async for _ in checks.world.feed.watch(CHECKS):
                break
        running.cancel()
        assert await checks.held() == checks.stored()

    async def together() -> None:
        testing = asyncio.create_task(test())
        await asyncio.to_thread(checks.add)
        await testing

    asyncio.run(together())


def test_record_sets_know_their_checks_by_slot(checks: Checks) -> None:
    """R-SEL-1, R-HLT-2: an arm has its check's slot; once the check is deleted, none: it counts as healthy."""
    world = checks.world

    async def arms(zone_id: str) -> list[int]:
        await world.publish()
        found = await world.feed.get(shard_key(zone_id, 1, 0))
        assert found is not None
        groups = decode_shard(found[0]).names
        return [groups[a(name).name.wire][1].arms[0].health for name in ("w.example.com", "x.example.com")]

    async def test() -> None:
        checks.add()
        check = checks.add()
        zone_id = world.create()
        put = (msgspec.structs.replace(a("w.example.com"), health_check_id=check.id), a("x.example.com"))
        with world.database.write() as conn:
            zone = zones.owned(conn, world.account_id, zone_id)
            plan = Plan(delete=(), put=put)
            (foreseen,) = preview(conn, zone, record.foresee(conn, zone, plan), None).shards
            slots = record.apply(conn, zone, plan)
            outbox.add(conn, zone_id, zones.bump_version(conn, zone_id), slots)
        assert decode_shard(foreseen).names[put[0].name.wire][1].arms[0].health == 2
        assert await arms(zone_id) == [2, 0]
        checks.delete(check)
        world.change(zone_id, "y.example.com", shards=1)
        assert await arms(zone_id) == [0, 0]

    asyncio.run(test())


def change(checks: Checks, check: HealthCheck, step: str) -> None:
    if step == "delete":
        checks.delete(check)
        return
    with checks.world.database.write() as conn:
        health.set_override(conn, check, None if check.override else Override(True, 1.0, "ada"))


async def first_of(checks: Checks, key: str) -> bool:
    """Whether a key still has a value at the first news of it after what is there now."""
    news = checks.world.feed.watch(key)
    await anext(news)
    await anext(news)
    return await checks.world.feed.get(key) is not None
