"""Rules for private zones: whose network views they are seen from (zones.md §4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meridian.errors import ApiError, InvalidInput
from meridian.model.view import View
from meridian.model.zone import HostedZone, Vpc


def read(given: Mapping[str, Any]) -> Vpc:
    """
    Read the VPC of a request.

    Raises:
        InvalidInput: Its id or its region is missing (R-ZON-2).
    """
    if not given.get("VPCId") or not given.get("VPCRegion"):
        raise InvalidInput("VPC needs both VPCId and VPCRegion.")
    return Vpc(given["VPCId"], given["VPCRegion"])


def is_usable(vpc: Vpc, views: Mapping[str, View], account_id: str) -> bool:
    """Tell whether a view is there, in this region, and the account's or everybody's."""
    view = views.get(vpc.id)
    return view is not None and view.region == vpc.region and view.account in (None, account_id)


def is_own(vpc: Vpc, views: Mapping[str, View], account_id: str) -> bool:
    """Tell whether a view is this account's alone."""
    return is_usable(vpc, views, account_id) and views[vpc.id].account == account_id


def require_usable(vpc: Vpc, views: Mapping[str, View], account_id: str) -> None:
    """
    Judge whether an account may speak for a view (R-PVT-2).

    Raises:
        ApiError: InvalidVPCId.
    """
    if not is_usable(vpc, views, account_id):
        raise _invalid(vpc)


def require_known(vpc: Vpc, views: Mapping[str, View]) -> None:
    """
    Judge whether a view is there, whosever it is.

    Raises:
        ApiError: InvalidVPCId.
    """
    if vpc.id not in views or views[vpc.id].region != vpc.region:
        raise _invalid(vpc)


def require_private(zone: HostedZone) -> None:
    """
    Judge whether a zone can be seen from views at all (R-PVT-2, R-PVT-11).

    Raises:
        ApiError: PublicZoneVPCAssociation.
    """
    if not zone.private:
        text = (
            "You're trying to associate a VPC with a public hosted zone. "
            "Amazon Route 53 doesn't support associating a VPC with a public hosted zone."
        )
        raise ApiError("PublicZoneVPCAssociation", text)


def require_another(count: int) -> None:
    """
    Judge whether a zone can do without one of its views (R-PVT-1).

    Raises:
        ApiError: LastVPCAssociation.
    """
    if count < 2:
        text = (
            "The VPC that you're trying to disassociate from the private hosted zone is the last VPC that is "
            "associated with the hosted zone. Amazon Route 53 doesn't support disassociating the last VPC from a "
            "hosted zone."
        )
        raise ApiError("LastVPCAssociation", text)


def _invalid(vpc: Vpc) -> ApiError:
    text = (
        f"The VPC {vpc.id} in region {vpc.region} either isn't a network view of this server, "
        "by the setting views, or the current account is not authorized to access it."
    )
    return ApiError("InvalidVPCId", text)
