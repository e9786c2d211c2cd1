from __future__ import annotations

from meridian.store import tag
from meridian.store.database import Database


def test_tags_are_put_replaced_and_removed(database: Database) -> None:
    """R-TAG-2, R-TAG-6: a known key gets the new value; keys are case-sensitive; absent keys are no error."""
    with database.write() as conn:
        tag.put(conn, "hostedzone", "Z1", {"env": "test", "Env": "x", "a": ""})
        tag.put(conn, "hostedzone", "Z1", {"env": "live"})
        tag.put(conn, "hostedzone", "Z1", {})
        tag.remove(conn, "hostedzone", "Z1", ["a", "absent"])

        assert tag.of(conn, "hostedzone", ["Z1"]) == {"Z1": {"Env": "x", "env": "live"}}


def test_resources_do_not_share_tags(database: Database) -> None:
    with database.write() as conn:
        tag.put(conn, "hostedzone", "1", {"k": "zone"})
        tag.put(conn, "healthcheck", "1", {"k": "check"})
        tag.put(conn, "hostedzone", "2", {"k": "other"})
        tag.remove_all(conn, "hostedzone", "1")

        assert tag.of(conn, "hostedzone", ["2", "1", "3"]) == {"2": {"k": "other"}, "1": {}, "3": {}}
        assert tag.of(conn, "healthcheck", ["1"]) == {"1": {"k": "check"}}


def test_values_of_a_key(database: Database) -> None:
    """All that a key says of resources of one type."""
    with database.write() as conn:
        tag.put(conn, "healthcheck", "1", {"Name": "shop", "k": "v"})
        tag.put(conn, "healthcheck", "2", {"name": "x"})
        tag.put(conn, "hostedzone", "3", {"Name": "zone"})

        assert tag.values(conn, "healthcheck", "Name") == {"1": "shop"}
