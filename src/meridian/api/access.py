"""
Which action on which resources each call is, for the policies of users (R-SIG-6).

The actions and resources are those of AWS's service authorization reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from meridian.model.authorization import EVERYTHING
from meridian.model.iam import CHANGE_ACTIONS, RECORD_NAMES, RECORD_TYPES
from meridian.model.name import BadName, Name, parse

SERVICE = "route53"


class Resource(NamedTuple):
    """A resource that a request names."""

    kind: str
    member: str


class OfType(NamedTuple):
    """Resources whose kind a request names, too."""

    kind_member: str
    member: str


class IfGiven(NamedTuple):
    """A resource where the request names it; the action is about none in particular where it does not."""

    kind: str
    member: str


Named = Resource | OfType | IfGiven


def _zone(member: str = "HostedZoneId") -> tuple[Named, ...]:
    return (Resource("hostedzone", member),)


def _of(kind: str, member: str = "Id") -> tuple[Named, ...]:
    return (Resource(kind, member),)


RESOURCES: Mapping[str, tuple[Named, ...]] = {
    "ActivateKeySigningKey": _zone(),
    "AssociateVPCWithHostedZone": _zone(),
    "ChangeCidrCollection": _of("cidrcollection"),
    "ChangeResourceRecordSets": _zone(),
    "ChangeTagsForResource": (OfType("ResourceType", "ResourceId"),),
    "CreateCidrCollection": (),
    "CreateHealthCheck": (),
    "CreateHostedZone": (),
    "CreateKeySigningKey": _zone(),
    "CreateQueryLoggingConfig": _zone(),
    "CreateResourceRecordSetProtections": _zone(),
    "CreateReusableDelegationSet": (),
    "CreateTrafficPolicy": (),
    "CreateTrafficPolicyInstance": (*_zone(), *_of("trafficpolicy", "TrafficPolicyId")),
    "CreateTrafficPolicyVersion": _of("trafficpolicy"),
    "CreateVPCAssociationAuthorization": _zone(),
    "DeactivateKeySigningKey": _zone(),
    "DeleteCidrCollection": _of("cidrcollection"),
    "DeleteHealthCheck": _of("healthcheck", "HealthCheckId"),
    "DeleteHostedZone": _zone("Id"),
    "DeleteKeySigningKey": _zone(),
    "DeleteQueryLoggingConfig": _of("queryloggingconfig"),
    "DeleteResourceRecordSetProtections": _zone(),
    "DeleteReusableDelegationSet": _of("delegationset"),
    "DeleteTrafficPolicy": _of("trafficpolicy"),
    "DeleteTrafficPolicyInstance": _of("trafficpolicyinstance"),
    "DeleteVPCAssociationAuthorization": _zone(),
    "DisableHostedZoneDNSSEC": _zone(),
    "DisassociateVPCFromHostedZone": _zone(),
    "EnableHostedZoneDNSSEC": _zone(),
    "GetAccountLimit": (),
    "GetChange": _of("change"),
    "GetCheckerIpRanges": (),
    "GetDNSSEC": _zone(),
    "GetGeoLocation": (),
    "GetHealthCheck": _of("healthcheck", "HealthCheckId"),
    "GetHealthCheckCount": (),
    "GetHealthCheckLastFailureReason": _of("healthcheck", "HealthCheckId"),
    "GetHealthCheckStatus": _of("healthcheck", "HealthCheckId"),
    "GetHostedZone": _zone("Id"),
    "GetHostedZoneCount": (),
    "GetHostedZoneLimit": _zone(),
    "GetQueryLoggingConfig": _of("queryloggingconfig"),
    "GetReusableDelegationSet": _of("delegationset"),
    "GetReusableDelegationSetLimit": _of("delegationset", "DelegationSetId"),
    "GetTrafficPolicy": _of("trafficpolicy"),
    "GetTrafficPolicyInstance": _of("trafficpolicyinstance"),
    "GetTrafficPolicyInstanceCount": (),
    "ListCidrBlocks": _of("cidrcollection", "CollectionId"),
    "ListCidrCollections": (),
    "ListCidrLocations": _of("cidrcollection", "CollectionId"),
    "ListGeoLocations": (),
    "ListHealthChecks": (),
    "ListHostedZones": (),
    "ListHostedZonesByName": (),
    "ListHostedZonesByVPC": (),
    "ListQueryLoggingConfigs": (IfGiven("hostedzone", "HostedZoneId"),),
    "ListResourceRecordSetProtections": _zone(),
    "ListResourceRecordSets": _zone(),
    "ListReusableDelegationSets": (),
    "ListTagsForResource": (OfType("ResourceType", "ResourceId"),),
    "ListTagsForResources": (OfType("ResourceType", "ResourceIds"),),
    "ListTrafficPolicies": (),
    "ListTrafficPolicyInstances": (),
    "ListTrafficPolicyInstancesByHostedZone": _zone(),
    "ListTrafficPolicyInstancesByPolicy": _of("trafficpolicy", "TrafficPolicyId"),
    "ListTrafficPolicyVersions": _of("trafficpolicy"),
    "ListVPCAssociationAuthorizations": _zone(),
    "TestDNSAnswer": (),
    "UpdateHealthCheck": _of("healthcheck", "HealthCheckId"),
    "UpdateHostedZoneComment": _zone("Id"),
    "UpdateHostedZoneFeatures": _zone(),
    "UpdateTrafficPolicyComment": _of("trafficpolicy"),
    "UpdateTrafficPolicyInstance": (*_of("trafficpolicyinstance"), *_of("trafficpolicy", "TrafficPolicyId")),
}
"""From an operation to what it is about; its action is `route53:` and its name. Empty: nothing in particular."""


def resources(operation: str, request: Mapping[str, Any], account_id: str) -> list[str]:
    """The ARNs of what a request is about, each of which it has to be allowed for; `*` where that is nothing."""
    named = [arn(kind, id_, account_id) for entry in RESOURCES[operation] for kind, id_ in _named(entry, request)]
    return named or [EVERYTHING]


def values(operation: str, request: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """The condition keys that a request has, with their values."""
    if operation != "ChangeResourceRecordSets":
        return {}
    changes = request["ChangeBatch"]["Changes"]
    return record_values(
        (change["Action"], change["ResourceRecordSet"]["Name"], change["ResourceRecordSet"]["Type"])
        for change in changes
    )


def record_values(changes: Iterator[tuple[str, str, str]]) -> Mapping[str, Sequence[str]]:
    """The three condition keys of changes, each its action, name and type."""
    listed = list(changes)
    return {
        CHANGE_ACTIONS: [action for action, _, _ in listed],
        RECORD_NAMES: [_normalized(name) for _, name, _ in listed],
        RECORD_TYPES: [type_ for _, _, type_ in listed],
    }


def arn(kind: str, id_: str, account_id: str) -> str:
    """A resource's ARN (R-SIG-6)."""
    owner = account_id if kind == "cidrcollection" else ""
    return f"arn:aws:{SERVICE}::{owner}:{kind}/{id_}"


def normalized(name: Name) -> str:
    r"""A name as conditions compare it: lower case, other characters as `\ooo`, no final dot (R-SIG-6)."""
    return name.text.removesuffix(".")


def _normalized(text: str) -> str:
    try:
        return normalized(parse(text))
    except BadName:
        return text.lower().removesuffix(".")  # it will be refused for what it is


def _named(entry: Named, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(entry, IfGiven):
        if entry.member in request:
            yield entry.kind, request[entry.member]
        return
    kind = request[entry.kind_member] if isinstance(entry, OfType) else entry.kind
    ids = request[entry.member]
    for id_ in [ids] if isinstance(ids, str) else ids:
        yield kind, id_


ITSELF = None
"""The call asks by itself, because what it is about is in its body, or in the database."""

NativeResource = Callable[[Mapping[str, str], str], str]
"""From the named parts of a path and the account to a resource."""


class NativeRule(NamedTuple):
    """What a call of our own is."""

    action: str
    resource: NativeResource


def _everything(parts: Mapping[str, str], account_id: str) -> str:
    return EVERYTHING


def _check(parts: Mapping[str, str], account_id: str) -> str:
    return arn("healthcheck", parts["id"], account_id)


def _hosted_zone(parts: Mapping[str, str], account_id: str) -> str:
    return arn("hostedzone", parts["zone_id"], account_id)


def _change(parts: Mapping[str, str], account_id: str) -> str:
    return arn("change", parts["id"], account_id)


def _policy(parts: Mapping[str, str], account_id: str) -> str:
    return arn("trafficpolicy", parts["id"], account_id)


def _user(parts: Mapping[str, str], account_id: str) -> str:
    return user_arn(account_id, parts["user"])


def user_arn(account_id: str, user: str) -> str:
    """A user's ARN."""
    return f"arn:aws:iam::{account_id}:user/{user}"


UNLISTED = NativeRule("meridian:Call", _everything)
"""What a call is that this table forgets: for those who may do everything."""

NATIVE: Mapping[tuple[str, str], NativeRule | None] = {
    ("GET", "/meridian/explain"): NativeRule("route53:TestDNSAnswer", _everything),
    ("POST", "/meridian/explain"): NativeRule("route53:TestDNSAnswer", _everything),
    ("GET", "/meridian/search"): ITSELF,
    ("GET", "/meridian/overview"): NativeRule("route53:ListHostedZones", _everything),
    ("GET", "/meridian/changes/{id}"): NativeRule("route53:GetChange", _change),
    ("GET", "/meridian/geodata"): NativeRule("route53:ListGeoLocations", _everything),
    ("POST", "/meridian/replace"): ITSELF,
    ("POST", "/meridian/import"): ITSELF,
    ("GET", "/meridian/zones/{zone_id}/records"): NativeRule("route53:ListResourceRecordSets", _hosted_zone),
    ("GET", "/meridian/zones/{zone_id}/file"): NativeRule("route53:ListResourceRecordSets", _hosted_zone),
    ("POST", "/meridian/zones/{zone_id}/file"): NativeRule("route53:ListResourceRecordSets", _hosted_zone),
    ("GET", "/meridian/places"): NativeRule("route53:ListGeoLocations", _everything),
    ("GET", "/meridian/places/clients"): NativeRule("route53:ListGeoLocations", _everything),
    ("GET", "/meridian/views"): NativeRule("ec2:DescribeVpcs", _everything),
    ("POST", "/meridian/policies/check"): NativeRule("route53:ListTrafficPolicies", _everything),
    ("POST", "/meridian/policies/difference"): ITSELF,
    ("POST", "/meridian/policies/apply"): ITSELF,
    ("GET", "/meridian/policies/uses"): ITSELF,
    ("POST", "/meridian/policies/replace"): ITSELF,
    ("GET", "/meridian/policies/{id}/{version}/tree"): NativeRule("route53:GetTrafficPolicy", _policy),
    ("GET", "/meridian/checks"): NativeRule("route53:ListHealthChecks", _everything),
    ("GET", "/meridian/checks/{id}"): NativeRule("route53:GetHealthCheck", _check),
    ("GET", "/meridian/checks/{id}/history"): NativeRule("route53:GetHealthCheck", _check),
    ("PUT", "/meridian/checks/{id}/override"): NativeRule("route53:UpdateHealthCheck", _check),
    ("DELETE", "/meridian/checks/{id}/override"): NativeRule("route53:UpdateHealthCheck", _check),
    ("PATCH", "/meridian/checks/{id}/options"): NativeRule("route53:UpdateHealthCheck", _check),
    ("GET", "/meridian/switches"): NativeRule("route53:ListHealthChecks", _everything),
    ("PUT", "/meridian/switches"): ITSELF,
    ("GET", "/meridian/events"): NativeRule("route53:ListHealthChecks", _everything),
    ("GET", "/meridian/audit"): NativeRule("cloudtrail:LookupEvents", _everything),
    ("GET", "/meridian/audit/{request_id}/undo"): NativeRule("cloudtrail:LookupEvents", _everything),
    ("GET", "/meridian/me"): ITSELF,
    ("GET", "/meridian/users"): NativeRule("iam:ListUsers", _everything),
    ("PUT", "/meridian/users/{user}"): NativeRule("iam:CreateUser", _user),
    ("DELETE", "/meridian/users/{user}"): NativeRule("iam:DeleteUser", _user),
    ("POST", "/meridian/users/{user}/keys"): NativeRule("iam:CreateAccessKey", _user),
    ("PATCH", "/meridian/users/{user}/keys/{key}"): NativeRule("iam:UpdateAccessKey", _user),
    ("DELETE", "/meridian/users/{user}/keys/{key}"): NativeRule("iam:DeleteAccessKey", _user),
    ("GET", "/meridian/users/{user}/policies/{policy}"): NativeRule("iam:GetUserPolicy", _user),
    ("PUT", "/meridian/users/{user}/policies/{policy}"): NativeRule("iam:PutUserPolicy", _user),
    ("DELETE", "/meridian/users/{user}/policies/{policy}"): NativeRule("iam:DeleteUserPolicy", _user),
    ("POST", "/meridian/users/{user}/decide"): NativeRule("iam:SimulatePrincipalPolicy", _user),
}
"""From method and path of a call of our own to the action that AWS has for the like."""
