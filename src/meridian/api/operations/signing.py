"""DNSSEC of hosted zones, as far as it is built: that a zone is not signed (zones.md §4)."""

from __future__ import annotations

from typing import Any

from meridian.api.context import Context
from meridian.errors import ApiError
from meridian.store import zone as zones


def get_dnssec(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """
    Whether a public zone is signed, and its key-signing keys (R-SEC-38).

    No zone can be signed here, so every zone says so. Terraform asks before it empties a zone (R-CLI-7).
    """
    with context.database.read() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"])
    if zone.private:  # R-SEC-24
        raise ApiError("InvalidArgument", "Operation is unsupported for private hosted zones.")
    return {"Status": {"ServeSignature": "NOT_SIGNING"}, "KeySigningKeys": []}
