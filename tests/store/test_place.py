from __future__ import annotations

from meridian.store import place
from meridian.store.database import Database


def test_keys_wait_until_they_are_done(database: Database) -> None:
    """Oldest first; ids are not given again, so that a late `done` harms no newer row."""
    with database.write() as conn:
        for key, version in (("cidr/2", 1), ("cidr/1", 7), ("cidr/2", 2)):
            place.add(conn, key, version)
        rows = place.waiting(conn)
        place.done(conn, [row.id for row in rows])
        place.add(conn, "cidr/3", 1)
        place.done(conn, [row.id for row in rows])
        place.done(conn, [])

        assert [row[1:] for row in rows] == [("cidr/2", 1), ("cidr/1", 7), ("cidr/2", 2)]
        assert [row[1:] for row in place.waiting(conn)] == [("cidr/3", 1)]


def test_where_places_were_is_kept(database: Database) -> None:
    """All of them, in the place of those before; nothing at first."""
    first = {("region", "home-1"): (5252, 1340), ("place", "home-1"): (-9000, -18000)}
    with database.write() as conn:
        assert place.points(conn) == {}
        place.set_points(conn, first)
        assert place.points(conn) == first
        place.set_points(conn, {("place", "office"): (0, 0)})
        assert place.points(conn) == {("place", "office"): (0, 0)}
