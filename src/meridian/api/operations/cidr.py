"""CIDR collections: create, change, delete, list (routing.md §11; R-API-156..161)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.api.operations.change import record_change
from meridian.api.operations.paging import Page, cut, from_token, to_token
from meridian.api.paging import page_size
from meridian.changes.cidr import BlockPlan, plan, read_changes, require_deletable
from meridian.errors import ApiError, InvalidInput
from meridian.model.cidr import BadBlock, Block, CidrCollection, parse, to_octets
from meridian.store import cidr, place
from meridian.store.ids import new_uuid

KIND = "cidrcollection"  # in the audit trail


def create_cidr_collection(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Make a collection without blocks, or give the one that the same call has made before (R-CID-12)."""
    with context.database.write() as conn:
        collection = _existing(conn, context, request) or _insert(conn, context, request)
    return {
        "Collection": collection_to_api(collection),
        "Location": f"{context.settings.base_url}/2013-04-01/cidrcollection/{collection.id}",
    }


def change_cidr_collection(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Put blocks into locations and take them out, all or nothing (R-CID-11)."""
    changes = read_changes(request["Changes"])
    with context.database.write() as conn:
        collection = cidr.owned(conn, context.caller.account_id, request["Id"], for_update=True)
        _require_version(collection, request.get("CollectionVersion"))
        held = cidr.blocks(conn, collection.id)
        planned = plan(
            held,
            changes,
            cidr.used_locations(conn, collection.id),
            context.settings.quotas.cidr_blocks_per_collection,
        )
        version = cidr.apply(conn, collection.id, planned)
        _tell(context, collection, version, held, planned)
        place.add(conn, cidr.outbox_key(collection.id), version)
        change = record_change(conn, context, collection.id, version)
    return {"Id": f"/change/{change.id}"}


def delete_cidr_collection(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Delete a collection that is empty and that no record set uses (R-CID-12)."""
    with context.database.write() as conn:
        collection = cidr.owned(conn, context.caller.account_id, request["Id"], for_update=True)
        used = cidr.used_locations(conn, collection.id)
        require_deletable(used, empty=not cidr.locations_page(conn, collection.id, "", 1))
        cidr.delete(conn, collection.id)
        context.trail.changed(KIND, collection.id, collection_to_api(collection), None)
        place.add(conn, cidr.outbox_key(collection.id), collection.version + 1)
    return {}


def list_cidr_collections(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the account's collections, by name."""
    limit = page_size(request, member="MaxResults")
    (start,) = from_token("CidrCollections", request, 1) or ("",)
    with context.database.read() as conn:
        page: Page[CidrCollection] = cut(cidr.page(conn, context.caller.account_id, start, limit + 1), limit)
    reply = {"CidrCollections": [collection_to_api(found) for found in page.items]}
    return reply if page.next is None else {**reply, "NextToken": to_token("CidrCollections", page.next.name)}


def list_cidr_locations(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of a collection's locations, by name; `*` is not one of them (R-CID-2)."""
    limit = page_size(request, member="MaxResults")
    (start,) = from_token("CidrLocations", request, 1) or ("",)
    with context.database.read() as conn:
        collection = cidr.owned(conn, context.caller.account_id, request["CollectionId"])
        page: Page[str] = cut(cidr.locations_page(conn, collection.id, start, limit + 1), limit)
    reply = {"CidrLocations": [{"LocationName": found} for found in page.items]}
    return reply if page.next is None else {**reply, "NextToken": to_token("CidrLocations", page.next)}


def list_cidr_blocks(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of a collection's blocks, or of one location's, by location, IP version and address."""
    limit = page_size(request, member="MaxResults")
    start = _block_start(request)
    location = request.get("LocationName")
    with context.database.read() as conn:
        collection = cidr.owned(conn, context.caller.account_id, request["CollectionId"])
        if location is not None and not cidr.has_location(conn, collection.id, location):
            text = f"No CIDR location named {location} found in the collection with ID: {collection.id}"
            raise ApiError("NoSuchCidrLocationException", text)
        page: Page[tuple[str, Block]] = cut(cidr.blocks_page(conn, collection.id, start, limit + 1, location), limit)
    return _blocks_reply(page)


def collection_to_api(collection: CidrCollection) -> dict[str, Any]:
    """The shapes CidrCollection and CollectionSummary (R-SIG-6)."""
    return {
        "Arn": f"arn:aws:route53::{collection.account_id}:cidrcollection/{collection.id}",
        "Id": collection.id,
        "Name": collection.name,
        "Version": collection.version,
    }


def _existing(conn: Connection, context: Context, request: dict[str, Any]) -> CidrCollection | None:
    collection = cidr.named(conn, context.caller.account_id, request["Name"])
    if collection is not None and collection.caller_reference != request["CallerReference"]:
        text = f"A CIDR collection named {collection.name} was already created with a different caller reference."
        raise ApiError("CidrCollectionAlreadyExistsException", text)
    return collection


def _insert(conn: Connection, context: Context, request: dict[str, Any]) -> CidrCollection:
    account_id = context.caller.account_id
    if cidr.count(conn, account_id) >= context.settings.quotas.cidr_collections:
        text = "Limits Exceeded: MAX_CIDR_COLLECTIONS_BY_OWNER - Cannot create more CIDR collections."
        raise ApiError("LimitsExceeded", text)
    collection = CidrCollection(new_uuid(), account_id, request["Name"], request["CallerReference"], version=1)
    cidr.insert(conn, collection)
    context.trail.changed(KIND, collection.id, None, collection_to_api(collection))
    place.add(conn, cidr.outbox_key(collection.id), collection.version)
    return collection


def _tell(
    context: Context, collection: CidrCollection, version: int, held: Mapping[Block, str], planned: BlockPlan
) -> None:
    """Put a change into the audit trail: of the blocks, which may be a million, those that it is about."""
    after = msgspec.structs.replace(collection, version=version)
    touched = [*planned.delete, *(block for block, _ in planned.put)]
    gone = [(held[block], block) for block in touched if block in held]
    put = [(location, block) for block, location in planned.put]
    context.trail.changed(KIND, collection.id, _with_blocks(collection, gone), _with_blocks(after, put))


def _with_blocks(collection: CidrCollection, blocks: Sequence[tuple[str, Block]]) -> dict[str, Any]:
    shown = sorted(blocks, key=lambda each: (each[0], to_octets(each[1])))
    return {**collection_to_api(collection), "CidrBlocks": _blocks_to_api(shown)}


def _require_version(collection: CidrCollection, expected: int | None) -> None:
    if expected is not None and expected != collection.version:
        text = f"The CIDR collection with ID {collection.id} has version {collection.version}, not {expected}."
        raise ApiError("CidrCollectionVersionMismatchException", text)


def _block_start(request: dict[str, Any]) -> cidr.BlockStart:
    key = from_token("CidrBlocks", request, 2)
    if key is None:
        return cidr.BlockStart()
    location, block = key
    try:
        return cidr.BlockStart(location, to_octets(parse(block)))
    except BadBlock:
        raise InvalidInput("The NextToken is not valid; send the one of the previous reply.") from None


def _blocks_reply(page: Page[tuple[str, Block]]) -> dict[str, Any]:
    reply: dict[str, Any] = {"CidrBlocks": _blocks_to_api(page.items)}
    if page.next is None:
        return reply
    location, block = page.next
    return {**reply, "NextToken": to_token("CidrBlocks", location, str(block))}


def _blocks_to_api(found: Sequence[tuple[str, Block]]) -> list[dict[str, str]]:
    return [{"CidrBlock": str(block), "LocationName": location} for location, block in found]
