"""Replacing all record sets of one name and type at once, whatever their policies were and will be (R-POL-8)."""

from __future__ import annotations

from collections.abc import Sequence

from meridian.changes import rules
from meridian.model.record import Change, Key, RecordSet


def replacement(stored: Sequence[RecordSet], wanted: Sequence[RecordSet]) -> list[Change]:
    """
    The changes that turn the record sets of one name and type into others, as one batch.

    A batch is judged on the state that it leads to, so the policy may change, also under set
    identifiers that stay. What is equal already is left alone.

    Args:
        stored: What is there, with `rdata`.
        wanted: What is to be there, no key twice.

    Returns:
        DELETEs first, then UPSERTs and CREATEs in the order of `wanted`; empty if nothing changes.
    """
    held: dict[Key, RecordSet] = {record_set.key: record_set for record_set in stored}
    kept = {record_set.key for record_set in wanted}
    gone = [Change("DELETE", record_set) for key, record_set in held.items() if key not in kept]
    return gone + [change for record_set in wanted if (change := _change(record_set, held.get(record_set.key)))]


def _change(wanted: RecordSet, held: RecordSet | None) -> Change | None:
    if held is None:
        return Change("CREATE", wanted)
    return None if rules.same_content(wanted, held) else Change("UPSERT", wanted)
