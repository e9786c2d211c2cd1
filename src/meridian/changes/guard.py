"""
Guards that an operator may switch on: a batch that takes much away has to say that it means to.

They are no rules of Route 53: all that they refuse is allowed there, and is done here when it is asked for
again with the guard's word in the batch's Comment, which every client can send.
"""

from __future__ import annotations

import re

from meridian.changes.batch import Plan
from meridian.errors import SettingsError
from meridian.model.record import TYPES
from meridian.model.zone import HostedZone
from meridian.settings import Settings

LAST_ANSWER = "last-answer"
SHARE = "share"

_ALLOWED = re.compile(r"\bmeridian-allow=([a-z,-]+)")
_SHOWN = 5  # names that one reason tells of


def check_guards(settings: Settings) -> None:
    """
    See that the guards can be what they are set to.

    Raises:
        SettingsError: A type is none that a zone can hold.
    """
    for type in settings.guard_last_answer:
        if type not in TYPES:
            raise SettingsError(f"guard_last_answer: '{type}' is no type; choose from {', '.join(TYPES)}")


def guard_reasons(plan: Plan, zone: HostedZone, settings: Settings, comment: str | None) -> list[str]:
    """
    Tell which guards are against a plan, and how to proceed.

    Args:
        zone: As it is before the plan.
        comment: Of the batch; `meridian-allow=last-answer,share` in it lets these guards be.
    """
    allowed = {word for found in _ALLOWED.findall(comment or "") for word in found.split(",")}
    reasons = []
    if LAST_ANSWER not in allowed and (told := _last_answers(plan, settings)):
        reasons.append(_guarded(LAST_ANSWER, told))
    if SHARE not in allowed and (told := _share(plan, zone, settings)):
        reasons.append(_guarded(SHARE, told))
    return reasons


def _last_answers(plan: Plan, settings: Settings) -> str:
    silenced = [f"{name} {type}" for name, type in plan.silenced if type in settings.guard_last_answer]
    if not silenced:
        return ""
    more = f" and {len(silenced) - _SHOWN} more" if len(silenced) > _SHOWN else ""
    return f"this batch takes away the last answer of {', '.join(silenced[:_SHOWN])}{more}"


def _share(plan: Plan, zone: HostedZone, settings: Settings) -> str:
    if not settings.guard_share or len(plan.delete) <= settings.guard_share * zone.record_set_count:
        return ""
    return (
        f"this batch takes away {len(plan.delete)} of the {zone.record_set_count} record sets in zone {zone.name}, "
        f"more than {settings.guard_share:.0%} at once"
    )


def _guarded(guard: str, told: str) -> str:
    return (
        f"Guard {guard}: {told}. If that is meant, send the batch again with meridian-allow={guard} in its Comment. "
        "Nothing was changed."
    )
