"""Rules for query logging: which zones may be logged, and where to (zones.md §6)."""

from __future__ import annotations

import re

from meridian.errors import ApiError, InvalidInput
from meridian.model.zone import HostedZone

# A log group of us-east-1, as its ARN is shown there; the `:*` behind it stands for its streams.
_ARN = re.compile(r"arn:aws[a-z-]*:logs:us-east-1:(?P<account>[0-9]{12}):log-group:(?P<group>[A-Za-z0-9_./#-]{1,512})")


class NoSuchQueryLoggingConfig(ApiError):
    """No configuration has this id, or not in this account (R-API-25)."""

    def __init__(self) -> None:
        super().__init__("NoSuchQueryLoggingConfig", "The query logging configuration does not exist")


class QueryLoggingConfigAlreadyExists(ApiError):
    """The zone's queries are logged already (R-LOG-1)."""

    def __init__(self) -> None:
        text = "A query logging configuration already exists for this hosted zone"
        super().__init__("QueryLoggingConfigAlreadyExists", text)


def log_group(arn: str, account_id: str) -> str:
    """
    Read the name of a log group, which is that of the sink (R-LOG-4).

    Args:
        account_id: Whose zone it is; the group must be the same account's (R-LOG-1).

    Raises:
        InvalidInput: It is not the ARN of a log group of us-east-1, or not of this account.
    """
    found = _ARN.fullmatch(arn.removesuffix(":*"))
    if found is None:
        raise InvalidInput("The ARN for the CloudWatch Logs log group is invalid")
    if found["account"] != account_id:
        text = "The CloudWatch Logs log group and the hosted zone must belong to the same account."
        raise InvalidInput(text)
    return found["group"]


def require_loggable(zone: HostedZone) -> None:
    """
    Judge whether a zone's queries can be logged (R-PVT-10).

    Raises:
        InvalidInput: It is a private zone.
    """
    if zone.private:
        raise InvalidInput("Query logging is only supported for public hosted zones.")
