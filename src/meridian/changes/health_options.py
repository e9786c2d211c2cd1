"""What may be asked of a health check beyond Route 53: options and overrides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from meridian.errors import InvalidInput
from meridian.model.health import HealthCheck, Options, Override

LONGEST_OVERRIDE = timedelta(days=366)
LONGEST_REASON = 256  # characters

_TLS_TYPES = ("HTTPS", "HTTPS_STR_MATCH")
_RANGES: Mapping[str, tuple[int, int, str]] = {
    "interval": (1, 3600, "seconds"),
    "rise": (1, 10, "results"),
    "fall": (1, 10, "results"),
    "certificate_days": (0, 825, "days"),
}
_OF_CERTIFICATES = ("verify_certificate", "certificate_days")


def with_options(check: HealthCheck, given: Mapping[str, Any]) -> Options:
    """
    Work out a check's options: what is given changes, null goes back to its default, all else stays.

    Args:
        given: By the names of `Options`, as JSON has them.

    Raises:
        InvalidInput: The first thing that is wrong with it.
    """
    if not check.config.probes:
        raise InvalidInput(f"A check of type {check.config.type} probes no endpoint, so it has no options.")
    for name, value in given.items():
        _require_option(check, name, value)
    defaults = msgspec.structs.asdict(Options())
    changed: Options = msgspec.structs.replace(
        check.options, **{name: defaults[name] if value is None else value for name, value in given.items()}
    )
    return changed


def override(
    healthy: bool, now: datetime, *, by: str, until: datetime | None, seconds: float | None, reason: str
) -> Override:
    """
    An operator's word on a check, from now on until a moment, or for some seconds.

    Raises:
        InvalidInput: There is no end, or it is no moment of the coming year; or the reason is too long.
    """
    if (until is None) == (seconds is None):
        raise InvalidInput("Say when the override ends: give one of until and seconds.")
    if until is not None and until.tzinfo is None:
        raise InvalidInput("until: give a time with its zone, such as 2026-01-02T14:00:00Z.")
    end = until.astimezone(UTC).timestamp() if until is not None else now.timestamp() + (seconds or 0.0)
    if not now.timestamp() < end <= (now + LONGEST_OVERRIDE).timestamp() or math.isnan(end):
        raise InvalidInput(f"An override ends after now and within {LONGEST_OVERRIDE.days} days.")
    return Override(healthy, end, by, require_reason(reason))


def require_reason(text: str) -> str:
    """
    The reason that a user gives.

    Raises:
        InvalidInput: It is too long, or has control characters.
    """
    if len(text) > LONGEST_REASON or not text.isprintable():
        raise InvalidInput(f"reason: give up to {LONGEST_REASON} characters on one line.")
    return text


def shown(options: Options) -> str:
    """Options in words, `interval 5 s, rise 2`; `Route 53's` where nothing is asked beyond it."""
    words = [
        f"interval {options.interval:g} s" if options.interval is not None else "",
        f"rise {options.rise}" if options.rise is not None else "",
        f"fall {options.fall}" if options.fall is not None else "",
        "certificate verified" if options.verify_certificate else "",
        f"certificate valid for {options.certificate_days} days" if options.certificate_days is not None else "",
    ]
    return ", ".join(filter(None, words)) or "Route 53's"


def _require_option(check: HealthCheck, name: str, value: Any) -> None:
    if name not in msgspec.structs.asdict(Options()):
        known = ", ".join(msgspec.structs.asdict(Options()))
        raise InvalidInput(f"There is no option '{name}'; there are {known}.")
    if name in _OF_CERTIFICATES and check.config.type not in _TLS_TYPES:
        raise InvalidInput(f"{name}: a check of type {check.config.type} sees no certificate.")
    if value is None:
        return
    if name not in _RANGES:
        if not isinstance(value, bool):
            raise InvalidInput(f"{name}: give true or false.")
        return
    least, most, unit = _RANGES[name]
    kinds = (int, float) if name == "interval" else (int,)
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        raise InvalidInput(f"{name}: give {least} to {most} {unit}.")
