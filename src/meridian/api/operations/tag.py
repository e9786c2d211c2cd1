"""Tags of hosted zones and health checks (zones.md §7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.errors import InvalidInput
from meridian.store import health
from meridian.store import tag as tags
from meridian.store import zone as zones

MAX_TAGS = 50  # a resource (R-TAG-6)


def change_tags_for_resource(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Remove and add tags of one resource, in that order (R-TAG-2)."""
    added, removed = request.get("AddTags", []), request.get("RemoveTagKeys", [])
    if not added and not removed:
        raise InvalidInput("AddTags or RemoveTagKeys must be given.")
    if any(not tag.get("Key") for tag in added):
        raise InvalidInput("Every tag in AddTags must have a Key.")
    type_, id_ = request["ResourceType"], request["ResourceId"]
    with context.database.write() as conn:
        _require_owned(conn, context, type_, [id_])
        before = tags.of(conn, type_, [id_])[id_]
        tags.remove(conn, type_, id_, removed)
        tags.put(conn, type_, id_, {tag["Key"]: tag.get("Value", "") for tag in added})
        after = tags.of(conn, type_, [id_])[id_]
        context.trail.changed("tags", id_, before, after)
        if len(after) > MAX_TAGS:
            raise InvalidInput(f"A resource can have at most {MAX_TAGS} tags.")
    return {}


def remove_all(conn: Connection, context: Context, type_: str, id_: str) -> None:
    """Remove every tag of a resource that goes (R-ZDL-5)."""
    if before := tags.of(conn, type_, [id_])[id_]:
        tags.remove_all(conn, type_, id_)
        context.trail.changed("tags", id_, before, {})


def list_tags_for_resource(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of one resource."""
    return {"ResourceTagSet": _tag_sets(context, request["ResourceType"], [request["ResourceId"]])[0]}


def list_tags_for_resources(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of up to ten resources of one type (R-TAG-4)."""
    return {"ResourceTagSets": _tag_sets(context, request["ResourceType"], request["ResourceIds"])}


def _tag_sets(context: Context, type_: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    with context.database.read() as conn:
        _require_owned(conn, context, type_, ids)
        found = tags.of(conn, type_, ids)
    return [{"ResourceType": type_, "ResourceId": id_, "Tags": _to_api(found[id_])} for id_ in ids]


def _to_api(found: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in found.items()]


def _require_owned(conn: Connection, context: Context, type_: str, ids: Sequence[str]) -> None:
    for id_ in ids:
        if type_ == "healthcheck":
            health.owned(conn, context.caller.account_id, id_)
        elif type_ == "hostedzone":
            zones.owned(conn, context.caller.account_id, id_)
        else:
            raise InvalidInput(f"The resource type {type_} is not valid; use healthcheck or hostedzone.")  # R-TAG-1
