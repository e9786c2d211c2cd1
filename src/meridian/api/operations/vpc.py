"""Private zones and the network views that see them: associate, authorise, list (zones.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from meridian.api.context import Context
from meridian.api.operations.change import change_to_api, publish_head, record_change
from meridian.api.operations.paging import Page, cut, from_token, to_token
from meridian.api.paging import page_size
from meridian.changes.vpc import (
    is_own,
    is_usable,
    read,
    require_another,
    require_known,
    require_private,
    require_usable,
)
from meridian.errors import ApiError, InvalidInput, InvalidPaginationToken, NoSuchHostedZone
from meridian.model.name import from_wire
from meridian.model.view import views
from meridian.model.zone import HostedZone, Vpc
from meridian.store import vpc
from meridian.store import zone as zones

MAX_AUTHORIZED = 50  # a page, by the model's prose
ASSOCIATED, AUTHORIZED = "vpcassociation", "vpcauthorization"  # in the audit trail; the resource is the zone


def associate_vpc_with_hosted_zone(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Let a private zone be seen from one more view, another account's zone if its owner allows (R-PVT-2)."""
    account_id, wanted = context.caller.account_id, read(request["VPC"])
    with context.database.write() as conn:
        zone = _locked(conn, request["HostedZoneId"])
        require_private(zone)
        require_usable(wanted, views(context.settings), account_id)
        if zone.account_id != account_id and not vpc.is_authorized(conn, zone.id, wanted):
            text = "Associating the specified VPC with the specified hosted zone has not been authorized."
            raise ApiError("NotAuthorizedException", text)
        before = vpc.of_zone(conn, zone.id)
        vpc.associate(conn, zone, wanted)
        if len(before) >= context.settings.quotas.vpcs_per_zone:
            text = "Limits Exceeded: MAX_VPCS_ASSOCIATED_BY_ZONE - Cannot associate more VPCs."
            raise ApiError("LimitsExceeded", text)
        context.trail.changed(ASSOCIATED, zone.id, _shown(before), _shown(vpc.of_zone(conn, zone.id)))
        return _publish(conn, context, zone.id, request.get("Comment"))


def disassociate_vpc_from_hosted_zone(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Let a zone be seen from a view no more, which its owner and the view's may ask for (R-PVT-1, R-PVT-4)."""
    account_id, unwanted = context.caller.account_id, read(request["VPC"])
    with context.database.write() as conn:
        zone = _locked(conn, request["HostedZoneId"])
        if zone.account_id != account_id and not is_own(unwanted, views(context.settings), account_id):
            raise NoSuchHostedZone(zone.id)
        present = vpc.of_zone(conn, zone.id)
        if unwanted not in present:
            text = f"The VPC {unwanted.id} in region {unwanted.region} is not associated with the hosted zone."
            raise ApiError("VPCAssociationNotFound", text)
        require_another(len(present))
        vpc.disassociate(conn, zone.id, unwanted)
        context.trail.changed(ASSOCIATED, zone.id, _shown(present), _shown(vpc.of_zone(conn, zone.id)))
        return _publish(conn, context, zone.id, request.get("Comment"))


def create_vpc_association_authorization(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Let the account of a view associate it with a private zone of the caller's (R-PVT-2)."""
    wanted = read(request["VPC"])
    with context.database.write() as conn:
        zone = _owned_private(conn, context, request["HostedZoneId"])
        require_known(wanted, views(context.settings))
        before = _shown([wanted]) if vpc.is_authorized(conn, zone.id, wanted) else None
        vpc.authorize(conn, zone.id, wanted)
        if vpc.authorizations(conn, zone.id) > context.settings.quotas.vpc_authorizations_per_zone:
            text = "Limits Exceeded: no more VPC association authorizations can be created for the hosted zone."
            raise ApiError("TooManyVPCAssociationAuthorizations", text)
        context.trail.changed(AUTHORIZED, zone.id, before, _shown([wanted]))
    return {"HostedZoneId": zone.id, "VPC": vpc_to_api(wanted)}


def delete_vpc_association_authorization(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Take an authorisation back; what was associated stays so (R-PVT-4)."""
    unwanted = read(request["VPC"])
    with context.database.write() as conn:
        zone = _owned_private(conn, context, request["HostedZoneId"])
        if not vpc.deauthorize(conn, zone.id, unwanted):
            text = f"The VPC {unwanted.id} in region {unwanted.region} is not authorized for the hosted zone."
            raise ApiError("VPCAssociationAuthorizationNotFound", text)
        context.trail.changed(AUTHORIZED, zone.id, _shown([unwanted]), None)
    return {}


def list_vpc_association_authorizations(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the views that may be associated with a zone, by id."""
    limit = page_size(request, maximum=MAX_AUTHORIZED, member="MaxResults")
    (start,) = from_token("VPCs", request, 1, InvalidPaginationToken) or ("",)
    with context.database.read() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"])
        page: Page[Vpc] = cut(vpc.authorized_page(conn, zone.id, start, limit + 1), limit)
    reply: dict[str, Any] = {"HostedZoneId": zone.id, "VPCs": [vpc_to_api(found) for found in page.items]}
    return reply if page.next is None else {**reply, "NextToken": to_token("VPCs", page.next.id)}


def list_hosted_zones_by_vpc(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the private zones that are seen from a view, of whatever account, by id (R-LSZ-4)."""
    asked = read(request)
    limit = page_size(request)
    (start,) = from_token("HostedZonesByVPC", request, 1, InvalidPaginationToken) or ("",)
    if not is_usable(asked, views(context.settings), context.caller.account_id):
        raise InvalidInput(f"The VPC {asked.id} in region {asked.region} is not one that this account can list.")
    with context.database.read() as conn:
        page: Page[vpc.Summary] = cut(vpc.zones_page(conn, asked.id, start, limit + 1), limit)
    reply = {"HostedZoneSummaries": [_summary(found) for found in page.items], "MaxItems": str(limit)}
    return reply if page.next is None else {**reply, "NextToken": to_token("HostedZonesByVPC", page.next.zone_id)}


def vpc_to_api(found: Vpc) -> dict[str, str]:
    """The shape VPC."""
    return {"VPCRegion": found.region, "VPCId": found.id}


def _shown(found: Sequence[Vpc]) -> dict[str, Any]:
    return {"VPCs": list(map(vpc_to_api, found))}


def _summary(found: vpc.Summary) -> dict[str, Any]:
    return {
        "HostedZoneId": found.zone_id,
        "Name": from_wire(found.name_wire).text,
        "Owner": {"OwningAccount": found.account_id},
    }


def _locked(conn: Connection, zone_id: str) -> HostedZone:
    """A zone of whatever account; other writers of it wait."""
    zone = zones.get(conn, zone_id, for_update=True)
    if zone is None:
        raise NoSuchHostedZone(zone_id)
    return zone


def _owned_private(conn: Connection, context: Context, zone_id: str) -> HostedZone:
    zone = zones.owned(conn, context.caller.account_id, zone_id, for_update=True)
    if not zone.private:
        raise InvalidInput("VPCs can only be authorized for private hosted zones.")
    return zone


def _publish(conn: Connection, context: Context, zone_id: str, comment: str | None) -> dict[str, Any]:
    change = record_change(conn, context, zone_id, publish_head(conn, zone_id), comment)
    return {"ChangeInfo": change_to_api(change)}
