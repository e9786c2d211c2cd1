"""Something of everything, made when it is asked for, and for each operation a request that will be carried out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from meridian.api.context import Context
from tests.operations import documents
from tests.operations.calls import call, upsert

VPC = {"VPCId": "vpc-a", "VPCRegion": "eu-west-1"}
OTHER_VPC = {"VPCId": "vpc-b", "VPCRegion": "eu-west-1"}
CHECK = {"Type": "TCP", "IPAddress": "93.184.215.14", "Port": 80}


class Stock:
    """
    Makes things of one account, each with a name and a reference of its own.

    Attributes:
        ids: Of what it has made.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._numbers = itertools.count(1)
        self.ids: list[str] = ["vpc-a", "C1"]

    @property
    def new(self) -> str:
        """A text that no other call has given."""
        return f"n{next(self._numbers)}"

    def do(self, operation: str, **request: Any) -> dict[str, Any]:
        """Make a call."""
        return call(self._context, operation, **request)

    def zone(self, **more: Any) -> str:
        """A zone with an A record at www."""
        name = f"{self.new}.example"
        made = self.do("CreateHostedZone", Name=name, CallerReference=self.new, **more)
        zone = self._known(made["HostedZone"]["Id"])
        self.do(
            "ChangeResourceRecordSets",
            HostedZoneId=zone,
            ChangeBatch=self.batch(upsert(f"www.{name}", "A", "192.0.2.1")),
        )
        return zone

    def empty_zone(self) -> str:
        """A zone that can be deleted."""
        made = self.do("CreateHostedZone", Name=f"{self.new}.example", CallerReference=self.new)
        return self._known(made["HostedZone"]["Id"])

    def name(self, zone: str) -> str:
        """A zone's name."""
        return str(self.do("GetHostedZone", Id=zone)["HostedZone"]["Name"])

    def private_zone(self) -> str:
        """A zone of the first view."""
        made = self.do("CreateHostedZone", Name=f"{self.new}.example", CallerReference=self.new, VPC=VPC)
        return self._known(made["HostedZone"]["Id"])

    def shared_zone(self) -> str:
        """A zone of both views."""
        zone = self.private_zone()
        self.do("AssociateVPCWithHostedZone", HostedZoneId=zone, VPC=OTHER_VPC)
        return zone

    def offered_zone(self) -> str:
        """A zone of the first view that the second is authorised for."""
        zone = self.private_zone()
        self.do("CreateVPCAssociationAuthorization", HostedZoneId=zone, VPC=OTHER_VPC)
        return zone

    def delegation_set(self) -> str:
        """A reusable delegation set without zones."""
        made = self.do("CreateReusableDelegationSet", CallerReference=self.new)
        return self._known(made["DelegationSet"]["Id"])

    def check(self) -> str:
        """A health check."""
        made = self.do("CreateHealthCheck", CallerReference=self.new, HealthCheckConfig=CHECK)
        return self._known(made["HealthCheck"]["Id"])

    @property
    def log_group(self) -> str:
        """Where queries can be logged."""
        return f"arn:aws:logs:us-east-1:{self._context.caller.account_id}:log-group:stdout"

    def logging(self) -> str:
        """A query logging configuration."""
        made = self.do("CreateQueryLoggingConfig", HostedZoneId=self.zone(), CloudWatchLogsLogGroupArn=self.log_group)
        return self._known(made["QueryLoggingConfig"]["Id"])

    def collection(self, *blocks: str) -> str:
        """A CIDR collection, with these blocks in one location."""
        made = self.do("CreateCidrCollection", Name=self.new, CallerReference=self.new)
        collection = self._known(made["Collection"]["Id"])
        if blocks:
            self.do("ChangeCidrCollection", Id=collection, Changes=[self.put(*blocks)])
        return collection

    def put(self, *blocks: str) -> dict[str, Any]:
        """A change that puts blocks into the location."""
        return {"LocationName": "office", "Action": "PUT", "CidrList": list(blocks)}

    def policy(self) -> str:
        """A traffic policy of one version."""
        made = self.do("CreateTrafficPolicy", Name=self.new, Document=documents.value())
        return self._known(made["TrafficPolicy"]["Id"])

    def applied(self) -> dict[str, Any]:
        """What makes a policy record."""
        zone = self.zone()
        version = {"TrafficPolicyId": self.policy(), "TrafficPolicyVersion": 1}
        return {"HostedZoneId": zone, "Name": f"policy.{self.name(zone)}", "TTL": 60, **version}

    def instance(self) -> str:
        """A policy record."""
        made = self.do("CreateTrafficPolicyInstance", **self.applied())
        return self._known(made["TrafficPolicyInstance"]["Id"])

    def change(self) -> str:
        """A change on its way."""
        zone = self.zone()
        batch = self.batch(upsert(f"a.{self.name(zone)}", "A", "192.0.2.1"))
        made = self.do("ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch=batch)
        return self._known(made["ChangeInfo"]["Id"])

    def protections(self, zone: str, **more: Any) -> dict[str, Any]:
        """What protects the record of a zone."""
        return {
            "HostedZoneId": zone,
            "Protections": [{"RecordName": f"www.{self.name(zone)}", "RecordType": "A", **more}],
        }

    def protected(self) -> dict[str, Any]:
        """What takes a protection away."""
        zone = self.zone()
        self.do("CreateResourceRecordSetProtections", **self.protections(zone))
        return self.protections(zone)

    @staticmethod
    def batch(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A change batch."""
        return {"Changes": list(changes), **more}

    def every_policy(self) -> dict[str, Any]:
        """A batch with every routing policy, an alias, and a health check."""
        zone, check, collection = self.zone(), self.check(), self.collection("192.0.2.0/24")
        name = self.name(zone)
        value = "192.0.2.9"
        cidr = {"CollectionId": collection, "LocationName": "office"}
        near = {"Coordinates": {"Latitude": "52.5", "Longitude": "13.4"}, "Bias": 10}
        www = {"HostedZoneId": zone, "DNSName": f"www.{name}", "EvaluateTargetHealth": True}
        alias = {"Name": f"alias.{name}", "Type": "A", "AliasTarget": www}
        arms: Mapping[str, dict[str, Any]] = {
            "weight": {"Weight": 3, "HealthCheckId": check},
            "latency": {"Region": "eu-west-1"},
            "geo": {"GeoLocation": {"CountryCode": "US", "SubdivisionCode": "CA"}},
            "near": {"GeoProximityLocation": near},
            "failover": {"Failover": "PRIMARY", "HealthCheckId": check},
            "many": {"MultiValueAnswer": True},
            "net": {"CidrRoutingConfig": cidr},
        }
        changes = [upsert(f"{label}.{name}", "A", value, SetIdentifier="s", **more) for label, more in arms.items()]
        batch = self.batch(*changes, {"Action": "CREATE", "ResourceRecordSet": alias}, Comment="all <of> them")
        return {"HostedZoneId": zone, "ChangeBatch": batch}

    def question(self) -> dict[str, Any]:
        """A question that a zone has an answer to, from a client behind a resolver."""
        zone = self.zone()
        asked = {"HostedZoneId": zone, "RecordName": f"www.{self.name(zone)}", "RecordType": "A"}
        return {
            **asked,
            "ResolverIP": "192.0.2.1",
            "EDNS0ClientSubnetIP": "198.51.100.0",
            "EDNS0ClientSubnetMask": "24",
        }

    def _known(self, id_: str) -> str:
        self.ids.append(id_.rpartition("/")[2])
        return self.ids[-1]


GOOD: Mapping[str, Callable[[Stock], dict[str, Any]]] = {
    "AssociateVPCWithHostedZone": lambda s: {"HostedZoneId": s.private_zone(), "VPC": OTHER_VPC, "Comment": "c"},
    "ChangeCidrCollection": lambda s: {
        "Id": s.collection(),
        "CollectionVersion": 1,
        "Changes": [s.put("192.0.2.0/24", "2001:db8::/32")],
    },
    "ChangeResourceRecordSets": lambda s: s.every_policy(),
    "ChangeTagsForResource": lambda s: {
        "ResourceType": "hostedzone",
        "ResourceId": s.zone(),
        "AddTags": [{"Key": "k", "Value": "v"}],
        "RemoveTagKeys": ["l"],
    },
    "CreateCidrCollection": lambda s: {"Name": s.new, "CallerReference": s.new},
    "CreateHealthCheck": lambda s: {
        "CallerReference": s.new,
        "HealthCheckConfig": {
            "Type": "HTTPS_STR_MATCH",
            "FullyQualifiedDomainName": "www.example.com",
            "Port": 443,
            "ResourcePath": "/",
            "SearchString": "ok",
            "RequestInterval": 10,
            "FailureThreshold": 3,
            "Regions": ["eu-west-1", "us-east-1", "us-west-1"],
        },
    },
    "CreateHostedZone": lambda s: {
        "Name": f"{s.new}.example",
        "CallerReference": s.new,
        "HostedZoneConfig": {"Comment": "c"},
        "DelegationSetId": s.delegation_set(),
    },
    "CreateQueryLoggingConfig": lambda s: {"HostedZoneId": s.zone(), "CloudWatchLogsLogGroupArn": s.log_group},
    "CreateResourceRecordSetProtections": lambda s: s.protections(s.zone(), Comment="c"),
    "CreateReusableDelegationSet": lambda s: {"CallerReference": s.new, "HostedZoneId": s.zone()},
    "CreateTrafficPolicy": lambda s: {
        "Name": s.new,
        "Document": documents.ruled({"RuleType": "multivalue", "Items": [{"EndpointReference": "a"}]}, a="192.0.2.1"),
        "Comment": "c",
    },
    "CreateTrafficPolicyInstance": lambda s: s.applied(),
    "CreateTrafficPolicyVersion": lambda s: {
        "Id": s.policy(),
        "Document": documents.value("192.0.2.2"),
        "Comment": "c",
    },
    "CreateVPCAssociationAuthorization": lambda s: {"HostedZoneId": s.private_zone(), "VPC": OTHER_VPC},
    "DeleteCidrCollection": lambda s: {"Id": s.collection()},
    "DeleteHealthCheck": lambda s: {"HealthCheckId": s.check()},
    "DeleteHostedZone": lambda s: {"Id": s.empty_zone()},
    "DeleteQueryLoggingConfig": lambda s: {"Id": s.logging()},
    "DeleteResourceRecordSetProtections": lambda s: s.protected(),
    "DeleteReusableDelegationSet": lambda s: {"Id": s.delegation_set()},
    "DeleteTrafficPolicy": lambda s: {"Id": s.policy(), "Version": 1},
    "DeleteTrafficPolicyInstance": lambda s: {"Id": s.instance()},
    "DeleteVPCAssociationAuthorization": lambda s: {"HostedZoneId": s.offered_zone(), "VPC": OTHER_VPC},
    "DisassociateVPCFromHostedZone": lambda s: {"HostedZoneId": s.shared_zone(), "VPC": OTHER_VPC, "Comment": "c"},
    "GetAccountLimit": lambda s: {"Type": "MAX_HOSTED_ZONES_BY_OWNER"},
    "GetChange": lambda s: {"Id": s.change()},
    "GetCheckerIpRanges": lambda s: {},
    "GetDNSSEC": lambda s: {"HostedZoneId": s.zone()},
    "GetGeoLocation": lambda s: {"CountryCode": "US", "SubdivisionCode": "CA"},
    "GetHealthCheck": lambda s: {"HealthCheckId": s.check()},
    "GetHealthCheckCount": lambda s: {},
    "GetHealthCheckLastFailureReason": lambda s: {"HealthCheckId": s.check()},
    "GetHealthCheckStatus": lambda s: {"HealthCheckId": s.check()},
    "GetHostedZone": lambda s: {"Id": s.zone()},
    "GetHostedZoneCount": lambda s: {},
    "GetHostedZoneLimit": lambda s: {"HostedZoneId": s.private_zone(), "Type": "MAX_VPCS_ASSOCIATED_BY_ZONE"},
    "GetQueryLoggingConfig": lambda s: {"Id": s.logging()},
    "GetReusableDelegationSet": lambda s: {"Id": s.delegation_set()},
    "GetReusableDelegationSetLimit": lambda s: {
        "DelegationSetId": s.delegation_set(),
        "Type": "MAX_ZONES_BY_REUSABLE_DELEGATION_SET",
    },
    "GetTrafficPolicy": lambda s: {"Id": s.policy(), "Version": 1},
    "GetTrafficPolicyInstance": lambda s: {"Id": s.instance()},
    "GetTrafficPolicyInstanceCount": lambda s: {},
    "ListCidrBlocks": lambda s: {
        "CollectionId": s.collection("192.0.2.0/24"),
        "LocationName": "office",
        "MaxResults": "5",
    },
    "ListCidrCollections": lambda s: {"MaxResults": "5"},
    "ListCidrLocations": lambda s: {"CollectionId": s.collection("192.0.2.0/24"), "MaxResults": "5"},
    "ListGeoLocations": lambda s: {"StartCountryCode": "US", "StartSubdivisionCode": "CA", "MaxItems": "5"},
    "ListHealthChecks": lambda s: {"Marker": s.check(), "MaxItems": "5"},
    "ListHostedZones": lambda s: {"Marker": s.zone(), "MaxItems": "5"},
    "ListHostedZonesByName": lambda s: {"DNSName": "example", "HostedZoneId": s.zone(), "MaxItems": "5"},
    "ListHostedZonesByVPC": lambda s: {**VPC, "MaxItems": "5"},
    "ListQueryLoggingConfigs": lambda s: {"HostedZoneId": s.zone(), "MaxResults": "5"},
    "ListResourceRecordSetProtections": lambda s: {"HostedZoneId": s.protected()["HostedZoneId"], "MaxResults": "5"},
    "ListResourceRecordSets": lambda s: {
        "HostedZoneId": s.zone(),
        "StartRecordName": "a.example",
        "StartRecordType": "A",
        "StartRecordIdentifier": "s",
        "MaxItems": "5",
    },
    "ListReusableDelegationSets": lambda s: {"Marker": s.delegation_set(), "MaxItems": "5"},
    "ListTagsForResource": lambda s: {"ResourceType": "healthcheck", "ResourceId": s.check()},
    "ListTagsForResources": lambda s: {"ResourceType": "hostedzone", "ResourceIds": [s.zone(), s.zone()]},
    "ListTrafficPolicies": lambda s: {"TrafficPolicyIdMarker": s.policy(), "MaxItems": "5"},
    "ListTrafficPolicyInstances": lambda s: {
        "HostedZoneIdMarker": s.zone(),
        "TrafficPolicyInstanceNameMarker": "a.example",
        "TrafficPolicyInstanceTypeMarker": "A",
        "MaxItems": "5",
    },
    "ListTrafficPolicyInstancesByHostedZone": lambda s: {
        "HostedZoneId": s.zone(),
        "TrafficPolicyInstanceNameMarker": "a.example",
        "MaxItems": "5",
    },
    "ListTrafficPolicyInstancesByPolicy": lambda s: {
        "TrafficPolicyId": s.policy(),
        "TrafficPolicyVersion": 1,
        "MaxItems": "5",
    },
    "ListTrafficPolicyVersions": lambda s: {"Id": s.policy(), "TrafficPolicyVersionMarker": "1", "MaxItems": "5"},
    "ListVPCAssociationAuthorizations": lambda s: {"HostedZoneId": s.offered_zone(), "MaxResults": "5"},
    "TestDNSAnswer": lambda s: s.question(),
    "UpdateHealthCheck": lambda s: {
        "HealthCheckId": s.check(),
        "HealthCheckVersion": 1,
        "Port": 81,
        "FailureThreshold": 5,
        "Inverted": True,
        "ResetElements": ["Regions"],
    },
    "UpdateHostedZoneComment": lambda s: {"Id": s.zone(), "Comment": "c"},
    "UpdateHostedZoneFeatures": lambda s: {"HostedZoneId": s.zone(), "EnableAcceleratedRecovery": True},
    "UpdateTrafficPolicyComment": lambda s: {"Id": s.policy(), "Version": 1, "Comment": "c"},
    "UpdateTrafficPolicyInstance": lambda s: {
        "Id": s.instance(),
        "TTL": 30,
        "TrafficPolicyId": s.policy(),
        "TrafficPolicyVersion": 1,
    },
}
