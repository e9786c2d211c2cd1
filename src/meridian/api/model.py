"""
Route 53's service model: operations, shapes, constraints and errors, read from botocore's data.

Nothing is generated. Where the model is wrong or silent, the amendment is one line of
`AMENDMENTS` or `EXTRA_STATUS` with its evidence.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import botocore.loaders
import botocore.model
import msgspec

API_VERSION = "2013-04-01"

# Shapes of ids that clients send with and without a prefix such as /hostedzone/ (R-API-9, R-IDS-1).
# botocore strips the same ones (`fix_route53_ids`); TagResourceId is ours, ids are pasted there as well.
PREFIXED_ID_SHAPES = frozenset({"ResourceId", "ChangeId", "TagResourceId"})


class Amendment(msgspec.Struct, frozen=True):
    """One value set in the model's JSON document, and why."""

    path: tuple[str, ...]
    value: Any
    evidence: str


AMENDMENTS = (
    *(
        Amendment(("operations", name, "authtype"), "none", "R-SIG-5: public data; the model says so only in prose")
        for name in ("GetCheckerIpRanges", "GetGeoLocation", "ListGeoLocations")
    ),
    Amendment(
        ("shapes", "CreateHostedZoneResponse", "required"),
        ["HostedZone", "ChangeInfo", "Location"],
        "R-ZON-1: a private zone has a VPC in the place of a delegation set; GetHostedZone's shape says so",
    ),
)

# Codes that the model does not list and their HTTP status.
EXTRA_STATUS: Mapping[str, int] = {
    "Throttling": 400,  # R-THR-1
    "AccessDenied": 403,  # R-EEN-5
    "InternalFailure": 500,  # R-EEN-5
    "InternalError": 500,  # R-EEN-5
    "ServiceUnavailable": 503,  # R-EEN-5
    "MalformedInput": 400,  # R-API-7
    "UnknownOperationException": 404,  # R-API-11
    "NotImplemented": 501,  # an operation that is not built yet
    "RequestEntityTooLarge": 413,  # ours: a body over the setting max_body
    "RequestTimeout": 408,  # ours: a body that never ends
    "MissingAuthenticationToken": 403,  # R-SIG-4, and the six below
    "InvalidClientTokenId": 403,
    "SignatureDoesNotMatch": 403,
    "IncompleteSignature": 400,
    "RequestExpired": 403,
    "ExpiredToken": 403,
}


class OperationModel(msgspec.Struct, frozen=True):
    """
    One call of the API.

    Attributes:
        path: Segments of the URI; a parameter is its name in braces, `{Id}`.
        status: HTTP status of success.
        public: Needs no signature (R-SIG-5).
        input: botocore's StructureShape of the request.
        output: botocore's StructureShape of the reply, or None where the reply has no members.
        body_root: Name of the request's root element; None if the call has no body.
        errors: Codes that this call can answer with by the model.
    """

    name: str
    method: str
    path: tuple[str, ...]
    status: int
    public: bool
    input: Any
    output: Any
    body_root: str | None
    errors: frozenset[str]


class ServiceModel(msgspec.Struct, frozen=True):
    """
    All operations by name, and the HTTP status of every error that is not 400.

    Attributes:
        namespace: XML namespace of requests and replies (R-API-1).
        error_shapes: botocore's StructureShape of each error that the model lists.
    """

    operations: Mapping[str, OperationModel]
    error_status: Mapping[str, int]
    namespace: str
    error_shapes: Mapping[str, Any]

    def status_of(self, code: str) -> int:
        """HTTP status of an error (R-EEN-3): 400 unless the model or `EXTRA_STATUS` says otherwise."""
        return self.error_status.get(code, 400)


def load(regions: Iterable[str] = ()) -> ServiceModel:
    """
    Read and amend the installed model. Takes about 0.2 s, once.

    Args:
        regions: Regions of the operator's own, beside those of the model: of latency and of VPCs (R-REG-1).
    """
    return _load(tuple(sorted(regions)))


@functools.cache
def _load(regions: tuple[str, ...]) -> ServiceModel:
    document = botocore.loaders.Loader().load_service_model("route53", "service-2", API_VERSION)
    for amendment in AMENDMENTS:
        _amend(document, amendment)
    for shape in ("ResourceRecordSetRegion", "VPCRegion"):
        known = document["shapes"][shape]["enum"]
        known += [region for region in regions if region not in known]
    service = botocore.model.ServiceModel(document, "route53")
    operations = {name: _operation(service.operation_model(name)) for name in service.operation_names}
    error_shapes = {shape.error_code: shape for shape in service.error_shapes}
    return ServiceModel(operations, _error_status(service), _namespace(document), error_shapes)


def _amend(document: dict[str, Any], amendment: Amendment) -> None:
    *parents, last = amendment.path
    place = document
    for key in parents:
        place = place[key]
    place[last] = amendment.value


def _operation(found: Any) -> OperationModel:
    return OperationModel(
        name=found.name,
        method=found.http["method"],
        path=tuple(found.http["requestUri"].split("?")[0].strip("/").split("/")),
        status=found.http.get("responseCode", 200),
        public=found.auth_type == "none",
        input=found.input_shape,
        output=found.output_shape,
        body_root=found.input_shape.serialization.get("name"),
        errors=frozenset(shape.error_code for shape in found.error_shapes),
    )


def _error_status(service: Any) -> dict[str, int]:
    listed = {
        shape.error_code: shape.metadata["error"]["httpStatusCode"]
        for shape in service.error_shapes
        if "httpStatusCode" in shape.metadata.get("error", {})
    }
    return {**EXTRA_STATUS, **listed}


def _namespace(document: Mapping[str, Any]) -> str:
    """Every operation with a body declares the same namespace; replies use it too (R-API-1)."""
    found = {
        operation["input"]["xmlNamespace"]["uri"]
        for operation in document["operations"].values()
        if "xmlNamespace" in operation.get("input", {})
    }
    (namespace,) = found
    return str(namespace)
