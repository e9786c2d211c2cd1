"""What the bench of sizes serves is what control would have published."""

from __future__ import annotations

import asyncio
from pathlib import Path

import dns.name
import dns.zone
import pytest

from bench import fill
from bench.fill import Content
from meridian.clock import SystemClock
from meridian.feed.keys import CATALOGS, FILLED
from meridian.feed.local import LastValues, LocalFeed
from meridian.publish.publisher import Publisher
from meridian.store.database import Database

CONTENTS = [Content("one", 1, 600), Content("many", 3, 1)]


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content.name)
def test_last_values_are_those_that_control_puts(content: Content, tmp_path: Path) -> None:
    """A database filled and published has the same images as an edge's last values filled at once."""

    async def publish() -> None:
        database = Database(f"sqlite:///{tmp_path / 'meridian.db'}")
        feed = LocalFeed(tmp_path / "published.db")
        await Publisher(database, feed, SystemClock(), lambda: None).reconcile()
        feed.close()
        database.close()

    fill.database(tmp_path / "meridian.db", [content])
    asyncio.run(publish())
    asyncio.run(fill.last_values(tmp_path / "filled.db", content))
    published, filled = LastValues(tmp_path / "published.db"), LastValues(tmp_path / "filled.db")
    keys = filled.keys("")
    assert keys == published.keys("")
    assert FILLED in keys
    images = [key for key in keys if key.startswith("zone/")]
    assert len(images) == content.zones + {"one": 16, "many": 3}[content.name]
    for key in (*images, *filled.keys(CATALOGS)):
        assert filled.get(key) == published.get(key), key
    published.close()
    filled.close()


def test_master_files_say_the_same(tmp_path: Path) -> None:
    """The master files have the names and addresses that are asked for, and no others."""
    content = Content("many", 2, 3)
    for at, (apex, file) in enumerate(content.master_files(tmp_path / "zones").items()):
        zone = dns.zone.from_file(str(file), apex, relativize=False)
        sets = {(str(name), rdataset.rdtype.name) for name, rdataset in zone.iterate_rdatasets()}
        assert sets == {(each.name.text, each.type) for each in content.record_sets(at)}
        origin = dns.name.from_text(apex)
        asked = [question for question in content.questions(6) if question.name.is_subdomain(origin)]
        assert len(asked) == content.addresses
        for question in asked:
            ((answer,),) = question.answers
            assert zone.find_rdataset(question.name, "A") == answer.to_rdataset()
