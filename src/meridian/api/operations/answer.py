"""TestDNSAnswer: what a zone answers to a resolver (R-API-104, R-API-23, R-ECS-9)."""

from __future__ import annotations

from typing import Any

import dns.message
import dns.rcode
import dns.rdatatype

from meridian.api.context import Context
from meridian.api.explainer import Explainer
from meridian.errors import InvalidInput
from meridian.model import rdata
from meridian.model.name import BadName, Name, parse
from meridian.model.question import BadQuestion, Question, Subnet, read_address, subnet_of
from meridian.model.record import TYPES
from meridian.model.zone import HostedZone
from meridian.store import zone as zones

# An address of EC2 in us-east-1, where the resolver is taken to be (R-ECS-9): Amazon's list of its
# address ranges, ip-ranges.json, has 52.0.0.0/15 there, and geolocation data places it in Virginia.
RESOLVER = "52.0.0.53"


def test_dns_answer(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the zone alone, as if it were the only one to have its name."""
    with context.database.read() as conn:
        zone = zones.owned(conn, context.caller.account_id, request["HostedZoneId"])
    if zone.private:
        raise InvalidInput("TestDNSAnswer is only supported for public hosted zones.")  # R-API-23
    question = Question(
        name=_name(request["RecordName"], zone),
        type=TYPES[request["RecordType"]],
        client=_address(request.get("ResolverIP", RESOLVER)),
        subnet=_subnet(request),
        zone_id=zone.id,
    )
    explainer: Explainer = context.service
    reply = dns.message.from_wire(bytes.fromhex(explainer.explain(question)["reply"]))
    return {
        "Nameserver": zone.delegation_set.name_servers[0],
        "RecordName": request["RecordName"],
        "RecordType": request["RecordType"],
        "RecordData": [value for rrset in reply.answer for value in map(_value, rrset)],
        "ResponseCode": dns.rcode.to_text(reply.rcode()),
        "Protocol": "UDP",
    }


def _value(record: Any) -> str:
    """A record's data as the API writes values: TXT is quoted."""
    return rdata.decode(dns.rdatatype.to_text(record.rdtype), record.to_wire())


def _name(text: str, zone: HostedZone) -> Name:
    try:
        name = parse(text)
    except BadName as error:
        problem = f"FATAL problem: {error.code} ({error.explanation}) encountered with '{text}'"
        raise InvalidInput(f"Invalid RecordName: {problem}") from None
    if not name.is_at_or_below(zone.name):
        raise InvalidInput(f"RecordName {name} is not in the hosted zone {zone.name}")
    return name


def _address(text: str) -> str:
    try:
        return read_address(text)
    except BadQuestion as error:
        raise InvalidInput(f"Invalid ResolverIP: {error}") from None


def _subnet(request: dict[str, Any]) -> Subnet | None:
    """The EDNS client subnet: 24 or 64 bits unless the mask says otherwise."""
    address, mask = request.get("EDNS0ClientSubnetIP"), request.get("EDNS0ClientSubnetMask")
    if address is None:
        if mask is not None:
            raise InvalidInput("EDNS0ClientSubnetMask can only be given together with EDNS0ClientSubnetIP.")
        return None
    try:
        return subnet_of(address, mask or None)
    except BadQuestion as error:
        raise InvalidInput(f"Invalid EDNS0 client subnet: {error}") from None
