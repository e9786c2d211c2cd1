"""Rules for making a hosted zone: its name, its first record sets (zones.md §1)."""

from __future__ import annotations

from collections.abc import Sequence

from meridian.errors import ApiError
from meridian.model import name as names
from meridian.model.name import BadName, Name
from meridian.model.rdata import encode
from meridian.model.record import RecordSet
from meridian.model.zone import DelegationSet
from meridian.settings import Settings

NS_TTL = 172_800  # seconds (R-APX-1)
SOA_TTL = 900
SOA_TIMES = "1 7200 900 1209600 86400"  # serial, refresh, retry, expire, minimum (R-APX-2)


class InvalidDomainName(ApiError):
    """A zone cannot have this name."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidDomainName", message)


def zone_name(text: str, settings: Settings) -> Name:
    """
    Read the name of a zone to be made.

    Raises:
        InvalidDomainName: It is no name, has too few labels, has `*` in a place where it may not
            stand, or is reserved (R-ZON-5, R-NAM-8).
    """
    try:
        name = names.parse(text)
    except BadName:
        raise InvalidDomainName(f"{text} is not a valid domain name") from None
    fewest = 2 if settings.strict_names else 1
    if len(name.labels) < fewest or any(b"*" in label for label in name.labels[1:]):
        raise InvalidDomainName(f"{text} is not a valid domain name")
    if name.text in {f"{reserved.rstrip('.').lower()}." for reserved in settings.reserved_names}:
        raise InvalidDomainName(f"{text} is reserved by the operator")
    return name


def default_record_sets(name: Name, delegation_set: DelegationSet, hostmaster: str) -> tuple[RecordSet, RecordSet]:
    """
    Make the NS and the SOA record set that every zone begins with (R-APX-1, R-APX-2).

    Args:
        hostmaster: The mailbox in the SOA record, written as a name.

    Raises:
        BadValue: `hostmaster` is no name.
    """
    servers = [f"{server}." for server in delegation_set.name_servers]
    soa = f"{servers[0]} {hostmaster.rstrip('.')}. {SOA_TIMES}"
    return _record_set(name, "NS", NS_TTL, servers), _record_set(name, "SOA", SOA_TTL, [soa])


def _record_set(name: Name, type: str, ttl: int, values: Sequence[str]) -> RecordSet:
    rdata = tuple(encode(type, value) for value in values)
    return RecordSet(name=name, type=type, ttl=ttl, values=tuple(values), rdata=rdata)
