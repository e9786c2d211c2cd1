"""
Health checks between the API's dictionaries and the model's values, and what holds between their members.

The dictionaries have the service model's member names and have passed its constraints (types,
ranges, patterns). Texts that nobody has seen from Amazon follow the pattern of those that were (R-HCF-20).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from meridian.errors import ApiError, InvalidInput
from meridian.model import name as names
from meridian.model.cidr import Block
from meridian.model.health import (
    ENDPOINT_TYPES,
    REGIONS,
    AlarmIdentifier,
    HealthCheck,
    HealthCheckConfig,
    MetricRule,
)
from meridian.model.name import BadName
from meridian.model.target import is_allowed

_REQUEST_INTERVAL = 30  # seconds (R-HCF-7)
_FAILURE_THRESHOLD = 3  # R-HCF-8
_PORTS = {"HTTP": 80, "HTTP_STR_MATCH": 80, "HTTPS": 443, "HTTPS_STR_MATCH": 443}  # R-HCF-2

# Each member that only some types have, as texts call it; in the order in which the model has them.
_THINGS = {
    "IPAddress": "an IP address",
    "Port": "a port",
    "ResourcePath": "a resource path",
    "FullyQualifiedDomainName": "a fully qualified domain name",
    "SearchString": "a search string",
    "RequestInterval": "a request interval",
    "FailureThreshold": "a failure threshold",
    "MeasureLatency": "a latency measurement",
    "HealthThreshold": "a health threshold",
    "ChildHealthChecks": "child health checks",
    "EnableSNI": "server name indication",
    "Regions": "health checker regions",
    "AlarmIdentifier": "an metric region",  # so spelt
    "InsufficientDataHealthStatus": "an insufficient data health state",
    "RoutingControlArn": "a routing control ARN",
}
_ENDPOINT = {
    *("IPAddress", "Port", "FullyQualifiedDomainName"),
    *("RequestInterval", "FailureThreshold", "MeasureLatency", "Regions"),
}
_ALLOWED = {
    "HTTP": _ENDPOINT | {"ResourcePath"},
    "HTTPS": _ENDPOINT | {"ResourcePath", "EnableSNI"},
    "HTTP_STR_MATCH": _ENDPOINT | {"ResourcePath", "SearchString"},
    "HTTPS_STR_MATCH": _ENDPOINT | {"ResourcePath", "EnableSNI", "SearchString"},
    "TCP": _ENDPOINT,
    "CALCULATED": {"HealthThreshold", "ChildHealthChecks"},
    "CLOUDWATCH_METRIC": {"AlarmIdentifier", "InsufficientDataHealthStatus"},
    "RECOVERY_CONTROL": {"RoutingControlArn"},
}
_NEEDED = {
    "HTTP_STR_MATCH": "SearchString",
    "HTTPS_STR_MATCH": "SearchString",
    "TCP": "Port",
    "CALCULATED": "HealthThreshold",
    "CLOUDWATCH_METRIC": "AlarmIdentifier",
    "RECOVERY_CONTROL": "RoutingControlArn",
}
_KINDS = {"CALCULATED": "Calculated", "CLOUDWATCH_METRIC": "Metric", "RECOVERY_CONTROL": "Recovery control"}

_RESERVED = re.compile(r"[;/?:@=&]")  # RFC 1738 §2.2
_HOST = re.compile(r"[A-Za-z0-9_.-]+")
_PATH = re.compile(r"[!-~]*")


def read_config(members: Mapping[str, Any], private_targets: Iterable[Block]) -> HealthCheckConfig:
    """
    Read the shape HealthCheckConfig, with the defaults of R-HCF-2, R-HCF-7, R-HCF-8 and R-HCF-14 filled in.

    Args:
        private_targets: Blocks of special use that may be probed (R-HCF-22).

    Raises:
        InvalidInput: The first thing that is wrong with it.
    """
    config = _read(members)
    _require_target(config.ip_address, private_targets)
    return config


def updated(
    config: HealthCheckConfig, request: Mapping[str, Any], private_targets: Iterable[Block]
) -> HealthCheckConfig:
    """
    Work out what a check becomes by an UpdateHealthCheckRequest: what is given changes, all else stays (R-HCU-3..5).

    Elements to reset are reset first (R-HCU-4).

    Raises:
        InvalidInput: The first thing that is wrong with it.
    """
    given = {member: value for member, value in request.items() if member in _UPDATABLE}
    if "IPAddress" in given and config.probes and config.ip_address is None:
        raise InvalidInput("Invalid parameter : An IP address cannot be added to an existing health check.")
    reset = request.get("ResetElements", ())
    kept = {member: value for member, value in to_api(config).items() if member not in reset}
    after = _read(kept | given)
    if "IPAddress" in given:
        _require_target(after.ip_address, private_targets)
    return after


def require_children(config: HealthCheckConfig, known: Mapping[str, HealthCheck], limit: int) -> None:
    """
    Refuse children that cannot be counted (R-HCC-3, R-HCC-5).

    Args:
        known: The account's checks among them, by id.
        limit: How many there may be.

    Raises:
        InvalidInput: Too many, one that does not exist, or one that is calculated itself.
    """
    children = config.child_health_checks
    if len(children) > limit:
        raise InvalidInput(
            f"Invalid parameter : Calculated health checks must not have more than {limit} child health checks "
            "specified."
        )
    for child in children:
        if child not in known:
            raise InvalidInput(f"Invalid parameter : The child health check with id {child} does not exist.")
        if known[child].config.type == "CALCULATED":
            raise InvalidInput(
                f"Invalid parameter : The child health check with id {child} is a calculated health check; "
                "calculated health checks must not have such children."
            )


def require_version(check: HealthCheck, expected: int | None) -> None:
    """
    Refuse an update that was meant for another version of the check (R-HCU-3).

    Raises:
        ApiError: HealthCheckVersionMismatch.
    """
    if expected is not None and expected != check.version:
        text = f"The health check with id {check.id} has version {check.version}, not {expected}."
        raise ApiError("HealthCheckVersionMismatch", text)


def same_settings(one: HealthCheckConfig, other: HealthCheckConfig) -> bool:
    """Tell whether two configs ask for the same, whatever the order of children (R-HCU-1)."""
    return _ordered(one) == _ordered(other)


def is_probed_anew(before: HealthCheck, after: HealthCheck) -> bool:
    """
    Tell whether checkers have to begin to count anew: what is probed, or how, has changed (R-HCA-7).

    What is made of the results, and by which regions they are found, does not matter: inverting a
    check in an emergency must not blind us first.
    """
    return _probe(before) != _probe(after)


def to_api(config: HealthCheckConfig) -> dict[str, Any]:
    """
    Write a config as the API shows it: members in the model's order, absent ones left out.

    Booleans are always there (R-HCF-23), those of probing with checks that probe.
    """
    members: dict[str, Any] = {
        "IPAddress": config.ip_address,
        "Port": config.port,
        "Type": config.type,
        "ResourcePath": config.resource_path,
        "FullyQualifiedDomainName": config.fully_qualified_domain_name,
        "SearchString": config.search_string,
        "RequestInterval": config.request_interval,
        "FailureThreshold": config.failure_threshold,
        "MeasureLatency": config.measure_latency if config.probes else None,
        "Inverted": config.inverted,
        "Disabled": config.disabled,
        "HealthThreshold": config.health_threshold,
        "ChildHealthChecks": list(config.child_health_checks) if config.type == "CALCULATED" else None,
        "EnableSNI": config.enable_sni,
        "Regions": config.regions and list(config.regions),
        "AlarmIdentifier": _show_alarm(config.alarm_identifier),
        "InsufficientDataHealthStatus": config.insufficient_data_health_status,
        "RoutingControlArn": config.routing_control_arn,
    }
    return {member: value for member, value in members.items() if value is not None}


def metric_to_api(rule: MetricRule) -> dict[str, Any]:
    """
    Write the rule of a metric check as the shape CloudWatchAlarmConfiguration (R-HCL-4).

    A rule of another provider shows its query as the name of its metric (R-HCL-5).
    """
    members: dict[str, Any] = {
        "EvaluationPeriods": rule.evaluation_periods,
        "Threshold": rule.threshold,
        "ComparisonOperator": rule.comparison_operator,
        "Period": rule.period,
        "MetricName": rule.metric_name or rule.query,
        "Namespace": rule.namespace or rule.provider,
        "Statistic": rule.statistic,
    }
    dimensions = [{"Name": dimension.name, "Value": dimension.value} for dimension in rule.dimensions]
    return members | {"Dimensions": dimensions} if dimensions else members


# --- what holds between members

_UPDATABLE = (_THINGS.keys() | {"Inverted", "Disabled"}) - {"RequestInterval", "MeasureLatency", "RoutingControlArn"}


def _read(members: Mapping[str, Any]) -> HealthCheckConfig:
    said = {member: value for member, value in members.items() if _says(value)}
    type_ = members["Type"]
    _require_members(type_, said)
    if type_ in ENDPOINT_TYPES:
        return _endpoint(type_, members, said)
    alarm = said.get("AlarmIdentifier")
    return HealthCheckConfig(
        type_,
        inverted=members.get("Inverted", False),
        disabled=members.get("Disabled", False),
        health_threshold=said.get("HealthThreshold"),
        child_health_checks=tuple(dict.fromkeys(said.get("ChildHealthChecks", ()))),
        alarm_identifier=alarm and AlarmIdentifier(alarm["Region"], alarm["Name"]),
        insufficient_data_health_status=said.get("InsufficientDataHealthStatus"),
        routing_control_arn=said.get("RoutingControlArn"),
    )


def _says(value: object) -> bool:
    """Whether a value specifies anything: an empty text, an empty list and false say as much as nothing does."""
    return value is not False and value != "" and value != []


def _require_members(type_: str, said: Mapping[str, Any]) -> None:
    """R-HCF-1 to R-HCF-18, R-HCF-20."""
    for member, thing in _THINGS.items():
        if member in said and member not in _ALLOWED[type_]:
            raise InvalidInput(f"{_subject(type_, member)} must not have {thing} specified.")
        if member not in said and _NEEDED.get(type_) == member:
            raise InvalidInput(f"{_subject(type_, member)} must have {thing} specified.")


def _subject(type_: str, member: str) -> str:
    """What a text speaks of: endpoint checks by their type, where the member is one that an endpoint check may have."""
    if type_ not in ENDPOINT_TYPES:
        return f"Invalid parameter : {_KINDS[type_]} health checks"
    if any(member in _ALLOWED[other] for other in ENDPOINT_TYPES):
        return f"{type_} health checks"
    return "Invalid parameter : Basic health checks"


def _endpoint(type_: Any, members: Mapping[str, Any], said: Mapping[str, Any]) -> HealthCheckConfig:
    address, domain = said.get("IPAddress"), said.get("FullyQualifiedDomainName")
    if address is None and domain is None:
        text = "must have an IP address or a fully qualified domain name specified."
        raise InvalidInput(f"{type_} health checks {text}")
    if type_ == "TCP" and address is not None and domain is not None:
        raise InvalidInput(
            "TCP health checks that have IP address must not have a fully qualified domain name specified."
        )
    return HealthCheckConfig(
        type_,
        ip_address=address and _address(address),
        port=said.get("Port", _PORTS.get(type_)),
        resource_path=_path(said.get("ResourcePath")),
        fully_qualified_domain_name=domain and _domain(domain),
        search_string=said.get("SearchString"),
        request_interval=_interval(said.get("RequestInterval", _REQUEST_INTERVAL)),
        failure_threshold=said.get("FailureThreshold", _FAILURE_THRESHOLD),
        measure_latency=members.get("MeasureLatency", False),
        inverted=members.get("Inverted", False),
        disabled=members.get("Disabled", False),
        enable_sni=members.get("EnableSNI", "EnableSNI" in _ALLOWED[type_]),
        regions=_regions(said.get("Regions")),
    )


def _address(text: str) -> str:
    """The shortest form of an address. The model's pattern lets through some that are none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise InvalidInput(f"Invalid IP address: {text}") from None


def _require_target(address: str | None, private_targets: Iterable[Block]) -> None:
    """R-HCF-22; the text is ours."""
    if address is not None and not is_allowed(ipaddress.ip_address(address), private_targets):
        raise InvalidInput(
            f"Invalid IP address: {address} is in a private, local or otherwise special range, which health checkers "
            "may probe only where the operator's setting private_targets allows it"
        )


def _domain(text: str) -> str:
    """R-HCF-5. The first text was seen; a name goes into a request's header, so no other characters may be in it."""
    if _RESERVED.search(text):
        raise InvalidInput(
            'Invalid fully qualified domain name: It may not contain reserved characters of RFC1738 ";/?:@=&"'
        )
    if not _HOST.fullmatch(text):
        raise InvalidInput(
            "Invalid fully qualified domain name: It may contain only letters, digits, hyphens, underscores and dots"
        )
    try:
        names.parse(text)
    except BadName as bad:
        raise InvalidInput(f"Invalid fully qualified domain name: {bad.code} ({bad.explanation})") from None
    return text


def _path(text: str | None) -> str | None:
    """R-HCF-4. A path goes into a request's first line, so nothing that could end it may be in it."""
    if text is None:
        return None
    if not _PATH.fullmatch(text):
        raise InvalidInput("Invalid resource path: It may contain only printable ASCII characters other than the space")
    return text if text.startswith("/") else f"/{text}"


def _interval(seconds: int) -> int:
    """R-HCF-7; the text is ours."""
    if seconds not in (10, 30):
        raise InvalidInput(f"Invalid parameter : The request interval must be 10 or 30 seconds, not {seconds}.")
    return seconds


def _regions(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """R-HCF-15: in one order, so that the same regions are the same settings."""
    if given is None:
        return None
    if len(set(given)) < len(given):
        raise InvalidInput("Invalid parameter : A health checker region must not be specified twice.")
    return tuple(region for region in REGIONS if region in given)


def _show_alarm(alarm: AlarmIdentifier | None) -> dict[str, str] | None:
    return None if alarm is None else {"Region": alarm.region, "Name": alarm.name}


# --- comparing


def _ordered(config: HealthCheckConfig) -> HealthCheckConfig:
    return msgspec.structs.replace(config, child_health_checks=tuple(sorted(config.child_health_checks)))


def _probe(check: HealthCheck) -> tuple[HealthCheckConfig, MetricRule | None]:
    """What a check probes, and how, without what is made of it."""
    probe = msgspec.structs.replace(
        check.config,
        inverted=False,
        disabled=False,
        health_threshold=None,
        child_health_checks=(),
        regions=None,
        insufficient_data_health_status=None,
    )
    return probe, check.metric
