"""What an operation is handed beside its request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from meridian.clock import Clock
from meridian.settings import Settings

if TYPE_CHECKING:
    from meridian.store.database import Database


class Caller(msgspec.Struct, frozen=True):
    """Who asks. All three are empty for the calls that anyone may make (R-SIG-5)."""

    account_id: str
    user: str
    access_key_id: str


ANYONE = Caller("", "", "")


class Context(msgspec.Struct, frozen=True):
    """
    The surroundings of one request.

    Attributes:
        request_id: What the reply's `x-amzn-RequestId` says, for the log.
        service: What `app.py` gives the operations beside the database: an `explainer.Explainer`; None if nothing.
    """

    database: Database
    settings: Settings
    clock: Clock
    caller: Caller
    request_id: str
    service: Any = None


Operation = Callable[[Context, dict[str, Any]], dict[str, Any]]
"""
From a request to its reply, both with the member names and Python types that boto3 users see.

Members that were not given are absent; ids come without prefix. May block. Raises ApiError.
"""
