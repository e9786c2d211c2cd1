"""Traffic policy documents, and short ways to make policies and policy records of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from meridian.api.context import Context
from tests.operations.calls import call

SHAPES = {
    file.stem: file.read_bytes().decode()
    for file in sorted((Path(__file__).parent.parent / "vectors" / "traffic").glob("*.json"))
}


def document(record_type: str = "A", **members: Any) -> str:
    return json.dumps({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": record_type, **members})


def value(text: str = "192.0.2.1", record_type: str = "A") -> str:
    """A document of one value."""
    return document(record_type, StartEndpoint="e", Endpoints={"e": {"Type": "value", "Value": text}})


def ruled(rule: dict[str, Any], record_type: str = "A", **values: str) -> str:
    """A document of one rule over values."""
    endpoints = {id_: {"Type": "value", "Value": text} for id_, text in values.items()}
    return document(record_type, StartRule="r", Endpoints=endpoints, Rules={"r": rule})


def failover(check: str | None, **values: str) -> str:
    """A document of a primary and a secondary, the first two values."""
    primary, secondary = values
    checked = {} if check is None else {"HealthCheck": check}
    rule = {
        "RuleType": "failover",
        "Primary": {"EndpointReference": primary, **checked},
        "Secondary": {"EndpointReference": secondary},
    }
    return ruled(rule, **values)


def create_policy(context: Context, text: str, name: str = "policy") -> str:
    reply = call(context, "CreateTrafficPolicy", Name=name, Document=text)
    return str(reply["TrafficPolicy"]["Id"])


def add_version(context: Context, policy: str, text: str, **members: Any) -> int:
    reply = call(context, "CreateTrafficPolicyVersion", Id=policy, Document=text, **members)
    return int(reply["TrafficPolicy"]["Version"])


def apply(
    context: Context, zone: str, policy: str, version: int = 1, name: str = "www.example.com", ttl: int = 60
) -> str:
    """Create a policy record and give its id."""
    reply = call(
        context,
        "CreateTrafficPolicyInstance",
        HostedZoneId=zone,
        Name=name,
        TTL=ttl,
        TrafficPolicyId=policy,
        TrafficPolicyVersion=version,
    )
    return str(reply["TrafficPolicyInstance"]["Id"])


def move(context: Context, instance: str, policy: str, version: int, ttl: int = 60) -> dict[str, Any]:
    """Update a policy record and give what the reply says of it."""
    reply = call(
        context,
        "UpdateTrafficPolicyInstance",
        Id=instance,
        TTL=ttl,
        TrafficPolicyId=policy,
        TrafficPolicyVersion=version,
    )
    found: dict[str, Any] = reply["TrafficPolicyInstance"]
    return found


def shown(context: Context, instance: str) -> dict[str, Any]:
    found: dict[str, Any] = call(context, "GetTrafficPolicyInstance", Id=instance)["TrafficPolicyInstance"]
    return found
