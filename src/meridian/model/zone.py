"""Hosted zones, their delegation sets, and changes on their way to the name servers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from meridian.model.name import Name

ChangeStatus = Literal["PENDING", "INSYNC"]
RecoveryStatus = Literal["ENABLED", "ENABLE_FAILED", "DISABLED"]


class DelegationSet(msgspec.Struct, frozen=True):
    """
    Four name servers that a zone is delegated to (R-DEL-1).

    Attributes:
        id: `N…` for a reusable set, None for one that belongs to a single zone (R-DEL-8).
        name_servers: Four names as shown to people: lower case, without the final dot.
    """

    name_servers: tuple[str, ...]
    id: str | None = None
    caller_reference: str | None = None


class Vpc(msgspec.Struct, frozen=True):
    """What a request calls a VPC: a network view, and the region that it is said to be in (R-PVT-12, R-PVT-13)."""

    id: str
    region: str


class HostedZone(msgspec.Struct, frozen=True):
    """
    One hosted zone.

    Attributes:
        id: `Z` and 13 to 20 capitals and digits, without prefix.
        rank: Order of creation. Of several public zones with one name, the lowest rank answers here.
        version: Grows by one with each accepted change; names the zone's image.
        shard_count: A power of two, 1 to 4096 (architecture §3).
        accelerated_recovery: The status of that feature; None where it was never asked for (R-FEA-1).
    """

    id: str
    account_id: str
    name: Name
    caller_reference: str
    rank: int
    version: int
    shard_count: int
    record_set_count: int
    delegation_set: DelegationSet
    comment: str | None = None
    private: bool = False
    accelerated_recovery: RecoveryStatus | None = None


class ChangeInfo(msgspec.Struct, frozen=True):
    """A change and how far it has come (R-CHG-16). `submitted_at` is in UTC."""

    id: str
    status: ChangeStatus
    submitted_at: datetime
    comment: str | None = None
