"""What an operation is handed beside its request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from meridian.api.trail import NoTrail, Trail
from meridian.clock import Clock
from meridian.health.state import State
from meridian.model.health import MetricRule
from meridian.model.iam import Policy
from meridian.settings import Settings

if TYPE_CHECKING:
    from meridian.store.database import Database


class Caller(msgspec.Struct, frozen=True):
    """
    Who asks. All are empty for the calls that anyone may make (R-SIG-5).

    Attributes:
        owner: May do everything in the account, whatever the policies.
    """

    account_id: str
    user: str
    access_key_id: str
    owner: bool = False


ANYONE = Caller("", "", "")

StatesOf = Callable[[Sequence[int]], Mapping[int, State]]
"""
From slots of the health table to the states of their checks, all at one moment, as the control plane's own
health board has them. Slots that it knows nothing of are left out. For worker threads: it waits for the event loop.
"""


def unwatched(slots: Sequence[int]) -> Mapping[int, State]:
    """Where no health is followed, no state is known."""
    return {}


MetricRuleOf = Callable[[str, str], MetricRule | None]
"""From the region and the name of an alarm to its rule; None: there is none. May block. Raises ApiError."""


def no_rule(region: str, name: str) -> MetricRule | None:
    """Where no metrics are followed, there are no rules."""
    return None


CheckersOf = Callable[[], Sequence[str]]
"""The addresses that checkers probe from, as far as they know them. For worker threads."""


def no_checkers() -> Sequence[str]:
    """Where no health is followed, no checker is known."""
    return ()


class Context(msgspec.Struct, frozen=True):
    """
    The surroundings of one request.

    Attributes:
        request_id: What the reply's `x-amzn-RequestId` says, for the log.
        service: What `app.py` gives the operations beside the database: an `explainer.Explainer`; None if nothing.
        states_of: What the control plane's own health board says of checks.
        metric_rule: What alarms there are to follow (R-HCL-5).
        checkers: Where checkers probe from (R-HCG-3).
        policies: What the caller may do, unless it is an owner.
        trail: Where an operation says what it changes, as it was and as it is.
    """

    database: Database
    settings: Settings
    clock: Clock
    caller: Caller
    request_id: str
    service: Any = None
    states_of: StatesOf = unwatched
    metric_rule: MetricRuleOf = no_rule
    checkers: CheckersOf = no_checkers
    policies: tuple[Policy, ...] = ()
    trail: Trail | NoTrail = NoTrail()


Operation = Callable[[Context, dict[str, Any]], dict[str, Any]]
"""
From a request to its reply, both with the member names and Python types that boto3 users see.

Members that were not given are absent; ids come without prefix. May block. Raises ApiError.
"""
