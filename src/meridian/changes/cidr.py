"""Changes of CIDR collections: from the blocks that are and what is asked to what will be (routing.md §11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from meridian.errors import ApiError, InvalidInput
from meridian.model.cidr import BadBlock, Block, parse, to_octets
from meridian.model.record import CidrRoutingConfig, RecordSet

MAX_BLOCKS_A_CALL = 1000  # R-CID-10
_PROBLEMS_SHOWN = 10

_Entry = tuple[Block, str]  # a block and its location


class BlockChange(msgspec.Struct, frozen=True):
    """Blocks to put into one location, or to take out of it."""

    action: Literal["PUT", "DELETE_IF_EXISTS"]
    location: str
    blocks: tuple[Block, ...]


class BlockPlan(msgspec.Struct, frozen=True):
    """
    What a call does to a collection.

    Attributes:
        delete: Blocks that go. Those that `put` moves to another location are not among them.
        put: Blocks that are new or moved, with their location.
    """

    delete: tuple[Block, ...]
    put: tuple[_Entry, ...]


def read_changes(items: Iterable[Mapping[str, Any]]) -> list[BlockChange]:
    """
    Read the Changes of a ChangeCidrCollectionRequest, which has passed the service model's constraints.

    Raises:
        InvalidInput: More than a thousand blocks (R-CID-10), or some that a collection cannot hold,
            of which the first ten are told (R-CID-3).
    """
    items = list(items)
    if sum(len(item["CidrList"]) for item in items) > MAX_BLOCKS_A_CALL:
        raise InvalidInput(f"A call can put and delete at most {MAX_BLOCKS_A_CALL} CIDR blocks.")
    problems: list[str] = []
    changes = [
        BlockChange(item["Action"], item["LocationName"], tuple(_blocks(item["CidrList"], problems))) for item in items
    ]
    if problems:
        raise InvalidInput(f"Invalid CIDR blocks: {_shown(problems)}")
    return changes


def plan(held: Mapping[Block, str], changes: Iterable[BlockChange], used: Container[str], limit: int) -> BlockPlan:
    """
    Work out what a call does: all of it or nothing (R-CID-11).

    The changes apply in their order to the set of (block, location). What must hold, holds for the
    result: so a block moves by DELETE_IF_EXISTS here and PUT there, in either order.

    Args:
        held: Every block of the collection, with its location.
        used: Locations that record sets use.
        limit: How many blocks the collection may hold.

    Raises:
        ApiError: CidrBlockInUseException for a block in two locations (R-CID-4), or a location in use
            that loses its last block (R-CID-12); LimitsExceeded for too many blocks (R-CID-10).
    """
    before = set(held.items())
    after = _applied(before, changes)
    _require_one_location(after)
    _require_kept({location for _, location in before - after} - {location for _, location in after}, used)
    if len(after) > max(limit, len(before)):  # a limit that was lowered lets a collection shrink
        raise ApiError("LimitsExceeded", f"Limits Exceeded: A CIDR collection can hold at most {limit} CIDR blocks.")
    kept = {block for block, _ in after}
    return BlockPlan(
        delete=tuple(block for block in held if block not in kept),
        put=tuple(after - before),
    )


def require_deletable(used: Collection[str], empty: bool) -> None:
    """
    Refuse to delete a collection that holds blocks or is used by record sets (R-CID-12).

    Args:
        used: Locations that record sets use, `*` among them.
        empty: Whether the collection holds no block.

    Raises:
        ApiError: CidrCollectionInUseException.
    """
    if not empty:
        raise ApiError("CidrCollectionInUseException", "The CIDR collection is not empty; delete its blocks first.")
    if used:
        text = f"The CIDR collection is in use by record sets with the locations {_listed(used)}."
        raise ApiError("CidrCollectionInUseException", text)


def location_reasons(record_set: RecordSet, missing: Container[CidrRoutingConfig]) -> list[str]:
    """Tell that a record set names a location or a collection that does not exist (R-CID-1); ours."""
    config = record_set.cidr_routing_config
    if config is None or config not in missing:
        return []
    return [
        f"RRSet with DNS name {record_set.name}, type {record_set.type}, SetIdentifier {record_set.set_identifier} "
        f"cannot be created as there is no location {config.location_name} "
        f"in a CIDR collection with ID {config.collection_id}."
    ]


def _blocks(texts: Sequence[str], problems: list[str]) -> Iterable[Block]:
    """Read blocks; those that cannot be are told in `problems`."""
    for text in texts:
        try:
            yield parse(text)
        except BadBlock as bad:
            problems.append(str(bad))


def _shown(problems: Sequence[str]) -> str:
    more = len(problems) - _PROBLEMS_SHOWN
    return "; ".join(problems[:_PROBLEMS_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _applied(before: set[_Entry], changes: Iterable[BlockChange]) -> set[_Entry]:
    after = set(before)
    for change in changes:
        entries = {(block, change.location) for block in change.blocks}
        if change.action == "PUT":
            after |= entries
        else:
            after -= entries
    return after


def _require_one_location(entries: Iterable[_Entry]) -> None:
    found: dict[Block, list[str]] = defaultdict(list)
    for block, location in entries:
        found[block].append(location)
    doubled = sorted((block for block, locations in found.items() if len(locations) > 1), key=to_octets)
    if doubled:
        text = f"The CIDR block {doubled[0]} cannot be in two locations: {_listed(found[doubled[0]])}."
        raise ApiError("CidrBlockInUseException", text)


def _require_kept(gone: Iterable[str], used: Container[str]) -> None:
    if lost := [location for location in gone if location in used]:
        text = f"Record sets use the locations {_listed(lost)}, which would be left without a CIDR block."
        raise ApiError("CidrBlockInUseException", text)


def _listed(locations: Iterable[str]) -> str:
    return ", ".join(sorted(locations))
