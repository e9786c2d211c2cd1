"""
The address that a probe connects to: the check's own, or one that its name has (R-HCP-10, R-HCF-22).

Names are asked for at each interval, through answers that are kept as any resolver keeps them, for
their TTL. Whether an address may be probed is judged last, so that a name cannot lead to where an
address may not.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple, Protocol

from meridian.clock import Clock
from meridian.health.connection import NoSight
from meridian.model.cidr import Block
from meridian.model.health import HealthCheckConfig
from meridian.model.name import BadName, Name, parse
from meridian.model.target import is_allowed
from meridian.resolve.resolver import Found, NoAnswer

Address = IPv4Address | IPv6Address

_parsed = lru_cache(maxsize=16_384)(ip_address)  # parsing an address costs as much as connecting to it

_MOST_TTL = 60  # seconds that an answer is used, whatever its TTL
_FEW = 1024  # answers that are kept without looking for old ones among them


class NoTarget(Exception):
    """There is no address to probe, and that is the check's failure; the message is what R-HCS-3 words."""


class Target(NamedTuple):
    """Where to connect. `is_resolved`: the address is one of the check's name."""

    address: Address
    is_resolved: bool


class Asking(Protocol):
    """What is asked of `meridian.resolve.resolver.Resolver`, which says what the calls do."""

    async def ask(self, name: Name, rtype: str) -> Found:
        """What a name has."""
        ...

    async def is_heard(self) -> bool:
        """Whether any resolver replies."""
        ...


class _Kept(NamedTuple):
    addresses: Sequence[Address]
    until: float


class Targets:
    """
    Finds addresses for probes.

    Args:
        private_targets: Blocks that may be probed beside the public addresses.
        choose: Picks one of several addresses of a name.
    """

    def __init__(
        self,
        resolver: Asking,
        clock: Clock,
        private_targets: Collection[Block] = (),
        choose: Callable[[Sequence[Address]], Address] = random.choice,
    ) -> None:
        self._resolver = resolver
        self._clock = clock
        self._private_targets = private_targets
        self._choose = choose
        self._kept: dict[str, _Kept] = {}
        self._look_for_old_at = _FEW

    async def find(self, config: HealthCheckConfig) -> Target:
        """
        The address to probe now.

        Raises:
            NoTarget: There is none, or none that may be probed.
            NoSight: No resolver can be reached.
        """
        if config.ip_address is not None:
            address: Address = _parsed(config.ip_address)
            if not is_allowed(address, self._private_targets):
                raise NoTarget(_refusal(address))
            return Target(address, is_resolved=False)
        addresses = await self._addresses(config.fully_qualified_domain_name or "")
        allowed = [address for address in addresses if is_allowed(address, self._private_targets)]
        if not allowed:
            raise NoTarget(f"Resolved IP: {addresses[0]}. {_refusal(addresses[0])}")
        return Target(self._choose(allowed), is_resolved=True)

    async def _addresses(self, name: str) -> Sequence[Address]:
        """The IPv4 addresses of a name, at least one."""
        kept = self._kept.get(name)
        if kept is not None and self._clock.monotonic() < kept.until:
            return kept.addresses
        found = await self._ask(name)
        addresses = tuple(map(IPv4Address, found.rdata))
        if not addresses:
            raise NoTarget(f"DNS resolution failed: {name} has no IPv4 address")
        self._keep(name, _Kept(addresses, self._clock.monotonic() + min(found.ttl, _MOST_TTL)))
        return addresses

    async def _ask(self, name: str) -> Found:
        try:
            return await self._resolver.ask(parse(name), "A")
        except BadName as error:
            raise NoTarget(f"DNS resolution failed: {name}: {error.explanation}") from None
        except NoAnswer as error:
            # Resolvers that reply to other questions are there: then it is this name that has no answer.
            if error.heard or await self._resolver.is_heard():
                raise NoTarget(f"DNS resolution failed: {error}") from None
            raise NoSight(f"no resolver replies: {error}") from None

    def _keep(self, name: str, kept: _Kept) -> None:
        if len(self._kept) >= self._look_for_old_at:
            now = self._clock.monotonic()
            self._kept = {name: kept for name, kept in self._kept.items() if now < kept.until}
            self._look_for_old_at = max(_FEW, 2 * len(self._kept))
        self._kept[name] = kept


def _refusal(address: Address) -> str:
    return f"{address} is an address for special use, and the setting private_targets does not allow it"
