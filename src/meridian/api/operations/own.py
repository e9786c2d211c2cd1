"""The calls of our own about health checks, by their paths."""

from __future__ import annotations

from collections.abc import Mapping

from meridian.api.native import NativeCall, by_method
from meridian.api.operations import check, event, switch


def health_calls(tail: event.Tail) -> Mapping[str, NativeCall]:
    """
    Each call with its methods.

    Args:
        tail: The end of the history, which the stream of events follows.
    """
    return {
        check.PATH: by_method(GET=check.list_checks),
        check.ONE: by_method(GET=check.show_check),
        check.HISTORY: by_method(GET=check.history),
        check.OVERRIDE: by_method(PUT=check.set_override, DELETE=check.clear_override),
        check.OPTIONS: by_method(PATCH=check.set_options),
        switch.PATH: by_method(GET=switch.list_switches, PUT=switch.turn),
        event.PATH: by_method(GET=event.streaming(tail)),
    }
