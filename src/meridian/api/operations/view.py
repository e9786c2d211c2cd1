"""`/meridian/views`, a call of our own: from where private zones can be seen (docs/reference/places.md)."""

from __future__ import annotations

from typing import Any

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.model.view import View, views

PATH = "/meridian/views"


def list_views(context: Context, request: HttpRequest) -> dict[str, Any]:
    """The views that the account may associate with its zones, by id: its own, and those that are everybody's."""
    usable = (None, context.caller.account_id)
    found = sorted(views(context.settings).values(), key=lambda view: view.id)
    return {"views": [_shown(view) for view in found if view.account in usable]}


def _shown(view: View) -> dict[str, Any]:
    return {"id": view.id, "region": view.region, "clients": list(map(str, view.clients))}
