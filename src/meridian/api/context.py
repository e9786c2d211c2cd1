"""What an operation is handed beside its request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from meridian.clock import Clock
from meridian.health.state import State
from meridian.settings import Settings

if TYPE_CHECKING:
    from meridian.store.database import Database


class Caller(msgspec.Struct, frozen=True):
    """Who asks. All three are empty for the calls that anyone may make (R-SIG-5)."""

    account_id: str
    user: str
    access_key_id: str


ANYONE = Caller("", "", "")

StateOf = Callable[[int], State | None]
"""The state here of the health check in a slot; None where there is no check, or it is not known yet. In any thread."""


def unwatched(slot: int) -> State | None:
    """Where no health is followed, no state is known."""
    return None


class Context(msgspec.Struct, frozen=True):
    """
    The surroundings of one request.

    Attributes:
        request_id: What the reply's `x-amzn-RequestId` says, for the log.
        service: What `app.py` gives the operations beside the database: an `explainer.Explainer`; None if nothing.
        state_of: What the control plane's own health board says of a check.
    """

    database: Database
    settings: Settings
    clock: Clock
    caller: Caller
    request_id: str
    service: Any = None
    state_of: StateOf = unwatched


Operation = Callable[[Context, dict[str, Any]], dict[str, Any]]
"""
From a request to its reply, both with the member names and Python types that boto3 users see.

Members that were not given are absent; ids come without prefix. May block. Raises ApiError.
"""
