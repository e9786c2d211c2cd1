from __future__ import annotations

from typing import Any

import msgspec
import pytest

from meridian.api.json_batch import decode, read_input
from meridian.errors import InvalidInput
from meridian.settings import Settings


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a call might take."""

    items: list[dict[str, Any]]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "truncated"),
        (b"nothing", "malformed"),
        (b'{"items": []', "truncated"),
        (b'{"items": [{"a": "\xff"}]}', "can't decode byte"),
        (b'{"items": [{"a": "\\ud800 is no character"}]}', "surrogate"),
        (b'{"items": [{"a": ' + b"[" * 100_000, "recursion"),
        (b'{"items": [{"a": 1e999}]}', "out of range"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "missing required field `items`"),
        (b'{"items": [1]}', r"Expected `object`, got `int` - at `\$\.items\[0\]`"),
        (b'{"items": [], "itmes": []}', "unknown field `itmes`"),
    ],
)
def test_bodies_that_cannot_be_read(body: bytes, message: str) -> None:
    """Whatever stands in a body, it is read or refused as InvalidInput."""
    with pytest.raises(InvalidInput, match=message):
        decode(body, Body)


def batch(**members: Any) -> dict[str, Any]:
    """The input of ChangeResourceRecordSets with one record set."""
    record_set = {"Name": "a.example.com", "Type": "A", **members}
    return {"HostedZoneId": "", "ChangeBatch": {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record_set}]}}


RECORDS = [{"Value": "192.0.2.1"}]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "Invalid type for parameter"),
        ({"HostedZoneId": ""}, 'Missing required parameter in input: "ChangeBatch"'),
        (batch(TTL="60", ResourceRecords=RECORDS), r"Changes\[0\].ResourceRecordSet.TTL, value: 60"),
        (batch(TTL=1.5, ResourceRecords=RECORDS), r"ResourceRecordSet.TTL, value: 1.5"),
        (
            batch(TTL=True, ResourceRecords=RECORDS),
            r"ChangeBatch.Changes\[0\].ResourceRecordSet.TTL: true is no number",
        ),
        (batch(TTL=60, Weight=False, SetIdentifier="a", ResourceRecords=RECORDS), "Weight: false is no number"),
        (batch(TTL=10**30, ResourceRecords=RECORDS), "less than or equal to 2147483647"),
        (batch(TTL=60, ResourceRecords=[]), "ResourceRecords, value: 0, valid min length: 1"),
        (batch(TTL=60, ResourceRecords=["192.0.2.1"]), r"ResourceRecords\[0\], value: 192.0.2.1"),
        (batch(TTL=60, ResourceRecords=RECORDS, SetIdentifier=None), "SetIdentifier, value: None"),
        (batch(TTL=60, ResourceRecords=RECORDS, Colour="red"), 'Unknown parameter .*"Colour"'),
        (batch(TTL=60, ResourceRecords=RECORDS, Weight=1), "Missing field 'SetIdentifier'"),
        (batch(TTL=60), "all of .TTL, and ResourceRecords., .* but found none"),
    ],
)
def test_batches_that_break_a_rule(given: Any, message: str) -> None:
    """JSON of the wrong types or values is refused with its place, before anything is stored."""
    with pytest.raises(InvalidInput, match=message):
        read_input(given, Settings())


@pytest.mark.parametrize("prefix", ["", "hostedzone/", "/hostedzone/"])
def test_ids_of_aliases_zones(prefix: str) -> None:
    """An alias's zone id comes with and without its prefix (R-API-9)."""
    target = {"HostedZoneId": f"{prefix}Z1", "DNSName": "b.example.com", "EvaluateTargetHealth": True}
    given = batch(AliasTarget=target)
    (change,) = read_input(given, Settings())

    assert change.record_set.alias is not None
    assert change.record_set.alias.hosted_zone_id == "Z1"
    assert given == batch(AliasTarget={**target, "HostedZoneId": f"{prefix}Z1"})
