"""Which queries are logged, and where to (zones.md §6)."""

from __future__ import annotations

from datetime import datetime

import msgspec


class QueryLoggingConfig(msgspec.Struct, frozen=True):
    """
    That a zone's queries are logged (R-LOG-1).

    Attributes:
        id: A UUID.
        log_group_arn: As it was given; the name of its log group is that of the sink (R-LOG-4).
        created_at: In UTC.
    """

    id: str
    account_id: str
    zone_id: str
    log_group_arn: str
    created_at: datetime
