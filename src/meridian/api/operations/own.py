"""The calls of our own, by their paths."""

from __future__ import annotations

from collections.abc import Mapping

from meridian.api.native import NativeCall, by_method
from meridian.api.operations import (
    audit,
    bulk,
    check,
    event,
    explain,
    find,
    geodata,
    overview,
    place,
    policy,
    policy_apply,
    policy_resource,
    replace,
    search,
    switch,
    user,
    view,
    zone_file,
)
from meridian.changes.traffic_difference import ContinentOf


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


def calls(
    tail: event.Tail, continent_of: ContinentOf, atlas: place.Atlas, watched: overview.Watched
) -> Mapping[str, NativeCall]:
    """All calls of our own; each subject's own function says what it is given."""
    return {
        **health_calls(tail),
        **policy.policy_calls(continent_of),
        policy_apply.PATH: by_method(POST=policy_apply.apply),
        policy_resource.USES: by_method(GET=policy_resource.list_uses),
        policy_resource.REPLACE: by_method(POST=policy_resource.replace),
        **place.place_calls(atlas),
        explain.PATH: explain.explain,
        search.PATH: by_method(GET=search.find),
        overview.PATH: by_method(GET=overview.showing(watched)),
        overview.CHANGE: by_method(GET=overview.following(watched)),
        geodata.PATH: by_method(GET=geodata.showing(watched)),
        replace.PATH: by_method(POST=replace.replace),
        bulk.PATH: by_method(POST=bulk.bulk),
        view.PATH: by_method(GET=view.list_views),
        zone_file.PATH: by_method(GET=zone_file.write_file, POST=zone_file.read_file),
        find.PATH: by_method(GET=find.find_records),
        audit.PATH: by_method(GET=audit.list_events),
        audit.UNDO: by_method(GET=audit.undo),
        user.ME: by_method(GET=user.show_me),
        user.PATH: by_method(GET=user.list_users),
        user.ONE: by_method(PUT=user.put_user, DELETE=user.remove_user),
        user.KEYS: by_method(POST=user.make_key),
        user.KEY: by_method(PATCH=user.set_key, DELETE=user.remove_key),
        user.POLICY: by_method(GET=user.show_policy, PUT=user.set_policy, DELETE=user.remove_policy),
        user.DECIDE: by_method(POST=user.try_policies),
    }
