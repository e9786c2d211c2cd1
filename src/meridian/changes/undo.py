"""The batch that takes a change of record sets back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meridian.errors import MeridianError
from meridian.model.audit import AuditEvent

_APEX_TYPES = ("NS", "SOA")  # of which a zone always has one: they can be changed, but neither deleted nor created


def reverse(events: Iterable[AuditEvent]) -> dict[str, Any]:
    """
    Give what ChangeResourceRecordSets is to be asked so that the record sets are again what they were.

    What was written is deleted as it was written: where somebody has changed it since, the batch is refused as a
    whole, and nobody's work is lost.

    Args:
        events: Of one request, in any order; those about other things than record sets are passed over.

    Raises:
        MeridianError: There are none about record sets, or they are of several zones, or of a policy record's root,
            which no batch can bring back (R-CHG-13).
    """
    about = [event.changed for event in sorted(events, key=lambda event: event.id) if event.changed.kind == "recordset"]
    zones = {changed.resource for changed in about}
    if not zones:
        raise MeridianError("this request changed no record set, so there is nothing to take back")
    if len(zones) > 1:
        raise MeridianError(f"this request changed record sets of several zones: {', '.join(sorted(zones))}")
    if any("TrafficPolicyInstanceId" in (side or ()) for changed in about for side in (changed.before, changed.after)):
        raise MeridianError("this request changed a policy record; take it back with UpdateTrafficPolicyInstance")
    removals, returns = [], []
    for changed in about:
        if changed.before is not None and changed.after is not None and changed.record.type in _APEX_TYPES:
            returns.append(_change("UPSERT", changed.before))
            continue
        if changed.after is not None:
            removals.append(_change("DELETE", changed.after))
        if changed.before is not None:
            returns.append(_change("CREATE", changed.before))
    return {"HostedZoneId": zones.pop(), "ChangeBatch": {"Changes": [*removals, *returns]}}


def _change(action: str, record_set: Any) -> dict[str, Any]:
    return {"Action": action, "ResourceRecordSet": record_set}
