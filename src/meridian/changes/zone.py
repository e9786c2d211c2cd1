"""Rules for making a hosted zone: its name, its name servers, its first record sets (zones.md §1, §3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from random import Random

from meridian.errors import ApiError
from meridian.model import name as names
from meridian.model.name import BadName, Name
from meridian.model.rdata import encode
from meridian.model.record import RecordSet
from meridian.model.zone import DelegationSet
from meridian.settings import Settings

STRIPE = 512  # numbers of each of the four places in a delegation set (R-DEL-1)
PLACES = 4

NS_TTL = 172_800  # seconds (R-APX-1)
SOA_TTL = 900
SOA_TIMES = "1 7200 900 1209600 86400"  # serial, refresh, retry, expire, minimum (R-APX-2)


class InvalidDomainName(ApiError):
    """A zone cannot have this name."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidDomainName", message)


class DelegationSetNotAvailable(ApiError):
    """Every name server already serves a zone of the same name, its parent or its child (R-ZON-6)."""

    def __init__(self, name: Name) -> None:
        super().__init__("DelegationSetNotAvailable", f"No name servers are left for another zone named {name}")


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


def assign_delegation_set(
    name: Name,
    families: Sequence[str],
    taken: Callable[[Name], Collection[str]],
    random: Random,
) -> DelegationSet:
    """
    Choose four name servers for a new public zone (R-DEL-1, R-DEL-2).

    The four places of a set take their numbers from four stripes, `ns-0` to `ns-511`, `ns-512` to
    `ns-1023` and so on, and their domains from the families in turn. The first number of a stripe
    is kept for private zones (R-PVT-5).

    Args:
        families: One to four domains of name servers.
        taken: Gives the name servers of all zones with the same name, a parent or a child of it,
            and of those deleted that are still delegated to (R-ZON-10).

    Raises:
        DelegationSetNotAvailable: No number is left in one of the stripes (R-ZON-6).
    """
    occupied = frozenset(taken(name))
    chosen = []
    for place in range(PLACES):
        family = families[place % len(families)].rstrip(".").lower()
        stripe = range(place * STRIPE + 1, (place + 1) * STRIPE)
        free = [server for number in stripe if (server := f"ns-{number}.{family}") not in occupied]
        if not free:
            raise DelegationSetNotAvailable(name)
        chosen.append(random.choice(free))
    return DelegationSet(name_servers=tuple(chosen))


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
