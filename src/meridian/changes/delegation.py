"""Rules for delegation sets: which four name servers, and for which zones (zones.md §3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from random import Random

from meridian.errors import ApiError, InvalidInput
from meridian.model.name import Name
from meridian.model.zone import DelegationSet, HostedZone

STRIPE = 512  # numbers of each of the four places in a delegation set (R-DEL-1)
PLACES = 4
MOST_SHARED = 2  # name servers that two delegation sets may have in common
_ATTEMPTS = 100


class DelegationSetNotAvailable(ApiError):
    """Every name server already serves a zone of the same name, its parent or its child (R-ZON-6)."""

    def __init__(self, name: Name | None) -> None:
        what = "another delegation set" if name is None else f"another zone named {name}"
        super().__init__("DelegationSetNotAvailable", f"No name servers are left for {what}")


class NoSuchDelegationSet(ApiError):
    """No reusable delegation set has this id, or not in this account (R-DEL-5, R-API-25)."""

    def __init__(self, delegation_set_id: str) -> None:
        super().__init__("NoSuchDelegationSet", f"No delegation set found with ID: {delegation_set_id}")


def assign(
    families: Sequence[str],
    random: Random,
    *,
    name: Name | None = None,
    occupied: Collection[str] = (),
    is_crowded: Callable[[Sequence[str]], bool],
) -> DelegationSet:
    """
    Choose four name servers (R-DEL-1, R-DEL-2).

    The four places of a set take their numbers from four stripes, `ns-0` to `ns-511`, `ns-512` to
    `ns-1023` and so on, and their domains from the families in turn. The first number of a stripe
    is kept for private zones (R-PVT-5).

    Args:
        families: One to four domains of name servers.
        name: The zone that the set is for; None for a set that waits for zones.
        occupied: The name servers of all zones with the same name, a parent or a child of it,
            and of those that other accounts had and deleted, as a parent may still delegate to them (R-ZON-10).
        is_crowded: Tells of four name servers whether some set has more than `MOST_SHARED` of them:
            whoever floods one zone's name servers leaves every other zone two of its own.

    Raises:
        DelegationSetNotAvailable: No number is left in one of the stripes (R-ZON-6).
    """
    taken = frozenset(occupied)
    free = [
        [server for number in range(1, STRIPE) if (server := name_server(families, place, number)) not in taken]
        for place in range(PLACES)
    ]
    if all(free):
        for _ in range(_ATTEMPTS):
            chosen = tuple(map(random.choice, free))
            if not is_crowded(chosen):
                return DelegationSet(chosen)
    raise DelegationSetNotAvailable(name)


def name_server(families: Sequence[str], place: int, number: int) -> str:
    """The name of the server with this number, 0 to 511, in this place, 0 to 3, of a delegation set (R-DEL-1)."""
    return f"ns-{place * STRIPE + number}.{families[place % len(families)].rstrip('.').lower()}"


def private_set(families: Sequence[str]) -> DelegationSet:
    """What the NS record sets of all private zones say: the first server of each stripe (R-PVT-5)."""
    return DelegationSet(tuple(name_server(families, place, 0) for place in range(PLACES)))


def require_apart(delegation_set: DelegationSet, occupied: Collection[str]) -> None:
    """
    Judge whether a reusable set can serve one more zone (R-ZON-7).

    Args:
        occupied: The name servers of all zones with the same name, a parent or a child of it.

    Raises:
        ApiError: ConflictingDomainExists.
    """
    if not frozenset(occupied).isdisjoint(delegation_set.name_servers):
        text = "A conflicting domain is already associated with the given VPC or Delegation Set."
        raise ApiError("ConflictingDomainExists", text)


def require_single(zone: HostedZone) -> None:
    """
    Judge whether a zone's delegation set can be made reusable (R-DEL-3, R-DEL-4, R-DEL-7).

    Raises:
        ApiError: DelegationSetAlreadyReusable.
        InvalidInput: It is a private zone.
    """
    if zone.private:
        raise InvalidInput("A reusable delegation set cannot be used with a private hosted zone.")
    if zone.delegation_set.id is not None:
        text = "The specified delegation set has already been marked as reusable."
        raise ApiError("DelegationSetAlreadyReusable", text)
