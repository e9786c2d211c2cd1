"""What the vote comes to: the state of a check, and who voted what."""

from __future__ import annotations

import msgspec

from meridian.feed.health import Observation
from meridian.model.health import Override


class Vote(msgspec.Struct, frozen=True):
    """
    One checker's part in the vote on one check.

    Attributes:
        region: The region of the check that the checker stands for (R-HCG-4).
        address: Where the checker probes from; empty if it does not know.
        age: Seconds since its last report arrived here.
        counted: Whether it counts: it goes on reporting (R-HCA-6), has a result, and of this revision (R-HCA-7).
        started_at: When the checker started, in seconds since 1970.
    """

    checker: str
    region: str
    address: str
    observation: Observation
    age: float
    counted: bool
    started_at: float = 0.0


class State(msgspec.Struct, frozen=True):
    """
    The state of one check at one place.

    Attributes:
        healthy: What is in force: after quorum, inversion (R-HC-INV), disabling (R-HC-DIS) and override.
        since: When it became so here, in seconds since 1970.
        reason: Why, in a sentence: `2 of 3 checkers see it healthy`.
        healthy_count: Healthy votes, or healthy children of a calculated check.
        counted: Votes or children that count.
        seen: False while nobody who counts reports: the last status stays (R-HCA-6, R-HCD-5).
        override: The operator's word in force; None: there is none.
        votes: By checker; empty for checks that nobody probes.
    """

    healthy: bool
    since: float
    reason: str
    healthy_count: int = 0
    counted: int = 0
    seen: bool = True
    override: Override | None = None
    votes: tuple[Vote, ...] = ()
