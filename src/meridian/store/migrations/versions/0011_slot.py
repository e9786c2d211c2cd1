"""
Names have other slots: a hash that the engine makes word by word, and not octet by octet.

Every zone is compiled and published anew. An edge refuses what an older control plane has published
of a zone with several shards, and takes it when it comes again; zones with one shard it goes on serving.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ROOT_HASH = 0xCBF29CE484222325
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 0xFFFFFFFFFFFFFFFF
_AT_ONCE = 10_000  # names


def upgrade() -> None:
    conn = op.get_bind()
    for table in ("record_set", "ancestor"):
        names = conn.execute(sa.text(f"SELECT DISTINCT zone_id, name_wire FROM {table}")).all()
        update = sa.text(f"UPDATE {table} SET slot = :slot WHERE zone_id = :zone_id AND name_wire = :name_wire")
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            conn.execute(update, [{"zone_id": id_, "name_wire": wire, "slot": _slot(wire)} for id_, wire in some])
    conn.execute(sa.text("UPDATE hosted_zone SET version = version + 1"))
    conn.execute(sa.text("INSERT INTO outbox (zone_id, version) SELECT id, version FROM hosted_zone"))


def _slot(wire: bytes) -> int:
    labels, at = [], 0
    while wire[at]:
        labels.append(wire[at : at + 1 + wire[at]])
        at += 1 + wire[at]
    h = _ROOT_HASH
    for label in reversed(labels):
        for word in range(0, len(label), 8):
            h = ((h ^ int.from_bytes(label[word : word + 8], "little")) * _GOLDEN) & _MASK
            h ^= h >> 32
    return (((h ^ (h >> 32)) * _GOLDEN) & _MASK) >> 52
