"""
What is known of one outside target, and how that changes with what resolvers say.

Pure: the time comes in, the next state goes out. What a name last had is kept through failures of
any length; only the word that the name is gone, repeated for minutes, takes it away.
"""

from __future__ import annotations

import msgspec

from meridian.connect.answer import Answer, Near
from meridian.resolve.resolver import Found

LEAST_TTL, MOST_TTL = 5, 3600  # seconds, whatever the target's own is
KEPT_WHEN_GONE = 300.0  # seconds for which a name that is said to be gone keeps its last records
_EARLY = 0.8  # of a TTL after which it is asked for again, so that no answer grows stale
_MOST_WHEN_GONE = 30.0  # seconds until a name without records is asked for again
_LAST_DELAY = 60.0  # seconds, after many failures


class State(msgspec.Struct, frozen=True):
    """
    One target's.

    Attributes:
        answer: What edges are to say; None before the first answer.
        delay: Seconds until it is to be asked for again.
        gone_since: When the name was first said to be gone, in seconds since 1970; None if it is there.
        failures: How often in a row nobody answered.
    """

    answer: Answer | None = None
    delay: float = 0.0
    gone_since: float | None = None
    failures: int = 0


def answered(state: State, found: Found, near: tuple[Near, ...], now: float) -> State:
    """The state after an answer; `now` in seconds since 1970."""
    ttl = bounded(found.ttl)
    if found.rdata:
        lowest = min([ttl, *(one.ttl for one in near)])
        return State(Answer(ttl, found.rdata, True, int(now), near), lowest * _EARLY)
    since = now if state.gone_since is None else state.gone_since
    delay = min(ttl * _EARLY, _MOST_WHEN_GONE)
    if state.answer is not None and state.answer.rdata and now - since < KEPT_WHEN_GONE:
        return State(state.answer, delay, since)
    return State(Answer(ttl, (), False, int(now)), delay, since)


def unanswered(state: State) -> State:
    """The state after nobody answered: the last answer stays, and stays healthy (R-TREE-10)."""
    delay = min(LEAST_TTL * 2.0 ** min(state.failures, 8), _LAST_DELAY)
    return msgspec.structs.replace(state, delay=delay, failures=state.failures + 1)


def bounded(ttl: int) -> int:
    """A TTL as we answer it and go by it."""
    return max(LEAST_TTL, min(ttl, MOST_TTL))
