"""A zone and its record sets for the tests of this room."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from meridian.changes.batch import Plan, plan
from meridian.changes.shape import read_changes
from meridian.changes.zone import default_record_sets
from meridian.model.alias_service import services
from meridian.model.name import Name, parse
from meridian.model.rdata import encode
from meridian.model.record import Change, Key, RecordSet
from meridian.model.zone import DelegationSet, HostedZone
from meridian.settings import Quotas

APEX = parse("example.com")
DELEGATION_SET = DelegationSet(("ns-1.a.test", "ns-513.b.test", "ns-1025.c.test", "ns-1537.d.test"))
DEFAULTS = default_record_sets(APEX, DELEGATION_SET, "hostmaster.example.net")


def hosted_zone(*, private: bool = False) -> HostedZone:
    return HostedZone(
        id="Z0EXAMPLE",
        account_id="1",
        name=APEX,
        caller_reference="test",
        rank=1,
        version=1,
        shard_count=1,
        record_set_count=2,
        delegation_set=DELEGATION_SET,
        private=private,
    )


class Contents:
    """What a zone holds, for `plan` to read and to be applied to."""

    def __init__(self, record_sets: Iterable[RecordSet] = DEFAULTS) -> None:
        self.held: dict[Key, RecordSet] = {record_set.key: record_set for record_set in record_sets}

    def read(self, name: Name) -> Sequence[RecordSet]:
        return [held for key, held in self.held.items() if key.name == name]

    def plan(
        self, changes: Sequence[Change], *, private: bool = False, outside: Iterable[str] = (), **quotas: int
    ) -> Plan:
        return plan(
            hosted_zone(private=private),
            changes,
            self.read,
            Quotas(**quotas),
            record_set_count=len(self.held),
            outside=services(outside),
        )

    def apply(self, planned: Plan) -> None:
        for key in planned.delete:
            del self.held[key]
        for record_set in planned.put:
            self.held[record_set.key] = record_set


def changes(items: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Read changes in the short form of the tables: Action beside the members, Values for ResourceRecords."""
    return read_changes({"Changes": [_long(item) for item in items]})


def record_set(members: Mapping[str, Any]) -> RecordSet:
    """Read one record set in the short form, as the store would keep it."""
    (change,) = changes([{"Action": "CREATE", **members}])
    rdata = tuple(encode(change.record_set.type, value) for value in change.record_set.values)
    return msgspec.structs.replace(change.record_set, rdata=rdata)


def api_members(members: Mapping[str, Any]) -> dict[str, Any]:
    """Write the short form out as the API has it."""
    full = dict(members)
    if "Values" in full:
        full["ResourceRecords"] = [{"Value": value} for value in full.pop("Values")]
        full.setdefault("TTL", 300)
    return full


def _long(item: Mapping[str, Any]) -> dict[str, Any]:
    members = api_members(item)
    return {"Action": members.pop("Action"), "ResourceRecordSet": members}
