"""A zone as a master file and back, over the API."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from meridian.api.context import Context
from meridian.api.http import HttpRequest
from meridian.api.native import Stream
from meridian.api.operations import zone_file
from meridian.api.operations.bulk import PATH, bulk
from meridian.errors import InvalidInput
from tests.operations.calls import call, change, create_zone, upsert


def written(context: Context, zone_id: str) -> str:
    stream = zone_file.write_file(context, request(zone_id))
    return asyncio.run(_all(stream))


def _others(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if " IN SOA " not in line and " IN NS " not in line]
    assert len(lines) == 5
    return lines


async def _all(stream: Stream) -> str:
    return b"".join([chunk async for chunk in stream.chunks]).decode()


def read(context: Context, zone_id: str, text: str | bytes) -> dict[str, Any]:
    return zone_file.read_file(context, request(zone_id, text if isinstance(text, bytes) else text.encode()))


def request(zone_id: str, body: bytes = b"") -> HttpRequest:
    return HttpRequest("POST", b"", b"", (), body, {"zone_id": zone_id})


def test_what_is_written_is_read_into_another_zone(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records, policies, and aliases that lead to the zone itself; a zone keeps its own SOA and NS."""
    monkeypatch.setattr(zone_file, "_PAGE", 3)
    first, second = create_zone(context), create_zone(context, "example.com", "again")
    target = {"HostedZoneId": first, "DNSName": "www.example.com.", "EvaluateTargetHealth": False}
    alias = {"Action": "CREATE", "ResourceRecordSet": {"Name": "example.com.", "Type": "A", "AliasTarget": target}}
    arms = [upsert("app.example.com", "A", f"192.0.2.{n}", SetIdentifier=str(n), Weight=n) for n in (1, 2)]
    change(context, first, upsert("www.example.com", "A", "192.0.2.1"), *arms, alias)

    content = read(context, second, written(context, first))
    body = {"zone": second, "action": "CREATE", **{key: content[key] for key in ("records", "ResourceRecordSets")}}
    bulk(context, HttpRequest("POST", PATH.encode(), b"", (), json.dumps(body).encode()))

    assert (content["apex"], content["skipped"]) == (2, {})
    assert _others(written(context, second)) == _others(written(context, first))
    sets = call(context, "ListResourceRecordSets", HostedZoneId=second)["ResourceRecordSets"]
    assert [each["AliasTarget"]["HostedZoneId"] for each in sets if "AliasTarget" in each] == [second]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$INCLUDE /etc/passwd", "zone file:1"),
        ("$GENERATE 1-4000000000 h$ A 192.0.2.1", "zone file:1"),
        ("www 60 A 192.0.2.1\nwww 60 A nonsense", "zone file:2"),
        ("www 60 A 192.0.2.1\nwww 60 CNAME other", "a CNAME must be alone"),
        (b"www 60 TXT \xff", "not text in UTF-8"),
    ],
)
def test_refused(context: Context, text: str | bytes, said: str) -> None:
    """A file is refused with its line; it reads no file of the server and makes no records without end."""
    with pytest.raises(InvalidInput, match=said):
        read(context, create_zone(context), text)
