"""The feed's keys, and the values that are not zone images."""

from __future__ import annotations

from zlib import crc32

import msgspec

CATALOGS = "catalog/"
ACKS = "acks/"
COUNTS = "counts/"
# What outside alias targets answer. These have no parent that lists them: the listing of the feed is complete,
# and an edge compares with it on a clock.
OUTSIDE = "outside/"

# Stands in a feed that control has filled from its database, with a version that each filling has for itself:
# from then on, what is not listed is not there.
FILLED = "filled"

_CATALOG_COUNT = 256
PLACES = _CATALOG_COUNT  # the number of the catalog that lists places instead of zones


class Catalog(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What one catalog lists, with versions: the parent of all these keys.

    Attributes:
        zones: Zone ids, with the version of each one's head.
        places: In the catalog of places, the kinds of `Engine.set_place`.
    """

    zones: dict[str, int]
    places: dict[str, int] = {}


class Ack(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What an edge serves.

    Attributes:
        at: When it said so, in seconds since the epoch; said again every few seconds.
        catalogs: For each catalog, the version up to which everything is served.
        failed: Zones that it could not load, with the reason: for them the catalog's version says nothing.
        filled: The version of `FILLED` of the feed in which it reached that, 0 if there was none.
        started_at: When it started, in seconds since the epoch.
    """

    edge: str
    at: float
    catalogs: dict[int, int]
    failed: dict[str, str]
    filled: int = 0
    started_at: float = 0.0


class Counts(msgspec.Struct, frozen=True):
    """
    What an edge has counted since its start, said every few seconds; a rate is the difference of two of them.

    Attributes:
        at: When it counted, in seconds since the epoch by its clock.
        counters: By name, as `Engine.counters` has them.
        types: Questions by type number; 0 stands for all types without a count of their own.
        zones: The busiest zones by id, with their questions.
    """

    edge: str
    at: float
    counters: dict[str, int]
    types: dict[int, int]
    zones: dict[str, int]


encode = msgspec.msgpack.Encoder().encode
decode_catalog = msgspec.msgpack.Decoder(Catalog).decode
decode_ack = msgspec.msgpack.Decoder(Ack).decode
decode_counts = msgspec.msgpack.Decoder(Counts).decode


def catalog_of(zone_id: str) -> int:
    """Which catalog lists this zone, 0 to 255: the same for ever."""
    return crc32(zone_id.encode()) % _CATALOG_COUNT


def catalog_key(catalog: int) -> str:
    """`catalog/007`."""
    return f"{CATALOGS}{catalog:03d}"


def catalog_number(key: str) -> int:
    """The catalog that a key of `catalog_key` names."""
    return int(key.removeprefix(CATALOGS))


def zone_prefix(zone_id: str) -> str:
    """What all keys of a zone begin with."""
    return f"zone/{zone_id}/"


def head_key(zone_id: str) -> str:
    """Where a zone's head stands."""
    return f"{zone_prefix(zone_id)}head"


def shard_key(zone_id: str, count: int, index: int) -> str:
    """Where shard `index` of a zone of `count` shards stands."""
    return f"{zone_prefix(zone_id)}shard/{count}.{index}"


def shard_count_of(key: str) -> int:
    """The shard count in a shard's key; 0 in a head's."""
    return int(key.rpartition("/")[2].partition(".")[0]) if "/shard/" in key else 0


def place_key(kind: str) -> str:
    """Where a table of places stands: `place/latency`, `place/cidr/⟨collection id⟩`."""
    return f"place/{kind}"


def outside_key(name: str, rtype: str) -> str:
    """Where the answer of an outside target stands; its name in the text of the API, which has no slash."""
    return f"{OUTSIDE}{name}/{rtype}"


def outside_target(key: str) -> tuple[str, str]:
    """The name and type that a key of `outside_key` names."""
    name, _, rtype = key.removeprefix(OUTSIDE).rpartition("/")
    return name, rtype


def ack_key(edge: str) -> str:
    """Where an edge says what it serves."""
    return f"{ACKS}{edge}"


def counts_key(edge: str) -> str:
    """`counts/edge-1`."""
    return f"{COUNTS}{edge}"
