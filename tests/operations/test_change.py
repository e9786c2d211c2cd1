from __future__ import annotations

import pytest

from meridian.api.context import Context
from meridian.errors import ApiError
from meridian.store import change as changes
from tests.operations.calls import call, change, create_zone, upsert


def test_a_change_becomes_insync_by_acknowledgement(context: Context) -> None:
    """R-CHG-16: GetChange says PENDING until every live edge serves the change."""
    zone_id = create_zone(context)
    info = change(context, zone_id, upsert("a.example.com", "A", "192.0.2.1"))["ChangeInfo"]
    change_id = info["Id"].removeprefix("/change/")
    assert call(context, "GetChange", Id=change_id) == {"ChangeInfo": info}
    with context.database.write() as conn:
        changes.published(conn, zone_id, 2, catalog=0, catalog_version=1)
        changes.acknowledge(conn, {0: 1})

    assert call(context, "GetChange", Id=change_id) == {"ChangeInfo": {**info, "Status": "INSYNC"}}


def test_unknown_and_foreign_changes(context: Context, stranger: Context) -> None:
    """R-CHG-17, R-API-25."""
    zone_id = create_zone(context)
    info = change(context, zone_id, upsert("a.example.com", "A", "192.0.2.1"))["ChangeInfo"]
    for who, change_id in ((context, "C0UNKNOWN"), (stranger, info["Id"].removeprefix("/change/"))):
        with pytest.raises(ApiError) as refused:
            call(who, "GetChange", Id=change_id)
        assert (refused.value.code, refused.value.message) == (
            "NoSuchChange",
            f"Could not find resource with ID: {change_id}",
        )
