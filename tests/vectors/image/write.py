"""Writes the image vectors (README.md): `python tests/vectors/image/write.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from meridian.compile import image
from meridian.compile.zone import head, shard, shard_of
from meridian.model.name import Name, parse
from meridian.model.record import AliasTarget, RecordSet
from meridian.model.zone import DelegationSet, HostedZone

FOLDER = Path(__file__).parent
ZONE_ID = "Z0MERIDIANVECTOR"
NAME_SERVERS = ("ns-1.a.test", "ns-2.b.test", "ns-3.c.test", "ns-4.d.test")


def a(name: str, *addresses: str, ttl: int = 300, **marker: Any) -> RecordSet:
    """A record set of addresses."""
    rdata = tuple(bytes(map(int, address.split("."))) for address in addresses)
    return RecordSet(name=parse(name), type="A", ttl=ttl, values=addresses, rdata=rdata, **marker)


def alias(name: str, target: str, zone_id: str = ZONE_ID, *, evaluate: bool = False, **marker: Any) -> RecordSet:
    """An alias of type A."""
    return RecordSet(name=parse(name), type="A", alias=AliasTarget(zone_id, target, evaluate), **marker)


NS = RecordSet(
    name=parse("example.com."),
    type="NS",
    ttl=172800,
    values=NAME_SERVERS,
    rdata=tuple(parse(name).wire for name in NAME_SERVERS),
)
SOA = RecordSet(
    name=parse("example.com."),
    type="SOA",
    ttl=900,
    values=("ns-1.a.test. hostmaster.example.com. 1 7200 900 1209600 86400",),
    rdata=(
        parse("ns-1.a.test").wire
        + parse("hostmaster.example.com").wire
        + b"".join(number.to_bytes(4, "big") for number in (1, 7200, 900, 1209600, 86400)),
    ),
)
ZONE = HostedZone(
    id=ZONE_ID,
    account_id="000000000001",
    name=parse("example.com."),
    caller_reference="vector",
    rank=7,
    version=42,
    shard_count=1,
    record_set_count=2,
    delegation_set=DelegationSet(NAME_SERVERS),
)

# Name of the vector: record sets and empty non-terminals of one shard.
SHARDS: dict[str, tuple[list[RecordSet], list[Name]]] = {
    "simple": ([NS, SOA, a("www.example.com.", "192.0.2.1", "192.0.2.2")], []),
    "wildcard": ([a("*.b.example.com.", "192.0.2.1")], [parse("b.example.com.")]),
    "octets": ([a("\\000\\056\\377.example.com.", "192.0.2.1", ttl=2147483647)], []),
    "weighted": (
        [
            a("w.example.com.", "192.0.2.2", weight=20, set_identifier="green"),
            a("w.example.com.", "192.0.2.1", weight=80, set_identifier="blue"),
            a("w.example.com.", "192.0.2.3", weight=0, set_identifier="grey"),
        ],
        [],
    ),
    "failover": (
        [
            alias("f.example.com.", "w.example.com.", evaluate=True, failover="PRIMARY", set_identifier="1"),
            a("f.example.com.", "192.0.2.9", failover="SECONDARY", set_identifier="2"),
        ],
        [],
    ),
    "multivalue": (
        [a("m.example.com.", f"192.0.2.{n}", multi_value_answer=True, set_identifier=str(n)) for n in range(1, 4)],
        [],
    ),
    "alias": (
        [
            alias("example.com.", "www.example.com."),
            alias("lb.example.com.", "dualstack.lb.example.net.", "Z35SXDOTRQ7X7K"),
        ],
        [],
    ),
    "empty": ([], []),
}


def vectors() -> dict[str, tuple[bytes, Any]]:
    """Each vector's octets and its meaning, by name."""
    found: dict[str, tuple[bytes, Any]] = {}
    for name, (record_sets, empties) in SHARDS.items():
        found[f"shard-{name}"] = _vector(shard(ZONE_ID, 0, 1, 42, record_sets, empties))
    www = a("www.example.com.", "192.0.2.1")
    found["shard-of-16"] = _vector(shard(ZONE_ID, shard_of(www.name.slot, 16), 16, 42, [www], []))
    found["shard-newer"] = _newer()
    found["head-1"] = _vector(head(ZONE, SOA, NS, [42]))
    found["head-16"] = _vector(head(ZONE, SOA, NS, [*range(27, 43)]))
    private = msgspec.structs.replace(ZONE, private=True)
    found["head-view"] = _vector(head(private, SOA, NS, [42], views=["vpc-office", "vpc-plant"]))
    found["head-log"] = _vector(head(ZONE, SOA, NS, [42], "/aws/route53/example.com"))
    return found


def meaning(value: Any) -> Any:
    """A vector's meaning as JSON can say it: octets in hexadecimal, keys as text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {meaning(key) if isinstance(key, bytes) else str(key): meaning(item) for key, item in value.items()}
    if isinstance(value, list):
        return [meaning(item) for item in value]
    if isinstance(value, msgspec.Struct):
        tag = {"kind": value.__struct_config__.tag} if value.__struct_config__.tag else {}
        return tag | {name: meaning(getattr(value, name)) for name in value.__struct_fields__}
    return value


def _vector(value: image.Head | image.Shard) -> tuple[bytes, Any]:
    return image.encode(value), meaning(value)


def _newer() -> tuple[bytes, Any]:
    """What a later program may write: a field more in each struct, and a group kind of its own."""
    plain = shard(ZONE_ID, 0, 1, 42, [a("x.example.com.", "192.0.2.1", set_identifier="1", weight=1)], [])
    group = next(iter(next(iter(plain.names.values())).values()))
    unknown = image.Group(kind="lunar", arms=group.arms)
    newer = msgspec.structs.replace(plain, names={parse("x.example.com.").wire: {1: unknown}})
    octets: Any = msgspec.msgpack.decode(image.encode(newer), strict=False, type=dict[str, Any])
    octets["comet"] = {"tail": [1, 2]}
    for types in octets["names"].values():
        for kept in types.values():
            kept["comet"] = 1
            for arm in kept["arms"]:
                arm["comet"] = arm["target"]["comet"] = None
    return msgspec.msgpack.encode(octets), meaning(newer)


def main() -> None:
    """Write every vector beside this file."""
    for name, (octets, value) in vectors().items():
        (FOLDER / f"{name}.msgpack").write_bytes(octets)
        (FOLDER / f"{name}.json").write_text(json.dumps(value, indent=2) + "\n")


if __name__ == "__main__":
    main()
