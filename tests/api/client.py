"""The stock client's own parts, used as the other side of the line."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import botocore.awsrequest
import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize

from meridian.api.http import HttpReply, HttpRequest

SERVICE: Any = botocore.model.ServiceModel(
    botocore.loaders.Loader().load_service_model("route53", "service-2"), "route53"
)
OPERATIONS: tuple[str, ...] = tuple(SERVICE.operation_names)

_SERIALIZER = botocore.serialize.create_serializer("rest-xml", include_validation=False)
_PARSER = botocore.parsers.create_parser("rest-xml")


def send(name: str, arguments: dict[str, Any]) -> HttpRequest:
    """What botocore puts on the line for this call, unsigned."""
    parts = _SERIALIZER.serialize_to_request(arguments, SERVICE.operation_model(name))
    botocore.awsrequest.prepare_request_dict(parts, "http://localhost:5380", context={})
    prepared = botocore.awsrequest.create_request_object(parts).prepare()
    return received(prepared)


def received(prepared: Any) -> HttpRequest:
    """A prepared request of botocore as a server sees it."""
    url = urlsplit(prepared.url)
    headers = {"Host": url.netloc, **prepared.headers}
    return HttpRequest(
        method=prepared.method,
        path=url.path.encode(),
        query=url.query.encode(),
        headers=tuple((_octets(key).lower(), _octets(value)) for key, value in headers.items()),
        body=_octets(prepared.body or b""),
    )


def understand(name: str, reply: HttpReply) -> dict[str, Any]:
    """What botocore reads from a reply, without ResponseMetadata."""
    lines = {"status_code": reply.status, "headers": dict(reply.headers), "body": reply.body}
    found = dict(_PARSER.parse(lines, SERVICE.operation_model(name).output_shape))
    found.pop("ResponseMetadata")
    return found


def _octets(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def understand_error(code: str, reply: HttpReply) -> dict[str, Any]:
    """What botocore makes of an error: the general part, and the members that the error's own shape has."""
    lines = {"status_code": reply.status, "headers": dict(reply.headers), "body": reply.body}
    found = dict(_PARSER.parse(lines, SERVICE.operation_model("GetHostedZone").output_shape))
    modeled = _PARSER.parse(lines, SERVICE.shape_for_error_code(code))
    return {**{name: value for name, value in modeled.items() if name not in ("Error", "ResponseMetadata")}, **found}
